"""From attributes of two responses to signed codes."""

from __future__ import annotations

import numpy as np
import pytest

from whimsight.attributes import code
from whimsight.errors import WhimsightError


@pytest.fixture
def sides() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    a, b = rng.gamma(1.0, [1e-3, 1.0, 1e5], (200, 3)).astype(np.float32), np.zeros((200, 3), np.float32)
    b[:] = a[rng.permutation(200)]
    b[:50] = a[:50]
    return a, b


def test_codes_are_differences_over_their_root_mean_square() -> None:
    codes, scale = code(np.array([[4.0], [1.0]]), np.array([[1.0], [5.0]]))
    assert scale == pytest.approx([np.sqrt(12.5)])
    np.testing.assert_allclose(codes[:, 0], [3 / np.sqrt(12.5), -4 / np.sqrt(12.5)], rtol=1e-6)


def test_codes_are_float32_with_mean_square_one(sides: tuple[np.ndarray, np.ndarray]) -> None:
    codes, scale = code(*sides)
    assert codes.dtype == scale.dtype == np.float32
    np.testing.assert_allclose(np.mean(codes.astype(float) ** 2, axis=0), 1.0, rtol=1e-5)


def test_equal_sides_have_a_code_of_exactly_zero_and_only_they(sides: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = sides
    codes, _ = code(a, b)
    assert np.array_equal(codes == 0, a == b)


def test_swapping_sides_turns_every_sign_and_changes_nothing_else(
    sides: tuple[np.ndarray, np.ndarray],
) -> None:
    a, b = sides
    forth, scale = code(a, b)
    back, scale_back = code(b, a)
    assert np.array_equal(forth, -back)
    assert np.array_equal(scale, scale_back)


def test_an_attribute_that_never_differs_has_codes_and_scale_zero() -> None:
    codes, scale = code(np.full((3, 2), 7.0, np.float32), np.array([[7, 1], [7, 2], [7, 3]], np.float32))
    assert not codes[:, 0].any()
    assert scale[0] == 0
    assert scale[1] > 0


def test_no_pairs_give_no_codes_and_no_warning() -> None:
    codes, scale = code(np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32))
    assert codes.shape == (0, 4)
    assert scale.tolist() == [0, 0, 0, 0]


def test_shapes_that_differ_are_refused_by_their_shapes() -> None:
    with pytest.raises(WhimsightError, match=r"\(2, 3\) and \(3, 3\)"):
        code(np.zeros((2, 3), np.float32), np.zeros((3, 3), np.float32))


def test_a_value_that_is_not_finite_is_refused_by_row_and_column() -> None:
    a = np.zeros((2, 2), np.float32)
    a[1, 0] = np.nan
    with pytest.raises(WhimsightError, match="row 1, column 0"):
        code(a, np.zeros((2, 2), np.float32))
