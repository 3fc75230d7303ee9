"""Charts draw the numbers of the tables, and their labels are text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import vl_convert

from tests.unit.studies.making import make_study
from whimsight.errors import StudyError
from whimsight.studies._study import Study
from whimsight.studies.charts import features_chart, prediction_chart, telling


def rows_of(chart: Any, column: str) -> list[dict[str, Any]]:
    spec = chart.to_dict()
    return next(rows for rows in spec["datasets"].values() if column in rows[0])


def test_the_features_chart_shows_delta_win_in_points_largest_first(study: Study) -> None:
    rows = rows_of(features_chart(study), "middle")
    assert [r["feature"] for r in rows] == ["m_words", "m_bullets", "d01", "d02", "d00"]
    assert [r["middle"] for r in rows] == pytest.approx([20, 9, 6, 1, -12])
    assert (rows[0]["low"], rows[0]["high"]) == pytest.approx((18, 22))


def test_marks_are_filled_where_the_effect_is_significant(study: Study) -> None:
    filled = {r["feature"]: r["fill"] != "transparent" for r in rows_of(features_chart(study), "middle")}
    assert filled == {"m_words": True, "m_bullets": True, "d01": False, "d02": False, "d00": True}


def test_top_keeps_the_features_whose_interval_is_farthest_from_zero(study: Study) -> None:
    order = telling(study.features).sort_values(ascending=False)
    assert order.index.tolist() == ["m_words", "d00", "m_bullets", "d01", "d02"]
    assert order.tolist() == pytest.approx([0.18, 0.09, 0.05, 0.01, -1.03])  # the last one's q is above .05
    assert {r["feature"] for r in rows_of(features_chart(study, top=2), "middle")} == {"m_words", "d00"}


def test_what_may_be_chance_among_so_many_comes_last_however_large(study: Study) -> None:
    table = study.features.assign(q=[1.0, *[0.01] * (len(study.features) - 1)])
    assert telling(table).sort_values(ascending=False).index[-1] == table.index[0]


def test_kind_is_told_by_shape_as_well_as_by_colour(study: Study) -> None:
    spec = json.dumps(features_chart(study).to_dict())
    assert '"range": ["circle", "diamond"]' in spec


def test_without_labels_the_chart_shows_prevalence() -> None:
    rows = rows_of(features_chart(make_study(labels=False)), "middle")
    assert [r["middle"] for r in rows] == pytest.approx([90, 70, 50, 30, 10])


def test_the_prediction_chart_shows_auc_with_intervals(study: Study) -> None:
    rows = rows_of(prediction_chart(study), "auc")
    assert [r["using"] for r in rows][:2] == ["length alone", "measured features"]
    assert [r["auc"] for r in rows] == pytest.approx(study.prediction["auc"].tolist())
    assert rows[0]["low"] == pytest.approx(0.59)


def test_charts_that_cannot_be_drawn_say_why(study: Study) -> None:
    with pytest.raises(StudyError, match="no labels"):
        prediction_chart(make_study(labels=False))
    with pytest.raises(StudyError, match="at least 1"):
        features_chart(study, top=0)


@pytest.mark.parametrize(
    "name",
    [
        "</text><script>x</script>",
        'it\'s "quoted" \\u0041 {a}',
        "\u202eback\x00",
        "日本語 🙂",
        "'+alert(1)+'",
    ],
)
def test_a_name_is_drawn_as_it_is_written(name: str) -> None:
    chart = features_chart(make_study(names={"d01": name}))
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    assert "<script" not in svg
    assert "\u202e" not in svg
    visible = name.replace("\u202e", "").replace("\x00", "").replace("&", "&amp;")
    assert f">{visible.replace('<', '&lt;').replace('>', '&gt;')}<" in svg


def test_two_features_of_one_name_keep_two_rows() -> None:
    study = make_study(names={"d00": "same", "d01": "same"})
    svg = vl_convert.vegalite_to_svg(features_chart(study).to_dict())
    assert svg.count(">same<") == 2


def test_missing_effects_are_left_out() -> None:
    study = make_study()
    study.features.loc["d02", ["delta_win", "delta_win_low", "delta_win_high"]] = np.nan
    assert "d02" not in {r["feature"] for r in rows_of(features_chart(study), "middle")}


def test_a_chart_shows_itself_without_scripts_or_network(study):
    for what in ("features", "prediction"):
        shown = study.chart(what)._repr_mimebundle_()
        assert set(shown) == {"image/svg+xml", "text/plain"}
        assert shown["image/svg+xml"].startswith("<svg")
        assert "<script" not in shown["image/svg+xml"]
    with pytest.raises(StudyError, match="'features', 'prediction'"):
        study.chart("effects")


def test_a_name_that_no_xml_can_hold_does_not_end_python() -> None:
    hostile = make_study(names={"d00": "before\ufffeafter\uffff"})
    assert "before after" in vl_convert.vegalite_to_svg(features_chart(hostile).to_dict())
