"""`embedder`: a name, a path, a function or a matrix to an `Embedder`, with its cache."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._suggest import nearest
from whimsight.embed.base import Embedder
from whimsight.embed.cached import Cached
from whimsight.endpoints.headers import Headers
from whimsight.endpoints.secrets import Secret
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["embedder"]

_KNOWN = ("minilm", "static", "openai:MODEL", "org/model")
# Faster than the disk, or without an identity that outlives the process.
_NOT_KEPT = ("static:", "function:", "matrix:")


def embedder(
    source: str | Path | Embedder | Callable[[list[str]], Any] | NDArray[Any] = "minilm",
    *,
    cache: bool | str | Path = True,
    **options: Any,
) -> Embedder:
    """Make an embedder; of ``"openai:MODEL"`` alone something leaves this machine.

    A key and headers that are given are sent to the endpoint that is given. Those of the environment go to the
    endpoint of the environment and to an ``https://`` address; a ``base_url`` on this machine gets them only where
    ``OPENAI_BASE_URL`` is the same address, as whatever listens there could keep them. To another machine over
    ``http://``, where anybody on the way can read them, they are not sent: that is an error. They are
    ``OPENAI_API_KEY``, with ``OPENAI_ORG_ID`` and ``OPENAI_PROJECT_ID``, where no key is given, and
    ``OPENAI_CUSTOM_HEADERS`` (a line ``Name: value`` each) where neither a key nor headers are. An address on this
    machine is asked without a proxy.

    Parameters
    ----------
    source : str, Path, Embedder, callable or ndarray
        ``"minilm"``, ``"static"``, ``"openai:MODEL"`` (with ``base_url=`` for another endpoint), a
        sentence-transformers id (``"org/model"``) or path, a ready `Embedder`, a function from a list of
        texts to a matrix, or a matrix with ``texts=``, the text of each row.
    cache : bool, str or Path
        Keep vectors on disk; a path says in which folder.
    **options
        ``windows`` ("pool" or "cut"), ``device``, ``dtype``, ``batch_size``, ``base_url``, ``api_key``,
        ``headers``, whichever the embedder takes.

    Raises
    ------
    EmbeddingError
        For an unknown name or option (with a suggestion), a missing package (with the pip line), or a model
        that cannot be loaded.

    Examples
    --------
    >>> embedder("minilm").dimensions
    384
    """
    for option, hidden in (("base_url", Secret), ("api_key", Secret), ("headers", Headers)):
        if option in options:
            options[option] = hidden(options[option])  # so that no traceback shows it
    made = _make(source, options)
    if cache is False or isinstance(made, Cached) or made.fingerprint.startswith(_NOT_KEPT):
        return made
    return Cached(made, None if cache is True else Path(cache))


def _make(source: Any, options: dict[str, Any]) -> Embedder:
    from whimsight.embed.endpoint import OpenAIEmbedder
    from whimsight.embed.library import SentenceTransformer
    from whimsight.embed.ready import Callback, Matrix
    from whimsight.embed.static import Static
    from whimsight.embed.transformer import MiniLM

    if isinstance(source, (str, Path)):
        name = str(source)
        if name == "minilm":
            return MiniLM(**_checked(MiniLM, options, name))
        if name == "static":
            return Static(**_checked(Static, options, name))
        if name.startswith("openai:"):
            checked = _checked(OpenAIEmbedder, options, name)
            return OpenAIEmbedder(name.removeprefix("openai:"), **checked)
        if isinstance(source, Path) or "/" in name or _is_folder(name):
            return SentenceTransformer(name, **_checked(SentenceTransformer, options, name))
        raise EmbeddingError(
            f"No embedder {name!r}.{nearest(name, _KNOWN)} There are {', '.join(_KNOWN)}, or a path."
        )
    options.pop("windows", None)  # theirs to decide
    if isinstance(source, np.ndarray):
        return Matrix(source, **_checked(Matrix, options, "a matrix"))
    if isinstance(source, Embedder) and not isinstance(source, type):
        _checked(object, options, type(source).__name__)
        return source
    if callable(source):
        return Callback(source, **_checked(Callback, options, "a function"))
    raise EmbeddingError(
        f"An embedder is made from a name, a path, a function, a matrix or an Embedder; found {type(source).__name__}."
    )


def _checked(kind: type, options: dict[str, Any], source: str) -> dict[str, Any]:
    """Return the options, all of which the embedder takes."""
    parameters = inspect.signature(kind).parameters.values() if kind is not object else ()
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for name in options:
        if name not in known:
            raise EmbeddingError(
                f"The embedder {source!r} has no option {name!r}.{nearest(name, known)} It takes "
                f"{', '.join(known) or 'none'}."
            )
    return options


def _is_folder(name: str) -> bool:
    try:
        return bool(name) and Path(name).is_dir()
    except (OSError, ValueError):  # too long, or a NUL
        return False
