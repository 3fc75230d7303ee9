"""Charts of a comparison draw the numbers of its table; datasets differ in colour and in shape."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

import whimsight as ws
from tests.unit.comparisons.shown import by_hand, opposed
from whimsight.comparisons import Comparison
from whimsight.comparisons.charts import furthest_apart, look_of, most_telling, most_unlike
from whimsight.errors import StudyError


@pytest.fixture(scope="module")
def made() -> Comparison:
    return opposed()


def rows_of(chart: Any) -> pd.DataFrame:
    spec = chart.to_dict()
    return pd.concat(pd.DataFrame(rows) for rows in spec["datasets"].values() if "middle" in rows[0])


@pytest.mark.parametrize(("kind", "column"), [("effects", "delta_win"), ("prevalence", "prevalence")])
def test_intervals_are_those_of_the_table_in_percent(made, kind, column):
    rows = rows_of(made.chart(kind, top=99))
    assert len(rows) == 3 * len(made.study.found)
    for row in rows.to_dict("records"):
        expected = made.table.loc[(made.datasets[int(row["dataset"])], row["feature"])]
        for end, name in (("", "middle"), ("_low", "low"), ("_high", "high")):
            value = expected[f"{column}{end}"]
            if np.isfinite(value):
                assert row[name] == pytest.approx(100 * value)


def test_conflicts_come_first_the_largest_on_top(made):
    conflicts = list(dict.fromkeys(made.conflicts["feature"]))
    order = most_telling(made)
    assert order[: len(conflicts)] == conflicts
    assert sorted(order) == sorted(made.study.found.index)
    spec = made.chart(top=2).to_dict()
    assert (
        next(layer["encoding"]["y"]["sort"] for layer in spec["layer"] if "y" in layer["encoding"])
        == order[:2]
    )


def test_rejected_features_come_last(tmp_path):
    one = opposed(600)
    one.study.labels = ws.LabelStore(tmp_path / "w.labels")
    first = most_telling(one)[0]
    one.labels.edit(first, status="rejected")
    assert most_telling(one)[-1] == first
    assert most_unlike(one)[-1] == first


def test_marks_are_hollow_where_the_interval_holds_zero(made):
    rows = rows_of(made.chart(top=99))
    hollow = rows["fill"] == "transparent"
    assert ((rows["low"] <= 0) & (rows["high"] >= 0) == hollow)[rows["said"]].all()
    assert 0 < hollow.sum() < len(rows)


def test_a_dataset_that_says_nothing_gets_words_instead_of_a_mark(made):
    spec = made.chart(top=99).to_dict()
    silent = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "text")
    rows = pd.DataFrame(spec["datasets"][silent["data"]["name"]])
    assert silent["mark"]["text"] == "too few"
    few = made.table[made.table["verdict"] == "too few"]
    assert sorted(
        (made.datasets[int(r["dataset"])], r["feature"]) for r in rows.to_dict("records")
    ) == sorted(few.index)


def test_datasets_differ_in_colour_and_in_shape(made):
    looks = look_of(8)
    assert len({c for c, _ in looks}) == len({s for _, s in looks}) == 8
    spec = json.dumps(made.chart().to_dict())
    assert all(json.dumps([look[part] for look in look_of(3)]) in spec for part in (0, 1))


def test_prevalence_begins_at_zero_and_what_is_least_alike_comes_first():
    low, high = (np.resize([1.0, -1.0, 1.0], 240), np.resize([1.0, 0.0], 240))
    one = by_hand(240)
    column = one.study.column("m_bullets")
    odd = one.slices[1].rows
    codes = one.study.pair_codes.copy()
    codes[one.study.pair_of_row[odd], column] = 0.0
    codes[one.study.pair_of_row[odd[:4]], column] = low[0] + high[0]
    one.study.pair_codes = codes
    again = Comparison(one.study, one.slices, by="half")
    assert most_unlike(again)[0] == "m_bullets"
    spec = again.chart("prevalence").to_dict()
    scales = [layer["encoding"]["x"].get("scale", {}) for layer in spec["layer"]]
    assert {"domainMin": 0} in scales


def test_the_two_datasets_that_contradict_most_are_found(made):
    first = made.conflicts.iloc[0]
    assert furthest_apart(made, first["feature"]) == (
        made.position(first["for"]),
        made.position(first["against"]),
    )


def test_hostile_names_are_labels_and_no_expressions(tmp_path):
    one = by_hand(240, half=np.resize(["'+alert(1)+'", "\u202ex\x00</svg><script>"], 240))
    one.study.labels = ws.LabelStore(tmp_path / "w.labels")
    one.labels.edit("d00", name="'];alert(2);['")
    drawn = vl_convert.vegalite_to_svg(one.chart().to_dict())
    assert "<script" not in drawn
    assert "\u202e" not in drawn
    assert "alert(1)" in drawn


def test_a_kind_that_is_none_is_named(made):
    with pytest.raises(StudyError, match=r"'effects' or 'prevalence'; found 'effect'.*effects"):
        made.chart("effect")
    with pytest.raises(StudyError, match="top must be at least 1"):
        made.chart(top=0)
