"""Names by few calls: how often elections and looks decide as the full protocol does, and what they cost.

The full protocol describes 5 times, asks 5 candidates about 300 pairs, takes the one whose answers correlate most with
the code, and asks it about 300 other pairs; it is kept when p < .05 / 32 and, here as in ours, r is at least .2. That
is 1,805 calls, one a judgment in the paper. Ours sees the same answers, fewer of them. A call of ours asks all
candidates still in about one pair; describing takes 5, and of the pairs that score one in 8 is asked in both orders
(the second answer is paid for and taken to be the first).

Where nothing fits, both protocols keep nothing, which is easy; so shares are told of all features, and of those for
which the full protocol keeps a name.

The judge is simulated: codes are heavy-tailed (.6 to the mean size of .4, as in the samples), pairs are hard for all
candidates alike, prompts hold 1.5 pairs, 15 to 40 % of answers are ties, 2 % fail. Of 10 features 3 have no name that
fits; the best fidelity of the others is uniform up to .75, and the other four lie below it by gaps uniform from 0 to
the setting's. For the samples the features are those of a shipped one, the candidates what formulas propose for them,
and the judge a formula that answers at random for 15 % of pairs. Their prompts are dealt as a run deals them (35 %
suggest, 35 % choose, 30 % score); features with fewer than 100 pairs to choose or to score by are told apart ("small
parts"), and shares of calls are of what the full protocol asks with the pairs there are. Other prompts suggest, choose
and score in each of 8 deals, so a feature comes up to 8 times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import whimsight as ws
from whimsight.attributes import measure
from whimsight.names.drafting import _active, _evidence, _rank
from whimsight.names.fidelity import fidelity
from whimsight.names.formula import AttributeDescriber, FormulaJudge
from whimsight.names.phrases import PhraseDescriber
from whimsight.names.protocols import Candidate
from whimsight.naming.corrected import corrected_effect, corrected_fidelity
from whimsight.naming.course import BOTH
from whimsight.naming.election import Election
from whimsight.naming.scoring import Scoring, bar
from whimsight.pairs import Texts

CANDIDATES = 5
PAIRS = 300
DESCRIBING = 5  # calls
TESTS = 32
LEAST = 0.2
SMALL = 100
SETTINGS = (
    ("gaps up to .5", 0.5, "usual"),
    ("gaps up to .3", 0.3, "usual"),
    ("gaps up to .3, heavy tails", 0.3, "heavy"),
    ("gaps up to .15", 0.15, "usual"),
    ("near ties, gaps up to .05", 0.05, "usual"),
)
TAILS: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "usual": lambda rng, n: rng.exponential(1.0, n),
    "heavy": lambda rng, n: rng.lognormal(-0.7, 1.2, n),
}


@dataclass(frozen=True)
class Asked:
    """Pairs and what every candidate's judge says of each."""

    code: NDArray[np.float32]
    prompt: NDArray[np.int64]
    answers: NDArray[np.float64]  # (candidates, pairs)


@dataclass(frozen=True)
class Feature:
    """One feature: pairs that choose, pairs that score, and the true fidelities where they are known."""

    choose: Asked
    score: Asked
    truth: NDArray[np.float64] | None = None

    @property
    def pairs(self) -> int:
        return min(self.choose.code.size, self.score.code.size)


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    features = 150 if quick else 2_000
    rows = []
    for name, gap, tail in SETTINGS:
        rows.append(_compare(name, list(simulated(features, gap, tail))))
    for sample in ("mt-bench",) if quick else ("mt-bench", "hh-harmless", "convincing-arguments"):
        found = list(of_sample(sample, repeats=1 if quick else 8))
        rows.append(_compare(sample, [f for f in found if f.pairs >= SMALL]))
        rows.append(_compare(f"{sample}, small parts", [f for f in found if f.pairs < SMALL]))
    table = pd.DataFrame(rows).set_index("setting")
    print(
        "Decisions as the full protocol's, shares of all features (the last column: two runs of the full protocol)"
    )
    print(table[["features", *_AGREEMENT]].round(3).to_string())
    print(
        "\nOf the features for which the full protocol keeps a name, where ours keeps one, too: with the same winner, "
        "or\none whose fidelity is less than .02 smaller; and how many of ours the full protocol does not keep"
    )
    print(table[list(_KEPT)].round(3).to_string())
    print(
        "\nWhat it costs: calls a feature, as shares of the full protocol's (1,805 with 300 and 300 pairs; bundled: of "
        "605,\nthe full protocol with 5 concepts in a call; judgments: of 1,800), and where they go"
    )
    print(table[list(_COST)].round(3).to_string())
    print(
        "\nFidelity where it stopped: does the 95 % interval hold the truth, how wide is it, how far off is r"
    )
    print(table[list(_HONEST)].dropna().round(3).to_string())
    print(
        "\nEffects by a model that errs systematically, of 1,500 rows, corrected by those that people judged"
    )
    print(_corrected(40 if quick else 600).round(3).to_string())


_AGREEMENT = ("same winner", "or within .02", "same kept", "kept and winner", "full again")
_KEPT = ("full keeps", "kept too", "same winner too", "within .02 too", "ours keeps", "not by full")
_COST = (
    *("calls", "full calls", "share", "bundled", "judgments"),
    *("choosing", "scoring", "both orders", "of pairs choose", "of pairs score", "milliseconds"),
)
_HONEST = ("kept", "covers", "covers kept", "half width", "bias", "bias kept", "full bias kept")


def _compare(setting: str, features: list[Feature]) -> dict[str, object]:
    if not features:
        return {"setting": setting, "features": 0}
    began = time.perf_counter()
    ours = [_ours(feature) for feature in features]
    each = (time.perf_counter() - began) / len(features)
    table = pd.DataFrame([_against(f, *o) for f, o in zip(features, ours, strict=True)])
    total = table.sum()
    return {
        "setting": setting,
        "features": len(features),
        "milliseconds": each * 1000,
        **table.mean(),
        "full keeps": int(total["full keeps"]),
        "ours keeps": int(total["kept"]),
        "not by full": int(total["not by full"]),
        "share": total["calls"] / total["full calls"],
        "bundled": total["calls"] / total["full bundled"],
        "judgments": total["judgments"] / (total["full calls"] - DESCRIBING * len(features)),
        "of pairs choose": total["choosing"] / max(sum(f.choose.code.size for f in features), 1),
        "of pairs score": total["scoring"] / max(sum(f.score.code.size for f in features), 1),
    }


def _ours(feature: Feature) -> tuple[Election, Scoring | None]:
    choose, score = feature.choose, feature.score
    needed = bar(score.code.size, TESTS)
    election = Election(
        choose.code, len(choose.answers), clusters=choose.prompt, bar=needed, to_score=score.code.size
    )
    while (asked := election.next()) is not None:
        election.add(asked, choose.answers[np.ix_(asked.candidates, asked.pairs)])
    if election.reason == "hopeless":
        return election, None
    scoring = Scoring(score.code, clusters=score.prompt, tests=TESTS)
    while (pairs := scoring.next()) is not None:
        scoring.add(pairs, score.answers[election.winner, pairs])
    return election, scoring


def _against(feature: Feature, election: Election, scoring: Scoring | None) -> dict[str, float]:
    choose, score = feature.choose, feature.score
    winner, again = _best(choose), _best(score)
    full = fidelity(score.code, score.answers[winner], clusters=score.prompt)
    keeps = full.p < 0.05 / TESTS and full.r >= LEAST
    found = None if scoring is None else scoring.result
    kept = found is not None and found.kept
    same, mine = election.winner == winner, election.winner
    true = _correlations(choose) if feature.truth is None else feature.truth
    near = true[mine] >= true[winner] - 0.02
    scored = 0 if found is None else found.asked
    twice = len(range(0, scored, BOTH))
    row = {
        "same winner": same,
        "or within .02": near,
        "same kept": kept == keeps,
        "kept and winner": kept == keeps and (same or not keeps),
        "full again": again == winner,
        "full keeps": keeps,
        "not by full": kept and not keeps,
        "calls": DESCRIBING + election.asked + scored + twice,
        "full calls": DESCRIBING + choose.answers.size + score.code.size,
        "full bundled": DESCRIBING + choose.code.size + score.code.size,
        "judgments": election.judgments + scored + twice,
        "choosing": election.asked,
        "scoring": scored,
        "both orders": twice,
        "kept": kept,
    }
    if keeps:
        row |= {"kept too": kept, "same winner too": kept and same, "within .02 too": kept and near}
    if feature.truth is not None:
        row["full bias kept"] = full.r - true[winner] if keeps else np.nan
        if found is not None and np.isfinite(found.low):
            off, holds = found.r - true[mine], float(found.low <= true[mine] <= found.high)
            row |= {"covers": holds, "bias": off}
            if kept:
                row |= {"covers kept": holds, "bias kept": off, "half width": (found.high - found.low) / 2}
    return {name: float(value) for name, value in row.items()}


def _correlations(asked: Asked) -> NDArray[np.float64]:
    found = np.zeros(len(asked.answers))
    for j, answers in enumerate(asked.answers):
        use = np.isfinite(answers)
        if use.sum() > 1 and np.ptp(answers[use]) > 0:
            found[j] = np.corrcoef(asked.code[use], answers[use])[0, 1]
    return found


def _best(asked: Asked) -> int:
    return int(np.argmax(_correlations(asked)))


def simulated(n: int, gap: float, tail: str) -> Iterator[Feature]:
    """Features with known fidelities."""
    slope = _slopes(tail)
    for seed in range(n):
        rng = np.random.default_rng([seed, 1])
        best = rng.uniform(0, 0.75) if rng.random() < 0.7 else rng.uniform(-0.05, 0.1)
        truth = rng.permutation(best - np.append(0.0, rng.uniform(0, gap, CANDIDATES - 1)))
        choose, score = (_simulated_part(rng, tail, slope(truth)) for _ in range(2))
        yield Feature(choose, score, truth)


def _simulated_part(rng: np.random.Generator, tail: str, slopes: NDArray[np.float64]) -> Asked:
    code = _codes(rng, PAIRS, tail)
    prompt = rng.integers(0, PAIRS * 2 // 3, PAIRS)
    answers = _said(rng, code, prompt, slopes)
    answers[:, rng.random(PAIRS) < 0.01] = np.nan
    answers[rng.random(answers.shape) < 0.01] = np.nan
    return Asked(code.astype(np.float32), prompt, answers)


def _codes(rng: np.random.Generator, n: int, tail: str) -> NDArray[np.float64]:
    return rng.choice([-1.0, 1.0], n) * (0.6 + 0.4 * TAILS[tail](rng, n))


def _said(
    rng: np.random.Generator,
    code: NDArray[np.float64],
    prompt: NDArray[np.int64],
    slopes: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Ternary answers: the code, what makes a pair hard for every candidate, a prompt's own say, noise."""
    k = slopes.size
    alike = np.sqrt(0.6) * rng.normal(size=code.size)
    by_prompt = rng.normal(size=(k, int(prompt.max()) + 1))[:, prompt]
    own = np.sqrt(0.4) * (np.sqrt(0.3) * by_prompt + np.sqrt(0.7) * rng.normal(size=(k, code.size)))
    latent = slopes[:, None] * code + alike + own
    return np.asarray(np.sign(latent) * (np.abs(latent) > 0.6))


def _slopes(tail: str) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """How steep answers must be for a fidelity, from 200,000 pairs."""
    rng = np.random.default_rng(0)
    code, slopes = _codes(rng, 200_000, tail), np.linspace(-1.5, 4.0, 80)
    alone = np.arange(code.size)
    reached = [np.corrcoef(code, _said(rng, code, alone, slopes[[i]])[0])[0, 1] for i in range(slopes.size)]
    rising = np.maximum.accumulate(reached)
    return lambda truth: np.interp(truth, rising, slopes)


def of_sample(name: str, *, repeats: int) -> Iterator[Feature]:
    """Features of a sample; candidates that formulas propose on other prompts; a formula that sometimes guesses."""
    votes = ws.load(name)
    study = ws.study(votes.take(votes.unique_pairs()[0]), names=False)
    texts, prompt = study.pairs.texts(), study.pairs.components()
    discovered = (study.features["kind"] == "discovered").to_numpy()
    codes, values = study.pair_codes[:, discovered], measure(texts.unique)
    judge = FormulaJudge(texts.unique, values)
    for seed in range(repeats):
        rng = np.random.default_rng(seed)
        part, order = _dealt(prompt, seed), rng.permutation(prompt.size)
        suggest, choose, score = (order[part[order] == k] for k in range(3))
        evidence = [_evidence(code, texts, prompt, suggest) for code in codes.T]
        attributes = AttributeDescriber(values).describe(evidence)
        phrases = PhraseDescriber(texts.unique, None, None).describe(evidence)
        for j, code in enumerate(codes.T):
            here = _active(code, suggest, PAIRS)
            ranked = _rank(
                code[here], attributes[j], phrases[j], judge, texts.a[here], texts.b[here], prompt[here]
            )
            best = [c for _, c in ranked[:CANDIDATES]]
            if len(best) < CANDIDATES:
                continue
            choosing, scoring = (
                _guessing(rng, judge, best, code, texts, prompt, _active(code, rows, PAIRS))
                for rows in (choose, score)
            )
            yield Feature(choosing, scoring)


def _dealt(prompt: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Deal whole prompts as `naming.dealing.Deal` does: half of those that are not held out suggest."""
    prompts, of_row = np.unique(prompt, return_inverse=True)
    order = np.random.default_rng(seed).permutation(prompts.size)
    part = np.empty(prompts.size, dtype=np.int64)
    part[order] = np.searchsorted([0.35, 0.7], (np.arange(prompts.size) + 0.5) / prompts.size)
    return part[of_row]


def _guessing(
    rng: np.random.Generator,
    judge: FormulaJudge,
    candidates: list[Candidate],
    code: NDArray[np.float32],
    texts: Texts,
    prompt: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> Asked:
    """What a formula says of pairs that answers at random for 15 % of them."""
    rows = rng.permutation(rows)
    said = judge.judge_all(candidates, texts.a[rows], texts.b[rows]) * [[c.sign] for c in candidates]
    guess = rng.random(rows.size) < 0.15
    said[:, guess] = rng.integers(-1, 2, (len(candidates), int(guess.sum())))
    return Asked(code[rows], prompt[rows], said.astype(np.float64))


def _corrected(repeats: int) -> pd.DataFrame:
    """Coverage of corrected effects and fidelities by how many rows people judged."""
    whole = _votes(np.random.default_rng(0), 300_000)
    truth = {what: table.value["people"] for what, table in _tables(whole, whole.concept)}
    rows = []
    for n in (40, 60, 100, 200):
        rng = np.random.default_rng(n)
        for _ in range(repeats):
            votes = _votes(rng, 1_500)
            asked = np.isin(np.arange(1_500), rng.choice(1_500, n, replace=False))
            for what, table in _tables(votes, np.where(asked, votes.concept, np.nan)):
                table["off"] = table.value - truth[what]
                table["covers"] = (table.low <= truth[what]) & (truth[what] <= table.high)
                table["half width"] = (table.high - table.low) / 2
                rows.append(table.assign(people=n, of=what).reset_index())
    return pd.concat(rows).pivot_table(["off", "covers", "half width"], ["of", "people"], "using")


@dataclass(frozen=True)
class Votes:
    """Votes that follow a concept and length; a model that mistakes length for the concept and leans to A."""

    code: NDArray[np.float32]
    length: NDArray[np.float64]
    prompt: NDArray[np.int64]
    concept: NDArray[np.float64]
    model: NDArray[np.float64]
    wins: NDArray[np.float64]


def _votes(rng: np.random.Generator, n: int) -> Votes:
    prompt = rng.integers(0, n * 2 // 3, n)
    code, length = _codes(rng, n, "usual"), rng.normal(size=n)
    latent = 0.8 * code + 0.3 * length + rng.normal(size=n)
    concept = np.sign(latent) * (np.abs(latent) > 0.5)
    heard = latent + 0.6 * rng.normal(size=n) + 0.6 * length + 0.2
    odds = 0.6 * concept + 0.4 * length + 0.5 * rng.normal(size=n * 2 // 3)[prompt]
    wins = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    model = np.sign(heard) * (np.abs(heard) > 0.7)
    return Votes(code.astype(np.float32), length[:, None], prompt, concept, model, wins)


def _tables(votes: Votes, people: NDArray[np.float64]) -> Iterator[tuple[str, pd.DataFrame]]:
    effects: tuple[Literal["beta", "delta_win"], ...] = ("beta", "delta_win")
    for effect in effects:
        yield (
            effect,
            corrected_effect(
                votes.model, people, votes.wins, clusters=[votes.prompt], controls=votes.length, effect=effect
            ),
        )
    yield "fidelity", corrected_fidelity(votes.code, votes.model, people, clusters=votes.prompt)


if __name__ == "__main__":
    main()
