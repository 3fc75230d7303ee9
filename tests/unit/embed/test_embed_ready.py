import numpy as np
import pytest

from whimsight.embed import Embedder, Template, embedder
from whimsight.embed.base import normalise
from whimsight.errors import EmbeddingError


def test_a_function_becomes_an_embedder():
    made = embedder(lambda texts: [[len(t), 0] for t in texts], name="lengths")
    assert isinstance(made, Embedder)
    np.testing.assert_array_equal(made.embed(["abc", ""]), [[1, 0], [1, 0]])
    assert made.embed([]).shape == (0, 2)
    assert made.fingerprint == "function:lengths:2"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda texts: [1.0 for _ in texts], r"must return a matrix \(1, 1\).*found shape \(1,\)"),
        (lambda texts: ["word" for _ in texts], "did not give numbers"),
        (lambda texts: np.zeros((len(texts), 0)), "must return a matrix"),
        (lambda texts: [[np.nan] for _ in texts], "NaN"),
        (lambda texts: np.ones((1, 3)), r"\(2, 3\)"),
    ],
)
def test_a_function_that_gives_no_matrix_is_refused(function, message):
    with pytest.raises(EmbeddingError, match=message):
        embedder(function).embed(["a", "b"])


def test_a_matrix_is_looked_up_by_text():
    made = embedder(np.array([[3, 4], [0, 2]]), texts=["a", "b"])
    np.testing.assert_allclose(made.embed(["b", "a", "b"]), [[0, 1], [0.6, 0.8], [0, 1]], rtol=1e-6)
    with pytest.raises(EmbeddingError, match=r"1 of 2 texts have no row.*text 1: 'zzz'"):
        made.embed(["a", "zzz"])


def test_a_matrix_without_its_texts_or_with_other_rows_is_refused():
    with pytest.raises(EmbeddingError, match="embeddings=matrix"):
        embedder(np.eye(2))
    with pytest.raises(EmbeddingError, match=r"has 3 rows; found \(2, 2\)"):
        embedder(np.eye(2), texts=["a", "b", "c"])
    with pytest.raises(EmbeddingError, match="text 1 of 2 holds NaN"):
        embedder(np.array([[1, 0], [np.inf, 0]]), texts=["a", "b"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("minilmm", "Did you mean 'minilm'"),
        ("x" * 5000, "No embedder"),
        ("\x00", "No embedder"),
        ("", "No embedder"),
    ],
)
def test_an_unknown_name_is_told_what_there_is(name, message):
    with pytest.raises(EmbeddingError, match=message):
        embedder(name)


def test_an_unknown_option_is_told_what_there_is():
    with pytest.raises(EmbeddingError, match=r"no option 'windws'. Did you mean 'windows'"):
        embedder("minilm", windws="cut")
    with pytest.raises(EmbeddingError, match=r"'pool'.*'cut'.*found 'pol'"):
        embedder("minilm", windows="pol")
    with pytest.raises(EmbeddingError, match="float16"):
        embedder("minilm", dtype="float16")
    with pytest.raises(EmbeddingError, match="found int"):
        embedder(7)


def test_an_embedder_that_breaks_its_promise_is_told(counting, tmp_path):
    counting.dimensions = 4
    with pytest.raises(EmbeddingError, match=r"returned \(1, 3\) for 1 texts"):
        embedder(counting, cache=tmp_path).embed(["a"])


def test_rows_have_length_one_however_large_or_small():
    rows = np.array([[3e38, 0, 3e38], [1e-44, 0, 0], [0, 0, 0], [1, 2, 2]], dtype=np.float32)
    out = normalise(rows)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(out[3], [1 / 3, 2 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_array_equal(out[2], [1, 0, 0])
    assert normalise(np.zeros((0, 3), dtype=np.float32)).shape == (0, 3)


@pytest.mark.parametrize("made", ["minilm", "function", "matrix", "cached"])
def test_what_is_not_a_text_is_named(made, counting, tmp_path):
    model = {
        "minilm": lambda: embedder("minilm", cache=False),
        "function": lambda: embedder(lambda texts: [[1.0] for _ in texts]),
        "matrix": lambda: embedder(np.eye(2), texts=["a", "b"]),
        "cached": lambda: embedder(counting, cache=tmp_path),
    }[made]()
    with pytest.raises(EmbeddingError, match="Text 1 of 2 is not a text but float: 'nan'"):
        model.embed(["a", float("nan")])
    with pytest.raises(EmbeddingError, match="found a single text: 'abc'"):
        model.embed("abc")


def test_a_template_puts_in_what_it_names_and_nothing_of_the_texts_own_braces():
    form = Template("Say how: {prompt} -> {response} {{}}")
    assert form.needs_prompt
    assert form.render(["{response}"], ["{0}"]) == ["Say how: {response} -> {0} {}"]
    assert not Template().needs_prompt
    assert Template().render([""], ["x"]) == ["x"]


@pytest.mark.parametrize(
    "text",
    ["", "{prompt}", "{response} {instruction}", "{response.__class__}", "{response[0]}", "{response", "{}",
     "{response:>9}", "{response!r}", "{response:{prompt}}"],
)  # fmt: skip
def test_a_template_that_cannot_be_filled_is_refused(text):
    with pytest.raises(EmbeddingError, match="Template"):
        Template(text)
