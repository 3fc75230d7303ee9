"""Alpha is Krippendorff's, as worked out by hand, and says how sure it is."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest

import whimsight as ws
from whimsight.labels import LabelStore, agreement
from whimsight.labels.agreement import _alphas, alpha_with_interval

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", part C: four observers, twelve units,
# five values; alpha nominal .743, ordinal .815.
EXAMPLE = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
        [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
    ]
)


def counts_of(ratings: np.ndarray) -> np.ndarray:
    values = np.unique(ratings[np.isfinite(ratings)])
    return np.stack([(ratings == value).sum(axis=0) for value in values], axis=1).astype(np.float64)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_alpha_of_krippendorff_s_own_example(level: str, alpha: float) -> None:
    found, low, high = alpha_with_interval(counts_of(EXAMPLE), level)  # type: ignore[arg-type]
    assert found == pytest.approx(alpha, abs=0.0005)
    assert low < found < high <= 1.0


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_the_resampled_alphas_are_alphas_of_the_resampled_units(level: str) -> None:
    counts = counts_of(EXAMPLE)
    counts = counts[counts.sum(axis=1) >= 2]
    rng = np.random.default_rng(3)
    weights = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=20)
    found = _alphas(counts, weights.astype(np.float64), level)  # type: ignore[arg-type]
    for row, times in enumerate(weights):
        drawn = np.repeat(counts, times, axis=0).astype(int)
        expected = krippendorff.alpha(
            value_counts=drawn, value_domain=np.arange(5.0), level_of_measurement=level
        )
        assert found[row] == pytest.approx(expected)


def judged(answers: dict[str, list[float | None]], feature: str = "d00") -> LabelStore:
    store = LabelStore(":memory:")
    for who, given in answers.items():
        for row, answer in enumerate(given):
            if answer is not None:
                store.judge(feature, row, answer, name="x", author=who)
    return store


def test_two_people_and_two_answers_by_hand() -> None:
    # 10 pairs, 8 times the same (5 A, 3 B), 2 times not. Coincidences: o_AA = 10, o_BB = 6, o_AB = o_BA = 2;
    # n_A = 12, n_B = 8, n = 20. alpha = 1 - (n - 1) o_AB / (n_A n_B) = 1 - 19 * 2 / 96; two values have one
    # distance, so nominal and ordinal are the same.
    ann = [1.0] * 5 + [-1.0] * 3 + [1.0, -1.0]
    bob = [1.0] * 5 + [-1.0] * 3 + [-1.0, 1.0]
    store = judged({"Ann": [*ann, 1.0], "Bob": bob})
    table = store.agreement()
    for feature in ("all", "d00"):
        row = table.loc[("answers", feature)]
        assert row["alpha"] == pytest.approx(1 - 19 * 2 / 96)
        assert row[["units", "people", "values"]].tolist() == [10, 2, 20]
        assert row["low"] < row["alpha"] < row["high"]
    assert table.index.get_level_values("what").tolist() == ["status", "turned", "answers", "answers"]


def test_neither_is_nearer_to_an_answer_than_the_opposite_answer() -> None:
    ann = [1.0, 1.0, 0.0, 0.0, -1.0, -1.0] * 2
    near = [1.0, 1.0, 0.0, 0.0, -1.0, 0.0] * 2
    far = [1.0, 1.0, 0.0, 0.0, -1.0, 1.0] * 2
    alphas = [
        judged({"Ann": ann, "Bob": bob}).agreement().loc[("answers", "all"), "alpha"] for bob in (near, far)
    ]
    assert alphas[0] > alphas[1]


def test_status_and_turned_compare_what_each_person_would_say_alone() -> None:
    ann, bob = LabelStore(":memory:", author="Ann"), LabelStore(":memory:", author="Bob")
    for feature, left, right in (
        ("d00", "named", "named"),
        ("d01", "rejected", "rejected"),
        ("d02", "named", "rejected"),
        ("d03", "verified", None),
    ):
        ann.edit(feature, status=left)
        if right:
            bob.edit(feature, status=right, turned=feature == "d02")
    table = agreement([ann, bob])
    # Coincidences: named-named 2, rejected-rejected 2, named-rejected 1 each way; n = 6, n_c = 3 and 3.
    assert table.loc[("status", "all"), "alpha"] == pytest.approx(1 - 5 * 1 / 9)
    # turned: False-False 4, False-True 1 each way; n_c = 5 and 1.
    assert table.loc[("turned", "all"), "alpha"] == pytest.approx(1 - 5 * 1 / 5)
    assert np.isnan(table.loc[("status", "all"), "low"])
    assert table.loc[("status", "all"), ["units", "values"]].tolist() == [3, 6]
    one = LabelStore.merge([ann, bob])
    assert one.agreement().equals(table)
    assert one.store.agreement().equals(table)


def test_where_there_is_nothing_to_compare_alpha_is_missing() -> None:
    for store in (
        LabelStore(":memory:"),
        judged({"Ann": [1.0, 0.0]}),
        judged({"A": [1.0] * 12, "B": [1.0] * 12}),
    ):
        assert store.agreement()["alpha"].isna().all()


def test_answers_about_another_name_or_another_study_are_not_compared() -> None:
    store = judged({"Ann": [1.0, -1.0]})
    for row, answer in enumerate([1.0, -1.0]):
        store.judge("d00", row, answer, name="another", author="Bob")
    assert store.agreement().loc[("answers", "all"), "units"] == 0
    left, right = LabelStore(":memory:", study="a"), LabelStore(":memory:", study="b")
    with pytest.raises(ws.LabelsError, match="different studies"):
        agreement([left, right])
    with pytest.raises(ws.LabelsError, match=r"Cannot compare 'nix\.labels'"):
        agreement(["nix.labels"])
