"""A model behind any OpenAI-compatible ``/chat/completions``."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any, NamedTuple

from whimsight.endpoints.access import check_kinds
from whimsight.endpoints.addresses import address_of
from whimsight.endpoints.faults import Fault, of_status
from whimsight.endpoints.headers import Headers
from whimsight.endpoints.holding import KeyHolder
from whimsight.endpoints.secrets import Secret
from whimsight.endpoints.sending import Refused, Resource, as_dict, channel
from whimsight.endpoints.settings import seconds, whole
from whimsight.errors import LanguageError
from whimsight.language.base import Price, Reply, Request
from whimsight.language.reading import MOST, schema, spelled

__all__ = ["EndpointModel"]

_CHAT = Resource("chat.completions", entry="choices", answer="a chat completion")
_MOST_BYTES = 8_000_000  # of an answer


class _Shape(NamedTuple):
    """How a request is put; plainer where the endpoint refuses something."""

    form: str = "schema"  # then as in _PLAINER
    limit: str = "max_tokens"  # or "max_completion_tokens"
    temperature: bool = True
    seed: bool = True
    system: bool = True


# "beside" puts the schema beside "json_object", as llama.cpp takes it.
_PLAINER = {"schema": "beside", "beside": "object", "object": "words"}


class EndpointModel(KeyHolder):
    """A chat model behind an OpenAI-compatible endpoint: hosted, vLLM, Ollama, llama.cpp and others.

    The key and the headers are handed to the client only: they are in no attribute, fingerprint, file or message.
    Nothing is sent before `complete` is called. What an endpoint does not understand (a JSON schema, a temperature,
    ``max_tokens``) is left out once it says so.

    Parameters
    ----------
    model : str
        As the endpoint calls it.
    base_url : str or Secret, optional
        Up to and with ``/v1``; OpenAI's own by default. A user and a password in it are sent as such.
    api_key : str or Secret, optional
    headers : mapping or Headers, optional
        Names to values; with them and without a key there is no ``Authorization``.
    price : Price, optional
    in_flight : int
        Requests on their way at once.
    timeout : float
        Seconds that an answer may take; one that drips is given up after about twice as many.
    extra : mapping, optional
        More entries of the request, as the endpoint calls them, such as ``{"reasoning_effort": "low"}``.

    Raises
    ------
    LanguageError
        If the package ``openai`` is missing, the address cannot be one, or a header cannot be sent.
    """

    _unpicklable = (
        LanguageError,
        "A model behind an endpoint holds a key and cannot be pickled; make it anew with language_model(...).",
    )

    def __init__(
        self,
        model: str,
        *,
        base_url: str | Secret | None = None,
        api_key: str | Secret | None = None,
        headers: Mapping[str, str] | Headers | None = None,
        price: Price | None = None,
        in_flight: int = 8,
        timeout: float = 60.0,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        secret, hidden, more = Secret(api_key), Secret(base_url), Headers(headers)
        del api_key, base_url, headers  # so that no traceback shows them
        self.name, self.where = model, "?"
        self.price = price
        self.in_flight = whole("in_flight", in_flight, 1, LanguageError)
        self.timeout = seconds("timeout", timeout, LanguageError)
        check_kinds(hidden, secret, more, LanguageError)
        address = address_of(hidden, LanguageError)
        self.where = address.place
        if not (extra is None or isinstance(extra, Mapping)):
            raise LanguageError(f"extra= must be a dictionary; found {type(extra).__name__}.")
        body = dict(extra or {})
        told = _digest(body)
        self.fingerprint = f"endpoint:{address.told_apart(model).rstrip('/')}:{model}:{told}:1"
        self._shape = _Shape()
        self._answered = False
        self._lock = threading.Lock()
        ways = channel(
            _CHAT, model, address, secret, more, timeout=self.timeout, error=LanguageError, extra=body
        )
        self._send, self._erase, self._sorted = ways.send, ways.erase, ways.fault
        weakref.finalize(self, ways.close).atexit = False

    def __repr__(self) -> str:
        return f"EndpointModel({self.name!r}, where={self.where!r}, price={self.price!r})"

    def complete(self, request: Request) -> Reply:
        """Return the reply to one request, sent once, or again at once in a plainer form if the form is refused.

        Raises
        ------
        Fault
            When there is none.
        """
        end = time.monotonic() + self.timeout
        for _ in range(8):
            shape = self._shape
            begun = time.monotonic()
            found = self._send(_body(request, shape), _MOST_BYTES)
            if not isinstance(found, Refused):
                reply = self._reply(found, request, time.monotonic() - begun)
                self._answered = True
                return reply
            plainer = _plainer(shape, found, unsure=not self._answered)
            if plainer is None:
                break
            with self._lock:
                if self._shape == shape:
                    self._shape = plainer
            if time.monotonic() > end:  # the next try begins where this one ends
                raise Fault("time-out", "it takes long to refuse requests", retry=True)
        raise self._fault(found)

    def _fault(self, found: Refused) -> Fault:
        fault = self._sorted(found)
        if fault.kind == "request":
            if not self._answered:  # nobody ever got an answer this way
                fault.fatal = True
            fault.kind = "server error"
        return fault

    def _reply(self, data: Any, request: Request, seconds: float) -> Reply:
        choice = _first(data)
        message = as_dict(choice.get("message"))
        text = _text(message.get("content"))
        finish = {"length": "length", "content_filter": "filter"}.get(
            str(choice.get("finish_reason")), "stop"
        )
        if isinstance(message.get("refusal"), str) and message["refusal"].strip() and not text:
            text, finish = message["refusal"], "refusal"
        used = as_dict(data.get("usage"))
        asked = _count(used.get("prompt_tokens"))
        said = _count(used.get("completion_tokens"))
        if asked is None:
            asked = max(1, len((request.system + request.user).encode("utf-8", "replace")) // 4)
        if said is None:
            said = -(-len(text.encode("utf-8", "replace")) // 4)
        return Reply(self._erase(text)[:MOST], asked, said, seconds, finish)


def _digest(extra: dict[str, Any]) -> str:
    """Return what tells settings apart and shows none of them."""
    if not extra:
        return ""
    try:
        return hashlib.sha256(json.dumps(extra, sort_keys=True).encode()).hexdigest()[:16]
    except (TypeError, ValueError):
        pass
    raise LanguageError("extra= must hold what JSON can: texts, numbers, lists, and dictionaries of these.")


def _body(request: Request, shape: _Shape) -> dict[str, Any]:
    """Return the request as it is sent."""
    system = f"{request.system}\n\n{spelled(request.fields)}".strip()
    if shape.system:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": request.user}]
    else:
        messages = [{"role": "user", "content": f"{system}\n\n{request.user}"}]
    for message in messages:
        message["content"] = message["content"].encode("utf-8", "replace").decode("utf-8")
    body: dict[str, Any] = {"messages": messages, shape.limit: request.max_tokens}
    if shape.temperature:
        body["temperature"] = request.temperature
        if shape.seed and request.temperature > 0:
            body["seed"] = int(request.key[:7], 16)
    if shape.form == "schema":
        form = {"name": "answer", "strict": True, "schema": schema(request.fields)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    elif shape.form == "beside":
        body["response_format"] = {"type": "json_object", "schema": schema(request.fields)}
    elif shape.form == "object":
        body["response_format"] = {"type": "json_object"}
    return body


def _plainer(shape: _Shape, found: Refused, *, unsure: bool) -> _Shape | None:
    """Return how to put it instead, None where that is not what was refused."""
    if found.fault is not None or found.status not in (400, 404, 415, 422, 500, 501):
        return None
    low = f"{found.code} {found.said}".lower()
    named = found.status != 404  # a path or a model that is not there is not about an entry
    if named and "max_completion_tokens" in low and shape.limit == "max_tokens":
        return shape._replace(limit="max_completion_tokens")
    if named and "max_completion_tokens" in low and "max_tokens" in low.replace("max_completion_tokens", ""):
        return None
    if named and shape.temperature and "temperature" in low:
        return shape._replace(temperature=False)
    if named and shape.seed and shape.temperature and "seed" in low:
        return shape._replace(seed=False)
    words = ("response_format", "response format", "json_schema", "json schema", "json_object", "schema", "json mode",
             "structured output", "grammar", "guided")  # fmt: skip
    if shape.form != "words" and any(word in low for word in words):
        return shape._replace(form=_PLAINER[shape.form])
    if named and shape.system and "system" in low and ("role" in low or "support" in low):
        return shape._replace(system=False)
    plain = of_status(found.status, found.said, found.code)
    if unsure and found.status in (400, 422) and plain.kind == "request" and shape.form != "words":
        return shape._replace(form=_PLAINER[shape.form])
    return None


def _first(data: Any) -> dict[str, Any]:
    """Return the first choice; one without a message where there is none."""
    choices = data.get("choices")
    return as_dict(choices[0] if isinstance(choices, list) and choices else None)


def _text(content: Any) -> str:
    """Return a message's content, which some endpoints give in parts."""
    if isinstance(content, list):
        parts = [
            p.get("text") for p in content if isinstance(p, dict) and p.get("type") in ("text", "output_text")
        ]
        return "".join(p for p in parts if isinstance(p, str))
    return content if isinstance(content, str) else ""


def _count(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < 10**9 else None
