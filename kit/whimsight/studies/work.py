"""How people's work shows in a study: names, statuses and turned features over the tables as computed."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import LabelsError
from whimsight.names.drafting import UNNAMED
from whimsight.names.fidelity import fidelity
from whimsight.studies.judged import scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.labels import LabelStore
    from whimsight.labels.fold import Label
    from whimsight.names.fidelity import Fidelity
    from whimsight.studies._study import Study

__all__ = ["PERSON", "Work", "fingerprint", "named", "shown_name", "turned_round"]

_EFFECTS = ("beta", "delta_win")
PERSON = "person"
"""The judge in `Study.features` where people's answers in blind tests say how well a name fits."""

_FIDELITY = ("fidelity", "fidelity_low", "fidelity_high")
# The settings of the file's first layout: one that is added later must not take people's labels from a study.
_SETTINGS = (
    "embedder",
    "template",
    "windows",
    "n_features",
    "k",
    "prefixes",
    "train_on",
    "controls",
    "ties",
    "folds",
    "groups",
    "names",
    "seed",
)


class Work:
    """A study's tie to its `LabelStore`, and the tables as people's work makes them look.

    What was drawn from the labels is kept until `LabelStore.version` changes, for these tables are looked at
    thousands of times. Labels that cannot be read are left out, once with a warning, so that a study can be
    looked at anywhere.
    """

    def __init__(self) -> None:
        self._store: LabelStore | None = None
        self._chosen = False
        self._home: Path | None = None
        self._stayed = False  # the labels could not follow the study to its file
        self._fingerprint: str | None = None
        self._warned = False
        self._key: tuple[Any, ...] | None = None
        self._clusters: NDArray[np.int64] | None = None
        self._drawn: tuple[pd.DataFrame, pd.DataFrame, NDArray[np.float32]] | None = None

    def fingerprint(self, study: Study) -> str:
        """See `Study.fingerprint`; computed once."""
        if self._fingerprint is None:
            self._fingerprint = fingerprint(study)
        return self._fingerprint

    def labels(self, study: Study) -> LabelStore:
        """See `Study.labels`."""
        from whimsight.labels.home import find_home

        if self._store is None or (not self._chosen and self._home != study.path):
            self._store, self._home = find_home(study.path, **self._about(study)), study.path
        return self._store

    def set_labels(self, study: Study, store: LabelStore | str | Path) -> None:
        """Work in a given store from now on."""
        from whimsight.labels import LabelStore

        if isinstance(store, str | Path):
            store = LabelStore(store)
        if not isinstance(store, LabelStore):
            raise LabelsError(f"study.labels must be a LabelStore or a path; found {store!r}.")
        about = self._about(study)
        store._ledger.attach(about["study"], about["features"])
        self._store, self._chosen, self._key, self._warned = store, True, None, False

    def begin_with(self, store: LabelStore, home: Path | None) -> None:
        """Take over the labels of the study that this one is a copy of; its next save puts them beside it."""
        self._store, self._home = store, home

    def move(self, study: Study, saved: Path) -> None:
        """Follow a study to the file that it was just saved as."""
        from whimsight.labels.home import move_home

        before, saved = self.labels(study), saved.absolute()
        if not self._chosen and (saved != self._home or self._stayed):
            self._store, self._home = move_home(before, saved, **self._about(study)), saved
            self._stayed = self._store is before
        study.path = saved

    def features(self, study: Study) -> pd.DataFrame:
        """See `Study.features`."""
        return self._draw(study)[0]

    def joint(self, study: Study) -> pd.DataFrame:
        """See `Study.joint`."""
        return self._draw(study)[1]

    def polarity(self, study: Study) -> NDArray[np.float32]:
        """See `Study.polarity`."""
        return self._draw(study)[2]

    def _draw(self, study: Study) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.float32]]:
        store = self.labels(study)
        try:
            tables = (study.found, study.found_joint, study.suggestions)
            key = (store.version, id(store), *map(id, tables))
            if self._drawn is None or key != self._key:
                labels = store._ledger.state().labels
                self._drawn, self._key = overlay(study, labels, self._verified(study, labels)), key
            self._warned = False
        except LabelsError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(f"The names that people gave are not shown. {error}", stacklevel=5)
            return overlay(study, {})
        return self._drawn

    def _verified(self, study: Study, labels: Mapping[str, Label]) -> dict[str, Fidelity]:
        """How well names stood the blind tests of people, all of them together, where enough was answered."""
        judged = self.labels(study).judgments
        judged = judged[judged["feature"].isin(study.found.index) & (judged["row"] < len(study.pairs))]
        found: dict[str, Fidelity] = {}
        for feature, answers in judged.groupby("feature", sort=False):
            label = labels.get(str(feature))
            given, turned = (label.name, label.turned) if label else ("", False)
            name = shown_name(str(study.found["name"][str(feature)]), given, turned=turned)
            answers = answers[answers["name"] == name]
            if self._clusters is None:
                self._clusters = study.pairs.components(study.settings.groups)
            rows = answers["row"].to_numpy(dtype=np.int64)
            code = study.pair_codes[study.pair_of_row[rows], study.column(str(feature))]
            said = answers["answer"].to_numpy(dtype=np.float64)
            stood = fidelity(-code if turned else code, said, clusters=self._clusters[rows])
            if np.isfinite(stood.low):
                found[str(feature)] = stood
        return found

    def _about(self, study: Study) -> dict[str, Any]:
        features = [str(f) for f in study.found.index]
        return {"name": study.name, "study": self.fingerprint(study), "features": features}


def fingerprint(study: Study) -> str:
    """sha256 over the pairs' fingerprint, the settings and the autoencoder's weights."""
    settings = {k: v for k, v in study.settings.to_dict().items() if k in _SETTINGS}
    model = study.autoencoder
    digest = hashlib.sha256(
        json.dumps([study.pairs_fingerprint, settings, model.threshold], sort_keys=True).encode()
    )
    for weights in (model.encoder, model.decoder):
        digest.update(str(weights.shape).encode())
        digest.update(np.ascontiguousarray(weights, dtype="<f4").tobytes())
    return digest.hexdigest()


def overlay(
    study: Study, labels: Mapping[str, Label], verified: Mapping[str, Fidelity] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.float32]]:
    """Return features, joint effects and polarity with people's work; the tables themselves without any."""
    known = [str(f) for f in study.found.index]
    turned = {f for f, label in labels.items() if label.turned}
    polarity = np.where([f in turned for f in known], -1.0, 1.0).astype(np.float32)
    polarity.flags.writeable = False
    if not set(known) & set(labels) and not verified:
        return study.found, study.found_joint, polarity
    features = turned_round(named(study.found, labels), turned)
    for feature, (judge, stood) in _judged(study, features, labels).items():
        features.loc[feature, list(_FIDELITY)] = list(stood[:3])
        features.loc[feature, "judge"] = judge
    for feature, stood in (verified or {}).items():
        features.loc[feature, list(_FIDELITY)] = list(stood[:3])
        features.loc[feature, "judge"] = PERSON
    return features, turned_round(study.found_joint, turned), polarity


def _judged(
    study: Study, features: pd.DataFrame, labels: Mapping[str, Label]
) -> dict[str, tuple[str, Fidelity]]:
    """How well names that people gave stood the test of a language model, for the end that is read."""
    found = {}
    for feature, label in labels.items():
        if not label.name or feature not in features.index or features["kind"][feature] == "measured":
            continue
        said = scored(study.suggestions, feature, label.name)
        if said is not None:
            judge, stood, end = said
            same = (end < 0) == label.turned
            found[feature] = judge, stood if same else stood.reversed()
    return found


def shown_name(found: str, given: str, *, turned: bool) -> str:
    """Return what a feature is called: as people named it, or as it was drafted for the end that is read.

    Examples
    --------
    >>> shown_name("hedges", "", turned=True), shown_name("hedges", "plain talk", turned=True)
    ('opposite of hedges', 'plain talk')
    """
    return given or (f"opposite of {found}" if turned and found != UNNAMED else found)


def named(found: pd.DataFrame, labels: Mapping[str, Label]) -> pd.DataFrame:
    """Return the table with people's names and statuses.

    The fidelity of a drafted name says nothing about another one: a discovered feature that was renamed has
    none. A measured attribute is its formula, whatever people call it. "Opposite of X" fits the turned feature
    as well as X fits the other end.
    """
    table = found.copy()
    touched = [f for f in table.index if f in labels]
    drafted = table["name"][touched]
    table.loc[touched, "name"] = [
        shown_name(drafted[f], labels[f].name, turned=labels[f].turned) for f in touched
    ]
    table.loc[touched, "status"] = [labels[f].status for f in touched]
    renamed = [
        f
        for f in touched
        if table["kind"][f] != "measured"
        and table["name"][f] != shown_name(drafted[f], "", turned=labels[f].turned)
    ]
    table.loc[renamed, list(_FIDELITY)] = np.nan
    return table


def turned_round(table: pd.DataFrame, turned: Iterable[str]) -> pd.DataFrame:
    """Return the table with the effects of some features reversed, their intervals too.

    Examples
    --------
    >>> table = pd.DataFrame({"beta": [1.0], "beta_low": [0.5], "beta_high": [1.75]}, index=["d00"])
    >>> turned_round(table, ["d00"]).loc["d00"].tolist()
    [-1.0, -1.75, -0.5]
    """
    rows = [f for f in turned if f in table.index]
    if not rows:
        return table
    table = table.copy()
    for column in _EFFECTS:
        if column in table:
            table.loc[rows, column] = -table.loc[rows, column]
        low, high = f"{column}_low", f"{column}_high"
        if low in table and high in table:
            ends = table.loc[rows, [high, low]].to_numpy()
            table.loc[rows, [low, high]] = -ends
    return table
