"""Sending to an endpoint through the ``openai`` client, with limits that no server can outlast and headers of ours.

By itself the client reads refusals without a limit in bytes or seconds, waits for ever where a byte comes now and
then, and sends headers of the environment to any address. Here every body has both limits, a request that is still on
its way after all of them, as its headers drip, is given up, and its headers are ours.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import time
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from whimsight._suggest import nearest
from whimsight.endpoints.addresses import Address
from whimsight.endpoints.faults import Fault, of_network, of_status, retry_after
from whimsight.endpoints.headers import Headers
from whimsight.endpoints.limits import read, within
from whimsight.endpoints.secrets import Secret, eraser, forms, one_line, scrubber
from whimsight.endpoints.silence import hush
from whimsight.errors import WhimsightError

__all__ = ["Channel", "Refused", "Resource", "as_dict", "channel"]

_MOST_REFUSAL = 64_000  # bytes of what is no answer
_MOST_MODELS = 1_000_000
_CONNECT = 10.0  # seconds
_COURTESY = 10.0  # seconds for what is no answer


class Resource(NamedTuple):
    """Something that a service can be asked for.

    Attributes
    ----------
    path : str
        As the client calls it, such as ``"chat.completions"``.
    entry : str
        What an answer holds at least.
    answer : str
        What a person calls the answer.
    """

    path: str
    entry: str
    answer: str


class Refused(NamedTuple):
    """An answer that is none."""

    status: int = 0
    said: str = ""
    code: str = ""
    wait: float | None = None
    fault: Fault | None = None


class Channel(NamedTuple):
    """Functions that share a client, its key and its headers, which live in them alone.

    Attributes
    ----------
    send : callable
        A request's body, and the most bytes that its answer may have, to the answer's JSON object, or a `Refused`;
        raises nothing of the client's.
    fault : callable
        What a `Refused` means; asks for the endpoint's models if it has not that one.
    erase : callable
        Takes whole keys and whole values of headers out of a text.
    close : callable
    """

    send: Callable[[dict[str, Any], int], Any]
    fault: Callable[[Refused], Fault]
    erase: Callable[[str], str]
    close: Callable[[], None]


def channel(
    resource: Resource,
    model: str,
    address: Address,
    secret: Secret,
    headers: Headers,
    *,
    timeout: float,
    error: type[WhimsightError],
    extra: Mapping[str, Any] | None = None,
) -> Channel:
    """Return what asks an endpoint.

    Parameters
    ----------
    resource : Resource
    model : str
    address : Address
    secret : Secret
        Its key, empty for one that needs none.
    headers : Headers
        Beside the key. With headers and without a key there is no ``Authorization``: a gateway would pass it on.
    timeout : float
        Seconds that an answer may take. A request that drips is given up after about twice that.
    error : type
        Of what is raised.
    extra : mapping, optional
        More entries of each request.

    Raises
    ------
    WhimsightError
        If the key cannot be sent, the package ``openai`` is missing, or its client takes no such address.
    """
    if not secret.sendable:
        raise error("The key holds characters that no key can; was more copied than the key?")
    client = _client(address, secret, headers, timeout, error)
    create = attrgetter(resource.path)(client).with_streaming_response.create
    brief = min(_COURTESY, timeout)
    connect = min(_CONNECT, timeout)
    listing = client.with_options(timeout=_times(brief, connect)).models.with_streaming_response.list
    # An answer keeps its words, be they in a header such as "X-Environment: production"; a message needs none of them.
    erase = eraser(forms(secret, address.login, headers.keys()))
    hide = scrubber(forms(secret, address.login, headers.words()))
    named = eraser(address.words(model))

    def scrub(text: str) -> str:
        return named(hide(text))

    def ask(body: dict[str, Any], most: int) -> Any:
        try:
            with create(model=model, extra_body=dict(extra) if extra else None, **body) as response:
                data, ended = read(response.iter_bytes(), most, timeout)
            return _parsed(data, resource, scrub) if ended else Refused(fault=_endless(most, timeout))
        except BaseException as trouble:  # the client's own and those of the libraries below it
            turned = _find(trouble)
            return Refused(fault=of_network(trouble)) if turned is None else _refusal(turned, scrub)

    def listed() -> list[str]:
        try:
            with listing() as response:
                data, _ = read(response.iter_bytes(), _MOST_MODELS, brief)
            found = [as_dict(item).get("id") for item in json.loads(data)["data"][:200]]
            return [scrub(one_line(name, 80)) for name in found if isinstance(name, str)]
        except BaseException:  # a courtesy: not every endpoint lists its models
            return []

    def send(body: dict[str, Any], most: int) -> Any:
        found = within(2 * timeout + connect, lambda: ask(body, most))
        return found if found is not None else Refused(fault=_endless(most, timeout))

    def fault(found: Refused) -> Fault:
        if found.fault is not None:
            return found.fault
        sorted_out = of_status(found.status, found.said, found.code, found.wait)
        if sorted_out.kind == "model" and (known := within(2 * brief + connect, listed)):
            has = f"It has {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}."
            sorted_out.message += f".{nearest(model, known)} {has}"
        return sorted_out

    return Channel(send, fault, erase, client.close)


def as_dict(value: Any) -> dict[str, Any]:
    """Return a dictionary, empty where the value is none."""
    return value if isinstance(value, dict) else {}


def _client(
    address: Address, secret: Secret, headers: Headers, timeout: float, error: type[WhimsightError]
) -> Any:
    """Return a client that follows no redirect, tries nothing twice, asks for nothing packed and logs nothing."""
    try:
        import openai
    except ImportError:
        raise error("An OpenAI-compatible endpoint needs: pip install 'whimsight[openai]'") from None
    hush()
    login = address.login
    here = address.loopback
    nameless = _without_authorization if headers and not secret else None

    class Client(openai.OpenAI):
        """Sends headers of ours: by itself it tells of this machine, and sends whatever the environment says."""

        @property
        def default_headers(self) -> dict[str, Any]:
            return {
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Authorization": f"Bearer {secret.reveal() or 'none'}",
                "Content-Type": "application/json",
                "User-Agent": "whimsight",
                **headers.reveal(),
            }

    with contextlib.suppress(Exception):  # what it raises of an address shows the address
        return Client(
            api_key=secret.reveal() or "none",
            base_url=address.url,
            max_retries=0,
            timeout=_times(timeout, min(_CONNECT, timeout)),
            http_client=openai.DefaultHttpxClient(
                auth=(login[0].reveal() or "", login[1].reveal() or "") if login else nameless,
                follow_redirects=False,
                # A proxy would read what is for this machine. SSL_CERT_FILE holds there all the same.
                trust_env=not here,
                verify=ssl.create_default_context() if here else True,
                event_hooks={"response": [lambda response: _turned_away(response, min(_COURTESY, timeout))]},
            ),
        )
    raise error(
        f"There is no way to the address at {address.place}: it holds what no address can (see base_url=), or the "
        "proxy of the environment is of no known kind."
    )


def _without_authorization(request: Any) -> Any:
    """Take out what the client insists on."""
    request.headers.pop("Authorization", None)
    return request


def _times(whole: float, connect: float) -> Any:
    import openai

    return openai.Timeout(whole, connect=connect)


def _endless(most: int, timeout: float) -> Fault:
    said = f"the answer did not end in {timeout:g} s and {most:,} bytes"
    return Fault("time-out", said, retry=True, billed=True)


class _Turned(Exception):  # noqa: N818 - carries an answer past the client
    """An answer with another status than 200, read within limits."""

    def __init__(self, status: int, wait: float | None, body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status, self.wait, self.body = status, wait, body


def _turned_away(response: Any, seconds: float) -> None:
    """Read here what is no answer, as the client would read it without limits.

    Only gzip is unpacked, and by `read`, which knows how much; nothing of it was asked for.
    """
    response.headers.pop("content-encoding", None)
    if response.is_success:
        return
    wait = retry_after(response.headers, time.time())
    body = b""
    with contextlib.suppress(Exception):  # the status says more than a body that breaks off
        body, _ = read(response.iter_bytes(), _MOST_REFUSAL, seconds)
    raise _Turned(response.status_code, wait, body)


def _find(error: BaseException | None) -> _Turned | None:
    """Return the answer in a chain of errors: some versions of the client wrap what a hook raises."""
    for _ in range(20):
        if error is None or isinstance(error, _Turned):
            return error
        error = error.__cause__ or error.__context__
    return None


def _parsed(data: bytes, resource: Resource, scrub: Callable[[str], str]) -> Any:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("error"), dict) and not found.get(resource.entry):
        error = found["error"]  # some gateways send their errors with status 200
        status = error.get("code")
        status = status if isinstance(status, int) and 400 <= status < 600 else 500
        return Refused(status, scrub(one_line(error.get("message") or "")), _code(error, scrub))
    if not isinstance(found, dict) or resource.entry not in found:
        said = f"it answered something else than {resource.answer}"
        return Refused(fault=Fault("server error", said, retry=True, billed=True))
    return found


def _refusal(turned: _Turned, scrub: Callable[[str], str]) -> Refused:
    text = turned.body.decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    whole = as_dict(found)
    inner = as_dict(whole.get("error")) or whole
    said = inner.get("message") or inner.get("detail") or inner.get("error") or (found if not whole else "")
    return Refused(turned.status, scrub(one_line(said or "")), _code(inner, scrub), turned.wait)


def _code(error: dict[str, Any], scrub: Callable[[str], str]) -> str:
    """Return the words by which an endpoint tells its errors apart."""
    words = " ".join(str(error[k]) for k in ("code", "type", "param") if isinstance(error.get(k), str))
    return scrub(one_line(words, 100))
