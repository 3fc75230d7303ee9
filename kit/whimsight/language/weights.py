"""Finding and loading a causal language model: no code of its own is run, no pickle is read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from whimsight.embed.quiet import quiet
from whimsight.embed.weights import has_bfloat16
from whimsight.endpoints.secrets import one_line
from whimsight.errors import LanguageError
from whimsight.language.writing import Chat

__all__ = ["digest", "folder_of", "load"]

_WANTED = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
_UNWANTED = ("original/*", "consolidated*", "onnx/*", "*/*")
_SLICES, _SLICE = 16, 4_096


def folder_of(source: str) -> Path:
    """Return the folder of a model, or its ``.gguf`` file; what is only on the hub is downloaded.

    Raises
    ------
    LanguageError
        If the hub does not give it.
    """
    path = Path(source).expanduser()
    if path.exists():
        return path
    from huggingface_hub import snapshot_download

    try:
        with quiet():
            return Path(
                snapshot_download(source, allow_patterns=list(_WANTED), ignore_patterns=list(_UNWANTED))
            )
    except Exception as error:  # many kinds, all meaning that the model cannot be had
        said = f"{type(error).__name__}: {one_line(error, 200)}"
    raise LanguageError(
        f"The hub did not give the model {source!r} ({said}). Is the name right, is there a network, does it need a "
        "licence to be accepted? A folder on this machine does as well: 'transformers:<path>'."
    )


def digest(path: Path) -> str:
    """Return what tells one model from another: small files whole, of weights their head and spread slices."""
    out = hashlib.sha256()
    files = [path] if path.is_file() else sorted(path.iterdir())
    for file in files:
        if not file.is_file() or file.suffix not in (
            ".json",
            ".safetensors",
            ".model",
            ".txt",
            ".jinja",
            ".gguf",
        ):
            continue
        size = file.stat().st_size
        out.update(f"{file.name}:{size}:".encode())
        with file.open("rb") as data:
            if size <= 16_000_000 and file.suffix not in (".safetensors", ".gguf"):
                out.update(data.read())
                continue
            out.update(data.read(65_536))
            for part in range(_SLICES):
                data.seek(max(0, (size - _SLICE) * part // (_SLICES - 1)))
                out.update(data.read(_SLICE))
    return out.hexdigest()[:16]


def load(source: str, device: str | None) -> tuple[Any, Chat]:
    """Return the model, ready on its device, and its chat template.

    Raises
    ------
    LanguageError
        If there is no such model, or it cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = folder_of(source)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    if path.is_file():
        path, options["gguf_file"] = path.parent, path.name
    else:
        options["use_safetensors"] = True
    try:
        with quiet():
            rough = (
                "auto"
                if device.startswith("cuda")
                else torch.bfloat16
                if has_bfloat16(device)
                else torch.float32
            )
            model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=rough, **options)
            options.pop("use_safetensors", None)
            tokenizer = AutoTokenizer.from_pretrained(path, **options)
    except Exception as error:  # the library raises many kinds
        hint = " Reading .gguf files needs: pip install gguf accelerate." if "gguf_file" in options else ""
        said = f"{type(error).__name__}: {one_line(error, 300)}"
        model = None
    if model is None:
        raise LanguageError(
            f"Cannot load the language model {source!r}: {said}{hint} It must be a causal language model with weights "
            "in safetensors and a tokenizer beside them."
        )
    model.eval()
    try:
        model.to(device)
    except (
        RuntimeError,
        AssertionError,
    ) as error:  # what torch raises for a device that is not there, or is full
        said = one_line(error, 200)
    else:
        return model, Chat(tokenizer)
    raise LanguageError(f"The model {source!r} cannot run on device {device!r}: {said} Try device='cpu'.")
