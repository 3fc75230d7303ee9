"""The autoencoder as a model: what it finds, oddness, reproducibility, files."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whimsight.autoencoder import SparseAutoencoder
from whimsight.errors import FitError, StudyFileError


@pytest.fixture(scope="module")
def model(planted):
    return SparseAutoencoder.fit(planted.x, n_features=16, k=3, groups=planted.groups, seed=1)


def test_planted_directions_and_their_codes_are_found(planted, model):
    assert np.abs(model.decoder @ planted.directions.T).max(axis=0).min() > 0.95
    together = np.corrcoef(model.encode(planted.x).T, planted.codes.T)[:16, 16:]
    assert np.abs(together).max(axis=0).min() > 0.9


def test_reconstruction_error_is_the_share_of_squared_length_that_is_lost(planted, model):
    codes = model.encode(planted.x)
    expected = np.square(planted.x - codes @ model.decoder).sum() / np.square(planted.x).sum()
    assert model.reconstruction_error(planted.x) == pytest.approx(expected, rel=1e-4)
    assert model.reconstruction_error(planted.x) < 0.1
    assert model.reconstruction_error(np.zeros((3, 64))) == 0.0


def test_swapping_the_sides_flips_every_code_bit_for_bit(planted, model):
    assert np.array_equal(model.encode(-planted.x), -model.encode(planted.x))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 40), size=st.floats(1e-3, 1e3))
def test_encode_is_odd_for_any_differences(model, seed, n, size):
    x = (size * np.random.default_rng(seed).standard_normal((n, 64))).astype(np.float32)
    assert np.array_equal(model.encode(-x), -model.encode(x))


def test_codes_are_exactly_zero_or_above_the_threshold(planted, model):
    sizes = np.abs(model.encode(planted.x))
    assert ((sizes == 0) | (sizes > model.threshold)).all()


def test_decoder_rows_have_length_one(model):
    assert np.allclose(np.linalg.norm(model.decoder, axis=1), 1, atol=1e-5)


def test_k_features_are_active_on_pairs_of_prompts_never_seen(planted):
    seen = planted.groups < 150
    model = SparseAutoencoder.fit(planted.x[seen], n_features=16, k=3, groups=planted.groups[seen])
    active = np.count_nonzero(model.encode(planted.x[~seen])) / (~seen).sum()
    assert active == pytest.approx(3, rel=0.1)


def test_the_same_seed_gives_the_same_bytes(planted, model):
    again = SparseAutoencoder.fit(planted.x, n_features=16, k=3, groups=planted.groups, seed=1)
    assert again.to_bytes() == model.to_bytes()


def test_swapping_the_sides_of_some_pairs_leaves_the_dictionary_as_it_is(planted, model):
    flips = np.random.default_rng(2).choice([-1, 1], (1500, 1)).astype(np.float32)
    again = SparseAutoencoder.fit(planted.x * flips, n_features=16, k=3, groups=planted.groups, seed=1)
    assert np.allclose(again.decoder, model.decoder, atol=1e-3)
    assert again.threshold == pytest.approx(model.threshold, rel=1e-3)


def test_longer_differences_give_the_same_directions_and_longer_codes(planted, model):
    again = SparseAutoencoder.fit(100 * planted.x, n_features=16, k=3, groups=planted.groups, seed=1)
    assert np.allclose(again.decoder, model.decoder, atol=1e-3)
    assert again.threshold == pytest.approx(100 * model.threshold, rel=1e-3)
    assert np.allclose(again.encode(100 * planted.x), 100 * model.encode(planted.x), atol=0.1)


def test_the_global_random_state_is_left_alone(planted):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    SparseAutoencoder.fit(planted.x, n_features=8, k=2)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_progress_is_told(planted):
    seen = []
    SparseAutoencoder.fit(planted.x, n_features=8, k=2, progress=lambda *step: seen.append(step))
    assert {stage for stage, _, _ in seen} == {"autoencoder"}
    assert seen[-1][1] == seen[-1][2]


def test_bytes_and_file_give_the_model_back_exactly(planted, model, tmp_path):
    again = SparseAutoencoder.load(model.save(tmp_path / "a.safetensors"))
    assert np.array_equal(again.encode(planted.x), model.encode(planted.x))
    assert (again.k, again.prefixes, again.threshold) == (model.k, model.prefixes, model.threshold)
    assert again.history == model.history


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "other", "bent"])
def test_damaged_bytes_are_refused_with_one_clear_error(model, damage):
    data = model.to_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    bent = json.dumps(header | {"__metadata__": {"whimsight": "[1, 2]"}}).encode()
    bad = {
        "empty": b"",
        "text": b"not safetensors at all",
        "cut": data[:-7],
        "other": struct.pack("<Q", 2) + b"{}",
        "bent": struct.pack("<Q", len(bent)) + bent + data[8 + length :],
    }[damage]
    with pytest.raises(StudyFileError, match="damaged"):
        SparseAutoencoder.from_bytes(bad)


def test_differences_of_another_width_are_refused(model):
    with pytest.raises(FitError, match=r"64 columns.*\(5, 3\)"):
        model.encode(np.zeros((5, 3)))
