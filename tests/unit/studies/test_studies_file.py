"""A ``.whim`` file gives back exactly what was saved, and refuses everything else."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import stat
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.studies.making import make_pairs, make_study
from whimsight.errors import StudyError, StudyFileError
from whimsight.studies import file as study_file
from whimsight.studies._file.archive import allowed_size, from_json, pack, to_json
from whimsight.studies._file.tables import table_from_bytes, table_to_bytes
from whimsight.studies._study import Study
from whimsight.tables import Table

TABLES = ("features", "prediction", "joint", "lasso", "drafts")


@pytest.fixture(scope="module")
def saved(study: Study, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return study.save(tmp_path_factory.mktemp("whim") / "tiny.whim").read_bytes()


def assert_same_study(left: Study, right: Study) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name), check_exact=True)
    pd.testing.assert_frame_equal(left.pairs.frame, right.pairs.frame, check_exact=True)
    assert left.pairs.name == right.pairs.name
    assert left.pairs.report == right.pairs.report
    assert left.pairs.fingerprint == right.pairs.fingerprint
    assert left.settings == right.settings
    assert to_json(left.facts) == to_json(right.facts)
    for name in ("pair_codes", "pair_of_row", "attribute_scale", "residual_map"):
        before, after = getattr(left, name), getattr(right, name)
        assert (before is None) == (after is None)
        if before is not None:
            assert before.dtype == after.dtype
            assert before.tobytes() == after.tobytes()
    assert left.autoencoder.to_bytes() == right.autoencoder.to_bytes()


# -- what comes back ------------------------------------------------------------------------------


def test_an_opened_study_equals_the_saved_one_in_every_table_type_and_bit(
    study: Study, tmp_path: Path
) -> None:
    assert_same_study(study, Study.open(study.save(tmp_path / "tiny.whim")))


def test_a_study_without_labels_or_residuals_comes_back(tmp_path: Path) -> None:
    unlabelled = make_study(labels=False)
    unlabelled.residual_map = None
    unlabelled.drafts = Table()
    opened = Study.open(unlabelled.save(tmp_path / "x.whim"))
    assert_same_study(unlabelled, opened)
    assert opened.prediction.empty


def test_columns_of_every_kind_come_back(tmp_path: Path) -> None:
    n = 8
    pairs = make_pairs(
        n,
        when=pd.date_range("2024-01-01", periods=n, tz="Europe/Vienna"),
        day=pd.date_range("2024-01-01", periods=n),
        group=pd.Categorical(["x", "y"] * (n // 2), categories=["y", "x", "z"], ordered=True),
        mixed=pd.Series([1, "two", 3.5, None, True, float("nan"), {"a": [1]}, ""], dtype=object),
        small=np.arange(n, dtype=np.int8),
        flag=pd.array([True, None] * (n // 2), dtype="boolean"),
        text=pd.array(["", None] * (n // 2), dtype="string"),
    )
    before = make_study(pairs)
    after = Study.open(before.save(tmp_path / "kinds.whim"))
    assert_same_study(before, after)
    assert after.pairs.frame["mixed"].tolist()[:5] == [1, "two", 3.5, None, True]
    assert type(after.pairs.frame["mixed"][0]) is int


def test_hostile_texts_come_back_unchanged(tmp_path: Path) -> None:
    texts = [
        "</script><b>",
        "nul\x00nul",
        "\u202eright to left",
        "",
        "\ud83d alone",
        "x" * 200_000,
        "\r\n",
        "é",
    ]
    pairs = make_pairs(8, response_a=pd.Series(texts, dtype=object))
    opened = Study.open(make_study(pairs).save(tmp_path / "hostile.whim"))
    assert opened.pairs.frame["response_a"].tolist() == texts


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.floats(width=64),
            st.one_of(st.none(), st.text(st.characters(), max_size=8), st.integers(-9, 9), st.floats()),
            st.integers(-(2**63), 2**63 - 1),
        ),
        max_size=12,
    )
)
def test_any_table_comes_back_bit_for_bit(rows: list[tuple[float, Any, int]]) -> None:
    frame = pd.DataFrame(
        {
            "number": np.array([r[0] for r in rows], dtype=np.float64),
            "anything": pd.Series([r[1] for r in rows], dtype=object),
            "whole": np.array([r[2] for r in rows], dtype=np.int64),
        }
    )
    back = table_from_bytes(*table_to_bytes(frame))
    assert back.dtypes.tolist() == frame.dtypes.tolist()
    assert back["number"].to_numpy().tobytes() == frame["number"].to_numpy().tobytes()
    assert list(map(repr, back["anything"])) == list(map(repr, frame["anything"]))
    assert back["whole"].tolist() == frame["whole"].tolist()


def test_the_same_study_gives_the_same_bytes(study: Study, saved: bytes, tmp_path: Path) -> None:
    assert make_study().save(tmp_path / "again.whim").read_bytes() == saved
    opened = Study.open(tmp_path / "again.whim")
    assert opened.save(tmp_path / "third.whim").read_bytes() == saved


def test_the_file_is_a_plain_zip_whose_parquet_other_tools_can_read(saved: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert archive.testzip() is None
        features = pd.read_parquet(io.BytesIO(archive.read("features.parquet")))
        manifest = json.loads(archive.read("manifest.json"))
    assert features["feature"].tolist() == ["d00", "d01", "d02", "m_words", "m_bullets"]
    assert manifest["schema"] == 1
    assert manifest["settings"]["seed"] == 0


def test_a_text_that_occurs_often_is_stored_once(tmp_path: Path) -> None:
    words = np.random.default_rng(0).integers(0, 26, size=(8, 20_000))
    once = ["".join(chr(97 + c) for c in row) for row in words]
    pairs = make_pairs(80, response_a=once * 10)
    assert make_study(pairs).save(tmp_path / "x.whim").stat().st_size < 160_000


def test_nothing_local_is_written(saved: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    for local in {str(Path.home()), str(Path.cwd()), os.environ.get("USER", "") or str(Path.cwd())}:
        if len(local) > 4:
            assert local.encode() not in content


# -- saving ---------------------------------------------------------------------------------------


def test_a_failed_save_leaves_the_old_file_and_no_debris(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "old.whim"
    target.write_bytes(b"the old study")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StudyFileError, match=r"No space left on device.*make room or choose another path"):
        study.save(target)
    assert target.read_bytes() == b"the old study"
    assert [p.name for p in tmp_path.iterdir()] == ["old.whim"]


def test_saving_says_what_to_do_when_there_is_no_such_folder(study: Study, tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match="Make it first"):
        study.save(tmp_path / "nowhere" / "x.whim")
    with pytest.raises(StudyFileError, match="it is a folder"):
        study.save(tmp_path)


def test_the_next_save_clears_what_a_killed_writer_left(study: Study, tmp_path: Path) -> None:
    old, young = tmp_path / ".x.whim.a1b2c3.part", tmp_path / ".x.whim.d4e5f6.part"
    other = tmp_path / ".y.whim.a1b2c3.part"
    for left in (old, young, other):
        left.write_bytes(b"half")
    for left in (old, other):
        os.utime(left, (time.time() - 3600,) * 2)
    study.save(tmp_path / "x.whim")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([young.name, other.name, "x.whim"])


# -- refusing -------------------------------------------------------------------------------------


def refused(data: bytes, tmp_path: Path) -> str:
    path = tmp_path / "bad.whim"
    path.write_bytes(data)
    with pytest.raises(StudyFileError) as caught:
        Study.open(path)
    return str(caught.value)


def seal(data: bytes) -> bytes:
    """Put a right hash at the end of a zip, as somebody who means harm would."""
    comment = 7 + 64
    end = data.rindex(b"PK\x05\x06")
    body = data[: end + 20]
    return body + struct.pack("<H", comment) + b"sha256:" + hashlib.sha256(body).hexdigest().encode()


def members_of(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(members.pop("manifest.json")), members


def repacked(data: bytes, change: Any) -> bytes:
    """Change manifest and members, and pack them with right hashes."""
    manifest, members = members_of(data)
    change(manifest, members)
    return pack(manifest, members)


def with_entry(data: bytes, info: zipfile.ZipInfo | str, content: bytes = b"x") -> bytes:
    sink = io.BytesIO(data)
    with zipfile.ZipFile(sink, "a") as archive:
        archive.writestr(info, content)
    return seal(sink.getvalue())


def test_missing_empty_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match=r"There is no file 'none\.whim'"):
        Study.open(tmp_path / "none.whim")
    with pytest.raises(StudyFileError, match="it is not a file"):
        Study.open(tmp_path)
    assert "does not start as a zip" in refused(b"", tmp_path)
    assert "does not start as a zip" in refused(b"id,prompt\n1,hello\n", tmp_path)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert "its end is missing" in refused(sink.getvalue(), tmp_path)
    assert "no manifest.json" in refused(seal(sink.getvalue()), tmp_path)


def test_a_file_cut_short_anywhere_is_refused(saved: bytes, tmp_path: Path) -> None:
    for end in np.linspace(0, len(saved) - 1, 60).astype(int):
        refused(saved[:end], tmp_path)


def test_one_flipped_byte_anywhere_is_noticed(saved: bytes, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.integers(0, len(saved), 200), np.arange(1, 120) * -1])
    for place in places:
        data = bytearray(saved)
        data[place] ^= int(rng.integers(1, 256))
        refused(bytes(data), tmp_path)


def test_flips_under_a_forged_seal_give_the_same_kind_of_error_or_the_same_study(
    study: Study, saved: bytes, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "forged.whim"
    places = [*rng.integers(0, len(saved) - 120, 150), *range(len(saved) - 700, len(saved) - 120, 7)]
    for place in places:
        data = bytearray(saved)
        data[place] ^= int(rng.integers(1, 256))
        path.write_bytes(seal(bytes(data)) if b"PK\x05\x06" in data else bytes(data))
        try:
            opened = Study.open(path)
        except StudyFileError:
            continue
        assert_same_study(study, opened)  # a time stamp or an attribute that nothing depends on


def test_flips_inside_members_with_right_hashes_never_escape_as_another_error(
    saved: bytes, tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    manifest, members = members_of(saved)
    path = tmp_path / "forged.whim"
    for name in members:
        for _ in range(25):
            data = bytearray(members[name])
            for place in rng.integers(0, len(data), int(rng.integers(1, 4))):
                data[place] ^= int(rng.integers(1, 256))
            path.write_bytes(pack(manifest, {**members, name: bytes(data)}))
            with contextlib.suppress(StudyFileError):
                Study.open(path)


def test_a_newer_file_says_which_version_to_install(saved: bytes, tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        manifest["schema"], manifest["whimsight"] = 2, "3.4.5"
        members["new-part.parquet"] = b""

    assert "Install Whimsight 3.4.5 or later" in refused(repacked(saved, change), tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, d: m.update(format="zip"), "does not say that it is a Whimsight study"),
        (lambda m, d: m.update(schema="1"), "schema version is '1'"),
        (lambda m, d: m.update(schema=True), "schema version is True"),
        (lambda m, d: m.pop("settings"), "lacks 'settings'"),
        (lambda m, d: m["settings"].update(k=-1), "k must lie between"),
        (lambda m, d: m["settings"].update(colour="red"), "Unknown settings"),
        (lambda m, d: d.update({"evil.pkl": b"cos\nsystem\n"}), "unknown members 'evil.pkl'"),
        (lambda m, d: d.pop("joint.parquet"), "no 'joint.parquet'"),
        (lambda m, d: d.update({"joint.parquet": b"PAR1"}), "cannot be read"),
        (lambda m, d: m["members"]["features.parquet"]["table"].update(rows=6), "rows or columns"),
        (lambda m, d: m["members"]["features.parquet"]["table"].update(rows=10**12), "rows or columns"),
        (lambda m, d: m["members"]["features.parquet"]["table"].update(bytes=10**12), "claims to grow"),
        (
            lambda m, d: m["members"]["features.parquet"]["table"]["columns"][0].update(kind="pickle"),
            "unknown type",
        ),
        (
            lambda m, d: m["members"]["features.parquet"]["table"]["columns"][3].update(dtype="object"),
            "unknown type",
        ),
        (
            lambda m, d: m["members"]["features.parquet"]["table"]["columns"][3].update(dtype="int64"),
            "holds float64",
        ),
        (lambda m, d: m["members"]["features.parquet"]["table"]["columns"].pop(), "rows or columns"),
    ],
)
def test_a_manifest_that_lies_is_refused(change: Any, message: str, saved: bytes, tmp_path: Path) -> None:
    assert message in refused(repacked(saved, change), tmp_path)


@pytest.mark.parametrize("name", ["../climb.txt", "/etc/cron.d/x", "a\\..\\b", "C:evil", "sub/../../x"])
def test_names_that_climb_out_are_refused(name: str, saved: bytes, tmp_path: Path) -> None:
    assert "points outside" in refused(with_entry(saved, name), tmp_path)


def test_links_duplicates_and_locked_entries_are_refused(saved: bytes, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "a link" in refused(with_entry(saved, link, b"/etc/passwd"), tmp_path)
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = with_entry(saved, "manifest.json", b"{}")
    assert "twice" in refused(twice, tmp_path)
    lzma = zipfile.ZipInfo("x")
    lzma.compress_type = zipfile.ZIP_LZMA
    assert "compressed in a way" in refused(with_entry(saved, lzma), tmp_path)


def test_a_wrong_hash_names_the_member(saved: bytes, tmp_path: Path) -> None:
    manifest, members = members_of(saved)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        manifest["members"]["joint.parquet"]["sha256"] = "0" * 64
        for name, data in {"manifest.json": to_json(manifest), **members}.items():
            archive.writestr(name, data)
    assert "joint.parquet does not match its sha256" in refused(seal(sink.getvalue()), tmp_path)


def test_bombs_are_refused_before_they_go_off(saved: bytes, tmp_path: Path) -> None:
    manifest, members = members_of(saved)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        bomb = bytes(80 * 2**20)
        manifest["members"]["arrays.safetensors"].update(
            size=len(bomb), sha256=hashlib.sha256(bomb).hexdigest()
        )
        for name, data in {"manifest.json": to_json(manifest), **members, "arrays.safetensors": bomb}.items():
            archive.writestr(name, data)
    assert "claims to grow" in refused(seal(sink.getvalue()), tmp_path)


def test_a_table_that_grows_beyond_its_description_is_stopped() -> None:
    data, about = table_to_bytes(pd.DataFrame({"text": ["x" * 1_000_000] * 80}))
    assert len(data) < 10_000 < allowed_size(len(data))
    with pytest.raises(StudyFileError, match="claims to grow"):
        table_from_bytes(data, about)
    with pytest.raises(StudyFileError, match="more comes out"):
        table_from_bytes(data, {**about, "bytes": 1_000_000})


def test_safetensors_that_do_not_fit_the_tables_are_refused(
    study: Study, saved: bytes, tmp_path: Path
) -> None:
    from safetensors.numpy import load, save

    def arrays(**changes: Any) -> bytes:
        def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
            kept = {**load(members["arrays.safetensors"]), **changes}
            members["arrays.safetensors"] = save({k: v for k, v in kept.items() if v is not None})

        return repacked(saved, change)

    codes = study.pair_codes
    assert "pair_codes is float64" in refused(arrays(pair_codes=codes.astype(np.float64)), tmp_path)
    assert "pair_codes is float32 (20, 4)" in refused(arrays(pair_codes=codes[:, 1:].copy()), tmp_path)
    assert "points to pairs" in refused(arrays(pair_codes=codes[:-1].copy()), tmp_path)
    assert "NaN" in refused(arrays(pair_codes=codes * np.float32("nan")), tmp_path)
    assert "pair_of_row is int64 (3,)" in refused(arrays(pair_of_row=np.arange(3)), tmp_path)
    assert "expected ['attribute_scale'" in refused(arrays(extra=codes), tmp_path)
    assert "expected ['attribute_scale'" in refused(arrays(pair_of_row=None), tmp_path)

    def longer_header(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        members["arrays.safetensors"] = (2**60).to_bytes(8, "little") + members["arrays.safetensors"][8:]

    assert "cannot be read" in refused(repacked(saved, longer_header), tmp_path)


def test_texts_that_are_not_there_are_refused(saved: bytes, tmp_path: Path) -> None:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        about = manifest["members"]["texts.parquet"]
        members["texts.parquet"], about["table"] = table_to_bytes(pd.DataFrame({"text": ["one"]}))

    assert "points to texts that are not there" in refused(repacked(saved, change), tmp_path)


def test_json_is_strict_and_still_keeps_odd_floats() -> None:
    for text in ("[NaN]", "[Infinity]", "[-Infinity]"):
        with pytest.raises(StudyFileError, match="does not have"):
            from_json(text)
    with pytest.raises(StudyFileError, match="too deeply"):
        from_json("[" * 200_000 + "]" * 200_000)
    odd = from_json(to_json({"a": float("nan"), "b": [float("-inf"), np.float32(0.5), np.int64(3)]}))
    assert np.isnan(odd["a"])
    assert odd["b"] == [float("-inf"), 0.5, 3]


def test_metadata_for_pandas_in_a_forged_table_is_ignored(saved: bytes, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        table = pq.read_table(pa.BufferReader(members["lasso.parquet"]))
        evil = {b"pandas": b'{"index_columns": ["os.system"], "columns": 7}', b"ARROW:schema": b"AAAA"}
        sink = pa.BufferOutputStream()
        pq.write_table(table.replace_schema_metadata(evil), sink, store_schema=False)
        members["lasso.parquet"] = sink.getvalue().to_pybytes()

    path = tmp_path / "meta.whim"
    path.write_bytes(repacked(saved, change))
    try:
        opened = Study.open(path)
    except StudyFileError:
        return
    assert opened.lasso["auc"].tolist() == [0.61, 0.63]


def test_the_layout_version_is_a_number_that_the_manifest_repeats(saved: bytes) -> None:
    assert members_of(saved)[0]["schema"] == study_file.SCHEMA


# -- what is no path, no study, or not there ---------------------------------------------------------


@pytest.mark.parametrize("value", [5, None, "", ["votes.whim"], "a\0b"])
def test_what_is_no_path_is_told_with_an_example_of_one(value: Any) -> None:
    found = re.escape(f"found {value!r} ({type(value).__name__}).")
    with pytest.raises(StudyFileError, match=rf"A path is needed of a study, such as 'votes.whim'; {found}"):
        Study.open(value)
    with pytest.raises(StudyFileError, match=rf"of where to save the study, such as 'votes.whim'; {found}"):
        make_study().save(value)
    with pytest.raises(StudyError, match=rf"of where to write the report, such as 'report.html'; {found}"):
        make_study().report(value)


def test_a_file_that_is_not_there_is_told_with_what_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_study().save("mt-bench.whim")
    Path("a.txt").write_text("a note")
    said = "There is no file 'mtbench.whim' here. Did you mean 'mt-bench.whim'?"
    holds = "The working folder holds 'mt-bench.whim' and 'a.txt'. Check the path."
    with pytest.raises(StudyFileError, match=re.escape(f"{said} {holds}")):
        Study.open("mtbench.whim")
    with pytest.raises(
        StudyFileError, match=r"The folder holds 'mt-bench.whim' and 'a.txt'; name a file in it"
    ):
        Study.open(tmp_path)
    with pytest.raises(StudyFileError, match=r"'x.whim' here, for there is no folder 'no'. Check the path."):
        Study.open("no/x.whim")
    with pytest.raises(StudyFileError, match=r"Open what study\.save wrote; votes are read with"):
        Study.open("a.txt")


def test_a_folder_that_is_not_there_is_told_before_anything_is_written(tmp_path: Path) -> None:
    study = make_study()
    for write, name in ((study.save, "x.whim"), (study.report, "x.html")):
        path = tmp_path / "no" / name
        with pytest.raises(
            StudyError, match=rf"'{name}': there is no folder '.*no'. Make it first, or choose"
        ):
            write(path)
        assert not path.parent.exists()


def test_the_users_own_folder_may_be_said_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert make_study().save("~/votes.whim") == tmp_path / "votes.whim"
    assert Study.open("~/votes.whim").path == tmp_path / "votes.whim"


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"n": "3"}, r"n must be a whole number, 0 or more, such as n=10; found '3' \(str\)."),
        ({"n": 2.5}, r"found 2.5 \(float\)."),
        ({"n": -1}, r"found -1 \(int\)."),
        ({"where": "random", "seed": "x"}, "seed must be a whole number"),
        ({"where": ("a", "b")}, "where must be 'top', 'random' or a pair of quantiles"),
    ],
)
def test_choices_of_examples_that_make_no_sense_are_told(choice: dict[str, Any], said: str) -> None:
    study = make_study()
    with pytest.raises(StudyError, match=said):
        study.examples("d00", **choice)
    assert len(study.examples("d00", np.int64(3))) == 3
