"""MiniLM, the default embedder, run without what a general library has to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.embed.base import Progress, check_texts, normalise, printable
from whimsight.embed.quiet import quiet
from whimsight.embed.weights import MINILM_SHA256, has_bfloat16, minilm_folder
from whimsight.embed.windows import batches, check_windows, cuts, slices
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MINILM_SHA256", "MiniLM"]

_WINDOW = 254  # 256 less the start and the end token
_BUDGET = {"cpu": 4_096}  # tokens a batch: on a processor, what fits its caches
_BUDGET_ELSEWHERE = 131_072
_TEXTS, _CHARACTERS = 4_096, 8_000_000  # sorted by length together
_SLICE = 200_000  # characters tokenized at once


class MiniLM:
    """all-MiniLM-L6-v2: 384 dimensions, reads 256 tokens at a time.

    Parameters
    ----------
    windows : {"pool", "cut"}
        Texts beyond 256 tokens are embedded in windows of nearly equal length, averaged by their tokens (of a
        text beyond 64 windows, about 70,000 characters, 64 that are spread evenly over it); or only their
        beginning is, as sentence-transformers does.
    device : str, optional
        ``"cuda"`` where there is one, else ``"cpu"``.
    dtype : {"auto", "float32", "bfloat16"}
        Arithmetic of the encoder; ``auto`` is bfloat16 where the processor or GPU has it. It is part of the
        fingerprint: a cache never mixes vectors of two precisions.

    Raises
    ------
    EmbeddingError
        If the weights are nowhere to be had or are not the known ones, or for an unknown setting.

    Notes
    -----
    The average over tokens is that of sentence-transformers, start and end token included. In bfloat16 the last
    bits of a vector depend on which texts shared its batch.
    """

    name = "minilm"
    dimensions = 384

    def __init__(self, *, windows: str = "pool", device: str | None = None, dtype: str = "auto") -> None:
        import torch

        self._pool = check_windows(windows)
        if dtype not in ("auto", "float32", "bfloat16"):
            raise EmbeddingError(f"dtype must be 'auto', 'float32' or 'bfloat16'; found {dtype!r}.")
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        if dtype == "auto":
            dtype = "bfloat16" if has_bfloat16(self._device) else "float32"
        self._dtype = dtype
        self._folder = minilm_folder()
        self._model: Any = None
        self._tokenizer: Any = None
        self.fingerprint = f"minilm:{MINILM_SHA256[:16]}:{windows}:{dtype}:2"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, 384), rows of length 1."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for rows, vectors in self.stream(texts, progress=progress):
            out[rows] = vectors
        return out

    def stream(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield (positions, vectors) of the texts that each batch finishes, so that a cache can keep them."""
        check_texts(texts)
        self._load()
        start = done = 0
        while start < len(texts):
            stop, size = start, 0
            while stop < min(len(texts), start + _TEXTS) and (stop == start or size < _CHARACTERS):
                size += len(texts[stop])
                stop += 1
            for rows, vectors in self._some(texts[start:stop]):
                done += rows.size
                yield start + rows, vectors
                if progress is not None:
                    progress("embed", done, len(texts))
            start = stop

    def token_vectors(self) -> tuple[list[str], NDArray[np.float32]]:
        """Return every token of the vocabulary and what the model makes of it alone, float32 (n_tokens, 384)."""
        import torch

        self._load()
        vocabulary = self._tokenizer.get_vocab()
        tokens = sorted(vocabulary, key=vocabulary.__getitem__)
        ids = np.arange(len(tokens))
        with torch.inference_mode():
            parts = [
                self._sums(ids, [(i, i + 1) for i in ids[start : start + 512].tolist()])
                for start in range(0, len(ids), 512)
            ]
        return tokens, np.concatenate(parts) / np.float32(3)

    def _some(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        import torch

        ids, offset = self._tokenize(texts)
        windows: list[tuple[int, int]] = []
        text_of: list[int] = []
        for text, (begin, end) in enumerate(zip(offset[:-1].tolist(), offset[1:].tolist(), strict=True)):
            pieces = cuts(end - begin, _WINDOW, pool=self._pool)
            windows.extend((begin + a, begin + b) for a, b in pieces)
            text_of.extend([text] * len(pieces))
        owner = np.asarray(text_of, dtype=np.int64)
        left = np.bincount(owner, minlength=len(texts))
        longest = np.zeros(len(texts), dtype=np.int64)
        np.maximum.at(longest, owner, np.asarray([b - a for a, b in windows]))
        sums = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        # By the text's longest window: the windows of one text stay together, so it is soon finished.
        budget = _BUDGET.get(self._device, _BUDGET_ELSEWHERE)
        for batch in batches(longest[owner] + 2, budget):
            with torch.inference_mode():
                np.add.at(sums, owner[batch], self._sums(ids, [windows[i] for i in batch.tolist()]))
            np.subtract.at(left, owner[batch], 1)
            touched = np.unique(owner[batch])
            finished = touched[left[touched] == 0]
            if finished.size:
                yield finished, normalise(sums[finished])

    def _tokenize(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Token ids of all texts in a row, and where each text begins, int64 (n_texts + 1,)."""
        counts = np.zeros(len(texts), dtype=np.int64)
        found: list[NDArray[np.int32]] = []
        waiting: list[tuple[int, str]] = []
        size = 0
        for number, text in enumerate(texts):
            for part in slices(printable(text)):
                waiting.append((number, part))
                size += len(part)
            if size >= _SLICE or number == len(texts) - 1:
                for start in range(0, len(waiting), 1024):
                    some = waiting[start : start + 1024]
                    encoded = self._tokenizer.encode_batch_fast(
                        [t for _, t in some], add_special_tokens=False
                    )
                    for (owner, _), one in zip(some, encoded, strict=True):
                        ids = np.asarray(one.ids, dtype=np.int32)
                        counts[owner] += ids.size
                        found.append(ids)
                waiting, size = [], 0
        offset = np.concatenate([[0], np.cumsum(counts)])
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int32), offset

    def _sums(self, ids: NDArray[Any], windows: list[tuple[int, int]]) -> NDArray[np.float32]:
        """Sum of the token vectors of each window: dividing by their number happens in the normalisation."""
        import torch

        longest = max(b - a for a, b in windows) + 2
        tokens = np.zeros((len(windows), longest), dtype=np.int64)
        mask = np.zeros((len(windows), longest), dtype=np.int64)
        for row, (a, b) in enumerate(windows):
            tokens[row, 0], tokens[row, 1 + b - a] = self._start, self._end
            tokens[row, 1 : 1 + b - a] = ids[a:b]
            mask[row, : 2 + b - a] = 1
        device = self._model.device
        given = torch.from_numpy(mask).to(device)
        hidden = self._model(
            input_ids=torch.from_numpy(tokens).to(device),
            attention_mask=None if mask.all() else given,
        ).last_hidden_state
        summed = (hidden.float() * given.unsqueeze(-1)).sum(dim=1)
        return np.asarray(summed.cpu().numpy(), dtype=np.float32)

    def _load(self) -> None:
        if self._model is not None:
            return
        import torch
        from tokenizers import Tokenizer
        from transformers import AutoModel

        with quiet():
            tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
            model = AutoModel.from_pretrained(
                self._folder,
                dtype=getattr(torch, self._dtype),
                attn_implementation="sdpa",
                use_safetensors=True,
                local_files_only=True,
            )
        model.eval()
        model.pooler = None
        try:
            model.to(self._device)
        except (RuntimeError, AssertionError) as error:  # what torch raises for a device that is not there
            raise EmbeddingError(
                f"MiniLM cannot run on device {self._device!r}: {str(error).splitlines()[0]} Use device='cpu'."
            ) from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._start, self._end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        self._model, self._tokenizer = model, tokenizer
