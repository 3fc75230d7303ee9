"""What goes wrong with models behind an endpoint, each once and by name, for ``fake_server``.

Each function returns a Fault; ``FakeServer(faults=[rate_limited(2), None, resets()])`` lets them happen to the
first and the third request. Those from ``no_choices`` to ``null`` are about what a chat model says.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from typing import Any

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(frozen=True)
class Fault:
    """Something that happens to one request; ``happen`` is given the request's handler."""

    name: str
    happen: Callable[[Any], None] = field(repr=False)


class Refusal(Exception):  # noqa: N818 - what the server says, no trouble of its own
    """A status with an error in the body, as every service answers."""

    def __init__(self, status: int, message: str, **about: str | None) -> None:
        super().__init__(message)
        self.status, self.body = status, problem(message, **about)


def problem(
    message: str, *, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """Return an error's body."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def status(code: int, body: Any = None, **headers: str) -> Fault:
    """Answer any status; ``retry_after="2"`` is sent as the header Retry-After."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    if body is None:
        body = problem("The server had an error while processing your request.", kind="server_error")
    return Fault(f"status {code}", lambda request: request.send(code, body, named))


# The service is busy or broken: ask again.


def rate_limited(retry_after: float | str | None = None) -> Fault:
    """429; ``Retry-After`` in seconds, or as it is written."""
    body = problem("Rate limit reached for requests.", kind="requests", code="rate_limit_exceeded")
    return status(429, body, **({} if retry_after is None else {"retry_after": f"{retry_after}"}))


def rate_limited_until(moment: float) -> Fault:
    """429 with ``Retry-After`` as a date; ``moment`` in seconds of the epoch, whole ones arrive."""
    return rate_limited(formatdate(moment, usegmt=True))


def broken(code: int = 500, *, html: bool = False) -> Fault:
    """500, 502, 503, 529: from the service in JSON, from what stands before it in HTML."""
    return status(code, HTML, content_type="text/html") if html else status(code)


def hangs() -> Fault:
    """No byte comes; until the client gives up or the server closes."""

    def happen(request: Any) -> None:
        request.good(lost=True)
        select.select([request.connection, request.server.closing], [], [])
        request.close_connection = True

    return Fault("hangs", happen)


def resets() -> Fault:
    """The connection is reset before anything was sent."""
    return Fault("resets", _reset)


def resets_midway() -> Fault:
    """The connection is reset when half of the answer was sent."""

    def happen(request: Any) -> None:
        _half(request)
        _reset(request)

    return Fault("resets midway", happen)


def cut_off() -> Fault:
    """The connection ends, politely, when half of the announced bytes were sent."""

    def happen(request: Any) -> None:
        _half(request)
        request.close_connection = True

    return Fault("cut off", happen)


def chunks_cut_off() -> Fault:
    """A body in chunks ends without its last one."""

    def happen(request: Any) -> None:
        raw = json.dumps(request.good(lost=True)).encode()
        request.start(200, {"Transfer-Encoding": "chunked"})
        request.wfile.write(b"%x\r\n%s\r\n" % (len(raw) // 2, raw[: len(raw) // 2]))
        request.close_connection = True

    return Fault("chunks cut off", happen)


def _half(request: Any) -> None:
    raw = json.dumps(request.good(lost=True)).encode()
    request.start(200, {"Content-Length": str(len(raw))})
    request.wfile.write(raw[: len(raw) // 2])


def _reset(request: Any) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.server.reset(request.connection)
    request.close_connection = True


# A whole answer that is none.


def not_json() -> Fault:
    """200 and a page of HTML: an address that is another service's."""
    return Fault("not JSON", lambda request: request.send(200, HTML, {"Content-Type": "text/html"}))


def broken_json() -> Fault:
    """200 and half of an object, all bytes of it there."""
    return Fault("broken JSON", lambda request: request.send(200, b'{"id": "chatcmpl-1", "choi'))


def no_completion(body: Any = None) -> Fault:
    """200 and valid JSON of another kind."""
    return Fault("no completion", lambda request: request.send(200, {"hello": 1} if body is None else body))


def no_choices() -> Fault:
    """A completion that holds no message."""

    def happen(request: Any) -> None:
        request.send(200, {**request.completion(""), "choices": []})

    return Fault("no choices", happen)


def says(content: str | None, finish: str = "stop", **message: Any) -> Fault:
    """A completion, paid for, with this content; ``message`` adds to the message."""
    name = f"says {content!r}"[:40]
    return Fault(name, lambda request: request.send(200, request.completion(content, finish, **message)))


def _around(name: str, change: Callable[[str], str]) -> Fault:
    def happen(request: Any) -> None:
        request.send(200, request.completion(change(request.good_content())))

    return Fault(name, happen)


def wrong_json() -> Fault:
    """An object in the content with other fields than those asked for."""
    return says('{"thoughts": "none", "verdict_": 3}')


def fenced() -> Fault:
    """The right answer in a code fence."""
    return _around("fenced", lambda good: f"```json\n{good}\n```")


def in_prose() -> Fault:
    """The right answer with words around it."""
    return _around("in prose", lambda good: f"Sure! Here is my answer:\n\n{good}\n\nLet me know if it helps.")


def thinks_first() -> Fault:
    """The right answer after a block of thoughts that holds another object."""
    return _around("thinks first", lambda good: f'<think>Maybe {{"verdict": "B"}}? No.</think>\n{good}')


def refuses() -> Fault:
    """The model refuses in the field that structured outputs have for it."""
    return says(None, refusal="I'm sorry, I can't help with that.")


def filtered() -> Fault:
    """The service's filter removed the answer."""
    return says("", "content_filter")


def runs_out() -> Fault:
    """The answer ends at ``max_tokens``."""

    def happen(request: Any) -> None:
        good = request.good_content()
        request.send(200, request.completion(good[: len(good) // 2], "length"))

    return Fault("runs out", happen)


def empty() -> Fault:
    """The content is an empty text."""
    return says("")


def null() -> Fault:
    """The content is null, without a refusal."""
    return says(None)


# What asking again does not mend.


def wrong_key() -> Fault:
    """401."""
    return status(401, problem("Incorrect API key provided.", code="invalid_api_key"))


def forbidden() -> Fault:
    """403."""
    return status(403, problem("You are not allowed to use this model.", code="model_not_allowed"))


def no_such_model() -> Fault:
    """404: the address is right and the model's name is not."""
    return status(404, problem("The model `huge` does not exist.", code="model_not_found"))


def out_of_money() -> Fault:
    """429 that no waiting mends."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return status(429, problem(message, kind="insufficient_quota", code="insufficient_quota"))


def too_long() -> Fault:
    """400: the prompt has more tokens than the model reads. Another request may be fine."""
    message = (
        "This model's maximum context length is 2048 tokens. However, your messages resulted in 9001 tokens."
    )
    return status(400, problem(message, param="messages", code="context_length_exceeded"))


def redirects(address: str) -> Fault:
    """307 to another address."""
    return Fault("redirects", lambda request: request.send(307, {}, {"Location": address}))


def echoes_key(code: int = 400, header: str = "Authorization") -> Fault:
    """An error that repeats the key that it was sent, in the body and in a header."""

    def happen(request: Any) -> None:
        sent = request.headers.get(header, "")
        request.send(code, problem(f"Bad request with headers {{'{header}': '{sent}'}}"), {"X-Sent": sent})

    return Fault("echoes the key", happen)


# Odd, and nothing wrong.


def drips(pieces: int = 50) -> Fault:
    """The right answer in small pieces."""

    def happen(request: Any) -> None:
        raw = json.dumps(request.good()).encode()
        request.start(200, {"Content-Length": str(len(raw))})
        step = max(1, len(raw) // pieces)
        parts = [raw[i : i + step] for i in range(0, len(raw), step)]
        for part in parts[:-1]:
            request.wfile.write(part)
            request.wfile.flush()
        request.leave()
        request.wfile.write(parts[-1])

    return Fault("drips", happen)


def huge(size: int = 20_000_000) -> Fault:
    """A completion whose content is far longer than what was asked for, whatever ``max_tokens`` says."""

    def happen(request: Any) -> None:
        whole = request.completion("")
        whole["choices"][0]["message"]["content"] = "a" * size
        request.send(200, whole)

    return Fault("huge", happen)


# A server that means harm: each goes on until the client leaves or the server closes.


def endless(code: int = 200) -> Fault:
    """A body without an end, as fast as it is read."""

    def happen(request: Any) -> None:
        _chunked(request, code)
        while _waiting(request, 0.0):
            request.wfile.write(b"%x\r\n%s\r\n" % (65_536, b"x" * 65_536))

    return Fault(f"endless {code}", happen)


def drips_on(code: int = 200) -> Fault:
    """A body without an end, a byte now and then."""

    def happen(request: Any) -> None:
        _chunked(request, code)
        while _waiting(request, 0.02):
            request.wfile.write(b"1\r\n \r\n")

    return Fault(f"drips on {code}", happen)


def drips_headers(code: int = 200) -> Fault:
    """Headers without an end, one now and then."""

    def happen(request: Any) -> None:
        request.leave()
        request.close_connection = True
        request.wfile.write(b"HTTP/1.1 %d X\r\n" % code)
        number = 0
        while _waiting(request, 0.02):
            number += 1
            request.wfile.write(b"X-%d: y\r\n" % number)

    return Fault(f"drips headers {code}", happen)


def bomb(code: int = 200, times: int = 1, size: int = 100_000_000) -> Fault:
    """A small body that unpacks to a huge one; packed so many times."""

    def happen(request: Any) -> None:
        raw = _packed(size, times)
        request.send(code, raw, {"Content-Encoding": ", ".join(["gzip"] * times)})

    return Fault(f"bomb {code} {times}", happen)


def gzipped() -> Fault:
    """The right answer, packed although nobody asked for that."""

    def happen(request: Any) -> None:
        raw = json.dumps(request.good()).encode()
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        request.send(200, packer.compress(raw) + packer.flush(), {"Content-Encoding": "gzip"})

    return Fault("gzipped", happen)


@cache
def _packed(size: int, times: int) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    raw = b"".join(packer.compress(b" " * 1_000_000) for _ in range(size // 1_000_000)) + packer.flush()
    for _ in range(times - 1):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        raw = packer.compress(raw) + packer.flush()
    return raw


def _chunked(request: Any, code: int) -> None:
    request.start(code, {"Transfer-Encoding": "chunked"})
    request.leave()
    request.close_connection = True


def _waiting(request: Any, seconds: float) -> bool:
    """Wait a moment; False once the server closes or the client has left."""
    ready, _, _ = select.select([request.connection, request.server.closing], [], [], seconds)
    return not ready
