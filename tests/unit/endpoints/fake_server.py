"""A server on this machine that speaks the part of the OpenAI protocol that language models are asked through.

    with FakeServer(answer=lambda payload: {"verdict": "A"}) as server:
        ...  # ask server.base_url
        assert server.calls == 1

It is a real server: threads, sockets, HTTP/1.1 with connections kept open. What it knows of the protocol:

``POST /v1/chat/completions`` with ``{"model", "messages", "max_tokens", "temperature", "response_format"}`` answers
``{"choices": [{"message": {"role": "assistant", "content"}, "finish_reason"}], "usage", "model", ...}``;
``GET /v1/models`` answers ``{"object": "list", "data": [{"id", ...}]}``; what goes wrong answers a status and
``{"error": {"message", "type", "param", "code"}}``. A request that the hosted service would refuse (no messages, a
strict schema that is not closed) is refused here too. ``fake_faults`` holds what can go wrong beside,
``fake_embeddings`` a server of the other kind.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.unit.endpoints.fake_faults import Fault, Refusal, problem

__all__ = ["Asked", "FakeServer", "Handler", "Spent", "fill", "said", "schema_fields", "tokens"]

MODEL = "tiny"

Payload = dict[str, Any]
Answerer = Callable[[Payload], "str | dict[str, Any] | Fault"]
Schedule = Callable[[int, Payload], "Fault | None"]


class Asked(NamedTuple):
    """A request as it came: its parsed body and its headers, names in lower case."""

    payload: Payload
    headers: dict[str, str]

    @property
    def system(self) -> str:
        return said(self.payload, "system")

    @property
    def user(self) -> str:
        return said(self.payload, "user")


class Spent(NamedTuple):
    """What a server counts, in tokens."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


def tokens(text: str) -> int:
    """Count one token for every 4 bytes of UTF-8, rounded up."""
    return -(-len(text.encode()) // 4)


def said(payload: Payload, role: str = "user") -> str:
    """Return what the messages of a role say, joined by empty lines."""
    parts = []
    for message in payload["messages"]:
        if message["role"] == role:
            content = message["content"]
            parts.append(content if isinstance(content, str) else "".join(part["text"] for part in content))
    return "\n\n".join(parts)


def schema_fields(payload: Payload) -> dict[str, tuple[str, ...]]:
    """Return the fields of the JSON schema that was asked for, each with the values that it may have.

    Any text where there are none; no field where no schema was sent.
    """
    form = payload.get("response_format") or {}
    schema = form.get("json_schema", form).get("schema", {})  # llama.cpp takes it beside "json_object" too
    properties = schema.get("properties", {})
    return {name: tuple(entry.get("enum", ())) for name, entry in properties.items()}


def fill(payload: Payload) -> dict[str, str]:
    """Answer the first allowed value of every field, and two words where any text will do."""
    return {name: allowed[0] if allowed else "two words" for name, allowed in schema_fields(payload).items()}


class FakeServer(ThreadingHTTPServer):
    """A server that counts what it is asked, what it charged and what was in flight at once.

    ``answer(payload)`` is called in the request's thread and returns the content (a dict is written as JSON) or a
    Fault. ``faults`` holds what happens instead, one entry for a request in the order they come (None: a proper
    answer), or is called with the request's number from 0 and its payload. ``without`` names what this server has
    never heard of, as many real ones: ``"json_schema"``, ``"json_object"``, ``"schema"`` (beside
    ``"json_object"``, where llama.cpp takes one), ``"response_format"``, ``"temperature"``, ``"max_tokens"``,
    ``"max_completion_tokens"``, ``"system"``; it says so with the status ``refuses_with`` (400 at OpenAI, 422 and
    500 elsewhere). Without ``"usage"`` it counts and does not tell.
    With ``key``, another one is a 401. ``overhead`` tokens are charged for every prompt beside its messages,
    as real services charge for their templates.

    Attributes
    ----------
    base_url : str
    requests : list of Asked
        Every completion that was asked for.
    faults : list or callable
    models_fault : Fault, optional
        What happens to who asks for the models.
    spent : Spent
        Of what was sent whole.
    lost : Spent
        Of what a client asked for and never got: real services charge for it.
    most_at_once : int
    """

    path = "/v1/chat/completions"
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        answer: Answerer = fill,
        *,
        faults: Iterable[Fault | None] | Schedule = (),
        models: tuple[str, ...] = (MODEL,),
        without: tuple[str, ...] = ("schema",),
        refuses_with: int = 400,
        key: str | None = None,
        overhead: int = 0,
        handler: type[Handler] | None = None,
    ) -> None:
        self.answer, self.models, self.key, self.overhead = answer, models, key, overhead
        self.without, self.refuses_with = without, refuses_with
        self.faults: list[Fault | None] | Schedule = faults if callable(faults) else list(faults)
        self.requests: list[Asked] = []
        self.models_asked = 0
        self.models_fault: Fault | None = None
        self.spent, self.lost = Spent(), Spent()
        self.in_flight = self.most_at_once = 0
        self._changed = threading.Condition()
        self._gate = threading.Event()
        self._gate.set()
        self._open: set[socket.socket] = set()
        self._resets: set[socket.socket] = set()
        self.closing, self._close_it = socket.socketpair()  # the first is readable once the server closes
        super().__init__(("127.0.0.1", 0), handler or Handler)
        self.base_url = f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def calls(self) -> int:
        """How many completions were asked for."""
        return len(self.requests)

    def pause(self) -> None:
        """Take requests, and answer none of them before ``go``."""
        self._gate.clear()

    def go(self) -> None:
        """Answer again."""
        self._gate.set()

    def until(self, calls: int = 0, *, in_flight: int = 0, seconds: float = 20.0) -> None:
        """Wait until so many were asked for, and so many are in flight."""
        with self._changed:
            ready = self._changed.wait_for(
                lambda: len(self.requests) >= calls and self.in_flight >= in_flight, seconds
            )
        assert ready, f"{self.calls} calls came, {self.in_flight} are in flight"

    def __enter__(self) -> FakeServer:
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._close_it.close()
        self._gate.set()
        self.shutdown()
        self._thread.join()
        with self._changed:
            for connection in self._open:
                with _quiet():
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self.closing.close()

    # What the handlers tell.

    def take(self, asked: Asked) -> Fault | None:
        """Note a request; return what goes wrong with it."""
        with self._changed:
            number = len(self.requests)
            self.requests.append(asked)
            self.in_flight += 1
            self.most_at_once = max(self.most_at_once, self.in_flight)
            self._changed.notify_all()
            if not callable(self.faults):
                return self.faults.pop(0) if self.faults else None
        return self.faults(number, asked.payload)

    def leave(self) -> None:
        with self._changed:
            self.in_flight -= 1
            self._changed.notify_all()

    def charge(self, prompt: int, completion: int, *, lost: bool) -> None:
        with self._changed:
            before = self.lost if lost else self.spent
            after = Spent(before.prompt_tokens + prompt, before.completion_tokens + completion)
            self.lost, self.spent = (after, self.spent) if lost else (self.lost, after)

    def wait_for_gate(self) -> None:
        self._gate.wait()

    # Connections: some end with a reset, all end with the server.

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def reset(self, connection: socket.socket) -> None:
        self._resets.add(connection)

    def shutdown_request(self, request: Any) -> None:
        with self._changed:
            self._open.discard(request)
        if request in self._resets:
            self._resets.discard(request)
            request.close()  # lingers for no time: the kernel sends a reset, and no goodbye before it
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that leave are what half of the tests are about."""


class _quiet:  # noqa: N801 - reads as contextlib.suppress does
    """Suppress what a connection raises that the other side has left."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, OSError)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeServer
    _inside = False

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.models_asked += self.path == "/v1/models"
        if self.server.models_fault is not None:
            with _quiet():
                self.server.models_fault.happen(self)
            return
        try:
            self._check_key()
            if self.path != "/v1/models":
                raise Refusal(404, f"Invalid URL (GET {self.path})")
        except Refusal as refusal:
            self.send(refusal.status, refusal.body)
        else:
            data = [
                {"id": m, "object": "model", "created": 0, "owned_by": "tests"} for m in self.server.models
            ]
            self.send(200, {"object": "list", "data": data})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != self.server.path:
            self.send(404, problem(f"Invalid URL (POST {self.path})"))
            return
        self.payload: Payload = json.loads(raw)
        asked = Asked(self.payload, {name.lower(): value for name, value in self.headers.items()})
        fault = self.server.take(asked)
        self._inside = True
        try:
            self.server.wait_for_gate()
            self._answer(fault)
        except Refusal as refusal:
            self.send(refusal.status, refusal.body)
        except OSError:
            self.close_connection = True
        finally:
            self.leave()

    def _answer(self, fault: Fault | None) -> None:
        self._check_key()
        self.check()
        if fault is None:
            content = self.server.answer(self.payload)
            if isinstance(content, Fault):
                fault = content
            else:
                self.send(200, self.whole(content))
                return
        fault.happen(self)

    def _check_key(self) -> None:
        if self.server.key is not None and self.headers.get("Authorization") != f"Bearer {self.server.key}":
            raise Refusal(401, "Incorrect API key provided.", code="invalid_api_key")

    # What another service does otherwise.

    def check(self) -> None:
        """Refuse what the service does not do."""
        _check(self.payload, self.server)

    def whole(self, content: Any, *, lost: bool = False) -> dict[str, Any]:
        """Return the answer around what is said."""
        return self.completion(content, lost=lost)

    # What faults are made of.

    def good(self, *, lost: bool = False) -> dict[str, Any]:
        """Return what would have been answered."""
        content = self.server.answer(self.payload)
        assert not isinstance(content, Fault)
        return self.whole(content, lost=lost)

    def good_content(self) -> str:
        """Return what the model would have said."""
        content = self.server.answer(self.payload)
        assert not isinstance(content, Fault)
        return content if isinstance(content, str) else json.dumps(content)

    def completion(
        self,
        content: str | dict[str, Any] | None,
        finish: str = "stop",
        *,
        lost: bool = False,
        **message: Any,
    ) -> dict[str, Any]:
        """Return a completion, cut at ``max_tokens``, and charge for it."""
        if isinstance(content, dict):
            content = json.dumps(content)
        most = self.payload.get("max_tokens") or self.payload.get("max_completion_tokens")
        if content is not None and most and tokens(content) > most:
            content, finish = content.encode()[: 4 * most].decode(errors="ignore"), "length"
        prompt = self.server.overhead + sum(
            tokens(said({"messages": [message]}, message["role"])) for message in self.payload["messages"]
        )
        completion = tokens(content or "") + tokens(message.get("refusal") or "")
        self.server.charge(prompt, completion, lost=lost)
        whole = {
            "id": f"chatcmpl-{self.server.calls}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self.payload["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content, **message},
                    "finish_reason": finish,
                }
            ],
        }
        if "usage" not in self.server.without:
            whole["usage"] = {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            }
        return whole

    def send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        """Send a whole response: bytes as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.start(status, {"Content-Length": str(len(raw)), **(headers or {})})
        self.leave()  # before the last byte, so that the client's next request is never counted beside this one
        self.wfile.write(raw)

    def start(self, status: int, headers: dict[str, str]) -> None:
        """Send the status and the headers."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def leave(self) -> None:
        if self._inside:
            self._inside = False
            self.server.leave()


def _check(payload: Payload, server: FakeServer) -> None:
    """Refuse what a real service refuses, in its words."""
    model, messages = payload.get("model"), payload.get("messages")
    if model not in server.models:
        raise Refusal(404, f"The model `{model}` does not exist.", code="model_not_found")
    if not messages or any(set(m) < {"role", "content"} for m in messages):
        raise Refusal(400, "Invalid 'messages': each needs a role and a content.", param="messages")
    if payload.get("stream"):
        raise Refusal(400, "This server does not stream.", param="stream")
    form = payload.get("response_format")
    kind = form.get("type") if form else None
    for name in server.without:
        _refuse_unknown(name, payload, form or {}, server.refuses_with)
    if kind == "json_schema":
        _check_schema(form["json_schema"])
    if kind == "json_object" and not any(
        "json" in said({"messages": [m]}, m["role"]).lower() for m in messages
    ):
        message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
        raise Refusal(400, f"{message}'json_object'.", param="messages")


def _refuse_unknown(name: str, payload: Payload, form: dict[str, Any], status: int) -> None:
    """Refuse a request that holds something which this server has never heard of."""
    kind = form.get("type")
    if name == kind:
        message = f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model."
        raise Refusal(status, message)
    if name == "schema" and name in form:
        raise Refusal(status, "Unknown parameter: 'response_format.schema'.", code="unknown_parameter")
    if name == "temperature":
        if payload.get(name, 1) != 1:
            message = "Unsupported value: 'temperature' does not support 0.0 with this model."
            raise Refusal(status, message, param=name, code="unsupported_value")
    elif name == "system":
        if any(message["role"] == name for message in payload["messages"]):
            raise Refusal(status, "System role not supported", param="messages")
    elif name in payload:
        other = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
        message = f"Unsupported parameter: '{name}' is not supported with this model.{other}"
        raise Refusal(status, message, param=name, code="unsupported_parameter")


def _check_schema(form: dict[str, Any]) -> None:
    name, schema = form.get("name", ""), form.get("schema", {})
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise Refusal(400, "Invalid 'response_format.json_schema.name'.", param="response_format")
    if form.get("strict"):
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        if not closed or sorted(schema.get("required", [])) != sorted(properties):
            message = (
                f"Invalid schema for response_format '{name}': 'additionalProperties' must be false and "
            )
            raise Refusal(400, f"{message}'required' hold every key.", param="response_format")
