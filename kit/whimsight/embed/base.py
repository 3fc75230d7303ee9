"""What an embedder is, and the template that makes the text it reads."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from whimsight.errors import EmbeddingError
from whimsight.progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Embedder", "Progress", "Template", "check_texts", "normalise", "printable"]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into unit vectors.

    Attributes
    ----------
    fingerprint : str
        Changes whenever the vectors would: model, weights, windows, precision.
    dimensions : int
        Width of the vectors.
    """

    fingerprint: str
    dimensions: int

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1."""
        ...


class Template:
    r"""What is embedded of a pair's side: ``{response}``, and optionally ``{prompt}``.

    Parameters
    ----------
    text : str
        For example ``"{response}"`` (the paper) or
        ``"Judge how the answer is written.\nUser: {prompt}\nAssistant: {response}"``.

    Raises
    ------
    EmbeddingError
        If the text does not name ``{response}`` or names something else.

    Examples
    --------
    >>> Template("Q: {prompt}\nA: {response}").render(["Why?"], ["Because."])
    ['Q: Why?\nA: Because.']
    """

    def __init__(self, text: str = "{response}") -> None:
        try:
            parsed = [part for part in string.Formatter().parse(text) if part[1] is not None]
        except ValueError as error:
            raise EmbeddingError(
                f"Template {text!r}: {error}. Write {{{{ and }}}} for plain braces."
            ) from error
        fields = {str(name) for _, name, _, _ in parsed}
        if any(spec or conversion for _, _, spec, conversion in parsed):
            raise EmbeddingError(
                f"Template {text!r}: write {{response}} and {{prompt}} alone, without a format after ':' or '!'."
            )
        if "response" not in fields or not fields <= {"response", "prompt"}:
            raise EmbeddingError(
                f"Template {text!r} must hold {{response}} and may hold {{prompt}}; found {sorted(fields)}. Write an "
                "instruction into the template itself."
            )
        self.text = text
        self.needs_prompt = "prompt" in fields

    def render(self, prompts: Sequence[str], responses: Sequence[str]) -> list[str]:
        """Return one text a response."""
        return [self.text.format(prompt=p, response=r) for p, r in zip(prompts, responses, strict=True)]


def normalise(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1; a row of zeros becomes the first unit vector, so that every row is one."""
    matrix = np.asarray(matrix, dtype=np.float32)
    largest = np.abs(matrix).max(axis=1, initial=0)
    if not np.isfinite(largest).all():
        row = int(np.flatnonzero(~np.isfinite(largest))[0])
        raise EmbeddingError(
            f"The embedding of text {row} of {matrix.shape[0]} holds NaN or infinity; the model or its precision "
            "is at fault. Try dtype='float32'."
        )
    zero = largest == 0
    out = (
        matrix / np.where(zero, 1, largest)[:, None]
    )  # first by the largest entry, so that no square overflows
    out[zero, 0] = 1
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return out.astype(np.float32, copy=False)


def printable(text: str) -> str:
    """Replace what is not Unicode text (lone surrogates), which tokenizers and JSON refuse.

    Examples
    --------
    >>> printable("half of a pair: " + chr(0xD800)), printable("café")
    ('half of a pair: ?', 'café')
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def check_texts(texts: Sequence[str]) -> None:
    """Refuse what is not a sequence of texts.

    Raises
    ------
    EmbeddingError
        For a single text, or naming the first position that holds something else than a text.
    """
    if isinstance(texts, str):
        raise EmbeddingError(f"Give a list of texts; found a single text: {texts[:60]!r}.")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise EmbeddingError(
                f"Text {position} of {len(texts)} is not a text but {type(text).__name__}: {str(text)[:60]!r}. "
                "Leave it out, or make it a text."
            )
