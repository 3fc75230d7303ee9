"""Pairs: codes, components, folds, texts, fingerprints and files."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from whimsight.errors import PairsError
from whimsight.pairs import Pairs, ReadReport, load


def table(**columns: object) -> pd.DataFrame:
    rows = {
        "prompt": ["p", "q", "p", "r"],
        "response_a": ["x", "x", "y", "z"],
        "response_b": ["y", "z", "x", "x"],
        "preference": [1.0, 0.0, 0.5, np.nan],
    }
    return pd.DataFrame({**rows, **columns})


def random_table(n: int, prompts: int, people: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "prompt": rng.integers(prompts, size=n).astype(str),
            "response_a": [f"a{i}" for i in range(n)],
            "response_b": [f"b{i}" for i in range(n)],
            "preference": rng.integers(2, size=n).astype(float),
            "annotator": rng.integers(people, size=n),
        }
    )


def test_missing_columns_get_their_defaults() -> None:
    pairs = Pairs(table().drop(columns="preference"))
    assert pairs.weight.tolist() == [1.0] * 4
    assert np.isnan(pairs.preference).all()
    assert not pairs.labelled
    assert pairs.frame["id"].tolist() == ["0", "1", "2", "3"]


def test_codes_number_values_in_order_of_appearance_and_missing_is_minus_one() -> None:
    pairs = Pairs(table(annotator=["u", None, "v", "u"]))
    assert pairs.prompt_codes.tolist() == [0, 1, 0, 2]
    assert pairs.codes("annotator").tolist() == [0, -1, 1, 0]
    assert pairs.codes("annotator").dtype == np.int64


def test_an_unknown_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(PairsError, match=r"'anotator'.*Did you mean 'annotator'"):
        Pairs(table(annotator=list("uvuv"))).codes("anotator")


def test_components_join_rows_that_share_a_prompt_or_a_person_through_others() -> None:
    frame = table(annotator=["u", "v", "w", "v"])
    assert Pairs(frame).components().tolist() == [0, 1, 0, 2]
    assert Pairs(frame).components(["annotator"]).tolist() == [0, 1, 0, 1]


def test_components_agree_with_a_union_find() -> None:
    pairs = Pairs(random_table(300, prompts=200, people=90))
    parent = list(range(300 + 200 + 90))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for row, (prompt, person) in enumerate(zip(pairs.prompt_codes, pairs.codes("annotator"), strict=True)):
        parent[root(row)] = root(300 + int(prompt))
        parent[root(row)] = root(500 + int(person))
    roots = [root(i) for i in range(300)]
    expected = pd.factorize(np.array(roots))[0]
    assert pairs.components(["annotator"]).tolist() == expected.tolist()


def test_a_missing_value_links_no_rows() -> None:
    pairs = Pairs(table(prompt=list("abcd"), conversation=[None, None, "k", "k"]))
    assert pairs.components(["conversation"]).tolist() == [0, 1, 2, 2]


def test_folds_are_balanced_keep_components_whole_and_depend_on_the_seed_only() -> None:
    pairs = Pairs(random_table(1000, prompts=60, people=5))
    folds = pairs.folds(5, seed=3)
    per_prompt = pd.DataFrame({"p": pairs.prompt_codes, "f": folds}).groupby("p")["f"].nunique()
    assert per_prompt.max() == 1
    assert set(folds) == {0, 1, 2, 3, 4}
    assert np.ptp(np.bincount(folds)) <= 30  # the largest prompt has about 30 rows
    assert np.array_equal(folds, pairs.folds(5, seed=3))
    assert not np.array_equal(folds, pairs.folds(5, seed=4))


def test_too_many_folds_is_an_error_that_says_how_many_are_possible() -> None:
    with pytest.raises(PairsError, match="found 3"):
        Pairs(table()).folds(4)


def test_a_split_holds_out_about_the_share_asked_for_and_no_prompt_is_on_both_sides() -> None:
    pairs = Pairs(random_table(2000, prompts=300, people=5))
    train, held = pairs.split(0.3, seed=1)
    assert sorted([*train, *held]) == list(range(2000))
    assert abs(held.size / 2000 - 0.3) < 0.02
    assert not set(pairs.prompt_codes[train]) & set(pairs.prompt_codes[held])


def test_two_prompts_still_split_into_two_sides() -> None:
    pairs = Pairs(table(prompt=["p", "p", "q", "q"]))
    for seed in range(5):
        train, held = pairs.split(0.3, seed=seed)
        assert train.size
        assert held.size


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5])
def test_a_share_outside_zero_to_one_cannot_be_held_out(share: float) -> None:
    with pytest.raises(PairsError, match="between 0 and 1"):
        Pairs(table()).split(share)


def test_texts_are_unique_and_point_back_to_every_side() -> None:
    texts = Pairs(table()).texts()
    assert texts.unique == ["x", "y", "z"]
    assert [texts.unique[i] for i in texts.a] == ["x", "x", "y", "z"]
    assert [texts.unique[i] for i in texts.b] == ["y", "z", "x", "x"]


def test_votes_on_one_pair_share_its_number() -> None:
    frame = pd.concat([table(), table()], ignore_index=True)
    first, inverse = Pairs(frame).unique_pairs()
    assert first.tolist() == [0, 1, 2, 3]
    assert inverse.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def test_take_accepts_positions_and_masks() -> None:
    pairs = Pairs(table(), name="four")
    assert pairs.take([2, 0]).frame["response_a"].tolist() == ["y", "x"]
    assert pairs.take(np.array([False, True, False, True])).frame["prompt"].tolist() == ["q", "r"]
    assert pairs.take([0]).name == "four"


def test_the_constructor_leaves_the_callers_frame_alone() -> None:
    frame = table()
    before = frame.copy()
    Pairs(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("preference", [1.0, 2.0, 0.0, 0.0], r"'preference', row 1: found 2.0"),
        ("preference", ["a", 1, 0, 0], r"'preference', row 0: found 'a'"),
        ("weight", [1, 1, -1, 1], r"'weight', row 2: found -1"),
        ("weight", [1, np.nan, 1, 1], r"'weight', row 1"),
        ("response_b", ["y", 3, "x", "x"], r"'response_b', row 1: expected text, found 3 \(int\)"),
    ],
)
def test_bad_values_are_named_with_their_row_and_column(column: str, values: list, message: str) -> None:
    with pytest.raises(PairsError, match=message):
        Pairs(table(**{column: values}))


def test_a_table_without_responses_is_refused() -> None:
    with pytest.raises(PairsError, match="missing: response_b"):
        Pairs(table().drop(columns="response_b"))


def test_parquet_gives_back_every_value_the_name_the_report_and_the_fingerprint(tmp_path) -> None:
    report = ReadReport(layout="A/B", source="x.csv", read=9, kept=4, side_seed=7, notes=["a note"])
    report.drop("empty response", [1, 3])
    frame = table(
        annotator=["ä", None, "ü\n", "💡"],
        turn=[1, 2, 1, 2],
        score=[0.25, np.nan, 1e300, -0.0],
        swapped=[True, False, True, False],
        parts=[["a", 1], None, {"k": [1.5]}, []],
        mixed=["text", None, "1", "2"],
        when=pd.to_datetime(["2024-01-01", None, "2024-02-03", "2024-05-06"]),
    )
    pairs = Pairs(frame, name="mine", report=report)
    back = Pairs.from_parquet(pairs.to_parquet(tmp_path / "pairs.parquet"))
    assert back.name == "mine"
    assert back.report == report
    assert back.fingerprint == pairs.fingerprint
    assert back.frame["parts"].tolist()[2] == {"k": [1.5]}
    pd.testing.assert_frame_equal(
        back.frame.drop(columns=["parts"]), pairs.frame.drop(columns=["parts"]), check_dtype=False
    )


def test_a_damaged_parquet_file_is_refused(tmp_path) -> None:
    path = Pairs(table()).to_parquet(tmp_path / "pairs.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(PairsError, match="damaged"):
        Pairs.from_parquet(path)
    with pytest.raises(PairsError, match="Cannot read"):
        Pairs.from_parquet(tmp_path / "nowhere.parquet")


def test_the_fingerprint_changes_with_any_value_or_column_and_with_nothing_else() -> None:
    pairs = Pairs(table())
    assert pairs.fingerprint == Pairs(table(), name="another name").fingerprint
    changed = [table(response_a=["x", "x", "y", "Z"]), table(preference=[1, 0, 0.5, 0.5]), table(extra=0)]
    prints = {Pairs(frame).fingerprint for frame in changed}
    assert len(prints | {pairs.fingerprint}) == 4


def test_half_a_surrogate_pair_has_a_fingerprint_too() -> None:
    broken = [
        pd.Series(["x", "\ud800", "y", "y"], dtype=object),
        pd.Series(["x", "\udfff", "y", "y"], dtype=object),
    ]
    prints = {Pairs(table(response_a=column)).fingerprint for column in broken}
    assert len(prints | {Pairs(table()).fingerprint}) == 3


def test_the_repr_says_what_is_in_there() -> None:
    said = repr(Pairs(table(annotator=["u", "v", "u", "v"]), name="votes"))
    assert said == (
        "<Pairs 'votes': 4 rows, 4 distinct pairs, 3 prompts, 2 annotators, A preferred 33%, B 33%, "
        "ties 33%, unlabelled 25%>"
    )


def test_html_shows_texts_as_text() -> None:
    html = Pairs(table(response_a=["<script>alert(1)</script>", "x", "y", "z"]))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "How it was read" in html


def test_importing_pairs_is_light() -> None:
    code = (
        "import sys, whimsight.pairs as p; p.load('mt-bench');"
        "print([m for m in ('torch', 'sklearn', 'datasets', 'polars', 'transformers') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_sample_splits_without_leaking_prompts() -> None:
    pairs = load("mt-bench")
    train, held = pairs.split()
    assert not set(pairs.frame["prompt"].iloc[train]) & set(pairs.frame["prompt"].iloc[held])


def test_matchups_are_the_same_whichever_response_is_a():
    frame = pd.DataFrame(
        {
            "prompt": ["p", "p", "p", "q"],
            "response_a": ["x", "y", "x", "y"],
            "response_b": ["y", "x", "z", "x"],
            "preference": [1.0, 0.0, 1.0, 0.5],
        }
    )
    inverse, swapped = Pairs(frame).matchups()
    assert inverse.tolist() == [0, 0, 1, 2]
    assert swapped.tolist() == [False, True, False, False]
    assert Pairs(frame).response_pairs().tolist() == [0, 0, 1, 0]  # whatever the prompt


def test_prompts_of_one_conversation_stay_together():
    frame = pd.DataFrame({"prompt": list("aabbcd"), "response_a": list("uvwxyz"), "response_b": list("123456"),
                          "conversation": ["k", "k", "k", "k", None, None]})  # fmt: skip
    pairs = Pairs(frame)
    assert pairs.components().tolist() == [0, 0, 0, 0, 1, 2]
    assert len(set(pairs.folds(2)[:4])) == 1
    assert "3 conversations" in repr(pairs)
