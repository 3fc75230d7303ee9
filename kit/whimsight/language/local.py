"""A causal language model of transformers on this machine."""

from __future__ import annotations

import json
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import Any

from whimsight.endpoints.faults import Fault
from whimsight.endpoints.secrets import one_line
from whimsight.errors import LanguageError
from whimsight.language.base import HERE, Price, Reply, Request
from whimsight.language.reading import spelled
from whimsight.language.weights import digest, folder_of, load
from whimsight.language.writing import Chat, Writer, choose, write

__all__ = ["LocalModel"]


class LocalModel:
    """A chat model by hub id or path, asked one thing at a time.

    The answer's braces, names and quotes are written for the model. A field with allowed values gets the one that
    the model finds likeliest, by the probability of all its tokens; free text is generated, the likeliest token
    each time at temperature 0. Every answer can so be read, with models that follow no instruction, too.

    Marks of the chat template inside a request's texts are read as plain text. Weights are read from safetensors
    only (or one ``.gguf`` file, with the packages ``gguf`` and ``accelerate``), and no code that comes with them
    is run. A hub id is downloaded when the model is first needed, not when this object is made.

    Parameters
    ----------
    source : str
        ``"org/model"``, a folder, or a ``.gguf`` file.
    device : str, optional
        ``"cuda"`` where there is one, else ``"cpu"``.
    price : Price, optional
        Nothing by default.

    Raises
    ------
    LanguageError
        If the folder is not there; when first asked, if the model cannot be had or loaded.
    """

    where = HERE
    in_flight = 1
    room = (
        0  # it does not think before it answers: more tokens for a cut answer would only be more of the same
    )

    def __init__(self, source: str, *, device: str | None = None, price: Price | None = None) -> None:
        path = Path(source).expanduser()
        if not source.strip() or (
            not path.exists()
            and (path.is_absolute() or source.startswith((".", "~")) or source.count("/") > 1)
        ):
            raise LanguageError(
                f"There is no model in {source!r}: give the folder that holds its config.json, a .gguf file, or a hub "
                "id such as 'org/model'."
            )
        self.name = path.name if path.exists() else source
        self.price: Price | None = price if price is not None else Price(0.0, 0.0)
        self._source, self._device = source, device
        self._loaded: tuple[Any, Chat] | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"LocalModel({self._source!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self._source, self._device, self.price)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever the answers would: weights, tokenizer, template."""
        return f"transformers:{self.name}:{digest(folder_of(self._source))}:1"

    def complete(self, request: Request) -> Reply:
        """Return the reply to one request.

        Raises
        ------
        Fault
            Of the kind ``"too long"`` for a text that the model or the memory does not hold.
        LanguageError
            If the model cannot be had or loaded.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = load(self._source, self._device)
            model, chat = self._loaded
            begun = time.monotonic()
            prompt = chat.prompt(f"{request.system}\n\n{spelled(request.fields)}".strip(), request.user)
            most = getattr(model.config.get_text_config(), "max_position_embeddings", None)
            if most is not None and len(prompt) + request.max_tokens > most:
                raise Fault("too long", f"{len(prompt):,} tokens, and {self.name} reads {most:,}")
            fault = None
            try:
                values, finish, count = _answer(Writer(model, chat, prompt, request), request)
            except (MemoryError, RuntimeError) as error:
                if not isinstance(error, MemoryError) and "memory" not in str(error).lower():
                    raise
                fault = Fault("too long", f"no memory for {len(prompt):,} tokens: {one_line(error, 100)}")
            if fault is not None:
                raise fault
            text = json.dumps(values, ensure_ascii=False)
            return Reply(text, len(prompt), count, time.monotonic() - begun, finish)


def _answer(writer: Writer, request: Request) -> tuple[dict[str, str], str, int]:
    """Return the values, how they ended, and the number of their tokens."""
    values: dict[str, str] = {}
    before = "{"
    for field in request.fields:
        writer.feed(f'{before}{json.dumps(field.name)}: "')
        if field.allowed:
            values[field.name] = choose(writer, field.allowed)
            before = f"{json.dumps(values[field.name])[1:]}, "
        else:
            values[field.name], whole = write(writer, request.max_tokens - writer.written)
            if not whole:  # a value that is half there is none
                values.pop(field.name)
                return values, "length", writer.written
            before = '", '
    return values, "stop", writer.written


def _again(source: str, device: str | None, price: Price | None) -> LocalModel:
    return LocalModel(source, device=device, price=price)
