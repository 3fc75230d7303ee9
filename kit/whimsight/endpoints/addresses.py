"""Where an endpoint is, apart from the user and the password that may stand in its address."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from whimsight.endpoints.secrets import Secret

__all__ = ["Address", "address_of"]

_OPENAI = "https://api.openai.com/v1"
# Parts of many services' paths; whatever else stands in one may be a gateway's key.
_KNOWN = {
    "", "v0", "v1", "v1beta", "v1beta1", "v2", "v3", "v4", "api", "openai", "compatibility", "compatible-mode",
    "deployments", "engines", "inference", "llama.cpp", "models", "paas", "serving-endpoints",
}  # fmt: skip


class Address(NamedTuple):
    """An endpoint's address.

    Attributes
    ----------
    url : str
        Without user and password. Its path may be a key all the same.
    place : str
        Host and port.
    path : str
        As it was given.
    login : tuple of Secret, optional
        User and password.
    loopback : bool
        On this machine.
    exposed : bool
        Anybody on the way can read what is sent: ``http://`` to another machine.
    """

    url: str
    place: str
    path: str
    login: tuple[Secret, Secret] | None
    loopback: bool
    exposed: bool

    def words(self, model: str) -> list[str]:
        """Return what may tell a person or be a gateway's key: the user, and parts of the path."""
        user = self.login[0].reveal() or "" if self.login else ""
        return [user, *self._unknown(model)]

    def told_apart(self, model: str) -> str:
        """Return host, port and path for a fingerprint, which stands in files: no path that may be a key."""
        parts = urlsplit(self.url)
        path = self.path
        if self._unknown(model):
            path = "/" + hashlib.sha256(path.rstrip("/").encode()).hexdigest()[:12]
        return f"{parts.hostname}:{parts.port or ''}{path}"

    def _unknown(self, model: str) -> list[str]:
        """Return the parts of the path that are neither well known nor the model's name."""
        known = {*_KNOWN, *model.split("/")}
        return [part for part in self.path.split("/") if unquote(part) not in known]

    def __repr__(self) -> str:
        return f"Address({self.place!r})"


def address_of(base_url: Secret, error: type[Exception]) -> Address:
    """Return the parts of an address, OpenAI's own where there is none.

    Parameters
    ----------
    base_url : Secret
    error : type
        Of what is raised if it cannot be one; shows nothing of it but how it begins.
    """
    found = _split(base_url)
    if isinstance(found, Address):
        return found
    raise error(found)


def _split(base_url: Secret) -> Address | str:
    """Return the parts, or what is wrong: an error raised here would hold the password in its frames."""
    text = base_url.reveal() or _OPENAI
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit(text[:8] if text.lower().startswith(("http://", "https://")) else "")
    if parts.scheme not in ("http", "https") or not host:
        start = f"{parts.scheme}://" if parts.scheme in ("http", "https") else "no http:// or https://"
        return (
            "base_url must be an address such as 'http://localhost:11434/v1', up to and with /v1; "
            f"found one that begins with {start!r}."
        )
    if parts.query or parts.fragment:
        return "base_url must not have a part after '?' or '#'; give a key as api_key=."
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    login = None
    if parts.username is not None or parts.password is not None:
        login = (Secret(unquote(parts.username or "")), Secret(unquote(parts.password or "")))
    here = _loopback(host)
    url = urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))
    return Address(url, place, parts.path, login, here, parts.scheme == "http" and not here)


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
