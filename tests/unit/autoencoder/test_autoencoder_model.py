"""The autoencoder as a model: oddness, reproducibility, files."""

from __future__ import annotations

import numpy as np
import pytest

from whimsight.autoencoder import SparseAutoencoder, stability
from whimsight.errors import StudyFileError


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((16, 64))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    codes = rng.standard_normal((1500, 16)) * (rng.random((1500, 16)) < 0.2)
    x = (codes @ directions + 0.03 * rng.standard_normal((1500, 64))).astype(np.float32)
    return x, directions.astype(np.float32)


@pytest.fixture(scope="module")
def model(planted):
    return SparseAutoencoder.fit(planted[0], n_features=16, k=3, seed=1)


def test_planted_directions_are_found(planted, model):
    cosines = np.abs(model.decoder @ planted[1].T)
    assert cosines.max(axis=0).min() > 0.85


def test_swapping_the_sides_flips_every_code_bit_for_bit(planted, model):
    assert np.array_equal(model.encode(-planted[0]), -model.encode(planted[0]))


def test_decoder_rows_have_length_one(model):
    assert np.allclose(np.linalg.norm(model.decoder, axis=1), 1, atol=1e-5)


def test_the_same_seed_gives_the_same_model(planted, model):
    again = SparseAutoencoder.fit(planted[0], n_features=16, k=3, seed=1)
    assert again.to_bytes() == model.to_bytes()


def test_bytes_and_file_give_the_model_back_exactly(planted, model, tmp_path):
    again = SparseAutoencoder.load(model.save(tmp_path / "a.safetensors"))
    assert np.array_equal(again.encode(planted[0]), model.encode(planted[0]))
    assert (again.k, again.prefixes, again.threshold) == (model.k, model.prefixes, model.threshold)


@pytest.mark.parametrize("damage", [b"", b"not safetensors at all", None])
def test_damaged_bytes_are_refused_with_one_clear_error(model, damage):
    data = model.to_bytes()[:-7] if damage is None else damage
    with pytest.raises(StudyFileError, match="damaged"):
        SparseAutoencoder.from_bytes(data)


def test_planted_directions_recur_in_halves(planted, model):
    table = stability(planted[0], model, n_halvings=1)
    assert table["stability"].mean() > 0.9
    assert table["recurs"].all()
