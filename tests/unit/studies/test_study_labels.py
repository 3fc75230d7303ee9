"""People's work shows in the study at once, moves home with it, and never changes what was computed."""

from __future__ import annotations

import copy
import os
import shutil
import stat
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.studies.making import make_pairs, make_study
from whimsight.effects import effects
from whimsight.labels import LabelStore
from whimsight.studies._study import FEATURE_COLUMNS, Study
from whimsight.studies.report import report_html


@pytest.fixture
def study() -> Study:
    return make_study()


# -- what shows -----------------------------------------------------------------------------------


def test_names_and_statuses_show_at_once_and_what_was_computed_stays(study: Study) -> None:
    found = study.found.copy()
    study.labels.edit("d01", name="walks through an example")
    study.labels.edit("m_words", status="verified")
    assert study.features.loc["d01", ["name", "status"]].tolist() == ["walks through an example", "named"]
    assert study.features.loc["m_words", ["name", "status"]].tolist() == ["words", "verified"]
    assert tuple(study.features.columns) == FEATURE_COLUMNS
    assert study.features.dtypes.to_dict() == study.found.dtypes.to_dict()
    pd.testing.assert_frame_equal(study.found, found)
    study.labels.undo()
    study.labels.undo()
    pd.testing.assert_frame_equal(study.features, found)


def test_looking_makes_no_file(study: Study, data_folder: Path) -> None:
    assert study.features is study.found
    assert study.joint is study.found_joint
    assert (study.polarity == 1).all()
    assert repr(study)
    assert study.labels.labels.empty
    assert list(data_folder.rglob("*")) == []
    study.labels.edit("d00", name="x")
    assert [p.name for p in data_folder.rglob("*.labels")] == [f"tiny-votes-{study.fingerprint[:12]}.labels"]


def test_names_of_people_stand_in_charts_reports_and_the_notebook(study: Study) -> None:
    study.labels.edit("m_bullets", name="lists <b>things</b>", author="Ann Author")
    for shown in (study._repr_html_(), report_html(study)):
        assert "lists &lt;b&gt;things&lt;/b&gt;" in shown
        assert "Ann Author" not in shown
    assert "lists <b>things</b>" in str(study.chart().to_dict())


def test_a_fidelity_is_that_of_the_name_beside_it(study: Study) -> None:
    study.labels.edit("d00", name="apologises before answering", status="verified")
    study.labels.edit("d01", name="another name")
    study.labels.edit("m_words", name="length")
    assert study.features["fidelity"][["d00", "m_words"]].tolist() == [0.5, 1.0]
    assert np.isnan(study.features.loc["d01", "fidelity"])


def test_a_turned_feature_reverses_codes_examples_effects_and_intervals(study: Study) -> None:
    before = (
        study.features.loc["d00"].copy(),
        study.codes,
        study.examples("d00"),
        study.joint.loc["d00"].copy(),
    )
    study.labels.edit("d00", turned=True)
    after = study.features.loc["d00"]
    for column in ("beta", "delta_win"):
        assert after[column] == -before[0][column]
        assert after[f"{column}_low"] == -before[0][f"{column}_high"]
        assert after[f"{column}_high"] == -before[0][f"{column}_low"]
        assert study.joint.loc["d00", f"{column}_low"] == -before[3][f"{column}_high"]
    assert (before[0]["name"], after["name"]) == (
        "apologises before answering",
        "opposite of apologises before answering",
    )
    same = [
        "fidelity",
        "prevalence",
        "prevalence_low",
        "prevalence_high",
        "p",
        "q",
        "significant",
        "stability",
        "n",
    ]
    assert after[same].tolist() == before[0][same].tolist()
    assert study.polarity.tolist() == [-1, 1, 1, 1, 1]
    assert study.polarity.dtype == np.float32
    np.testing.assert_array_equal(study.codes[:, 0], -before[1][:, 0])
    np.testing.assert_array_equal(study.codes[:, 1:], before[1][:, 1:])
    np.testing.assert_array_equal(study.code("d00"), study.codes[:, 0])
    assert study.codes.dtype == study.code("d00").dtype == np.float32
    assert not np.signbit(study.codes[study.codes == 0][before[1][study.codes == 0] == 0]).all()
    examples = study.examples("d00")
    pd.testing.assert_series_equal(examples["more"], before[2]["less"], check_names=False)
    np.testing.assert_allclose(examples["preferred"], 1 - before[2]["preferred"])


def test_turned_effects_are_those_computed_on_negated_codes() -> None:
    rng = np.random.default_rng(0)
    pairs = make_pairs(400, preference=np.where(rng.random(400) < 0.5, 1.0, 0.0))
    study = make_study(pairs)
    study.pair_codes = rng.normal(size=study.pair_codes.shape).astype(np.float32)
    clusters = [pairs.components(())]

    def computed() -> pd.DataFrame:
        table = effects(study.codes, pairs.preference, clusters=clusters)
        table.index = study.found.index
        return table

    plain = computed()
    for column in plain:
        study.found[column] = plain[column]
    study.labels.edit("d01", turned=True)
    negated = computed()
    columns = [f"{effect}{end}" for effect in ("beta", "delta_win") for end in ("", "_low", "_high")]
    np.testing.assert_allclose(
        study.features[[*columns, "p", "q"]], negated[[*columns, "p", "q"]], rtol=1e-5, atol=1e-7
    )
    assert np.sign(plain.loc["d01", "beta"]) == -np.sign(study.features.loc["d01", "beta"])


def test_another_process_s_names_show_without_being_asked_for(study: Study) -> None:
    assert study.labels.path is not None
    study.labels.edit("d00", name="mine")
    LabelStore(study.labels.path, author="Bob").edit("d00", name="theirs")
    assert study.features.loc["d00", "name"] == "theirs"


def test_looking_thousands_of_times_costs_little(study: Study) -> None:
    study.labels.edit("d00", name="x")
    os.utime(study.labels.path or "", (1e9, 1e9))
    table = study.features
    start = time.process_time()
    assert all(study.features is table for _ in range(5_000))
    assert time.process_time() - start < 5.0  # a thousandth of a second each would already be too much


# -- where the work lives -------------------------------------------------------------------------


def test_the_same_study_has_the_same_fingerprint_and_another_another(tmp_path: Path) -> None:
    study = make_study()
    opened = Study.open(study.save(tmp_path / "x.whim"))
    assert opened.fingerprint == study.fingerprint == make_study().fingerprint
    assert len(study.fingerprint) == 64
    others = [make_study(make_pairs(36)), make_study(), make_study()]
    others[1].settings = ws.Settings(n_features=3, k=2, prefixes=(2, 3), seed=1)
    others[2].autoencoder = copy.copy(others[2].autoencoder)
    object.__setattr__(others[2].autoencoder, "encoder", others[2].autoencoder.encoder * 2)
    assert len({study.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_work_that_could_not_follow_its_study_follows_at_the_next_save(study: Study, tmp_path: Path) -> None:
    study.labels.edit("d00", name="kept")
    (tmp_path / "v.labels").write_bytes(b"damaged " * 1_000)
    with pytest.warns(UserWarning, match=r"its labels stay in .*'v\.labels'.*move it away"):
        study.save(tmp_path / "v.whim")
    assert study.features.loc["d00", "name"] == "kept"
    (tmp_path / "v.labels").unlink()
    study.save(tmp_path / "v.whim")
    assert ws.open(tmp_path / "v.whim").features.loc["d00", "name"] == "kept"


def test_saving_moves_the_work_beside_the_file_and_opening_finds_it(study: Study, tmp_path: Path) -> None:
    assert study.path is None
    plain = make_study().save(tmp_path / "plain.whim").read_bytes()
    study.labels.author = "Ann"
    study.labels.edit("d00", name="x")
    old = study.labels.path
    saved = study.save(tmp_path / "mine.whim")
    assert saved.read_bytes() == plain
    assert study.path == saved
    assert study.labels.path == tmp_path / "mine.labels"
    assert study.labels.author == "Ann"
    assert study.features.loc["d00", "name"] == "x"
    assert old is not None
    assert LabelStore(old).labels["name"].tolist() == ["x"]
    study.labels.edit("d01", name="y")
    opened = ws.open(saved)
    assert opened.path == saved
    assert opened.features["name"][["d00", "d01"]].tolist() == ["x", "y"]
    assert opened.labels.undo("Ann") == "d01"
    assert study.features.loc["d01", "name"] == study.found.loc["d01", "name"]
    assert not list(tmp_path.glob("plain.labels"))


def test_saving_elsewhere_merges_with_the_work_that_lies_there(study: Study, tmp_path: Path) -> None:
    study.save(tmp_path / "one.whim")
    study.labels.edit("d00", name="one's", author="Ann")
    other = make_study()
    other.save(tmp_path / "two.whim")
    other.labels.edit("d01", name="two's", author="Bob")
    study.save(tmp_path / "two.whim")
    assert study.labels.path == tmp_path / "two.labels"
    assert study.features["name"][["d00", "d01"]].tolist() == ["one's", "two's"]
    assert other.features["name"][["d00", "d01"]].tolist() == ["one's", "two's"]
    assert LabelStore(tmp_path / "one.labels").labels.index.tolist() == ["d00"]


def test_another_study_saved_over_the_same_path_neither_loses_nor_mixes_the_work(
    study: Study, tmp_path: Path
) -> None:
    path = tmp_path / "x.whim"
    study.save(path)
    study.labels.edit("d00", name="first")
    other = make_study(make_pairs(36))
    with pytest.warns(UserWarning, match=rf"'x-{other.fingerprint[:8]}\.labels'"):
        other.save(path)
    other.labels.edit("d00", name="second")
    assert LabelStore(tmp_path / "x.labels").labels["name"].tolist() == ["first"]
    opened = Study.open(path)
    with pytest.warns(UserWarning, match="holds the labels of another study"):
        assert opened.features.loc["d00", "name"] == "second"
    assert opened.labels.path == tmp_path / f"x-{other.fingerprint[:8]}.labels"


def test_a_store_that_was_chosen_stays(study: Study, tmp_path: Path) -> None:
    study.labels = LabelStore(tmp_path / "team.labels", author="Ann")
    study.labels.edit("d00", name="x")
    with pytest.raises(ws.LabelsError, match="No feature 'd7'"):
        study.labels.edit("d7", name="x")
    study.save(tmp_path / "x.whim")
    assert study.labels.path == tmp_path / "team.labels"
    assert LabelStore(tmp_path / "team.labels").study == study.fingerprint
    other = make_study(make_pairs(36))
    with pytest.raises(ws.LabelsError, match="another study"):
        other.labels = LabelStore(tmp_path / "team.labels")
    with pytest.raises(ws.LabelsError, match="LabelStore or a path; found 7"):
        other.labels = 7  # type: ignore[assignment]
    other.labels = LabelStore(":memory:")
    other.labels.edit("d00", name="kept in memory")
    assert other.features.loc["d00", "name"] == "kept in memory"


def test_a_damaged_store_takes_names_away_with_a_warning_but_not_the_study(
    study: Study, tmp_path: Path
) -> None:
    path = study.save(tmp_path / "x.whim")
    (tmp_path / "x.labels").write_bytes(b"not a database, and long enough to be taken for one" * 99)
    opened = Study.open(path)
    with pytest.warns(UserWarning, match=r"names that people gave are not shown.*'x\.labels'"):
        pd.testing.assert_frame_equal(opened.features, study.found)
    with warnings.catch_warnings(action="error"):  # said once
        pd.testing.assert_frame_equal(opened.features, study.found)
    with pytest.raises(ws.LabelsError, match=r"'x\.labels'.*move it away"):
        opened.labels.edit("d00", name="x")
    with pytest.warns(UserWarning, match="its labels stay in"):
        opened.save(tmp_path / "y.whim")
    (tmp_path / "x.labels").rename(tmp_path / "broken")
    again = Study.open(path)
    again.labels.edit("d00", name="x")
    assert again.features.loc["d00", "name"] == "x"


def test_a_study_can_be_copied_with_its_work(study: Study) -> None:
    study.labels.edit("d00", name="x")
    assert copy.deepcopy(study).features.loc["d00", "name"] == "x"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_in_a_folder_that_may_only_be_read_work_begins_with_what_lies_there() -> None:
    with tempfile.TemporaryDirectory() as name:
        shared, home = Path(name) / "shared", Path(name) / "home"
        shared.mkdir()
        home.mkdir(mode=0o777)
        home.chmod(0o777)
        Path(name).chmod(0o755)
        study = make_study()
        study.save(shared / "x.whim")
        study.labels.edit("d00", name="the teacher's", author="Teacher")
        shared.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        child = os.fork()
        if child == 0:  # pragma: no cover - the child is another process
            failed = 1
            try:
                if os.geteuid() == 0:
                    os.setgid(65534)
                    os.setuid(65534)
                os.environ["WHIMSIGHT_DATA"] = str(home)
                warnings.simplefilter("error")
                opened = Study.open(shared / "x.whim")
                assert opened.features.loc["d00", "name"] == "the teacher's"
                assert list(home.iterdir()) == []
                opened.labels.edit("d01", name="a student's", author="Student")
                assert opened.labels.path is not None
                assert opened.labels.path.parent == home / "labels"
                again = Study.open(shared / "x.whim")
                assert again.features["name"][["d00", "d01"]].tolist() == ["the teacher's", "a student's"]
                again.save(home / "own.whim")
                assert LabelStore(home / "own.labels").labels["name"].tolist() == [
                    "the teacher's",
                    "a student's",
                ]
                os.environ["WHIMSIGHT_DATA"] = str(shared / "nowhere")
                lost = Study.open(shared / "x.whim")
                assert lost.features.loc["d00", "name"] == "the teacher's"
                with pytest.raises(ws.LabelsError, match="set WHIMSIGHT_DATA to a folder of yours"):
                    lost.labels.edit("d01", name="nowhere to go")
                failed = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            os._exit(failed)
        assert os.waitpid(child, 0)[1] == 0
        shared.chmod(stat.S_IRWXU)
        assert sorted(p.name for p in shared.iterdir()) == ["x.labels", "x.whim"]
        shutil.rmtree(home / "labels", ignore_errors=True)
