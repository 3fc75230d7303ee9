"""Data without prompts: nothing that was made up in their place is sent."""

from __future__ import annotations

import re
from pathlib import Path

import whimsight as ws
from tests.unit.naming.apologies import planted_study
from tests.unit.studies.making import make_study
from whimsight.labels import LabelStore
from whimsight.naming import Naming, PracticeModel
from whimsight.pairs import Pairs
from whimsight.studies import Study


def without_prompts() -> Study:
    base = planted_study()
    pairs = ws.read(base.pairs.frame[["response_a", "response_b", "preference"]])
    study = make_study(pairs, names={"d00": "unnamed", "d01": "unnamed", "d02": "unnamed"})
    study.pair_codes, study.pair_of_row = base.pair_codes, base.pair_of_row
    study.labels = LabelStore(":memory:", author="Ann")
    return study


def requests(naming: Naming, n: int = 3) -> str:
    """What describer and judge are sent at first."""
    describing = naming.show()
    judge = naming._judge(naming._nobody())
    part = naming._deal.scoring("d00", n)
    candidate = naming._present("d00")
    return describing + "".join(r.user for r in judge.requests(candidate, *naming._deal.texts(part.rows)))


def test_neither_describer_nor_judge_is_shown_what_stands_in_their_place(tmp_path: Path) -> None:
    study = without_prompts()
    assert study.pairs.frame["prompt"][0] == "(pair 0)"
    sent = requests(Naming(study, PracticeModel(), features=["d00"], cache=tmp_path))
    assert "(pair " not in sent
    assert "PROMPT" not in sent
    assert "which is not shown" in sent


def test_they_are_not_shown_of_a_study_from_a_file_either(tmp_path: Path) -> None:
    study = Study.open(without_prompts().save(tmp_path / "planted.whim"))
    study.labels = LabelStore(":memory:", author="Ann")
    assert "PROMPT" not in requests(Naming(study, PracticeModel(), features=["d00"], cache=tmp_path))


def test_of_two_datasets_only_the_prompts_of_the_one_that_has_them_are_shown(tmp_path: Path) -> None:
    base = planted_study()
    frame = base.pairs.frame.assign(dataset=["asked" if i % 2 else "not" for i in range(len(base.pairs))])
    frame["prompt"] = [f"Why is {i // 3} so?" if i % 2 else f"(pair {i})" for i in range(len(frame))]
    study = make_study(Pairs(frame), names={"d00": "unnamed", "d01": "unnamed", "d02": "unnamed"})
    study.pair_codes, study.pair_of_row = base.pair_codes, base.pair_of_row
    study.labels = LabelStore(":memory:", author="Ann")
    sent = requests(Naming(study, PracticeModel(), features=["d00"], cache=tmp_path), 20)
    assert "(pair " not in sent
    assert re.search(r"Why is \d+ so\?", sent)
    assert "which is not shown" in sent


def test_names_are_found_all_the_same(tmp_path: Path) -> None:
    found = Naming(without_prompts(), PracticeModel(), features=["d00"], cache=tmp_path).run()
    assert found["name"]["d00"] == "apologies"
    assert found["kept"]["d00"]
