"""Faults of an endpoint in sentences for a person: what happened, where, and what to do."""

from __future__ import annotations

from whimsight.endpoints.faults import Fault
from whimsight.endpoints.waiting import LONGEST_WAIT

__all__ = ["hopeless", "sentence", "told", "unanswered"]


def hopeless(fault: Fault) -> bool:
    """Say whether no request will do better for now."""
    return fault.fatal or (fault.wait is not None and fault.wait > LONGEST_WAIT)


def told(fault: Fault, *, where: str, model: str) -> str:
    """Return why an endpoint cannot be asked, and what to do.

    Parameters
    ----------
    fault : Fault
    where : str
        Host and port.
    model : str

    Examples
    --------
    >>> told(Fault("request", "status 418"), where="x.example", model="small")
    "The endpoint at x.example cannot be asked for 'small': status 418."
    """
    if not fault.fatal and hopeless(fault):
        return (
            f"The endpoint at {where} asks to wait for {fault.wait:,.0f} s ({fault.message}). What was paid for is "
            "kept; run again after that."
        )
    words = _WORDS.get(fault.kind, "The endpoint at {where} cannot be asked for {model!r}: {said}")
    return words.format(where=where, model=model, said=sentence(fault.message))


def unanswered(said: str, *, where: str, alive: bool, slow: str = "", kept: str = "") -> str:
    """Return that an endpoint does not answer, or no more, and what to do.

    Parameters
    ----------
    said : str
        The last that was heard of it.
    where : str
    alive : bool
        It did answer before.
    slow : str
        What to do about one that is slow, where that is the trouble.
    kept : str
        What is kept.
    """
    state = "stopped answering" if alive else "does not answer"
    parts = (
        f"The endpoint at {where} {state}: {sentence(said)}",
        kept,
        slow or "Is the server up and the address right, up to and with /v1?",
        "Run again when it is; only what is missing is bought then.",
    )
    return " ".join(part for part in parts if part)


def sentence(text: str) -> str:
    """Return a text with an end.

    Examples
    --------
    >>> sentence("no answer in time")
    'no answer in time.'
    """
    return text if text.endswith((".", "?", "!")) else f"{text}."


_WORDS = {
    "key": "The endpoint at {where} turns us away: {said} Give api_key=, or set OPENAI_API_KEY (for a server on this "
    "machine OPENAI_BASE_URL, too: base_url= alone sends it no key of the environment). A gateway that wants a header "
    "of its own takes it from headers=, or from OPENAI_CUSTOM_HEADERS.",
    "money": "The endpoint at {where} wants money: {said} What was paid for is kept; run again when it has some.",
    "model": "The endpoint at {where} has no model {model!r}, or the address is wrong: {said} Is base_url "
    "right, up to and with /v1?",
}
