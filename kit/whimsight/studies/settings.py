"""What an analyst may choose about a study, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from numbers import Integral
from typing import Any, Literal, Self

from whimsight.errors import StudyError

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices that, with the pairs, determine a study.

    Attributes
    ----------
    embedder : str
        Name of the text embedder: ``"minilm"``, ``"static"``, a sentence-transformers id or path.
    template : str
        What is embedded. ``"{response}"`` (the paper) or a text with ``{prompt}`` too.
    windows : {"pool", "cut"}
        What happens to texts longer than the embedder's window.
    n_features, k : int
        Discovered features, and how many of them are active in an average pair (32 and 4 in the paper).
    prefixes : tuple of int
        Matryoshka prefixes of the dictionary; those from ``n_features`` on are replaced by ``n_features``.
    train_on : {"differences", "residuals"}
        Whether the autoencoder sees the embedding differences as they are, or what the measured
        attributes leave unexplained of them.
    controls : tuple of str
        What every effect is adjusted for: ``"length"`` (the difference in words, the default), ids of
        measured attributes, or numeric columns of the pairs.
    ties : {"drop", "davidson"}
        Ties are left out of the logit, or modelled.
    folds : int
        Folds of the held-out prediction, at most one a prompt; rows that share a prompt or a conversation
        stay together.
    groups : tuple of str
        Columns of the pairs, beside prompt and conversation, whose rows no split may separate; standard
        errors are clustered by them as well.
    names : bool
        Draft a name for every discovered feature.
    seed : int
        The same pairs, settings and seed give the same study.
    """

    embedder: str = "minilm"
    template: str = "{response}"
    windows: Literal["pool", "cut"] = "pool"
    n_features: int = 32
    k: int = 4
    prefixes: tuple[int, ...] = (8, 32)
    train_on: Literal["differences", "residuals"] = "differences"
    controls: tuple[str, ...] = ("length",)
    ties: Literal["drop", "davidson"] = "drop"
    folds: int = 5
    groups: tuple[str, ...] = ()
    names: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("n_features", "k", "folds", "seed"):
            object.__setattr__(self, name, _whole(name, getattr(self, name)))
        for name in ("controls", "groups"):
            object.__setattr__(self, name, _names(name, getattr(self, name)))
        object.__setattr__(self, "prefixes", _prefixes(self.prefixes, self.n_features))
        if self.n_features < 1:
            raise StudyError(f"n_features must be at least 1; found {self.n_features}.")
        if not 1 <= self.k <= self.n_features:
            raise StudyError(f"k must lie between 1 and n_features = {self.n_features}; found k = {self.k}.")
        if self.folds < 2:
            raise StudyError(f"folds must be at least 2; found {self.folds}.")
        if self.seed < 0:
            raise StudyError(f"seed must be 0 or more; found {self.seed}.")
        _one_of("windows", self.windows, ("pool", "cut"))
        _one_of("train_on", self.train_on, ("differences", "residuals"))
        _one_of("ties", self.ties, ("drop", "davidson"))
        if not isinstance(self.template, str):
            raise StudyError(f"template must be a text such as '{{response}}'; found {self.template!r}.")
        if not isinstance(self.names, bool):
            raise StudyError(f"names must be True or False; found {self.names!r}.")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a JSON-ready dictionary."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild settings from `to_dict`; unknown keys of a newer version are an error."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise StudyError(f"Unknown settings {unknown}; this version knows {sorted(known)}.")
        given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        return cls(**given)


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise StudyError(f"{name} must be a whole number; found {value!r}.")
    return int(value)


def _names(name: str, value: Any) -> tuple[str, ...]:
    """Return names as a tuple; a single one need not stand in a list."""
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(n, str) for n in names):
        raise StudyError(f"{name} must be names; found {value!r}.")
    return names


def _prefixes(value: Any, n_features: int) -> tuple[int, ...]:
    if not isinstance(value, Iterable):
        raise StudyError(f"prefixes must be whole numbers, such as (8, 32); found {value!r}.")
    sizes = {_whole("each of prefixes", p) for p in value}
    if min(sizes, default=1) < 1:
        raise StudyError(f"prefixes must be at least 1; found {min(sizes)}.")
    return tuple(sorted({p for p in sizes if p < n_features} | {n_features}))


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise StudyError(f"{name} must be one of {', '.join(map(repr, allowed))}; found {value!r}.")
