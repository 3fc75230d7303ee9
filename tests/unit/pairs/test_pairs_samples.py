"""The samples that come with the package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from whimsight.errors import PairsError
from whimsight.pairs import load, samples

NAMES = ["mt-bench", "hh-harmless", "creative-writing", "convincing-arguments"]


def test_the_list_names_licence_and_attribution_of_each() -> None:
    listed = samples()
    assert list(listed.index) == NAMES
    assert (listed[["title", "licence", "attribution"]].map(len) > 2).all(axis=None)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_what_the_list_says(name: str) -> None:
    pairs, said = load(name), samples().loc[name]
    assert pairs.name == name
    assert (len(pairs), pairs.unique_pairs()[0].size) == (said["rows"], said["pairs"])
    assert pairs.frame["prompt"].nunique() == said["prompts"]
    assert np.isin(pairs.preference, [0.0, 0.5, 1.0]).all()
    assert pairs.frame["id"].is_unique
    assert 0.35 < np.mean(pairs.preference) < 0.65  # sides are shuffled
    assert pairs.report.kept == len(pairs)


@pytest.mark.parametrize("name", NAMES)
def test_the_licence_lies_beside_the_sample(name: str) -> None:
    text = files("whimsight").joinpath(f"samples/{name}.LICENSE.txt").read_text(encoding="utf-8")
    assert name in text
    assert "https://" in text


def test_the_samples_are_small_enough_to_ship() -> None:
    folder = files("whimsight").joinpath("samples")
    assert sum(len(f.read_bytes()) for f in folder.iterdir()) <= 4_000_000


def test_the_default_is_mt_bench_with_votes_models_and_gpt4s_verdict() -> None:
    pairs = load()
    assert pairs.name == "mt-bench"
    assert pairs.report.read == 3355
    assert set(pairs.frame["gpt4_label"]) == {0.0, 0.5, 1.0}
    assert pairs.frame[["model_a", "model_b", "category", "turn", "annotator"]].notna().all(axis=None)


def test_the_convincing_arguments_have_150_people_with_30_votes_and_their_reasons() -> None:
    frame = load("convincing-arguments").frame
    assert (frame["annotator"].value_counts() >= 30).sum() >= 150
    assert frame["reason"].notna().mean() > 0.99


def test_an_unknown_name_suggests_the_right_one() -> None:
    with pytest.raises(PairsError, match="Did you mean 'mt-bench'"):
        load("mt_bench")
