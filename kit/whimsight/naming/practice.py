"""A stand-in for a language model: names and judges by counting, on this machine, to try things out with."""

from __future__ import annotations

import json
import re
import threading
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from whimsight.language.base import HERE, Price, Reply, Request

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PracticeModel"]

_CODE = re.compile(r"code ([0-9a-f]+)")
_QUOTED = re.compile('[“"]([^”"]+)[”"]')


class PracticeModel:
    """Answers what describers and judges ask, by formula instead of by understanding.

    It is no language model, and its names are those of the measured attributes. It is for courses, for trying prices,
    budgets and the labeler's suggestions without an endpoint, and for tests: how often it errs is known. As a
    describer it proposes an attribute in which the sides differ, not always the first; as a judge it counts.

    Parameters
    ----------
    wrong : float
        Share of its judgments that are drawn at random.
    price : (float, float)
        As if a million prompt and completion tokens cost so much; four bytes are a token.
    in_flight : int
    seed : int

    Examples
    --------
    >>> model = PracticeModel()
    >>> from whimsight.names import Candidate
    >>> from whimsight.naming.wording.judging import judging
    >>> model.complete(judging([Candidate("says “sorry”", "concept", ())], "Sorry!", "No.")).text
    '{"1": "A"}'
    """

    name = "practice"
    where = HERE
    seconds = 0.01  # of a call: no time of a language model is assumed for it

    def __init__(
        self,
        *,
        wrong: float = 0.1,
        price: tuple[float, float] = (0.0, 0.0),
        in_flight: int = 4,
        seed: int = 0,
    ) -> None:
        if not 0 <= wrong <= 1:
            raise ValueError(f"wrong is a share from 0 to 1; found {wrong}.")
        self.price: Price | None = Price(*price)
        self.in_flight = in_flight
        self.fingerprint = f"practice:1:{wrong}:{seed}"
        self._wrong, self._seed = wrong, seed
        self._lock = threading.Lock()  # counting is Python: threads would only wait for each other

    def __repr__(self) -> str:
        return f"PracticeModel(wrong={self._wrong}): no language model"

    def complete(self, request: Request) -> Reply:
        """Return the reply to one request; the same request gets the same reply."""
        begun = perf_counter()
        rng = np.random.default_rng([self._seed, int(request.key[:15], 16)])
        with self._lock:
            found = _blocks(request.user)
            names = {field.name for field in request.fields}
            values = self._propose(found, rng) if "name" in names else self._judge(request, found, rng)
        text = json.dumps(values, ensure_ascii=False)
        sent = len((request.system + request.user).encode("utf-8", "replace"))
        return Reply(text, -(-sent // 4), -(-len(text.encode()) // 4), perf_counter() - begun)

    def _propose(self, found: dict[tuple[str, str], str], rng: np.random.Generator) -> dict[str, str]:
        from whimsight.attributes import ATTRIBUTES

        pairs = sorted({which for side, which in found if side in ("more", "less")})
        if not pairs:
            return {"note": "", "name": "none"}
        sides = [[_values(found.get((side, which), "")) for side in ("more", "less")] for which in pairs]
        lean = np.mean([np.sign(more - less) for more, less in sides], axis=0)
        best = list(ATTRIBUTES.values())[int(np.argmax(lean + rng.normal(scale=0.2, size=lean.size)))]
        return {"note": f"Counted by formula: {best.formula}.", "name": best.name}

    def _judge(
        self, request: Request, found: dict[tuple[str, str], str], rng: np.random.Generator
    ) -> dict[str, str]:
        out = {}
        for field in request.fields:
            concept = found.get(("concept", field.name), "").split("\n")[0]
            a, b = (_amount(concept, found.get(("response", side), "")) for side in "AB")
            out[field.name] = "A" if a > b else "B" if b > a else "tie"
            if rng.random() < self._wrong:
                out[field.name] = str(rng.choice(field.allowed))
        return out


def _blocks(text: str) -> dict[tuple[str, str], str]:
    """Return what stands between the delimiters whose code the first line announces, by kind and number."""
    announced = _CODE.search(text)
    if announced is None:
        return {}
    code = announced[1]
    found = re.findall(rf"<([a-z]+)-([0-9A-Za-z-]+)-{code}>\n(.*?)\n</\1-\2-{code}>", text, re.DOTALL)
    out: dict[tuple[str, str], str] = {}
    for kind, which, inside in found:  # a text that lost its middle stands in two blocks
        out[kind, which] = f"{out[kind, which]}\n{inside}" if (kind, which) in out else inside
    return out


@lru_cache(maxsize=20_000)
def _values(text: str) -> NDArray[np.float32]:
    from whimsight.attributes import measure

    return np.asarray(measure([text])[0])


def _amount(concept: str, text: str) -> float:
    """Return how much of a concept a text has: an attribute's value, or how often quoted phrases occur."""
    from whimsight.attributes import ATTRIBUTES

    columns = {attribute.name: j for j, attribute in enumerate(ATTRIBUTES.values())}
    if concept in columns:
        return float(_values(text)[columns[concept]])
    folded = text.casefold()
    return float(sum(folded.count(phrase.casefold()) for phrase in _QUOTED.findall(concept)))
