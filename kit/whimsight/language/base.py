"""What every language model takes and gives: a request with named fields to fill, and a reply with its tokens."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

__all__ = ["HERE", "Answer", "Failure", "Field", "LanguageModel", "Price", "Reply", "Request"]

HERE = "this machine"
"""Where a model answers that is asked without any endpoint."""


class Field(NamedTuple):
    """One entry of the object that a model is asked for.

    Attributes
    ----------
    name : str
    allowed : tuple of str
        The values that it may have; any text when empty.
    """

    name: str
    allowed: tuple[str, ...] = ()


class Price(NamedTuple):
    """What tokens cost, in one currency, for a million of them.

    Attributes
    ----------
    prompt, completion : float
    """

    prompt: float
    completion: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Return what these tokens cost.

        Examples
        --------
        >>> Price(0.5, 2.0).of(1_000_000, 500_000)
        1.5
        """
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / 1e6


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked.

    Attributes
    ----------
    system, user : str
    fields : tuple of Field
        What the answer, one JSON object, must hold.
    max_tokens : int
        Of the answer.
    temperature : float
    sample : int
        Which of several answers to the same words this is: another number is another answer.
    """

    system: str
    user: str
    fields: tuple[Field, ...]
    max_tokens: int
    temperature: float = 0.0
    sample: int = 0

    @property
    def key(self) -> str:
        """Sha256 of everything that the answer depends on, 64 hexadecimal digits."""
        said = [self.system, self.user, [[f.name, *f.allowed] for f in self.fields]]
        text = json.dumps([*said, self.max_tokens, self.temperature, self.sample], ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model sent back, as it came.

    Attributes
    ----------
    text : str
    prompt_tokens, completion_tokens : int
        As the model counted them; estimated where it did not.
    seconds : float
    finish : str
        ``"stop"``, ``"length"`` (cut short), ``"refusal"`` or ``"filter"``.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    finish: str = "stop"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that could be read.

    Attributes
    ----------
    values : dict
        Field to value, every field there.
    reply : Reply
    cached : bool
        It was paid for earlier.
    """

    values: dict[str, str]
    reply: Reply
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer, and why; never a tie.

    Attributes
    ----------
    kind : str
        ``"rate limit"``, ``"time-out"``, ``"connection"``, ``"server error"``, ``"refusal"``, ``"empty"``,
        ``"unreadable"``, ``"cut short"``, ``"too long"``, ``"budget"`` or ``"stopped"``. What no repetition
        mends (a wrong model's name, a key that is not valid, a dead endpoint) is raised instead.
    message : str
        One line, without keys.
    """

    kind: str
    message: str = field(default="", compare=False)


class LanguageModel(Protocol):
    """Answers one request.

    Attributes
    ----------
    name : str
        As the endpoint calls it; stands in tables as the judge.
    where : str
        The endpoint's host and port, or `HERE`; without user, password, query and key.
    fingerprint : str
        Everything but the request that an answer depends on; answers are kept under it. Holds no key.
    price : Price or None
        None where it is not known.
    in_flight : int
        How many requests may be on their way at once.

    Notes
    -----
    A model may have ``seconds``, a float: what a call of it takes, told until enough of its replies are known.
    """

    name: str
    where: str
    price: Price | None
    in_flight: int

    @property
    def fingerprint(self) -> str:
        """See above; a property, as a model on this machine has to be found before it is known."""
        ...

    def complete(self, request: Request) -> Reply:
        """Return the reply to one request, asked once; called from several threads at once.

        Raises
        ------
        whimsight.language.Fault
            When there is none; it says of what kind and whether to try again, and after how long.
        """
        ...
