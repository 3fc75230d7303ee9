"""Effects by an imperfect judge, corrected by what people said of a part: no bias, honest and narrower intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from whimsight.effects import effects
from whimsight.effects.clusters import Clusters
from whimsight.errors import StudyError
from whimsight.names.fidelity import fidelity
from whimsight.naming.corrected import FEWEST_PEOPLE, correct, corrected_effect, corrected_fidelity
from whimsight.naming.parts import mean_part


def means(y: np.ndarray, f: np.ndarray, n: int) -> pd.DataFrame:
    whole = Clusters([np.arange(f.size)])
    part = np.where(np.arange(f.size) < n, 1.0, np.nan)
    return correct(mean_part(y * part, whole), mean_part(f * part, whole), mean_part(f, whole))


def world(seed: int, n: int = 1200) -> dict[str, np.ndarray]:
    """Votes that follow a concept and length; a model that mistakes length for the concept and leans to A."""
    rng = np.random.default_rng(seed)
    prompt = rng.integers(0, n * 2 // 3, n)
    z, length = rng.normal(size=n), rng.normal(size=n)
    latent = 0.9 * z + 0.3 * length + rng.normal(size=n)
    concept = np.sign(latent) * (np.abs(latent) > 0.5)
    heard = latent + 0.6 * rng.normal(size=n) + 0.6 * length + 0.3
    model = np.sign(heard) * (np.abs(heard) > 0.6)
    wins = rng.random(n) < 1 / (1 + np.exp(-(0.6 * concept + 0.4 * length)))
    return {
        "code": z.astype(np.float32), "concept": concept, "model": model, "wins": wins.astype(float),
        "length": length[:, None], "prompt": prompt,
    }  # fmt: skip


def asked(concept: np.ndarray, n: int, seed: int) -> np.ndarray:
    out = np.full(concept.size, np.nan)
    rows = np.random.default_rng(seed).choice(concept.size, n, replace=False)
    out[rows] = concept[rows]
    return out


@pytest.fixture(scope="module")
def truth() -> dict[str, float]:
    big = world(99, 200_000)
    ways = [big["prompt"]]
    own = big["concept"].astype(np.float32)[:, None]
    table = effects(own, big["wins"], clusters=ways, controls=big["length"])
    return {
        "delta_win": float(table.delta_win[0]),
        "beta": float(table.beta[0]) / big["concept"].std(),
        "r": float(np.corrcoef(big["code"], big["concept"])[0, 1]),
    }


def test_a_corrected_mean_is_that_of_ppi_with_power_tuning():
    """Angelopoulos, Duchi and Zrnic 2023, for the mean: y_n + l (f_N - f_n), l = cov(y, f) / ((1 + n / N) var f).

    There the N rows are those that people did not judge; the variance is var(y - l f) / n + l^2 var(f) / N.
    """
    rng = np.random.default_rng(0)
    n, extra = 400, 3600
    f = rng.normal(size=n + extra) + 0.5
    y = 0.8 * f + 0.6 * rng.normal(size=f.size) + 1.0
    found = means(y, f, n)
    tuned = np.cov(y[:n], f[:n])[0, 1] / ((1 + n / extra) * f.var())
    value = y[:n].mean() + tuned * (f[n:].mean() - f[:n].mean())
    variance = (y[:n] - tuned * f[:n]).var(ddof=1) / n + tuned**2 * f[n:].var(ddof=1) / extra
    assert found.value["corrected"] == pytest.approx(value, abs=2e-3)
    reach = (found.high["corrected"] - found.low["corrected"]) / 2
    assert reach == pytest.approx(1.966 * np.sqrt(variance), rel=0.03)


def test_a_model_that_never_errs_gives_the_estimate_of_all_rows():
    y = np.random.default_rng(1).normal(size=1000)
    found = means(y, y, 100)
    assert found.weight["corrected"] == pytest.approx(1, abs=0.05)
    assert found.value["corrected"] == pytest.approx(y.mean(), abs=0.01)
    assert found.high["corrected"] - found.low["corrected"] < 0.4 * (
        found.high["people"] - found.low["people"]
    )


def test_useless_answers_never_make_the_interval_wider():
    wider, kept = [], 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        found = means(rng.normal(size=600), rng.normal(size=600), 80)
        wide = found.high - found.low
        wider.append(wide["corrected"] / wide["people"])
        kept += found.weight["corrected"] == 0
        if found.weight["corrected"] == 0:
            assert found.value["corrected"] == found.value["people"]
            assert "stand alone" in found.note["corrected"]
    assert max(wider) <= 1 + 1e-9
    assert kept > 10


def test_the_model_and_people_rows_are_the_effects_of_the_house():
    w = world(2)
    people = asked(w["concept"], 300, 2)
    ways = [w["prompt"]]
    for effect in ("beta", "delta_win"):
        found = corrected_effect(
            w["model"], people, w["wins"], clusters=ways, controls=w["length"], effect=effect,
            unit=float(w["model"].std()),
        )  # fmt: skip
        alone = effects(
            w["model"].astype(np.float32)[:, None], w["wins"], clusters=ways, controls=w["length"]
        )
        assert found.loc["model", ["value", "low", "high"]].astype(float).tolist() == pytest.approx(
            alone.loc[0, [effect, f"{effect}_low", f"{effect}_high"]].astype(float).tolist(), rel=1e-6
        )
        assert found.n.tolist() == [1200, 300, 1200]


def test_systematic_errors_of_the_model_are_taken_out(truth):
    """Over 60 worlds: the model's own estimate is far off; the corrected is not, covers, and is narrower."""
    for effect in ("beta", "delta_win"):
        off, held, narrower = {"model": [], "corrected": []}, [], []
        for seed in range(60):
            w = world(seed)
            found = corrected_effect(
                w["model"], asked(w["concept"], 150, seed), w["wins"], clusters=[w["prompt"]],
                controls=w["length"], effect=effect,
            )  # fmt: skip
            for using, errors in off.items():
                errors.append(found.value[using] - truth[effect])
            held.append(found.low["corrected"] <= truth[effect] <= found.high["corrected"])
            narrower.append((found.high - found.low)["corrected"] < (found.high - found.low)["people"])
        noise = np.std(off["corrected"]) / np.sqrt(60)
        assert abs(np.mean(off["corrected"])) < 3.5 * noise
        assert abs(np.mean(off["model"])) > 4 * np.std(off["model"]) / np.sqrt(60)
        assert np.mean(held) >= 0.9
        assert all(narrower)


def test_a_corrected_fidelity_is_that_of_people(truth):
    off, held = [], []
    for seed in range(80):
        w = world(seed, 400)
        people = asked(w["concept"], 100, seed)
        found = corrected_fidelity(w["code"], w["model"], people, clusters=w["prompt"])
        off.append(found.value["corrected"] - truth["r"])
        held.append(found.low["corrected"] <= truth["r"] <= found.high["corrected"])
        own = fidelity(w["code"], people, clusters=w["prompt"])
        assert found.loc["people", ["value", "low", "high", "n"]].astype(float).tolist() == pytest.approx(
            (*own[:3], 100)
        )
    assert abs(np.mean(off)) < 0.025
    assert np.mean(held) >= 0.9


def test_few_answers_by_people_correct_nothing_and_it_is_said():
    w = world(3)
    people = asked(w["concept"], FEWEST_PEOPLE - 1, 3)
    found = corrected_effect(w["model"], people, w["wins"], clusters=[w["prompt"]], controls=w["length"])
    assert found.value["corrected"] == found.value["people"]
    assert found.note["corrected"].startswith("people judged 39 rows")
    assert found.weight["corrected"] == 0


def test_many_votes_on_few_prompts_are_few_too():
    w = world(3)
    people = asked(w["concept"], 200, 3)
    found = corrected_effect(w["model"], people, w["wins"], clusters=[np.arange(1200) % 12])
    assert "from 12 prompts" in found.note["corrected"]
    assert found.value["corrected"] == found.value["people"]


def test_nobody_asked_is_no_number_but_the_model_still_is_one():
    w = world(4)
    nobody = np.full(1200, np.nan)
    found = corrected_effect(w["model"], nobody, w["wins"], clusters=[w["prompt"]])
    assert np.isnan(found.value[["people", "corrected"]]).all()
    assert np.isfinite(found.value["model"])
    none = corrected_fidelity(w["code"], w["model"], nobody, clusters=w["prompt"])
    assert np.isnan(none.value["corrected"])


def test_people_are_believed_on_pairs_that_the_model_did_not_judge():
    w = world(5)
    people = asked(w["concept"], 200, 5)
    failed = w["model"].copy()
    failed[::4] = np.nan
    by_hand = {
        using: w["wins"][answers == 1].mean() - w["wins"][answers == -1].mean()
        for using, answers in (("model", failed), ("people", people))
    }
    found = corrected_effect(failed, people, w["wins"], clusters=[w["prompt"]])
    assert found.value[["model", "people"]].to_dict() == pytest.approx(by_hand)
    assert found.n.tolist() == [900, 200, 900 + np.isfinite(people[::4]).sum()]
    by_code = corrected_fidelity(w["code"], failed, people, clusters=w["prompt"])
    own = fidelity(w["code"], people, clusters=w["prompt"])
    assert by_code.loc["people", ["value", "low", "high", "n"]].tolist() == pytest.approx([*own[:3], 200])


def test_answers_beside_the_models_are_weighed_as_the_formula_says():
    """Means over P rows of people, M of the model and O of both, c = cov(y, f) and v = var(f).

    cov(people, everywhere) = c O / (P M) and cov(people, there) = c / P, so that the best weight is c O / (v P).
    """
    rng = np.random.default_rng(7)
    n_people, n_model, n_both = 1500, 6000, 600
    f = rng.normal(size=n_people + n_model - n_both)
    y = 0.8 * f + 0.6 * rng.normal(size=f.size)
    row = np.arange(f.size)
    y, f, both = (
        np.where(row < n_people, y, np.nan),
        np.where(row >= n_people - n_both, f, np.nan),
        slice(n_people - n_both, n_people),
    )
    whole = Clusters([row])
    there = mean_part(np.where(row < n_people, f, np.nan), whole)
    found = correct(mean_part(y, whole), there, mean_part(f, whole))
    c, v = np.cov(y[both], f[both])[0, 1], f[both].var(ddof=1)
    weight = c / v * n_both / n_people
    assert found.weight["corrected"] == pytest.approx(weight, rel=0.02)
    used = found.weight["corrected"]
    moved = used * (np.nanmean(f) - f[both].mean())
    assert found.value["corrected"] == pytest.approx(np.nanmean(y) + moved)
    variance = (
        np.nanvar(y) / n_people
        + weight**2 * v * (1 / n_both - 1 / n_model)
        - 2 * weight * c / n_people * (1 - n_both / n_model)
    )
    reach = (found.high["corrected"] - found.low["corrected"]) / 2
    assert reach == pytest.approx(1.9616 * np.sqrt(variance), rel=0.01)


def test_prompts_that_reach_across_the_parts_are_reckoned_with():
    """Of every prompt's three pairs people judge one or two, the model all or one: spread against 600 repeats."""
    values, errors = [], []
    for seed in range(600):
        rng = np.random.default_rng(seed)
        prompt = np.arange(600) // 3
        shared, turn = rng.normal(size=200)[prompt], np.arange(600) % 3
        f = shared + rng.normal(size=600)
        y = 0.7 * f + shared + 0.5 * rng.normal(size=600)
        people, model = (turn == 0) | ((turn == 1) & (prompt < 100)), (prompt >= 140) | (turn == 1)
        whole = Clusters([prompt])
        parts = ((y, people), (f, people & model), (f, model))
        found = correct(*(mean_part(np.where(of, x, np.nan), whole) for x, of in parts))
        values.append(found.value["corrected"])
        errors.append((found.high["corrected"] - found.low["corrected"]) / 2 / 1.972)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.08)


@pytest.mark.parametrize("both", [40, 70, 100])
def test_intervals_hold_the_truth_where_the_model_judged_a_part_of_peoples_pairs(truth, both):
    held: dict[str, list[bool]] = {"delta_win": [], "r": []}
    for seed in range(80):
        w = world(seed + 500, 800)
        order = np.random.default_rng([seed, both]).permutation(800)
        people, model = np.full(800, np.nan), w["model"].copy()
        people[order[:150]], model[order[both:150]] = w["concept"][order[:150]], np.nan
        found = {
            "delta_win": corrected_effect(
                model, people, w["wins"], clusters=[w["prompt"]], controls=w["length"]
            ),
            "r": corrected_fidelity(w["code"], model, people, clusters=w["prompt"]),
        }
        for what, table in found.items():
            held[what].append(table.low["corrected"] <= truth[what] <= table.high["corrected"])
            assert table.n.tolist() == [650 + both, 150, 800]
            scaled = np.arctanh(table[["low", "high"]]) if what == "r" else table
            wide = scaled["high"] - scaled["low"]
            assert wide["corrected"] <= wide["people"] * (1 + 1e-9)
    assert min(np.mean(held["delta_win"]), np.mean(held["r"])) >= 0.88


def test_few_pairs_judged_by_both_leave_all_that_people_said():
    w = world(8)
    people, model = asked(w["concept"], 150, 8), w["model"].copy()
    model[np.flatnonzero(np.isfinite(people))[38:]] = np.nan
    found = corrected_effect(model, people, w["wins"], clusters=[w["prompt"]])
    assert found.n.tolist() == [1088, 150, 150]
    assert found.loc["corrected", ["value", "low", "high"]].equals(
        found.loc["people", ["value", "low", "high"]]
    )
    assert found.note["corrected"].startswith("people and the model judged 38 rows from ")


def test_people_who_judged_all_that_the_model_did_have_nothing_to_correct():
    w = world(9)
    model = np.where(np.arange(1200) < 300, w["model"], np.nan)
    for people in (w["concept"], np.where(np.isfinite(model), w["concept"], np.nan)):
        for found in (
            corrected_effect(model, people, w["wins"], clusters=[w["prompt"]], controls=w["length"]),
            corrected_fidelity(w["code"], model, people, clusters=w["prompt"]),
        ):
            assert found.note["corrected"].startswith("people judged all of the model's pairs")
            assert found.weight["corrected"] == 0
            assert found.value["corrected"] == found.value["people"]


def test_ties_that_the_model_alone_found_have_nothing_to_correct_either():
    w = world(9)
    people = np.where(w["model"] == 0, np.nan, w["concept"])
    found = corrected_effect(w["model"], people, w["wins"], clusters=[w["prompt"]], controls=w["length"])
    assert "nothing to correct" in found.note["corrected"]
    assert found.weight["corrected"] == 0


def test_two_ways_of_clustering_are_both_respected():
    w = world(6)
    people = asked(w["concept"], 300, 6)
    annotator = np.arange(1200) % 40
    one = corrected_effect(w["model"], people, w["wins"], clusters=[w["prompt"]])
    both = corrected_effect(w["model"], people, w["wins"], clusters=[w["prompt"], annotator])
    assert both.value["people"] == pytest.approx(one.value["people"])
    wide = both.high - both.low
    assert wide["corrected"] < wide["people"]
    assert wide["corrected"] > 0.9 * (one.high - one.low)["corrected"]


def test_arguments_that_do_not_fit_together_are_refused():
    with pytest.raises(StudyError, match="same rows"):
        corrected_effect(np.zeros(5), np.zeros(4), np.zeros(5), clusters=[np.arange(5)])
