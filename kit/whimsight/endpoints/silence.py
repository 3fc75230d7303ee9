"""Nothing of our requests in the logs of the libraries below: an address or a header may hold a key."""

from __future__ import annotations

import logging
import threading

__all__ = ["hush", "unheard"]

_thread = threading.local()
_LOGGERS = (
    *("openai", "openai._base_client", "openai._response", "openai._legacy_response"),
    *(
        f"{library}{part}"
        for library in ("httpx", "httpx2", "httpcore", "httpcore2")
        for part in ("", "._client", ".connection", ".http11", ".http2", ".proxy", ".socks")
    ),
)


def hush() -> None:
    """Let the libraries log nothing of what an `unheard` thread sends; of others' requests they log as before."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_heard)  # the same one again is not added


def unheard() -> None:
    """Make this thread one that sends for us."""
    _thread.sends = True


def _heard(record: logging.LogRecord) -> bool:
    return not getattr(_thread, "sends", False)
