"""Pairs with a known truth: real responses into which traits of form and of content were planted.

Each trait is added to a random side of a random share of the pairs, so that its value for a pair is +1 (A
has it), -1 (B has it) or 0. Half of the traits move a simulated vote by a known weight; the others do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["CONTENT", "FORM", "PlantedPairs", "plant"]

CONTENT: dict[str, tuple[str, ...]] = {
    "the sea": (
        "It reminds me of a long day by the sea, with salt on the wind and gulls over the harbour.",
        "The tide was coming in and the waves kept breaking against the old pier.",
        "Sailors who cross the ocean know how quickly the water can change.",
        "Think of the coast at dawn, when fishing boats leave the bay.",
        "Somewhere a lighthouse still turns above the dark water.",
        "A coral reef is full of fish that most swimmers never see.",
    ),
    "cooking": (
        "Add a little garlic and olive oil to the pan and let it simmer for ten minutes.",
        "A good soup starts with onions, butter and a patient cook.",
        "Bake the dough until the crust is golden and the kitchen smells of bread.",
        "Season the roast with rosemary, salt and plenty of black pepper.",
        "Whisk the eggs with sugar before you fold in the flour.",
        "My favourite recipe needs ripe tomatoes, basil and fresh pasta.",
    ),
    "money": (
        "Put a tenth of your salary into a savings account before you invest in shares.",
        "Interest rates decide what a mortgage really costs over thirty years.",
        "A diversified portfolio of bonds and stocks lowers the risk for investors.",
        "Keep an eye on inflation, since it eats the value of your deposits.",
        "Pay off credit card debt first, because its interest compounds every month.",
        "The bank will look at your income and your budget before it lends.",
    ),
    "football": (
        "The striker scored in the last minute and the whole stadium jumped up.",
        "A good goalkeeper reads the penalty before the ball is kicked.",
        "The coach changed the defence at half-time and the team won the cup.",
        "Fans travelled all night to see the league final.",
        "The referee showed a red card after the tackle on the midfielder.",
        "They train three times a week and play their matches on Saturday.",
    ),
    "medicine": (
        "Please see a doctor if the symptoms last for more than a week.",
        "A nurse can check your blood pressure and adjust the dose.",
        "Patients with a fever should rest, drink water and call the clinic.",
        "The surgeon explained the operation and the risks of the anaesthetic.",
        "Antibiotics do not help against a virus, as any physician will say.",
        "Ask a pharmacist whether the tablets go together with your medication.",
    ),
    "space": (
        "The telescope showed a galaxy whose light left it before the Earth was born.",
        "Astronauts on the station see sixteen sunrises a day as they orbit the planet.",
        "A rocket needs most of its fuel just to leave the atmosphere.",
        "The rover has been taking pictures of craters on Mars for years.",
        "Saturn's rings are made of ice and dust circling the giant planet.",
        "Astronomers measure the distance of stars by how little they move.",
    ),
    "music": (
        "The pianist played the slow movement of the sonata almost without touching the keys.",
        "A drummer and a bass player make the rhythm that the band leans on.",
        "The choir rehearsed the chorus until every voice was in tune.",
        "She tuned her violin while the orchestra waited for the conductor.",
        "Their new album has two guitar songs and a long jazz melody.",
        "He hums the same tune each morning, a folk song from his village.",
    ),
}
"""Content traits: one planted sentence, drawn from these."""


def _bullets(text: str, _: np.random.Generator) -> str:
    parts = re.split(r"(?<=[.!?])\s+", text.strip())
    return "\n".join(f"- {part}" for part in parts if part)


def _capitals(text: str, rng: np.random.Generator) -> str:
    words = text.split(" ")
    for i in rng.choice(len(words), size=max(1, len(words) // 6), replace=False):
        words[i] = words[i].upper()
    return " ".join(words)


def _exclaim(text: str, _: np.random.Generator) -> str:
    return re.sub(r"\.(?=\s|$)", "!", text) if "." in text else text + "!!"


def _emoji(text: str, rng: np.random.Generator) -> str:
    return f"{text} {' '.join(rng.choice(['😀', '🎉', '👍', '🙂', '🔥'], size=2))}"


def _question(text: str, rng: np.random.Generator) -> str:
    return f"{text} {rng.choice(['What do you think?', 'Does that help?', 'Shall I go on?', 'Is that so?'])}"


FORM: dict[str, tuple[str, Callable[[str, np.random.Generator], str]]] = {
    "bullets": ("m_bullets", _bullets),
    "capitals": ("m_all_caps", _capitals),
    "exclamation": ("m_exclamations", _exclaim),
    "emoji": ("m_emoji", _emoji),
    "question": ("m_questions", _question),
}
"""Form traits: what is done to a response; the id is only the attribute one would expect to see it in."""


@dataclass(frozen=True)
class PlantedPairs:
    """Pairs with their truth.

    Attributes
    ----------
    frame : DataFrame
        ``prompt``, ``response_a``, ``response_b``, ``preference``.
    traits : DataFrame
        int8 (n, n_traits): +1, -1 or 0.
    weights : Series
        The weight of each trait in the simulated vote; 0 for half of them.
    """

    frame: pd.DataFrame
    traits: pd.DataFrame
    weights: pd.Series


def plant(
    prompts: NDArray[np.object_],
    response_a: NDArray[np.object_],
    response_b: NDArray[np.object_],
    *,
    share: float = 0.2,
    weight: float = 0.8,
    seed: int = 0,
) -> PlantedPairs:
    """Plant every trait of `CONTENT` and `FORM` into the given pairs.

    Parameters
    ----------
    prompts, response_a, response_b : ndarray of str (n,)
    share : float
        Share of pairs that get a given trait on one of their sides.
    weight : float
        Size of the weights of the traits that matter; their signs alternate.
    seed : int

    Returns
    -------
    PlantedPairs
    """
    rng = np.random.default_rng(seed)
    names = [*CONTENT, *FORM]
    n = len(prompts)
    traits = np.zeros((n, len(names)), dtype=np.int8)
    for j in range(len(names)):
        chosen = rng.random(n) < share
        traits[chosen, j] = rng.choice(np.array([-1, 1], dtype=np.int8), size=int(chosen.sum()))
    sides = [list(response_a), list(response_b)]
    for j, name in enumerate(names):
        for i in np.flatnonzero(traits[:, j]):
            side = sides[0 if traits[i, j] > 0 else 1]
            side[i] = _insert(side[i], name, rng)
    # Content comes before form in `names`, so that bullets and capitals see the whole text.
    weights = np.where(np.arange(len(names)) % 2 == 0, 0.0, weight)
    weights[1::4] *= -1
    logit = traits @ weights
    preference = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    return PlantedPairs(
        frame=pd.DataFrame(
            {"prompt": prompts, "response_a": sides[0], "response_b": sides[1], "preference": preference}
        ),
        traits=pd.DataFrame(traits, columns=names),
        weights=pd.Series(weights, index=names),
    )


def _insert(text: str, name: str, rng: np.random.Generator) -> str:
    if name in FORM:
        return FORM[name][1](text, rng)
    sentence = str(rng.choice(CONTENT[name]))
    parts = re.split(r"(?<=[.!?])\s+", text.strip())
    at = int(rng.integers(len(parts) + 1))
    return " ".join([*parts[:at], sentence, *parts[at:]])
