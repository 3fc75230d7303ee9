"""The report of a comparison, and how one looks in a notebook: what they say, and that no text becomes markup."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import whimsight as ws
from tests.unit.comparisons.shown import by_hand, judged, opposed
from tests.unit.studies.test_studies_report import HOSTILE, Page, state
from whimsight.comparisons import Comparison, compare
from whimsight.comparisons.display import agreeing, comparison_html
from whimsight.comparisons.report import comparison_report
from whimsight.errors import StudyError


@pytest.fixture(scope="module")
def made() -> Comparison:
    return opposed()


@pytest.fixture(scope="module")
def page(made: Comparison) -> str:
    return comparison_report(made)


def hostile(tmp_path: Path) -> Comparison:
    n = 240
    texts = [f"{i} {HOSTILE[i % len(HOSTILE)]}" for i in range(n)]
    one = by_hand(n, half=np.resize([HOSTILE[0], HOSTILE[1]], n), response_a=texts, prompt=texts[::-1])
    one.study.labels = ws.LabelStore(tmp_path / "work.labels", author="Ann Example")
    one.labels.edit("d00", name=HOSTILE[1])
    one.labels.edit("m_words", name=HOSTILE[0])
    return one


# -- what it says


def test_the_report_is_one_file_below_five_megabytes(made, tmp_path):
    path = made.report(tmp_path / "compare.html")
    assert path == tmp_path / "compare.html"
    assert 200_000 < path.stat().st_size < 5_000_000


def test_it_says_what_is_compared_what_contradicts_and_what_agrees(made, page):
    text = Page(page).text
    for said in ("first + second + tiny", "1,200", "In conflict", "People prefer more of", "In agreement"):
        assert said in text
    row = made.conflicts.iloc[0]
    assert f"in {row['for']} (+" in text
    assert f"less of it in {row['against']} (−" in text


def test_it_has_the_sections_that_it_links_to(page):
    parts = Page(page)
    places = {a["id"] for tag, a in parts.elements if tag == "section"}
    links = {str(a["href"]).split("~")[0] for tag, a in parts.elements if tag == "a"}
    features = {f"#{f['feature']}" for f in state(page)["snapshot"]["features"]}
    assert {f"#{p}" for p in places if p not in ("section-short",)} <= links
    assert links <= features | {f"#{p}" for p in places}


def test_the_counts_of_what_can_be_said_are_those_of_the_table(made, page):
    text = Page(page).text
    table = made.table["verdict"]
    for name in made.datasets:
        own = table.xs(name, level="dataset")
        counts = [int((own == v).sum()) for v in ("for", "against", "little", "unclear", "too few")]
        assert re.search(rf"{name} {' '.join(str(c) for c in counts)} \d", text)


def test_what_washes_out_in_equal_parts_is_listed(made, page):
    mixture = made.mixture()
    washed = mixture.index[mixture["washes_out"]]
    assert len(washed) >= 1
    section = page.split('id="section-mixed"')[1].split("</section>")[0]
    assert all(f'href="#{f}"' in section for f in washed[:12])


def test_prevalence_is_told_with_ratios_and_their_intervals(made, page):
    section = Page(page.split('id="section-measured"')[1].split("</section>")[0]).text
    assert re.search(r"× [\d.]+ \([\d.]+ to [\d.]+\)", section)
    assert "how many times that of first" in section


def test_judges_of_the_same_pairs_are_told_as_judges_and_measure_the_same():
    text = Page(comparison_report(judged())).text
    assert "What these judges prefer" in text
    assert "All voted on the same pairs" in text
    assert "What they measure" not in text
    assert "between the judges" in text


def test_slices_are_told_by_what_they_are_made_and_what_was_left_out_why():
    n = 400
    by = np.where(np.arange(n) // 4 % 2 == 0, "coding", "writing").astype(object)
    by[:12] = "rare"
    text = Page(comparison_report(by_hand(n, by="category", category=by))).text
    assert "What is preferred, by category" in text
    assert "Left out" in text
    assert "rare : 12 pairs, fewer than 30 decided votes" in text


def test_the_widget_opens_with_the_largest_conflict_in_equal_parts(made, page):
    opened = state(page)
    row = made.conflicts.iloc[0]
    assert opened["selected"] == row["feature"]
    assert opened["shown"] == [made.position(row["for"]), made.position(row["against"])]
    assert opened["weights"] == [1.0, 1.0, 1.0]
    assert opened["work"]["editable"] is False
    static = Path(ws.__file__).parent / "static"
    assert (static / "comparison.css").read_text(encoding="utf-8") in page


def test_names_of_people_show_and_rejected_features_do_not(tmp_path):
    one = opposed()
    one.study.labels = ws.LabelStore(tmp_path / "both.labels", author="Ann Example")
    feature = one.conflicts.iloc[0]["feature"]
    one.labels.edit(feature, name="talks to the reader", note="seen often")
    page = comparison_report(one)
    assert "‘ talks to the reader ’" in Page(page).text
    assert "Ann Example" not in page
    assert state(page)["labels"][feature]["name"] == "talks to the reader"
    one.labels.edit(feature, status="rejected")
    text = Page(comparison_report(one)).text
    assert "People prefer more of ‘ talks to the reader ’" not in text


def test_a_turned_feature_is_told_the_other_way_round(tmp_path):
    one = opposed()
    one.study.labels = ws.LabelStore(tmp_path / "both.labels")
    row = one.conflicts.iloc[0]
    one.labels.edit(row["feature"], name="the other end", turned=True)
    text = Page(comparison_report(one)).text
    assert re.search(
        rf"People prefer more of ‘ the other end ’ in {row['against']} \(\+.*less of it in {row['for']} \(−",
        text,
    )


# -- what it does not say


def test_no_text_becomes_markup_and_nothing_is_fetched(tmp_path):
    page = comparison_report(hostile(tmp_path))
    parts = Page(page)
    assert not [1 for _, a in parts.elements for name in a if name.startswith("on")]
    assert not [a for tag, a in parts.elements if tag in ("img", "iframe", "object", "embed", "link", "base")]
    assert page.count("<script") == page.count("</script") == 3
    urls = [v for _, a in parts.elements for k, v in a.items() if k in ("src", "href", "action")]
    assert all(str(u).startswith("#") for u in urls)
    assert "default-src &#x27;none&#x27;" in page
    page.encode("utf-8")


def test_no_author_no_path_no_time(tmp_path):
    one = hostile(tmp_path)
    one.study.path = tmp_path / "both.whim"
    page = comparison_report(one)
    for word in (
        str(tmp_path),
        str(Path.home()) + "/",
        "Ann Example",
        "work.labels",
        f'"{getpass.getuser()}"',
    ):
        assert word not in page
    assert not re.search(r"20\d\d-\d\d-\d\dT\d\d:\d\d", page)


def test_names_only_leaves_out_every_text(made, tmp_path):
    page = made.report(tmp_path / "names.html", names_only=True).read_text(encoding="utf-8")
    assert "first: question" not in page
    assert "first a 1" not in page
    assert "leaves out the texts" in Page(page).text
    assert state(page)["snapshot"]["texts"] == []


def test_the_same_comparison_gives_the_same_page(made, page):
    assert comparison_report(made) == page


def test_a_report_that_cannot_be_written_is_an_error_that_names_it(made, tmp_path):
    with pytest.raises(StudyError, match=r"Cannot write the report to 'x.html'"):
        made.report(tmp_path / "nowhere" / "x.html")


def test_a_comparison_without_labels_reports_what_is_measured():
    one = by_hand(240)
    frame = one.study.pairs.frame.copy()
    frame["preference"] = np.nan
    unlabelled = compare(_with_pairs(one, frame), by="half")
    text = Page(comparison_report(unlabelled)).text
    assert "there is nothing to compare" in text
    assert "What they measure" in text
    assert "nan" not in text.lower().split()


def _with_pairs(one: Comparison, frame: Any) -> Any:
    from tests.unit.studies.making import make_study
    from whimsight.pairs import Pairs

    return make_study(Pairs(frame, name="silent"), labels=False)


# -- in a notebook


def test_a_notebook_shows_the_datasets_and_the_conflicts(made):
    shown = Page(comparison_html(made)).text
    assert "first + second + tiny" in shown
    assert "People prefer more of" in shown
    assert "1,200" in shown
    assert made._repr_html_() == comparison_html(made)


def test_where_nothing_contradicts_it_shows_what_agrees(made):
    planted = opposed()
    alike = Comparison(
        planted.study, [planted.slices[0], planted.slices[0].__class__("again", *_half(planted))]
    )
    shown = Page(comparison_html(alike)).text
    assert "In agreement" in shown
    assert "In conflict" not in shown
    agreed = agreeing(alike)
    verdicts = alike.table["verdict"]
    assert agreed
    for feature in agreed:
        assert set(verdicts.xs(feature, level="feature")) in ({"for"}, {"against"})


def _half(one: Comparison) -> tuple[Any, Any]:
    rows = one.slices[0].rows[::2]
    return rows, one.study.pairs.preference[rows]


def test_hostile_names_are_text_in_a_notebook(tmp_path):
    shown = comparison_html(hostile(tmp_path))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "onerror" not in re.sub(r"&[a-z#0-9]+;[^<]*", "", shown)


def test_of_many_slices_the_mixture_tells_those_alone_that_say_something(made):
    first, second, tiny = made.slices
    halves = [_part(made, f"{part.name} {i}", part.rows[i::2]) for part in (first, second) for i in range(2)]
    many = Comparison(made.study, [*halves, tiny])
    page = comparison_report(many)
    section = Page(page.split('id="section-mixed"')[1].split("</section>")[0]).text
    washed = many.mixture().query("washes_out").index
    assert len(washed) >= 1
    assert "where it is associated" in section
    table = many.table.xs(washed[0], level="feature")
    for name, verdict in table["verdict"].items():
        assert (f"{name} " in section) or verdict not in ("for", "against")


def _part(one: Comparison, name: str, rows: Any) -> Any:
    return one.slices[0].__class__(name, rows, one.study.pairs.preference[rows])
