"""Which embedder a reward's discovered features mean something to, and making it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from whimsight.errors import EmbeddingError, StudyError

if TYPE_CHECKING:
    from whimsight.embed import Embedder

__all__ = ["EmbedderNote", "make_embedder"]

_OWN = ("minilm", "static")
_READY = "ready embeddings"
_HAND_IN = "reward.using(embedder), or Reward.open(path, embedder=...)"


@dataclass(frozen=True, slots=True)
class EmbedderNote:
    """What is known of an embedder.

    Attributes
    ----------
    name : str
        What `whimsight.embedder` makes it from.
    windows : str
        What happens to long texts.
    fingerprint : str
        Changes whenever the vectors would.
    opened : bool
        It was read from a file, which may name anything: only embedders that come with the package are then made by
        name.
    """

    name: str
    windows: str
    fingerprint: str
    opened: bool = False


def make_embedder(needs: EmbedderNote | None, given: Any) -> Embedder:
    """Make an embedder and check that it is the wanted one.

    Raises
    ------
    StudyError
        If it is another one, or cannot be made here.
    """
    from whimsight.embed import Embedder, embedder

    if needs is None:
        raise StudyError("This reward has measured features only: it needs no embedder. Leave embedder= out.")
    if given is not None:
        model = embedder(given, cache=not isinstance(given, Embedder))  # one that is ready is used as it is
    elif needs.name == "ready" or needs.fingerprint == _READY:
        raise StudyError(
            "The study of this reward was made from ready embeddings. Give the embedder that they came from: "
            f"{_HAND_IN}."
        )
    elif needs.opened and needs.name not in _OWN:
        raise StudyError(
            f"The file names the embedder {needs.name!r}; a file alone neither calls an endpoint nor loads a model "
            f"from elsewhere. If you trust it, hand it in: {_HAND_IN}."
        )
    else:
        model = _by_name(needs)
    if needs.fingerprint not in ("", _READY) and model.fingerprint != needs.fingerprint:
        raise StudyError(
            f"The features of this reward were learned with the embedder {needs.fingerprint!r}; this one is "
            f"{model.fingerprint!r}, in whose space they mean nothing. Hand in the same model and precision: "
            f"{_HAND_IN}."
        )
    return model


def _by_name(needs: EmbedderNote) -> Embedder:
    try:
        model = _made(needs.name, needs.windows, None)
        if needs.name != "minilm" or model.fingerprint == needs.fingerprint:
            return model
        for dtype in ("float32", "bfloat16"):  # the study's machine had the other as its default
            other = _made(needs.name, needs.windows, dtype)
            if other.fingerprint == needs.fingerprint:
                return other
    except EmbeddingError as error:
        raise StudyError(
            f"The embedder of this reward, {needs.name!r}, cannot be made here: {error} Or hand it in: {_HAND_IN}."
        ) from error
    return model


@lru_cache(maxsize=4)
def _made(name: str, windows: str, dtype: str | None) -> Embedder:
    """Make an embedder once; models are slow to load."""
    from whimsight.embed import embedder

    options = {} if dtype is None else {"dtype": dtype}
    return embedder(name, windows=windows, **options)
