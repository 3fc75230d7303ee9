"""Drafted names: how many features get one, how well it fits, and whether planted traits are named."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import whimsight as ws
from tests.benchmarks.bench_planted import real_pairs
from tests.benchmarks.planted import CONTENT, FORM, plant
from whimsight.attributes import measure
from whimsight.names import UNNAMED, Candidate, FormulaJudge, draft, fidelity
from whimsight.names.drafting import _deal
from whimsight.names.terms import count_terms
from whimsight.names.words import stem
from whimsight.pairs import Pairs, Texts
from whimsight.studies.reading import held_out_rows

_JUDGED = 400


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    print("Held-out fidelity (r) of names of discovered features, median over features; features resampled")
    print(
        pd.DataFrame([_sample(name) for name in ws.samples().index]).set_index("sample").round(2).to_string()
    )
    print("\nTraits planted in 20 % of pairs, the true trait with noise as code, named as expected")
    sizes = (300,) if quick else (300, 600, 1_500)
    print(pd.concat([_planted(n, seed) for n in sizes for seed in range(1 if quick else 3)])
          .groupby("pairs").agg(["mean"]).droplevel(1, axis=1).round(2).to_string())  # fmt: skip


def _sample(name: str) -> dict[str, object]:
    votes = ws.load(name)
    study = ws.study(votes.take(votes.unique_pairs()[0]))  # names look at distinct pairs only
    pairs = study.pairs
    turned = pairs.texts()
    discovered = study.features["kind"] == "discovered"
    found = study.features[discovered]
    codes = study.pair_codes[:, discovered.to_numpy()]
    attribute, word = simple_names(
        codes, turned, pairs.components(), measure(turned.unique), held_out_rows(pairs, study.settings)
    )
    drafted = study.drafts["fidelity"].to_numpy(dtype=np.float64)  # of the closest, where nothing fits
    named = (found["name"] != UNNAMED).to_numpy()
    return {
        "sample": name,
        "prompts": np.unique(pairs.prompt_codes).size,
        "named": named.mean(),
        "r named": _median(drafted[named]),
        "r all": _median(drafted),
        "single attribute": _median(attribute),
        "single word": _median(word),
        "longest name": int(found["name"].str.len().max()),
    }


def simple_names(
    codes: NDArray[np.float32],
    texts: Texts,
    prompt: NDArray[np.int64],
    values: NDArray[np.float32],
    held_out: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Held-out fidelity of the one attribute, and of the one word, that correlate most where not held out.

    The same prompts score as for drafts; all others choose.
    """
    part = _deal(prompt, 0, held_out)
    judge = FormulaJudge(texts.unique, values)
    terms = count_terms(texts.unique, fewest=5)
    words = terms.present[:, : terms.n_words].tocsc()
    best_attribute, best_word = [], []
    from whimsight.attributes import ATTRIBUTES

    for code in codes.T:
        here = np.flatnonzero((part < 2) & (code != 0))
        there = np.flatnonzero((part == 2) & (code != 0))[:_JUDGED]
        forms = np.sign(values[texts.a[here]] - values[texts.b[here]])
        said = (words[texts.a[here]] - words[texts.b[here]]).toarray()
        for matrix, names, kind, out in (
            (forms, list(ATTRIBUTES), "attribute", best_attribute),
            (said, terms.phrases, "phrases", best_word),
        ):
            z = (code[here] - code[here].mean()) / code[here].std()
            spread = matrix.std(axis=0)
            r = z @ (matrix - matrix.mean(axis=0)) / here.size / np.where(spread > 0, spread, np.inf)
            j = int(np.abs(r).argmax())
            candidate = Candidate(names[j], kind, (names[j],), 1 if r[j] > 0 else -1)
            answers = judge.judge(candidate, texts.a[there], texts.b[there])
            out.append(fidelity(candidate.sign * code[there], answers, clusters=prompt[there]).r)
    return np.array(best_attribute), np.array(best_word)


def _median(values: NDArray[np.float64]) -> str:
    """Return the median with a bootstrap interval over features."""
    values = values[np.isfinite(values)]
    if not values.size:
        return "none"
    drawn = np.random.default_rng(0).choice(values, size=(2_000, values.size))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return f"{np.median(values):.2f} ({low:.2f} to {high:.2f})"


def _planted(n: int, seed: int) -> pd.DataFrame:
    """One row: of how many planted traits the draft speaks."""
    frame = real_pairs(n, seed=seed)
    columns = [frame[c].to_numpy(dtype=object) for c in ("prompt", "response_a", "response_b")]
    truth = plant(*columns, seed=seed)
    pairs = Pairs(truth.frame, name="planted")
    texts = pairs.texts()
    rng = np.random.default_rng(seed)
    traits = truth.traits.to_numpy(dtype=np.float32)
    size = rng.uniform(0.5, 1.5, size=traits.shape)
    strays = 0.3 * rng.normal(size=traits.shape) * (rng.random(traits.shape) < 0.1)
    codes = (traits * size + strays).astype(np.float32)
    found = draft(codes, texts, pairs.components(), measure(texts.unique), seed=seed)
    right = np.array([_speaks_of(t, c) for t, c in zip(truth.traits.columns, found["name"], strict=True)])
    content = np.isin(truth.traits.columns, list(CONTENT))
    return pd.DataFrame(
        {
            "pairs": n,
            "named": (found["name"] != UNNAMED).mean(),
            "named right": right.mean(),
            "content right": right[content].mean(),
            "form right": right[~content].mean(),
            "median r": found["fidelity"].median(),
        },
        index=[0],
    )


_ALSO = {
    "m_all_caps": "capital letters", "m_bullets": "bullet points|lines", "m_exclamations": "exclamation",
    "m_emoji": "emoji", "m_questions": "question",
}  # fmt: skip


def _speaks_of(trait: str, name: str) -> bool:
    """Whether a name holds the trait's attribute, or, of content, only words of its planted sentences."""
    if trait in FORM:
        return bool(re.search(_ALSO[FORM[trait][0]], name))
    own = {stem(w) for s in CONTENT[trait] for w in re.findall(r"[\w']+", s.lower())}
    said = [stem(w) for phrase in re.findall("“([^”]*)”", name) for w in phrase.split()]
    return bool(said) and all(w in own for w in said)


if __name__ == "__main__":
    main()
