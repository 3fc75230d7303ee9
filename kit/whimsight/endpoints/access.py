"""Which service is asked, with which key and headers: those of the environment go only where they are meant to go."""

from __future__ import annotations

import os
from typing import NamedTuple

from whimsight.endpoints.addresses import Address, address_of
from whimsight.endpoints.headers import Headers
from whimsight.endpoints.secrets import Secret
from whimsight.errors import WhimsightError

__all__ = ["Access", "access", "check_kinds"]

_CUSTOM = "OPENAI_CUSTOM_HEADERS"
_OTHER_KEY = "api_key= (the key, if it may go there; 'none' for an endpoint that needs none)"
_OTHER_HEADERS = "headers= (those that may go there; {} for none)"


class Access(NamedTuple):
    """An address, empty for OpenAI's own; the key that is sent there, empty for none; and headers beside it."""

    base_url: Secret
    api_key: Secret
    headers: Headers


def access(
    base_url: Secret, api_key: Secret, headers: Headers, error: type[WhimsightError], *, instead: str = ""
) -> Access:
    """Return where to ask, with which key and which headers.

    What is given is for the endpoint that is given. What the environment says is for the endpoint of the environment
    and for an ``https://`` address, and for an address on this machine only where ``OPENAI_BASE_URL`` is the same. It
    is not sent over ``http://`` to another machine. That is its key, and with it ``OPENAI_ORG_ID`` and
    ``OPENAI_PROJECT_ID``, where no key is given; and ``OPENAI_CUSTOM_HEADERS`` where no key and no headers are.

    Parameters
    ----------
    base_url, api_key : Secret
        As given, empty where they were not.
    headers : Headers
        As given, not ``stated`` where they were not.
    error : type
        Of what is raised.
    instead : str
        What else a person without a key could do, after a comma.

    Raises
    ------
    WhimsightError
        For an address that is none, without any key for OpenAI's own, where the key or the headers of the
        environment would be readable on their way, and for an organisation, a project or headers of the environment
        that cannot be sent.
    """
    outside = Secret(os.environ.get("OPENAI_BASE_URL"))
    where = base_url or outside
    key, more = (api_key, headers) if api_key else _of_environment(base_url, outside, headers, error)
    if not where and not key:
        raise error(
            f"No key: set OPENAI_API_KEY, or give base_url= for an endpoint that needs none{instead}."
        )
    return Access(where, key, more)


def check_kinds(base_url: Secret, api_key: Secret, headers: Headers, error: type[WhimsightError]) -> None:
    """Refuse an address and a key that were made of something else than a text, and headers that cannot be sent."""
    for option, one in (("base_url", base_url), ("api_key", api_key)):
        if one.odd:
            raise error(f"{option}= must be a text; found one of type {one.odd}.")
    if headers.wrong:
        raise error(headers.wrong)


def _of_environment(
    given: Secret, outside: Secret, headers: Headers, error: type[WhimsightError]
) -> tuple[Secret, Headers]:
    """Return the key of the environment, and its headers beside those given, if they are meant for this endpoint."""
    key = Secret(os.environ.get("OPENAI_API_KEY"))
    lines = Secret(None if headers.stated else os.environ.get(_CUSTOM))
    if not key and not lines:
        return key, headers
    address = address_of(given or outside, error)
    if address.exposed:
        name, instead = ("OPENAI_API_KEY", _OTHER_KEY) if key else (_CUSTOM, _OTHER_HEADERS)
        raise error(
            f"{name} would go to {address.place} over http://, where anybody on the way can read it. Use https://, or "
            f"give {instead}."
        )
    if given and address.loopback and not _same(address, outside):
        return Secret(None), headers
    more = Headers.of_lines(lines, _CUSTOM) if lines else headers
    if more.wrong:
        raise error(more.wrong)
    return key, more.beside(_account(error)) if key else more


def _account(error: type[WhimsightError]) -> dict[str, str]:
    """Return the headers that tell whose the key of the environment is."""
    found = {}
    for header, name in (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")):
        value = Secret(os.environ.get(name))
        if not value.sendable:
            raise error(f"{name} holds characters that cannot be sent; was more copied than it?")
        if value:
            found[header] = value.reveal() or ""
    return found


def _same(address: Address, outside: Secret) -> bool:
    """Say whether the environment names this address."""
    if not outside:
        return False
    try:
        return address_of(outside, ValueError).url == address.url
    except ValueError:
        return False
