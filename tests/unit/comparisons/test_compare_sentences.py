"""Sentences about datasets: what is said, where, how surely, and nothing that is not so."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.comparisons.shown import judged
from whimsight.comparisons.estimates import Estimates
from whimsight.comparisons.sentences import Compared, left_out_said, named, q_text, shown_points, those

SE = 0.02


def said(
    values: list[float],
    *,
    by: str = "datasets",
    names: list[str] | None = None,
    q: float = 0.003,
    se: float = SE,
) -> Compared:
    k = len(values)
    known = np.isfinite(values)
    covariance = np.where(np.outer(known, known), np.eye(k) * se**2, np.nan)[None]
    effects = Estimates(np.array(values)[:, None], covariance, np.where(known, 1e6, np.nan)[:, None])
    return Compared.of(names or [f"set {i}" for i in range(k)], by, effects, np.array([q]))


def test_a_feature_is_told_where_it_is_preferred_where_not_and_where_nothing_is_known():
    # 1.96 standard errors of .02 are 4 points.
    found = said([0.09, -0.07, np.nan], names=["mt-bench", "creative-writing", "hh-harmless"]).feature(0)
    assert found == (
        "More of ‘NAME’ is associated with being preferred in mt-bench (+9 points, 5 to 13) and with not being "
        "preferred in creative-writing (−7 points, −11 to −3); in hh-harmless there is too little to say. "
        "The datasets differ by more than chance (q = .003)."
    )


def test_a_conflict_is_one_sentence_with_both_effects():
    found = said([0.09, -0.07], names=["mt-bench", "creative-writing"]).conflict(0, 0, 1)
    assert found == (
        "People prefer more of ‘NAME’ in mt-bench (+9 points, 5 to 13) and less of it in creative-writing "
        "(−7 points, −11 to −3)."
    )


def test_of_several_votes_on_the_same_rows_judges_are_told_and_not_places():
    one = said([0.09, -0.07], by="votes", names=["humans", "GPT-4"])
    assert one.conflict(0, 0, 1) == (
        "More of ‘NAME’ is preferred by humans (+9 points, 5 to 13), less of it by GPT-4 (−7 points, −11 to −3)."
    )
    assert (
        "being preferred by humans (+9 points, 5 to 13) and with not being preferred by GPT-4"
        in one.feature(0)
    )
    assert "The judges differ" in one.feature(0)


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("category", "in coding"),
        ("topics", "in coding"),
        ("model", "with coding"),
        ("annotator_type", "by coding"),
    ],
)
def test_slices_are_places_models_or_people(by, words):
    assert words in said([0.09, -0.07], by=by, names=["coding", "writing"]).feature(0)


def test_no_difference_is_told_as_none_found():
    found = said([0.09, 0.08], q=0.4).feature(0)
    assert found.endswith("No difference between the datasets beyond chance was found (q = .40).")
    assert "set 0 (+9 points, 5 to 13) and set 1 (+8 points, 4 to 12)" in found


def test_datasets_that_say_the_same_differ_only_in_strength():
    assert "differ in strength by more than chance" in said([0.3, 0.1]).feature(0)
    assert "differ by more than chance" in said([0.3, 0.01]).feature(0)


def test_little_and_chance_are_told_apart():
    assert "in set 1 (0 points, −4 to 4) there is little of it either way" in said([0.09, 0.0]).feature(0)
    assert "in set 1 (+2 points, −2 to 6) it could be chance" in said([0.09, 0.02]).feature(0)
    assert (
        said([0.02, 0.03], q=0.5)
        .feature(0)
        .startswith("It is not clear that more of ‘NAME’ goes with being preferred or not: in set 0")
    )


def test_an_interval_wider_than_40_points_that_spans_zero_says_nothing():
    assert said([0.1, 0.1], se=0.2).feature(0) == (
        "There is too little of ‘NAME’ to say anything about any of the datasets."
    )


def test_one_estimate_is_nothing_to_compare():
    assert (
        said([0.09, np.nan], q=np.nan).feature(0).endswith("With one estimate there is nothing to compare.")
    )


def test_what_many_tests_would_show_by_chance_is_told():
    values = np.zeros((2, 20))
    values[0, 0] = 0.042  # p = .036, q over 40 tests = 1
    effects = Estimates(values, np.tile(np.eye(2) * SE**2, (20, 1, 1)), np.full((2, 20), 1e6))
    one = Compared.of(["a", "b"], "datasets", effects, np.ones(20)).feature(0)
    assert "in a (+4.2 points, 0.3 to 8.1)" in one
    assert one.startswith("It is not clear that more of")
    assert "it could be chance" in one
    assert "chance." not in said([0.09, 0.09], q=0.01).feature(0).replace("more than chance", "")


def test_of_many_datasets_the_largest_three_are_named():
    found = said([0.10, 0.15, 0.20, 0.25, 0.30, *[np.nan] * 5]).feature(0)
    assert (
        "in set 4 (+30 points, 26 to 34), set 3 (+25 points, 21 to 29), set 2 (+20 points, 16 to 24) and 2 more"
        in (found)
    )
    assert "elsewhere (5 datasets) there is too little to say" in found
    assert len(found) < 400


def test_a_turned_feature_says_the_opposite_with_the_same_numbers():
    one = said([0.09, -0.07, 0.0], names=["a", "b", "c"])
    turned = one.turned()
    assert (
        "being preferred in b (+7 points, 3 to 11) and with not being preferred in a (−9 points, −13 to −5)"
        in (turned.feature(0))
    )
    assert turned.turned().feature(0) == one.feature(0)
    assert turned.conflict(0, 1, 0) == (
        "People prefer more of ‘NAME’ in b (+7 points, 3 to 11) and less of it in a (−9 points, −13 to −5)."
    )


def test_the_name_goes_where_the_first_placeholder_stands_whatever_datasets_are_called():
    found = named(said([0.09, -0.07], names=["NAME", "‘NAME’"]).conflict(0, 0, 1), "bullet points")
    assert found.startswith("People prefer more of ‘bullet points’ in NAME (")


def test_names_of_datasets_are_one_short_line_without_paths_and_controls():
    found = said([0.09, -0.07], names=["/srv/people/ann/votes\x00.csv", "\u202eevil " + "x" * 500]).conflict(
        0, 0, 1
    )
    assert "ann" not in found
    assert "\u202e" not in found
    assert "\x00" not in found
    assert len(found) < 200


def test_topics_of_several_words_stand_in_quotation_marks():
    assert "in “kill, best, gun” (+9" in said(
        [0.09, -0.07], by="topics", names=["kill, best, gun", "b"]
    ).feature(0)


def test_never_because():
    for one in (said([0.09, -0.07]), said([0.0, 0.09]), judged_sentences()):
        text = one if isinstance(one, str) else one.feature(0)
        assert not {"cause", "because", "effect of", "makes"} & {text.lower()}
        assert "cause" not in text.lower()


def judged_sentences() -> str:
    from whimsight.comparisons.snapshot import comparison_snapshot

    return " ".join(one["sentence"] for one in comparison_snapshot(judged(), examples=0)["features"])


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.093, 0.052, 0.134, "+9 points, 5 to 13"),
        (-0.031, -0.06, -0.004, "−3.1 points, −6.0 to −0.4"),
        (0.01, -0.02, 0.04, "+1 point, −2 to 4"),
        (0.0, -0.05, 0.05, "0 points, −5 to 5"),
        (0.9, 0.6, 1.0, "+90 points, 60 to 100"),
    ],
)
def test_points_have_a_decimal_only_where_it_shows_the_side_of_zero(value, low, high, text):
    assert shown_points(value, low, high) == text


def test_q_is_written_as_in_papers():
    assert [q_text(v) for v in (1e-9, 0.0123, 0.2, 0.999, 1.0)] == [
        "q < .001", "q = .012", "q = .20", "q = 1.00", "q = 1",
    ]  # fmt: skip


def test_several_have_the_name_of_what_is_compared():
    assert [those(by) for by in ("datasets", "votes", "category", "model", "turn")] == [
        "datasets", "judges", "categories", "models", "slices",
    ]  # fmt: skip


def test_agreement_is_told_of_those_alone_that_are_sure():
    found = said([0.09, 0.08, 0.042, np.nan], q=0.4).agreement(0)  # p of the third is .036, q over three .036
    assert found == (
        "More of ‘NAME’ is associated with being preferred in set 0 (+9 points, 5 to 13), set 1 (+8 points, 4 to 12) "
        "and set 2 (+4.2 points, 0.3 to 8.1), 3 of 4 datasets. No difference between the datasets beyond chance was "
        "found (q = .40)."
    )
    assert (
        said([-0.09, -0.08, 0.01], by="votes", q=0.4)
        .agreement(0)
        .startswith(
            "More of ‘NAME’ is associated with not being preferred by set 0 (−9 points, −13 to −5) and set 1 "
            "(−8 points, −12 to −4), 2 of 3 judges."
        )
    )


def test_one_row_that_was_left_out_is_counted_as_one():
    told = {"by": "app", "left_out_count": 1, "left_out": {"maps": {"rows": 1, "votes": 1}}}
    assert left_out_said(told).startswith("1 value of app with 1 row is left out")
