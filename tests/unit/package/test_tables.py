"""Tables are pandas tables whose texts a notebook leaves as they are: a price in dollars is not mathematics."""

from __future__ import annotations

import inspect
import pickle
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.comparisons.shown import by_hand, opposed
from tests.unit.naming.apologies import planted_study
from tests.unit.personalization.peopling import peopled_study
from tests.unit.personalization.rewarding import Counted, made_study
from whimsight.attributes.documenting import documentation
from whimsight.labels import LabelStore
from whimsight.naming import Naming, PracticeModel
from whimsight.tables import Table, verbatim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from whimsight.studies import Study

PRICES = {"response": ["from $5 to $10", r"$\href{http://example.com}{here}$"], "n": [2, 1]}
MARK = re.compile(r'<table border="1" class="dataframe tex2jax_ignore mathjax_ignore">')


def marked(frame: pd.DataFrame) -> bool:
    return len(MARK.findall(str(frame._repr_html_()))) == 1


# -- a table ----------------------------------------------------------------------------------------


def test_a_notebook_shows_a_table_as_pandas_does_but_for_the_classes():
    plain, ours = pd.DataFrame(PRICES)._repr_html_(), Table(PRICES)._repr_html_()
    assert ours.replace(" tex2jax_ignore mathjax_ignore", "") == plain
    assert marked(Table(PRICES))


@pytest.mark.parametrize(
    "make",
    [
        lambda t: t.head(1),
        lambda t: t[["response"]],
        lambda t: t.sort_values("n"),
        lambda t: t.set_index("response").T,
        lambda t: t.merge(pd.DataFrame({"n": [1, 2], "more": ["a", "b"]})),
        lambda t: t.groupby("response").sum(),
        lambda t: pd.concat([t, pd.DataFrame(PRICES)]),
        lambda t: t.copy(),
        lambda t: pickle.loads(pickle.dumps(t)),
    ],
    ids=["rows", "columns", "sorted", "transposed", "joined", "grouped", "stacked", "copied", "pickled"],
)
def test_what_pandas_makes_of_a_table_is_one(make: Callable[[Table], pd.DataFrame]):
    assert marked(make(Table(PRICES)))


def test_a_cell_that_writes_a_table_into_itself_stays_text():
    cell = '<table border="1" class="dataframe">'
    drawn = Table({cell: [cell]})._repr_html_()
    assert drawn.count("mathjax_ignore") == 1
    assert drawn.count('&lt;table border="1" class="dataframe"&gt;') == 2


def test_where_pandas_is_told_to_draw_nothing_a_table_draws_nothing():
    with pd.option_context("display.notebook_repr_html", False):
        assert Table(PRICES)._repr_html_() is None


# -- what people are given --------------------------------------------------------------------------

TEXTS = ["It costs $5.", "It costs from $5 to $10."]
# How those are called that want something; everything else is called with nothing.
CALLED: dict[str, dict[str, Any]] = {
    "Study.examples": {"feature": "d00"},
    "Study.verification": {"feature": "d00"},
    "Study.agreement": {"feature": "d00"},
    "Study.judged_effect": {"feature": "d00"},
    "Comparison.examples": {"feature": "d00", "dataset": "even"},
    "Personalization.gain": {"ks": (2,), "repeats": 1},
    "Reward.rank": {"prompt": "What is it?", "responses": TEXTS},
    "Reward.explain": {"prompt": "What is it?", "responses": TEXTS},
}


def tables_of(thing: Any) -> dict[str, pd.DataFrame]:
    """Every table that a thing's public attributes, properties and methods say that they give."""
    kind, found = type(thing), {}
    said_of = {
        name: said for base in kind.__mro__ for name, said in getattr(base, "__annotations__", {}).items()
    }
    for name in sorted({*dir(kind), *said_of}):
        made = inspect.getattr_static(kind, name, None)
        function = getattr(made, "fget", None) or getattr(made, "func", made)
        said = said_of.get(name) or getattr(function, "__annotations__", {}).get("return")
        if said == "pd.DataFrame" and not name.startswith("_"):
            value = getattr(thing, name)
            if not isinstance(value, pd.DataFrame):
                value = value(**CALLED.get(f"{kind.__name__}.{name}", {}))
            found[name] = value
    return found


def judged_study() -> Study:
    study = planted_study()
    study.labels.edit("d00", name="apologies")
    Naming(study, PracticeModel(), features=["d00"]).run(progress=False)
    return study


def opened(folder: Path) -> Study:
    study = ws.open(judged_study().save(folder / "votes.whim"))
    study.labels.edit("d00", name="apologies")
    return study


def merged(folder: Path) -> Any:
    for person in ("Ann", "Ben"):
        LabelStore(folder / f"{person}.labels", author=person).edit("d00", name=f"${person}$")
    return LabelStore.merge([folder / "Ann.labels", folder / "Ben.labels"])


def people() -> Any:
    return peopled_study()[0].personalize()


def reward() -> Any:
    study = made_study()
    return ws.Reward.from_study(study, np.ones(len(study.found)), embedder=Counted())


THINGS: dict[str, tuple[Callable[[Path], Any], int]] = {
    "a study": (lambda _: judged_study(), 15),
    "a study that was opened": (opened, 15),
    "pairs": (lambda _: planted_study().pairs, 1),
    "labels": (lambda p: LabelStore(p / "x.labels", author="Ann"), 4),
    "labels brought together": (merged, 4),
    "a comparison": (lambda _: by_hand(), 7),
    "people": (lambda _: people(), 6),
    "a person": (lambda _: people().everyone(), 2),
    "a reward": (lambda _: reward(), 3),
    "types of people": (lambda _: people().types(most=2), 3),
    "names that a model proposes": (lambda _: Naming(planted_study(), PracticeModel()), 2),
}


@pytest.mark.parametrize("thing", THINGS)
def test_every_table_that_people_are_given_is_one(thing: str, tmp_path: Path):
    make, at_least = THINGS[thing]
    found = tables_of(make(tmp_path))
    assert len(found) >= at_least, sorted(found)
    assert {name: type(frame) for name, frame in found.items()} == dict.fromkeys(found, Table)


def test_so_is_every_table_of_a_study_that_was_just_made():
    study = opposed(300).study
    tables = {f.name: getattr(study, f.name) for f in fields(study) if f.type == "pd.DataFrame"}
    assert len(tables) == 7
    assert {name: type(frame) for name, frame in tables.items()} == dict.fromkeys(tables, Table)


def test_so_are_the_catalogues():
    assert marked(ws.samples())
    assert marked(documentation())


@pytest.mark.parametrize(
    "make",
    [
        lambda: planted_study(),
        lambda: planted_study().pairs,
        lambda: planted_study().pairs.report,
        lambda: by_hand(),
        lambda: people(),
        lambda: people().everyone(),
        lambda: Naming(planted_study(), PracticeModel()).plan(),
    ],
    ids=["study", "pairs", "report", "comparison", "people", "person", "plan"],
)
def test_so_is_every_view(make: Callable[[], Any]):
    drawn = make()._repr_html_()
    assert re.match(r'<div class="[\w -]*\btex2jax_ignore mathjax_ignore"', drawn)
    assert drawn.endswith("</div>")


def test_a_view_is_its_own_html_inside():
    assert verbatim("<p>$5</p>") == '<div class="tex2jax_ignore mathjax_ignore"><p>$5</p></div>'
