"""A planted key, and everything that is shown of an error."""

import contextlib
import io
import logging
import traceback
import warnings

from tests.unit.endpoints import fake_faults as faults

KEY = "wk-planted-Zq81xV77LmPd02"
GATEWAY = "gateway-7Hq2Zp0Lx"
USER, PASSWORD = "planted-user", "planted-pass:word/Wq"

ECHOES = [
    *(faults.echoes_key(code) for code in (400, 401, 403, 404, 422, 429, 500, 503)),
    faults.no_completion({"error": {"message": f"your key {KEY} is odd", "code": 500}}),
    faults.no_completion({"error": {"message": f"your key {KEY[:12]}*** is odd", "code": 400}}),
    faults.status(400, f"<html>Authorization: Bearer {KEY}</html>".encode()),
    faults.status(429, None, retry_after=KEY),
    faults.redirects(f"http://127.0.0.1:9/?key={KEY}"),
    faults.cut_off(),
    faults.resets(),
    faults.not_json(),
]
"""Faults in which a server repeats the key, and some that break off."""


def traces(error):
    """Everything that is shown of an error: its chain, its attributes, and what stands in the frames it passed."""
    seen, out = set(), []
    links = [error]
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        links += [link.__cause__, link.__context__]
        out += [*traceback.format_exception(link), repr(link), repr(vars(link)), repr(link.args)]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if "whimsight" in frame.f_code.co_filename and "tests" not in frame.f_code.co_filename:
                out += [f"{name}={value!r}" for name, value in frame.f_locals.items()]
    return "\n".join(out)


def assert_hidden(text, *secrets):
    """Check that no secret, and no long part of its beginning or end, stands in a text."""
    for secret in secrets or (KEY,):
        for part in (secret, secret[:10], secret[-10:]):
            assert part not in text


@contextlib.contextmanager
def at_its_loudest():
    """Give everything that is logged, warned of or printed meanwhile, by us and by the clients, as a `StringIO`."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    named = [logging.getLogger(name) for name in ("", "openai", "httpx", "httpx2", "httpcore", "httpcore2")]
    before = [one.level for one in named]
    named[0].addHandler(handler)
    for one in named:
        one.setLevel(logging.DEBUG)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            warnings.simplefilter("always")
            yield told
    finally:
        named[0].removeHandler(handler)
        for one, old in zip(named, before, strict=True):
            one.setLevel(old)
