"""Any sentence-transformers model, by hub id or path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.embed.base import Progress, check_texts, normalise, printable
from whimsight.embed.quiet import quiet
from whimsight.embed.weights import has_bfloat16
from whimsight.embed.windows import MOST_WINDOWS, check_windows, cuts, slices
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SentenceTransformer"]


class SentenceTransformer:
    """A sentence-transformers model, with the prompt that it comes with; it runs no code of its own.

    Parameters
    ----------
    source : str
        Hub id or path.
    windows : {"pool", "cut"}
        Texts beyond what the model reads are embedded in windows that end at white space, averaged by their
        tokens (of more than 64 windows, 64 that are spread evenly); or cut, as the library does.
    device : str, optional
        What the library chooses: a GPU where there is one.
    dtype : {"auto", "float32", "bfloat16"}
        ``auto`` is bfloat16 where the processor or GPU has it and the model runs in it.
    batch_size : int
        Texts between two saves, and windows in one pass of the model.
    """

    def __init__(
        self,
        source: str,
        *,
        windows: str = "pool",
        device: str | None = None,
        dtype: str = "auto",
        batch_size: int = 32,
    ) -> None:
        self._pool = check_windows(windows)
        if dtype not in ("auto", "float32", "bfloat16"):
            raise EmbeddingError(f"dtype must be 'auto', 'float32' or 'bfloat16'; found {dtype!r}.")
        try:
            import sentence_transformers
        except ImportError:
            raise EmbeddingError(
                f"{source!r} is loaded through sentence-transformers: pip install 'whimsight[sentence-transformers]'"
            ) from None
        self.name = Path(source).name if Path(source).exists() else source
        try:
            with quiet():
                self._model: Any = sentence_transformers.SentenceTransformer(
                    source, device=device, trust_remote_code=False
                )
        except Exception as error:  # the library raises many kinds
            said = (str(error).strip().splitlines() or [""])[0][:300]
            raise EmbeddingError(
                f"Cannot load the embedder {source!r}: {type(error).__name__}: {said} Use 'minilm', 'static', a "
                "local path, or an id that the hub has."
            ) from error
        self._batch_size = batch_size
        digest = _digest(self._model)
        dtype, self.dimensions = self._cast(dtype)
        self._size = self._window()
        self.fingerprint = f"st:{self.name}:{digest}:{windows}:{dtype}:2"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        done = 0
        for rows, vectors in self.stream(texts):
            out[rows] = vectors
            done += rows.size
            if progress is not None:
                progress("embed", done, len(texts))
        return out

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield (positions, vectors) batch by batch, long texts first."""
        check_texts(texts)
        order = np.argsort([-len(t) for t in texts], kind="stable")
        for start in range(0, len(texts), self._batch_size):
            rows = order[start : start + self._batch_size]
            parts = [self._windows(printable(texts[i])) for i in rows.tolist()]
            vectors = self._encode([text for part in parts for text, _ in part])
            weights = np.asarray([n for part in parts for _, n in part], dtype=np.float32)
            counts = np.asarray([len(part) for part in parts])
            yield rows, normalise(np.add.reduceat(vectors * weights[:, None], np.cumsum(counts) - counts))

    def _windows(self, text: str) -> list[tuple[str, int]]:
        """Windows of a text and their numbers of tokens."""
        if not self._pool or self._size is None or len(text.encode()) <= self._size:
            return [(text, 1)]  # no tokenizer makes more tokens than bytes
        found: list[tuple[str, int]] = []
        for part in slices(text):
            encoded = self._model.tokenizer(
                part, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False
            )
            place = encoded["offset_mapping"]
            if len(place) <= self._size:
                found.append((part, max(1, len(place))))
                continue
            slack = self._size // 8
            bounds = [0, *(b for _, b in cuts(len(place), self._size - slack, most=len(place)))]
            for i in range(1, len(bounds) - 1):  # back to where a word begins, if one does nearby
                near = range(bounds[i], max(bounds[i] - slack, bounds[i - 1]), -1)
                bounds[i] = next((t for t in near if part[place[t][0] - 1].isspace()), bounds[i])
            for a, b in pairwise(bounds):
                if b > a:
                    found.append((part[place[a][0] : place[b - 1][1]], b - a))
        if len(found) > MOST_WINDOWS:
            found = [found[i] for i in np.linspace(0, len(found) - 1, MOST_WINDOWS).astype(int).tolist()]
        return found

    def _window(self) -> int | None:
        """Tokens of a text that the model reads; None where there is no end or no way to count."""
        limit: Any = self._model.max_seq_length
        tokenizer = getattr(self._model, "tokenizer", None)
        if not self._pool or not limit or limit > 1_000_000 or tokenizer is None:
            return None
        if not getattr(tokenizer, "is_fast", False):
            raise EmbeddingError(
                f"The tokenizer of {self.name!r} cannot say where its tokens stand in a text, so long texts cannot "
                "be read in windows. Use windows='cut'."
            )
        prompt = (self._model.prompts or {}).get(self._model.default_prompt_name or "", "")
        used = tokenizer.num_special_tokens_to_add() + len(
            tokenizer(prompt, add_special_tokens=False).input_ids
        )
        return int(max(1, limit - used))

    def _cast(self, dtype: str) -> tuple[str, int]:
        """Set the precision; return it and the width of the vectors."""
        import torch

        if dtype == "bfloat16" or (dtype == "auto" and has_bfloat16(str(self._model.device.type))):
            try:
                self._model.to(torch.bfloat16)
                return "bfloat16", int(self._encode(["."]).shape[1])
            except (RuntimeError, TypeError, ValueError) as error:
                if dtype == "bfloat16":
                    raise EmbeddingError(f"{self.name!r} does not run in bfloat16: {error}") from error
        self._model.to(torch.float32)
        return "float32", int(self._encode(["."]).shape[1])

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vectors, dtype=np.float32)


def _digest(model: Any) -> str:
    """Of what makes the vectors: weights, modules and their settings, prompt, window, tokenizer."""
    import torch

    digest = hashlib.blake2b(digest_size=8)
    settings: list[Any] = [model.max_seq_length, model.prompts, model.default_prompt_name]
    for module in model:
        config: dict[str, Any] = getattr(module, "get_config_dict", dict)()
        settings.append([type(module).__name__, config])
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    backend = getattr(getattr(model, "tokenizer", None), "backend_tokenizer", None)
    if backend is not None:
        digest.update(backend.to_str().encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()
