"""Charts of people draw the numbers of their tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert
from scipy.stats import gaussian_kde

import whimsight as ws
from tests.unit.personalization.gaining import gained
from tests.unit.personalization.peopling import peopled_study
from whimsight.errors import StudyError
from whimsight.personalization.charts import by_spread, person_chart, subjectivity_chart
from whimsight.personalization.gain_charts import gain_chart
from whimsight.studies.charts import DISCOVERED, MEASURED

INK = "#7b7b7b"


@pytest.fixture(scope="module")
def people() -> Any:
    return peopled_study()[0].personalize(features=["m_words", "m_bullets", "d00", "d01"])


@pytest.fixture
def few(tmp_path) -> Any:
    study = peopled_study(people=6, votes=40)[0]
    study.labels = ws.LabelStore(tmp_path / "w.labels")
    return study.personalize()


def rows_of(chart: Any, column: str) -> pd.DataFrame:
    sets = chart.to_dict()["datasets"].values()
    return max((pd.DataFrame(rows) for rows in sets if column in rows[0]), key=len)


def test_weights_and_bands_are_those_of_the_table(people):
    rows = rows_of(subjectivity_chart(people, top=9), "tau").set_index("feature")
    table = people.subjectivity
    assert sorted(rows.index) == sorted(table.index)
    for column in ("mean", "mean_low", "mean_high", "tau", "tau_low", "tau_high"):
        assert rows[column].astype(float).to_numpy() == pytest.approx(
            table.loc[rows.index, column], nan_ok=True
        )
    assert (rows["tau_from"] + rows["tau_to"]).dropna().to_numpy() == pytest.approx(
        2 * rows["mean"][people.personal[people.features.get_indexer(rows.index)]]
    )


def test_the_widest_spread_beyond_chance_stands_on_top_and_what_is_shared_below(people):
    order = by_spread(people)
    assert order[0] == "m_words"
    assert order[-1] == "d02"
    rows = rows_of(subjectivity_chart(people, top=2), "tau")
    assert list(rows["feature"]) == order[:2]


def test_bands_have_a_colour_only_where_people_differ_beyond_chance(people):
    rows = rows_of(subjectivity_chart(people), "tau").set_index("feature")
    assert rows["colour"]["m_words"] == MEASURED
    assert set(rows["colour"].drop("m_words")) == {INK}
    bands = [
        layer
        for layer in subjectivity_chart(people).to_dict()["layer"]
        if layer["mark"].get("strokeWidth") == 9
    ]
    assert {band["mark"]["color"] for band in bands} == {MEASURED, INK}
    assert len(bands) == 6


def test_a_hill_is_the_density_of_the_annotators_own_weights(people):
    hills = rows_of(subjectivity_chart(people), "floor")
    own = people.weights["m_words"].to_numpy()
    one = hills[hills["feature"] == "m_words"]
    tall = (one["floor"] - one["place"]).to_numpy()
    expected = gaussian_kde(own)(one["weight"].to_numpy())
    assert np.corrcoef(tall, expected)[0, 1] > 0.98
    assert tall.max() == pytest.approx(0.42)
    assert one["floor"].iloc[0] == by_spread(people).index("m_words")


def test_of_few_people_no_hill_is_drawn_for_each_would_be_seen(few):
    sets = subjectivity_chart(few).to_dict()["datasets"].values()
    assert not [rows for rows in sets if "floor" in rows[0]]


def test_rejected_features_come_last(few):
    first = by_spread(few)[0]
    few.labels.edit(first, status="rejected")
    assert by_spread(few)[-1] == first


def test_a_persons_intervals_are_those_of_the_table_on_everyones_band(people):
    person = people.person("person 03")
    rows = rows_of(person_chart(person), "weight").set_index("feature")
    table = person.table
    assert list(rows.index) == list(table.index)
    for column in ("weight", "low", "high", "everyone"):
        assert rows[column].to_numpy() == pytest.approx(table[column])
    tau = people.subjectivity["tau"]
    assert rows["most"]["m_words"] - rows["everyone"]["m_words"] == pytest.approx(tau["m_words"])
    apart = (table["low"] > table["everyone"]) | (table["high"] < table["everyone"])
    assert ((rows["fill"] != "transparent") == apart).all()


def test_gains_are_drawn_without_everyones_which_gain_nothing():
    gain = gained({"personal": [0.001, 0.01, 0.02], "one spread": [0.0, 0.005, 0.01]})
    rows = rows_of(gain_chart(gain), "gain")
    assert set(rows["method"]) == {"personal", "one spread"}
    ours = rows[rows["method"] == "personal"]
    assert ours["gain"].tolist() == [0.001, 0.01, 0.02]
    assert ours["high"].to_numpy() - ours["low"].to_numpy() == pytest.approx([0.004] * 3)
    assert [f == "transparent" for f in ours["fill"]] == [True, False, False]


def test_what_lies_far_below_is_cut_off_and_the_legend_says_so():
    gain = gained({"personal": [0.001, 0.01, 0.02], "no pooling": [-0.2, -0.15, -0.1]})
    spec = gain_chart(gain).to_dict()
    scale = next(
        layer["encoding"]["y"]["scale"] for layer in spec["layer"] if "scale" in layer["encoding"]["y"]
    )
    assert -0.03 < scale["domain"][0] < -0.001
    assert scale["domain"][1] > 0.022
    drawn = vl_convert.vegalite_to_svg(spec)
    assert "no pooling (goes on below)" in drawn
    assert "personal (goes" not in drawn


def test_where_all_lose_as_much_nothing_is_cut_off():
    drawn = vl_convert.vegalite_to_svg(gain_chart(gained({"personal": [-0.2, -0.2, -0.2]})).to_dict())
    assert "goes on below" not in drawn


@pytest.mark.parametrize("name", ["'];alert(2);['", "\u202ex\x00</svg><script>\ufffe\uffff", "\ud800 <b>"])
def test_hostile_names_are_labels_and_no_expressions(few, name):
    few.labels.edit("m_words", name=name.encode("utf-8", "replace").decode())
    for chart in (subjectivity_chart(few), person_chart(few.person("person 01"))):
        drawn = vl_convert.vegalite_to_svg(chart.to_dict())
        assert "<script" not in drawn
        assert "\u202e" not in drawn


def test_kinds_keep_the_colours_that_they_have_in_a_study(people):
    spec = subjectivity_chart(people).to_dict()
    scales = [layer["encoding"].get("color", {}).get("scale") for layer in spec["layer"]]
    assert {"domain": ["measured", "discovered"], "range": [MEASURED, DISCOVERED]} in scales


def test_nothing_to_draw_is_an_error_that_says_so(people):
    for draw in (lambda: subjectivity_chart(people, 0), lambda: person_chart(people.everyone(), 0)):
        with pytest.raises(StudyError, match="top must be at least 1; found 0"):
            draw()
    with pytest.raises(StudyError, match="no gain to draw"):
        gain_chart(gained({"personal": [np.nan] * 3}))
