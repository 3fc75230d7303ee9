"""What goes wrong between here and a model, sorted into few kinds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

__all__ = ["Fault", "of_network", "of_status", "retry_after"]


class Fault(Exception):  # noqa: N818 - "Fault" is the noun of this package
    """A request without a reply.

    Attributes
    ----------
    kind : str
        ``"key"``, ``"money"``, ``"model"`` or ``"address"``, which no repetition mends; ``"rate limit"``,
        ``"time-out"``, ``"connection"`` or ``"server error"``, which pass; ``"too long"``, ``"refusal"`` or
        ``"request"``, which are about this request.
    message : str
        One line, without keys.
    retry : bool
        Asking again may help.
    wait : float or None
        Seconds that the endpoint asks to wait.
    fatal : bool
        No request will do better: a bad key, no such model.
    billed : bool
        The endpoint may count it although nothing came.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        retry: bool = False,
        wait: float | None = None,
        fatal: bool = False,
        billed: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message
        self.retry, self.wait, self.fatal, self.billed = retry, wait, fatal, billed

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


def of_status(status: int, said: str, code: str = "", wait: float | None = None) -> Fault:
    """Sort an HTTP status that is not 200.

    Parameters
    ----------
    status : int
    said : str
        The endpoint's message, one line, without keys.
    code : str
        The endpoint's code of the error, if it gave one.
    wait : float, optional
        From ``Retry-After``.
    """
    low = f"{code} {said}".lower()
    told = f"status {status}" + (f", it says: {said.rstrip(' .')}" if said else "")
    if _TOO_LONG.search(low) and status in (400, 413, 422, 500):
        return Fault("too long", told)
    if _FILTERED.search(low) and status in (400, 403, 422):
        return Fault("refusal", told)
    if status in (401, 403) or (status == 400 and _NO_KEY.search(low)):
        # What it says may quote the key.
        return Fault(
            "key", f"the key is not valid there, or may not be used for this (status {status})", fatal=True
        )
    if status == 402 or (status == 429 and _NO_MONEY.search(low)):
        return Fault("money", f"the account has no credit left ({told})", fatal=True)
    if status == 404 or (status in (400, 422) and _NO_MODEL.search(low)):
        return Fault("model", told, fatal=True)
    if 300 <= status < 400:
        return Fault(
            "address",
            f"it redirects elsewhere (status {status}), which would carry the key along",
            fatal=True,
        )
    if status == 429 or (status == 503 and wait is not None):
        return Fault("rate limit", told, retry=True, wait=wait)
    if status in (408, 409, 425) or status >= 500:
        return Fault(
            "time-out" if status in (408, 504) else "server error",
            told,
            retry=True,
            wait=wait,
            billed=status == 504,
        )
    return Fault("request", told)


_TOO_LONG = re.compile(
    r"context.?length|context window|maximum context|max(imum)? (input|prompt|sequence).{0,12}length|too long|"
    r"too many tokens|too large|exceeds? the (available )?context|reduce the length|n_ctx"
)
_FILTERED = re.compile(r"content.?filter|content.?policy|content management|moderation|flagged|safety system")
_NO_KEY = re.compile(r"no_db_connection")  # LiteLLM without a database, of every key but its own
_NO_MONEY = re.compile(r"insufficient.?(quota|balance|funds|credit)|exceeded your current quota|billing")
_NO_MODEL = re.compile(
    r"model.?not.?found|model.{0,80}(not exist|not found|unknown|invalid|not available|not supported|not loaded)|"
    r"(no such|unknown|invalid|unsupported|not a valid) model|not a valid model"
)


def of_network(error: BaseException) -> Fault:
    """Sort what happened before a whole answer was there, by the names of the errors in the chain.

    By name, as clients of different years raise classes of different libraries.
    """
    names: list[str] = []
    link: BaseException | None = error
    while link is not None and len(names) < 20:
        names.append(type(link).__name__)
        link = link.__cause__ or link.__context__
    last = names[-1]
    # From the inside out: the innermost library error says it best, the client's own only wraps it.
    for name in names:
        if name in ("ConnectTimeout", "PoolTimeout", "ConnectError", "ProxyError"):
            return Fault("connection", f"no connection ({last})", retry=True)
        if name in ("UnsupportedProtocol", "InvalidURL", "LocalProtocolError"):
            return Fault("address", f"the address or the key cannot be sent ({name})", fatal=True)
        if name in ("ReadTimeout", "WriteTimeout"):
            return Fault("time-out", "no answer in time", retry=True, billed=True)
        if name in ("RemoteProtocolError", "ReadError", "WriteError", "CloseError", "DecodingError"):
            return Fault("connection", f"the connection broke off ({name})", retry=True, billed=True)
    if "APITimeoutError" in names:
        return Fault("time-out", "no answer in time", retry=True, billed=True)
    return Fault("connection", f"no answer ({last})", retry=True, billed=True)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that an endpoint asks to wait, None where it does not.

    Parameters
    ----------
    headers : mapping
        Of the answer; names in lower case, or a mapping that does not mind.
    now : float
        Seconds since 1970, for the form that gives a date.

    Examples
    --------
    >>> retry_after({"retry-after": "2.5"}, 0.0)
    2.5
    >>> retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 20.0)
    40.0
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) / unit
        except ValueError:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - now
            except (TypeError, ValueError, OverflowError):
                continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None
