"""What the front end of a mixer may ask of Python beside what every widget may."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from whimsight.errors import StudyError
from whimsight.studies.snapshot import clean
from whimsight.widgets.answers import Answers, Arguments

if TYPE_CHECKING:
    from whimsight.personalization import Personalization

__all__ = ["MixerAnswers"]

_PARTS = {"prompt": "prompt", "a": "response_a", "b": "response_b"}


class MixerAnswers(Answers):
    """Answers requests of a mixer: those about features, the reward, and whole texts by where they stand.

    Parameters
    ----------
    people : Personalization
    reward : callable
        From weights and the id of a preset to a file's name and content.
    choices
        Of `Answers`.
    """

    def __init__(
        self, people: Personalization, reward: Callable[..., dict[str, str]], **choices: Any
    ) -> None:
        super().__init__(people.study, **choices)
        self._reward = reward
        self._handlers["reward"] = self._make_reward
        self._handlers["whole"] = self._whole

    def _make_reward(self, args: Arguments) -> dict[str, Any]:
        return self._reward(args.get("weights", list), args.get("preset", str))

    def _whole(self, args: Arguments) -> dict[str, Any]:
        self._require_texts()
        row, part = self._row(args), args.get("part", str)
        if part not in _PARTS:
            raise StudyError(f"A pair has the parts 'prompt', 'a' and 'b'; found {part[:60]!r}.")
        return {"text": clean(str(self.study.pairs.frame[_PARTS[part]].iloc[row]))}
