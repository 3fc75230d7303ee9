"""Slices: which rows of a study a column, models, topics, labels, masks and votes stand for."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.unit.studies.making import make_pairs, make_study
from whimsight.comparisons.slices import Slice, slices_by, slices_of_votes
from whimsight.errors import StudyError

N = 240  # 60 prompts, two rows on each distinct pair; of four votes one is a tie


def study_with(n: int = N, **columns):
    return make_study(make_pairs(n, **columns))


def rows_of(slices: list[Slice]) -> dict[str, list[int]]:
    for part in slices:
        assert part.rows.dtype == np.int64
        assert part.preference.shape == part.rows.shape
        assert (np.diff(part.rows) > 0).all()
    return {part.name: part.rows.tolist() for part in slices}


def where(mask) -> list[int]:
    return np.flatnonzero(mask).tolist()


@pytest.fixture(scope="module")
def plain():
    return study_with()


def test_a_column_of_texts_gives_a_slice_for_each_value_the_largest_first():
    kind = np.array(["small", "large", "large", "mid", "mid", "large"] * 40)
    study = study_with(kind=kind)
    slices, told = slices_by(study, "kind")
    assert list(rows_of(slices)) == ["large", "mid", "small"]
    for part in slices:
        assert part.rows.tolist() == where(kind == part.name)
        np.testing.assert_array_equal(part.preference, study.pairs.preference[part.rows])
    assert told["kind"] == "values"
    assert (told["overlap"], told["outside"], told["left_out"]) == (False, 0, {})
    assert json.loads(json.dumps(told)) == told


def test_missing_and_blank_values_are_in_no_slice_and_counted():
    kind = np.array(["x", "y", None, " "] * 60, dtype=object)
    slices, told = slices_by(study_with(kind=kind), "kind")
    assert rows_of(slices) == {"x": where(kind == "x"), "y": where(kind == "y")}
    assert told["outside"] == 120


def test_values_that_read_the_same_are_one_group():
    mixed = pd.Series([1, "1", "two ", "two"] * 60, dtype=object)
    assert rows_of(slices_by(study_with(mixed=mixed), "mixed")[0]) == {
        "1": where(np.arange(N) % 4 < 2),
        "two": where(np.arange(N) % 4 >= 2),
    }


def test_numbers_and_booleans_keep_their_own_order():
    turn = np.array([3, 3, 1, 2, 1] * 48)
    assert list(rows_of(slices_by(study_with(turn=turn), "turn")[0])) == ["turn 1", "turn 2", "turn 3"]
    code = turn == 1
    slices, _ = slices_by(study_with(code=code), "code")
    assert rows_of(slices) == {"not code": where(~code), "code": where(code)}
    grade = pd.Categorical(["high", "high", "low"] * 80, categories=["low", "high"], ordered=True)
    assert list(rows_of(slices_by(study_with(grade=grade), "grade")[0])) == ["low", "high"]


def test_many_numbers_are_cut_at_their_quartiles_and_named_by_their_range():
    age = np.random.default_rng(0).permutation(N)
    slices, told = slices_by(study_with(age=age), "age")
    assert rows_of(slices) == {
        "age 0 to 59": where(age < 60),
        "age 60 to 119": where((age >= 60) & (age < 120)),
        "age 120 to 179": where((age >= 120) & (age < 180)),
        "age 180 to 239": where(age >= 180),
    }
    assert told["kind"] == "quartiles"


def test_one_value_is_never_in_two_quarters():
    score = np.concatenate([np.zeros(N // 2), np.linspace(1, 2, N // 2)])
    slices, _ = slices_by(study_with(score=score), "score")
    assert [part.name for part in slices] == ["score 0", "score 1 to 1.5", "score 1.5 to 2"]
    assert sum(part.rows.size for part in slices) == N


@pytest.mark.parametrize("kind", [str, pd.Timestamp])
def test_dates_are_recognised_and_cut_in_time_order(kind):
    days = [f"2024-{1 + i // 20:02d}-{1 + i % 20:02d}" for i in range(N)]
    order = np.random.default_rng(1).permutation(N)
    day = pd.Series([kind(days[i]) for i in order])
    slices, _ = slices_by(study_with(day=day), "day")
    assert list(rows_of(slices)) == [
        "2024-01-01 to 2024-03-20",
        "2024-04-01 to 2024-06-20",
        "2024-07-01 to 2024-09-20",
        "2024-10-01 to 2024-12-20",
    ]
    assert slices[0].rows.tolist() == where(order < 60)


def test_moments_of_a_few_days_are_sliced_by_day():
    when = [f"2024-05-0{1 + i % 2}T{i % 24:02d}:{i % 60:02d}:00Z" for i in range(N)]
    assert list(rows_of(slices_by(study_with(when=when), "when")[0])) == ["2024-05-01", "2024-05-02"]


def test_a_list_of_texts_puts_a_row_into_several_slices():
    tags = pd.Series([["law"], ["law", "tax", "law"], None, []] * 60, dtype=object)
    slices, told = slices_by(study_with(topics=tags), "topics")
    place = np.arange(N) % 4
    assert rows_of(slices) == {"law": where(place < 2), "tax": where(place == 1)}
    assert told["kind"] == "lists"
    assert told["overlap"]
    assert told["outside"] == N // 2


def test_models_are_the_rows_in_which_they_are_one_of_the_two():
    a = np.resize(np.array(["x", "y", "x", None], dtype=object), N)
    b = np.resize(np.array(["y", "z", "x", "z"], dtype=object), N)
    slices, told = slices_by(study_with(model_a=a, model_b=b), "model")
    assert rows_of(slices) == {m: where((a == m) | (b == m)) for m in ("x", "y", "z")}
    assert told["overlap"]


def test_topics_are_slices_of_prompts_and_never_part_a_prompt():
    texts = [f"{'bake bread dough' if i // 4 % 3 else 'rocket orbit moon'} {i // 4}" for i in range(N)]
    slices, told = _topics(texts)
    assert told["kind"] == "topics"
    assert sorted(part.rows.size for part in slices) == [80, 160]
    assert slices[0].rows.tolist() == where(["bake" in t for t in texts])


def _topics(texts):
    pairs = make_pairs(N, prompt=texts)
    frame = pairs.frame.drop(columns="topics")  # a column of that name would be taken as it is
    return slices_by(make_study(type(pairs)(frame)), "topics", most=2)


def test_labels_may_come_as_an_array_and_leave_rows_out(plain):
    labels = np.resize(np.array(["new", "old", None], dtype=object), N)
    slices, told = slices_by(plain, labels)
    assert rows_of(slices) == {"new": where(labels == "new"), "old": where(labels == "old")}
    assert told["outside"] == N // 3
    shuffled = pd.Series(labels, index=np.arange(N)[::-1])  # rows count by position, whatever the index
    assert rows_of(slices_by(plain, shuffled)[0]) == rows_of(slices)


def test_masks_and_positions_may_overlap_and_keep_their_order(plain):
    late = np.arange(N) >= 100
    given = {"late": late, "all": np.arange(N)[::-1], "maybe": pd.array([True, None] * 120, dtype="boolean")}
    slices, told = slices_by(plain, given)
    assert rows_of(slices) == {"late": where(late), "all": list(range(N)), "maybe": list(range(0, N, 2))}
    assert told["overlap"]


def test_slices_with_too_few_decided_votes_are_left_out_with_count_and_reason():
    kind = np.array(["big"] * 100 + ["mid"] * 100 + ["tiny"] * 40)
    slices, told = slices_by(study_with(kind=kind), "kind", fewest=31)
    assert [part.name for part in slices] == ["big", "mid"]
    # of the last 40 votes every fourth is a tie, the very last of which is missing: 30 are decided
    assert told["left_out"] == {"tiny": {"rows": 40, "votes": 30, "reason": "fewer than 31 decided votes"}}
    assert told["outside"] == 40
    assert len(slices_by(study_with(kind=kind), "kind", fewest=30)[0]) == 3


def test_the_largest_are_kept_and_the_rest_is_told():
    kind = np.repeat(["a", "b", "c", "d"], [50, 80, 70, 40])
    slices, told = slices_by(study_with(kind=kind), "kind", most=2, fewest=1)
    assert [part.name for part in slices] == ["b", "c"]
    assert list(told["left_out"]) == ["a", "d"]
    assert told["left_out"]["a"]["reason"] == "not among the 2 with most pairs"
    assert told["left_out_count"] == 2


def test_without_any_vote_pairs_are_counted():
    kind = np.repeat(["a", "b", "c"], [100, 100, 40])
    slices, told = slices_by(study_with(kind=kind, preference=np.nan), "kind", fewest=41)
    assert [part.name for part in slices] == ["a", "b"]
    assert told["left_out"]["c"]["reason"] == "fewer than 41 pairs"


def test_names_are_distinct_printable_lines():
    kind = np.resize(["a\nb", "a b", "\u202ea\x00 b", "x" * 200], N)
    names = [part.name for part in slices_by(study_with(kind=kind), "kind")[0]]
    assert sorted(names)[:3] == ["a b", "a b (2)", "a b (3)"]
    assert all(name.isprintable() and len(name) <= 90 for name in names)


@pytest.mark.parametrize(
    ("by", "says"),
    [
        ("anotator", "No column 'anotator'.*Did you mean 'annotator'"),
        ("preference", "not something to slice by"),
        ("response_a", "'response_a' holds 120 values in 240 pairs|Say how many"),
        ("id", "'id' holds 240 values in 240 pairs, such as 'v0': free text or an id"),
        ("prompt", "'prompt' holds 60 values.*most=12.*by='topics'"),
        ("nested", r"holds values such as .*\(dict\), which are no groups"),
        ("constant", "only one, 'same'"),
        ("nothing", "none: all are missing"),
        ("person", "'person' holds 80 values.*most=12"),
        ("model", "needs the columns model_a and model_b; .* has no model_b"),
        (np.arange(7), "has 7 entries; the study has 240 pairs"),
        (3, "by must be a column.*found int"),
        ({"all": np.ones(N, dtype=bool)}, "At least two masks.*found 1"),
        ({"a": np.ones(N, dtype=bool), "b": np.zeros(N, dtype=bool)}, "'b' is empty"),
        ({"a": [0, 1], "b": []}, "'b' is empty"),
        ({"a": [True, False], "b": [1]}, "'a' has 2 entries; the study has 240"),
        ({"a": [0, 240], "b": [1]}, "'a' names position 240"),
        ({"a": [-1], "b": [1]}, "'a' names position -1"),
        ({"a": [0.5], "b": [1]}, "'a' must be booleans.*found floating"),
        ({"a": [0, 1, 2], "b": [3, 4]}, "Only 0 of the 2 slices.*'a' has 3 in 3 pairs"),
    ],
)
def test_what_cannot_be_sliced_is_refused(by, says):
    person = [f"p{i % 80}" for i in range(N)]
    study = study_with(constant="same", nothing=None, person=person, nested=[{"a": i} for i in range(N)])
    with pytest.raises(StudyError, match=says):
        slices_by(study, by)


def test_a_column_of_many_people_is_sliced_when_the_number_is_said():
    study = study_with(person=[f"p{i % 80}" for i in range(N)])
    slices, told = slices_by(study, "person", most=5, fewest=1)
    assert len(slices) == 5
    assert told["left_out_count"] == 75


# Several votes on the same rows


def judged(n: int = N, **columns):
    """Two rows on every pair; the second has A and B swapped. The judge gives one verdict a pair."""
    pairs = make_pairs(n)
    frame = pairs.frame.copy()
    odd = np.arange(n) % 2 == 1
    swapped = frame.loc[odd, ["response_b", "response_a"]].to_numpy()
    frame.loc[odd, ["response_a", "response_b"]] = swapped
    verdict = np.repeat(np.resize([1.0, 0.0, 0.5, 1.0, np.nan], n // 2), 2)
    return make_study(type(pairs)(frame.assign(judge=np.where(odd, 1 - verdict, verdict), **columns)))


def test_only_rows_with_all_votes_are_compared():
    study = judged()
    frame = study.pairs.frame
    both = frame["preference"].notna() & frame["judge"].notna()
    humans, judge = slices_of_votes(study, {"humans": "preference", "judge": "judge"})
    assert humans.rows.tolist() == where(both)
    assert set(judge.rows) <= set(humans.rows)
    np.testing.assert_array_equal(humans.preference, frame["preference"].to_numpy()[humans.rows])
    np.testing.assert_array_equal(judge.preference, frame["judge"].to_numpy()[judge.rows])


def test_one_verdict_on_a_pair_is_one_vote_however_many_people_voted_on_it():
    study = judged()
    _, judge = slices_of_votes(study, {"humans": "preference", "judge": "judge"})
    known = study.pairs.frame["judge"].notna().to_numpy()
    assert judge.rows.tolist() == [i for i in range(0, N, 2) if known[i]]


def test_a_vote_that_differs_within_pairs_counts_row_by_row():
    other = np.resize([1.0, 1.0, 0.0, 0.0, 1.0, 0.0], N)  # A and B are swapped, so that these differ
    humans, second = slices_of_votes(judged(other=other), {"humans": "preference", "again": "other"})
    assert second.rows.tolist() == humans.rows.tolist() == list(range(N - 1))


def test_votes_may_be_arrays_and_shares():
    study = judged()
    share = np.linspace(0, 1, N)
    slices = slices_of_votes(study, {"humans": "preference", "crowd": share})
    np.testing.assert_array_equal(slices[1].preference, share[slices[1].rows])


def test_mt_bench_has_one_verdict_of_gpt4_for_each_pair_that_people_voted_on():
    import whimsight as ws

    pairs = ws.load("mt-bench")
    humans, judge = slices_of_votes(make_study(pairs), {"humans": "preference", "GPT-4": "gpt4_label"})
    assert humans.rows.size == len(pairs)
    assert judge.rows.size == pairs.matchups()[0].max() + 1


@pytest.mark.parametrize(
    ("votes", "says"),
    [
        ({"humans": "preference"}, "at least two votes"),
        (["preference", "judge"], "at least two votes.*found list"),
        ({"a": "preference", "b": "jugde"}, "'b': no column 'jugde'.*Did you mean 'judge'"),
        ({"a": "preference", "b": "weird"}, "'b': column 'weird' holds 2.0 at row 1"),
        ({"a": "preference", "b": "annotator"}, "'b': column 'annotator' holds 'expert 0' at row 0"),
        ({"a": "preference", "b": [1, 0]}, "'b': the array has 2 entries; the study has 240"),
        ({"a": "preference", "b": "empty"}, "No row has all of the votes: a on 239, b on 0"),
    ],
)
def test_what_are_no_votes_is_refused(votes, says):
    study = judged(weird=np.resize([1.0, 2.0], N), empty=np.nan)
    with pytest.raises(StudyError, match=says):
        slices_of_votes(study, votes)


def test_a_mask_of_zeros_and_ones_is_a_mask(plain):
    first = np.arange(N) < N // 2
    slices, _ = slices_by(plain, {"first": first.astype(int), "last": (~first).astype(int)}, fewest=1)
    assert [s.rows.tolist() for s in slices] == [where(first), where(~first)]
