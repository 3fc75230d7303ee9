"""`language_model`: a name or an address to a `LanguageModel`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from typing import Any, cast

from whimsight.endpoints.access import access, check_kinds
from whimsight.endpoints.addresses import address_of
from whimsight.endpoints.headers import Headers
from whimsight.endpoints.secrets import Secret
from whimsight.errors import LanguageError
from whimsight.language.base import LanguageModel, Price

__all__ = ["language_model"]

_LOCAL = "transformers:"


def language_model(
    model: str | LanguageModel | None = None,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    headers: Mapping[str, str] | None = None,
    price: tuple[float, float] | None = None,
    in_flight: int = 8,
    timeout: float = 60.0,
    device: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> LanguageModel:
    """Make a language model; nothing is sent before it is asked.

    A key and headers that are given are sent to the endpoint that is given. Those of the environment go to the
    endpoint of the environment and to an ``https://`` address; a ``base_url`` on this machine gets them only where
    ``OPENAI_BASE_URL`` is the same address, as whatever listens there could keep them. To another machine over
    ``http://``, where anybody on the way can read them, they are not sent: that is an error. They are
    ``OPENAI_API_KEY``, with ``OPENAI_ORG_ID`` and ``OPENAI_PROJECT_ID``, where no key is given, and
    ``OPENAI_CUSTOM_HEADERS`` (a line ``Name: value`` each) where neither a key nor headers are. An address on this
    machine is asked without a proxy.

    Parameters
    ----------
    model : str or LanguageModel, optional
        As the endpoint calls it, or ``"transformers:<hub id or path>"`` for one on this machine;
        ``WHIMSIGHT_MODEL`` by default. What is a model already is returned as it is.
    base_url : str, optional
        An OpenAI-compatible endpoint, up to and with ``/v1``; ``OPENAI_BASE_URL`` or OpenAI's own by default.
    api_key : str, optional
        ``OPENAI_API_KEY`` by default, but see above. It is handed to the client and kept nowhere.
    headers : mapping, optional
        For a gateway that wants another header than the key's: names to values, such as
        ``{"api-key": os.environ["GATEWAY_KEY"]}``. Each value is hidden as a key is, and taken out of what the
        endpoint says; answers are kept under the model and the address, whatever the headers. Without a key no
        ``Authorization`` is sent then. ``OPENAI_CUSTOM_HEADERS`` by default, but see above; ``{}`` for none.
    price : (float, float), optional
        Of a million prompt and a million completion tokens; ``WHIMSIGHT_PRICE="0.15,0.60"`` by default. Models
        on this machine cost nothing unless said.
    in_flight : int
        Requests on their way at once.
    timeout : float
        Seconds that an answer may take; one that drips is given up after about twice as many.
    device : str, optional
        For a local model: ``"cuda"`` where there is one, else ``"cpu"``.
    extra : mapping, optional
        For an endpoint: more entries of each request, such as ``{"reasoning_effort": "low"}``.

    Raises
    ------
    LanguageError
        Without a model or a key, for an address, a price or another setting that is none, for headers that cannot
        be sent, for a key or headers of the environment that would go to another machine unencrypted, or a missing
        package.

    Examples
    --------
    >>> language_model("qwen3:4b", base_url="http://localhost:11434/v1")
    EndpointModel('qwen3:4b', where='localhost:11434', price=Price(prompt=0.0, completion=0.0))
    """
    given, place, more = Secret(api_key), Secret(base_url), Headers(headers)
    del api_key, base_url, headers  # so that no traceback shows them
    check_kinds(place, given, more, LanguageError)
    if not (model is None or isinstance(model, str)):
        if given or place or more or any(one is not None for one in (price, device, extra)):
            raise LanguageError("A model that is made already has its settings; give them where it is made.")
        return _made(model)
    name = model or os.environ.get("WHIMSIGHT_MODEL")
    if not name:
        raise LanguageError(
            "Which model? Give language_model('...') a name that the endpoint knows, or 'transformers:<hub id or "
            "path>' for one on this machine, or set WHIMSIGHT_MODEL."
        )
    if name.startswith(_LOCAL):
        options = {"base_url": place, "api_key": given, "headers": more, "extra": extra}
        if useless := [option for option, value in options.items() if value]:
            raise LanguageError(f"{name!r} runs on this machine and takes no {', '.join(useless)}.")
        from whimsight.language.local import LocalModel

        return LocalModel(
            name.removeprefix(_LOCAL), device=device, price=_price(price, free=True, said=False)
        )
    from whimsight.language.endpoint import EndpointModel

    if device is not None:
        raise LanguageError(
            f"device= is for a model 'transformers:<hub id or path>'; {name!r} is an endpoint's."
        )
    where, secret, more = access(
        place,
        given,
        more,
        LanguageError,
        instead=", or a model 'transformers:<hub id or path>' for this machine",
    )
    return EndpointModel(
        name,
        base_url=where,
        api_key=secret,
        headers=more,
        price=_price(price, free=address_of(where, LanguageError).loopback, said=not place),
        in_flight=in_flight,
        timeout=timeout,
        extra=extra,
    )


def _made(model: object) -> LanguageModel:
    """Return what is a model already."""
    missing = object()
    # Looked up without calling: the fingerprint of a local model looks for its weights.
    lacks = [
        entry
        for entry in ("name", "where", "fingerprint", "price", "in_flight", "complete")
        if inspect.getattr_static(model, entry, missing) is missing
    ]
    if lacks or isinstance(model, type):
        raise LanguageError(
            "A model is named by a text, or is an object with complete() and the attributes of "
            f"whimsight.language.LanguageModel; found one of type {type(model).__name__}"
            + (f", without {', '.join(lacks)}." if lacks else ".")
        )
    return cast("LanguageModel", model)


def _price(given: tuple[float, float] | None, *, free: bool, said: bool = True) -> Price | None:
    """Return the price that was given, or that of the environment; of this machine nothing."""
    text = os.environ.get("WHIMSIGHT_PRICE")
    if given is None and free and not (said and text):
        return Price(0.0, 0.0)
    found: Any = given if given is not None else text.split(",") if text else None
    if found is None:
        return None
    try:
        if isinstance(given, str):
            raise TypeError
        prompt, completion = (float(part) for part in found)
        if not (0 <= prompt < float("inf") and 0 <= completion < float("inf")):
            raise ValueError
    except (TypeError, ValueError):
        told = str(given if given is not None else text)[:80]
        raise LanguageError(
            "A price is two numbers, of a million prompt tokens and of a million completion tokens, such as "
            f"price=(0.15, 0.60) or WHIMSIGHT_PRICE='0.15,0.60'; found {told!r}."
        ) from None
    return Price(prompt, completion)
