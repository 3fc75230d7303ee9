"""Judges beside each other: how far they agree, whether they follow positions, and what follows for an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight.errors import StudyError
from whimsight.naming.corrected import FEWEST_PEOPLE, corrected_effect, corrected_fidelity
from whimsight.naming.kappa import Position, pairwise, position
from whimsight.naming.scoring import LOOKS
from whimsight.studies.inputs import study_controls
from whimsight.studies.stages import vote_clusters
from whimsight.studies.verification import FORMULA, BlindTest
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.studies import Study
    from whimsight.studies.reading import Reading

__all__ = ["agreement", "judged_effect", "position_bias"]


def agreement(study: Study, feature: str) -> pd.DataFrame:
    """Return how far every two judges of a feature's name agree; see `Study.agreement`."""
    said = BlindTest(study).answers(feature)
    clusters = study.pairs.components(study.settings.groups)[said.index.to_numpy(dtype=np.int64)]
    return pairwise(said.to_numpy(dtype=np.float64).T, clusters, judges=[str(c) for c in said.columns])


def position_bias(study: Study) -> pd.DataFrame:
    """Return how far each model follows the position of the responses; see `Study.position_bias`."""
    clusters = study.pairs.components(study.settings.groups)
    rows = {}
    for judge, said in study.judgments.groupby("judge"):
        rows[str(judge)] = position(
            said["answer"].to_numpy(dtype=np.float64),
            said["swapped"].to_numpy(dtype=np.float64),
            said["a_first"].to_numpy(dtype=np.bool_),
            clusters=clusters[said["row"].to_numpy(dtype=np.int64)],
        )._asdict()
    table = Table.from_dict(rows, orient="index", columns=list(Position._fields))
    return table.rename_axis("judge").astype({"n": "int64"})


def judged_effect(
    study: Study,
    feature: str,
    effect: Literal["beta", "delta_win", "fidelity"] = "delta_win",
    *,
    judge: str | None = None,
) -> pd.DataFrame:
    """Return what a feature's name does to the choice, judged by a model and corrected by people; see `Study`."""
    if effect not in ("beta", "delta_win", "fidelity"):
        raise StudyError(f"effect is 'beta', 'delta_win' or 'fidelity'; found {effect!r}.")
    test = BlindTest(study)
    said, reading = test.answers(feature), test.reading
    matchup, swapped = reading.matchup, reading.swapped
    place = said.index.to_numpy(dtype=np.int64)
    tested = np.isin(matchup[place], matchup[reading.held_out]) & (study.code(feature)[place] != 0)
    said = said[tested]  # what people were shown in another way was not drawn by chance
    model, people = _model(study, feature, said, judge), _people(study, said)
    rows = said.index.to_numpy(dtype=np.int64)
    by_prompt = study.pairs.components(study.settings.groups)
    if effect == "fidelity":
        found = corrected_fidelity(study.code(feature)[rows], model, people, clusters=by_prompt[rows])
        return _noted(reading, feature, found, model, people)
    # A pair was judged once and may have been voted on many times, on either side.
    votes = np.flatnonzero(np.isin(matchup, matchup[rows]))
    place = np.searchsorted(matchup[rows], matchup[votes], sorter=(order := np.argsort(matchup[rows])))
    of = order[place]
    side = np.where(swapped[votes] == swapped[rows][of], 1.0, -1.0)
    controls, own = study_controls(study)
    others = np.arange(controls.shape[1]) != own[study.column(feature)]  # nothing is controlled for itself
    found = corrected_effect(
        side * model[of],
        side * people[of],
        study.pairs.preference[votes],
        clusters=[way[votes] for way in vote_clusters(study.pairs, study.settings)],
        controls=controls[votes][:, others],
        weights=study.pairs.weight[votes],
        effect=effect,
    )
    return _noted(reading, feature, found, model, people)


def _noted(
    reading: Reading,
    feature: str,
    found: pd.DataFrame,
    model: NDArray[np.float64],
    people: NDArray[np.float64],
) -> pd.DataFrame:
    """Say where the pairs are too few to correct by, or where the model stopped when it knew enough."""
    said_of: Any = found.to_dict("index")
    rows: dict[str, dict[str, Any]] = dict(said_of)
    both, said = int((np.isfinite(model) & np.isfinite(people)).sum()), int(np.isfinite(model).sum())
    if both < FEWEST_PEOPLE:
        few = f"fewer than {FEWEST_PEOPLE} are not enough to correct by."
        rows["corrected"] = rows["people"] | {"note": f"{both} pairs judged by people and the model: {few}"}
    all_of_them = min(LOOKS[-1], int(np.count_nonzero(reading.code(feature, reading.held_out))))
    if said < 0.9 * all_of_them and not rows["model"]["note"]:
        rows["model"]["note"] = (
            f"stopped at {said} pairs because of what they said, which shifts estimates a little; all: "
            f"study.naming(model, features=[{feature!r}], propose=False, pairs={all_of_them}).run()"
        )
    table = Table.from_dict(rows, orient="index", columns=found.columns)
    return table.rename_axis("using")


def _model(study: Study, feature: str, said: pd.DataFrame, judge: str | None) -> NDArray[np.float64]:
    known_models = set(study.judgments["judge"])
    models = [str(c) for c in said.columns if str(c) in known_models]
    if judge is None and models:
        judge = models[int(np.argmax(said[models].notna().sum().to_numpy()))]
    if judge not in models:
        known = f" Models that did: {', '.join(models)}." if models else ""
        raise StudyError(
            f"No model{'' if judge is None else f' {judge!r}'} has judged the name of {feature!r}.{known} "
            f"Let one: study.naming(model, features=[{feature!r}], propose=False).run()."
        )
    return said[judge].to_numpy(dtype=np.float64)


def _people(study: Study, said: pd.DataFrame) -> NDArray[np.float64]:
    """Return what people say together: the side that more of them named."""
    models = set(study.judgments["judge"])
    people = [c for c in said.columns if c != FORMULA and str(c) not in models]
    if not people:
        return np.full(len(said), np.nan)
    return np.asarray(np.sign(said[people].mean(axis=1).to_numpy(dtype=np.float64)))
