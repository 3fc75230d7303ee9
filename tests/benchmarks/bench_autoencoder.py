"""The autoencoder against the reference, principal components and FastICA, in one run.

Each dictionary is fitted to 70 % of the prompts and scored on the others; then to two halves without a common
prompt, from two seeds, whose directions are matched (Hungarian method). Chance matches directions drawn
with the covariance of each half. Components keep the k largest scores by a threshold set on their own fit.
"""

from __future__ import annotations

import importlib.util
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.autoencoder import SparseAutoencoder, stability
from whimsight.autoencoder.fitting import held_out_rows
from whimsight.autoencoder.recurrence import matched_cosines
from whimsight.autoencoder.selection import cut_for, largest

M, K = 32, 4
SAMPLES = ("mt-bench", "creative-writing", "hh-harmless", "convincing-arguments")


@dataclass(frozen=True)
class Dictionary:
    """What every contender comes down to."""

    decoder: NDArray[np.float32]
    codes: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    rebuilt: Callable[[NDArray[np.float32]], NDArray[np.float32]]


Fit = Callable[[NDArray[np.float32], NDArray[np.int64], int], Dictionary]


def ours(x: NDArray[np.float32], groups: NDArray[np.int64], seed: int) -> Dictionary:
    model = SparseAutoencoder.fit(x, n_features=M, k=K, groups=groups, seed=seed)
    return Dictionary(model.decoder, model.encode, model.decode)


def _components(
    encoder: NDArray[np.float32], decoder: NDArray[np.float32], x: NDArray[np.float32]
) -> Dictionary:
    length = np.linalg.norm(decoder, axis=1)
    encoder, decoder = encoder * length, decoder / length[:, None]
    cut = cut_for(x @ encoder, K * len(x))
    return Dictionary(decoder, lambda rows: largest(rows @ encoder, cut), lambda codes: codes @ decoder)


def principal(x: NDArray[np.float32], groups: NDArray[np.int64], seed: int) -> Dictionary:
    vectors = np.linalg.eigh(x.T @ x)[1][:, ::-1][:, :M]
    return _components(vectors, np.ascontiguousarray(vectors.T), x)


def independent(x: NDArray[np.float32], groups: NDArray[np.int64], seed: int) -> Dictionary:
    from sklearn.decomposition import FastICA

    model = FastICA(M, random_state=seed, whiten="unit-variance", max_iter=200, tol=1e-3).fit(x)
    encoder = np.ascontiguousarray(model.components_.T, dtype=np.float32)
    return _components(encoder, np.ascontiguousarray(model.mixing_.T, dtype=np.float32), x)


def reference_fit(module: ModuleType, epochs: int = 50) -> Fit:
    import torch

    def fit(x: NDArray[np.float32], groups: NDArray[np.int64], seed: int) -> Dictionary:
        torch.manual_seed(seed)
        held = held_out_rows(np.unique(groups, return_inverse=True)[1], 0.2, np.random.default_rng(seed))
        model = module.SparseAutoencoder(x.shape[1], M, K, prefix_lengths=[8, M])
        # The settings of the reference's own quickstart.
        model.fit(
            torch.from_numpy(x[~held]),
            torch.from_numpy(x[held]),
            batch_size=256,
            learning_rate=5e-4,
            n_epochs=epochs,
            min_epochs=min(10, epochs),
            patience=3,
            show_progress=False,
        )
        decoder = model.decoder.weight.detach().numpy().T.copy()
        bias = model.input_bias.detach().numpy()
        return Dictionary(
            decoder,
            lambda rows: model.get_activations(rows, show_progress=False),
            lambda z: z @ decoder + bias,
        )

    return fit


def peer_fit(epochs: int = 50) -> Fit | None:
    """The Matryoshka BatchTopK trainer of ``dictionary-learning``, None where it is not installed.

    ``pip install --no-deps dictionary-learning==0.1.0 einops`` is enough: the package itself, which asks for a
    laboratory of language models, is not run, only its trainer.
    """
    found = importlib.util.find_spec("dictionary_learning")
    if found is None:
        return None
    package = ModuleType("dictionary_learning")
    package.__path__ = list(found.submodule_search_locations or [])
    sys.modules["dictionary_learning"] = package
    trainers = importlib.import_module("dictionary_learning.trainers.matryoshka_batch_top_k")
    import torch

    def fit(x: NDArray[np.float32], groups: NDArray[np.int64], seed: int) -> Dictionary:
        batch = min(256, len(x))
        steps = epochs * (len(x) // batch)
        trainer = trainers.MatryoshkaBatchTopKTrainer(
            steps=steps, activation_dim=x.shape[1], dict_size=M, k=K, layer=0, lm_name="differences",
            group_fractions=[0.25, 0.75], warmup_steps=steps // 20, threshold_start_step=steps // 2,
            threshold_beta=0.99, seed=seed, device="cpu",
        )  # fmt: skip
        rng = np.random.default_rng(seed)
        rows = torch.from_numpy(x)
        step = 0
        for _ in range(epochs):
            for part in np.array_split(rng.permutation(len(x)), len(x) // batch):
                trainer.update(step, rows[torch.from_numpy(part)])
                step += 1
        model = trainer.ae
        words = model.decode(torch.eye(M)).detach().numpy() - model.b_dec.detach().numpy()
        bias = model.b_dec.detach().numpy()

        def codes(some: NDArray[np.float32]) -> NDArray[np.float32]:
            with torch.no_grad():
                return np.asarray(model.encode(torch.from_numpy(some)).numpy())

        return Dictionary(
            words / np.linalg.norm(words, axis=1, keepdims=True), codes, lambda z: z @ words + bias
        )

    return fit


def load_reference(checkout: Path) -> ModuleType:
    path = checkout / "wimhf" / "sae.py"
    spec = importlib.util.spec_from_file_location(
        "reference_sae", path if path.exists() else checkout / "sae.py"
    )
    if spec is None or spec.loader is None:
        raise SystemExit(f"no wimhf/sae.py under {checkout}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference_sae"] = module
    spec.loader.exec_module(module)
    return module


def score(fit: Fit, x: NDArray[np.float32], groups: NDArray[np.int64], splits: int) -> dict[str, float]:
    """Medians over splits; seconds of wall and processor time of a fit to 70 % of the prompts."""
    rows = []
    for split in range(splits):
        rng = np.random.default_rng(split)
        test = held_out_rows(groups, 0.3, rng)
        train = np.ascontiguousarray(x[~test])
        wall, processor = time.perf_counter(), time.process_time()
        words = fit(train, groups[~test], split)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        codes = words.codes(x[test])
        lost = np.square(x[test] - words.rebuilt(codes)).sum() / np.square(x[test]).sum()
        half = held_out_rows(groups, 0.5, rng)
        two = [
            fit(np.ascontiguousarray(x[part]), groups[part], 100 * split + i)
            for i, part in enumerate((half, ~half))
        ]
        both = [np.nan_to_num(words.decoder) for words in two]
        rows.append(
            (lost, np.count_nonzero(codes) / len(codes), matched_cosines(*both).mean(), wall, processor)
        )
    return dict(zip(("error", "active", "matched", "seconds", "cpu"), np.median(rows, axis=0), strict=True))


def chance(x: NDArray[np.float32], groups: NDArray[np.int64]) -> float:
    rng = np.random.default_rng(0)
    half = held_out_rows(groups, 0.5, rng)
    drawn = [rng.standard_normal((M, len(part))).astype(np.float32) @ part for part in (x[half], x[~half])]
    return float(matched_cosines(*(d / np.linalg.norm(d, axis=1, keepdims=True) for d in drawn)).mean())


def differences(name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Embedding differences of the distinct pairs of a shipped sample, and the prompt of each."""
    import whimsight as ws
    from whimsight.embed import embedder

    pairs = ws.load(name)
    first, _ = pairs.unique_pairs()
    texts = pairs.texts()
    matrix = embedder("minilm").embed(texts.unique)
    prompt = np.unique(pairs.components()[first], return_inverse=True)[1]
    return np.ascontiguousarray(matrix[texts.a[first]] - matrix[texts.b[first]]), prompt


def wide(n: int, d: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Sparse directions of falling size and a slowly falling spectrum of noise."""
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((64, d), dtype=np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    codes = rng.standard_normal((n, 64), dtype=np.float32) * (rng.random((n, 64)) < 0.1)
    x = (codes * np.linspace(1.5, 0.3, 64, dtype=np.float32)) @ directions
    x += rng.standard_normal((n, d), dtype=np.float32) * (np.arange(1, d + 1, dtype=np.float32) ** -0.5) * 0.3
    return x, np.repeat(np.arange(n // 5 + 1), 5)[:n]


def small_sets(module: ModuleType | None, quick: bool) -> None:
    contenders: dict[str, Fit] = {
        "whimsight": ours,
        "principal components": principal,
        "FastICA": independent,
    }
    if module is not None:
        contenders["reference"] = reference_fit(module)
    peer = peer_fit()
    if peer is not None:
        contenders["dictionary-learning"] = peer
    for name in SAMPLES[:1] if quick else SAMPLES:
        x, groups = differences(name)
        splits = 2 if quick else 5
        table = pd.DataFrame({who: score(fit, x, groups, splits) for who, fit in contenders.items()}).T
        table["whimsight is faster"] = table["seconds"] / table.loc["whimsight", "seconds"]
        print(
            f"{name}: {x.shape[0]} pairs x {x.shape[1]}, {groups.max() + 1} prompts; median of {splits} splits"
        )
        print(table.round(3).to_string(), f"\nmatched by chance: {chance(x, groups):.3f}")
        model = SparseAutoencoder.fit(x, n_features=M, k=K, groups=groups)
        start = time.perf_counter()
        told = stability(x, model, groups=groups)
        print(
            f"stability, versions of a feature in disjoint halves: mean {told['stability'].mean():.2f}, chance "
            f"{told['chance'].mean():.2f}, above chance {told['above_chance'].sum()}, recur "
            f"{told['recurs'].sum()} of {M}; {time.perf_counter() - start:.2f} s\n"
        )


def large_sets(module: ModuleType | None, quick: bool) -> None:
    for n, d in ((5_000, 1536),) if quick else ((50_000, 384), (50_000, 1536)):
        x, groups = wide(n, d)
        test = held_out_rows(groups, 0.1, np.random.default_rng(0))
        train, rest = np.ascontiguousarray(x[~test]), x[test]
        energy = np.square(rest).sum()
        start = time.perf_counter()
        words = ours(train, groups[~test], 0)
        seconds = time.perf_counter() - start
        error = np.square(rest - words.rebuilt(words.codes(rest))).sum() / energy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{n} x {d}: whimsight {seconds:.2f} s, error {error:.3f}; process peak {peak:.1f} GB", flush=True
        )
        if module is not None:
            start = time.perf_counter()
            words = reference_fit(module)(train, groups[~test], 0)
            slow = time.perf_counter() - start
            error = np.square(rest - words.rebuilt(words.codes(rest))).sum() / energy
            print(
                f"{n} x {d}: reference {slow:.2f} s, error {error:.3f}; {slow / seconds:.0f} times slower",
                flush=True,
            )


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    module = load_reference(reference) if reference is not None else None
    if module is None:
        print("(no --reference given: only whimsight and components are timed)")
    small_sets(module, quick)
    large_sets(module, quick)
