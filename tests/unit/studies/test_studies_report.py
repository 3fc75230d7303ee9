"""The report: one page that says what the study says, loads nothing, and lets no text become markup."""

from __future__ import annotations

import base64
import getpass
import hashlib
import io
import itertools
import json
import os
import re
import time
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.studies.making import make_pairs, make_study
from whimsight.errors import StudyError
from whimsight.studies._report.sections import findings, header
from whimsight.studies._report.words import finding, number, points, without_paths
from whimsight.studies._study import Study
from whimsight.studies.display import study_html
from whimsight.studies.page import sandboxed_iframe, widget_page
from whimsight.studies.report import ReportOf, name_in_report, report_html, report_of
from whimsight.studies.snapshot import labels_dict, snapshot

HOSTILE = [
    "</script><script>alert(1)</script>",
    '<img src=x onerror="alert(2)">',
    "\u202egnp.exe \u2066 turned",
    "nul \x00 bell \x07",
    "bell \x07 and \uffff",
    "<a href='https://example.org'>x</a> &lt; ]]> -->",
    "<style>*{display:none}</style>",
    "مرحبا <b>",
]


class Page(HTMLParser):
    """Collects the elements, attributes and visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._inside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._inside):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def state(page: str) -> dict[str, Any]:
    """What the page hands to the widget."""
    found = re.search(r'<script type="application/json" id="whimsight-state">(.*?)</script>', page, re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def places(page: str) -> set[str]:
    return {f"#{a['id']}" for tag, a in Page(page).elements if tag == "section"}


def hostile_study() -> Study:
    pairs = make_pairs(
        8,
        prompt=pd.Series(HOSTILE, dtype=object),
        response_a=pd.Series(HOSTILE[::-1], dtype=object),
        response_b=pd.Series([f"{t} again" for t in HOSTILE], dtype=object),
    )
    pairs.name = HOSTILE[0]
    pairs.report.source = HOSTILE[1]
    pairs.report.drop(HOSTILE[5], [1])
    return make_study(
        pairs, names={"d00": HOSTILE[0], "d01": HOSTILE[1], "m_words": HOSTILE[2], "d02": HOSTILE[3]}
    )


@pytest.fixture(scope="module")
def page(study: Study) -> str:
    return report_html(study)


# -- what it says ---------------------------------------------------------------------------------


def test_the_report_is_written_and_says_what_was_studied(study: Study, tmp_path: Path) -> None:
    path = study.report(tmp_path / "report.html")
    text = Page(path.read_text(encoding="utf-8")).text
    assert path == tmp_path / "report.html"
    for said in (
        "tiny votes",
        "40 votes",
        "20 distinct pairs",
        "10 prompts",
        "3 annotators",
        "1 without a label",
    ):
        assert said in text
    assert "Read from votes.csv: 43 rows as A/B." in text
    assert "identical responses (2), empty response (1)" in text


def test_one_of_each_is_counted_as_one() -> None:
    few = make_pairs(4)
    few.report.read = 1
    study = make_study(few)
    study.found.loc["m_bullets", "delta_win"] = 0.011
    text = Page(report_html(study)).text
    assert "2 distinct pairs 1 prompt 3 annotators" in text
    assert "Read from votes.csv: 1 row as A/B." in text
    assert finding(study, "m_bullets")[0] == "1 point more often"
    study.found = study.found.loc[["d00", "m_words"]]
    study.pair_codes = study.pair_codes[:, [0, 3]]
    study.found.loc["m_words", "significant"] = False
    assert "1 of 2 features is associated" in Page(str(findings(study))).text
    assert "4 rows · 2 distinct pairs · 1 prompt · 1 measured and 1 discovered feature" in study_html(study)
    assert repr(study).startswith("<Study 'tiny votes': 4 pairs, 1 measured and 1 discovered feature, 1 with")


def test_no_made_up_prompt_is_told_of_or_counted_where_data_has_none() -> None:
    bare = make_study(make_pairs(40, prompt=[f"(pair {i // 2})" for i in range(40)]))
    page = report_html(bare)
    assert "(pair" not in page
    assert "prompts" not in str(header(bare)).partition("<nav")[0]
    assert "20 distinct pairs · 2 measured" in study_html(bare)


def test_a_report_says_of_which_study_it_is_and_other_files_do_not(study: Study, tmp_path: Path) -> None:
    path = study.report(tmp_path / "report.html")
    assert report_of(path) == ReportOf("tiny votes", study.pairs_fingerprint)
    odd = make_study()
    odd.pairs.name = "/srv/votes/<b> & \x07 it's"
    assert report_of(odd.report(path)) == ReportOf(name_in_report(odd.name), odd.pairs_fingerprint)
    path.write_text(widget_page(snapshot(study), {}, title="tiny votes · Whimsight"), encoding="utf-8")
    assert report_of(path) is None
    path.write_bytes(b"\xff\x00 not a page")
    assert report_of(path) is None
    assert report_of(tmp_path / "nix.html") is None


def test_a_finding_names_direction_interval_and_what_it_is_adjusted_for(study: Study) -> None:
    assert finding(study, "m_bullets") == (
        "9 points more often",
        "the response that uses more bullet points",
        "5 to 13",
    )
    assert finding(study, "m_words") == (
        "20 points more often",
        "the response that is longer",
        "18 to 22, not adjusted",
    )
    assert finding(study, "d00")[0] == "12 points less often"
    assert finding(study, "d00")[2] == "9 to 15; stability 0.90"
    assert "unnamed feature d02" in finding(study, "d02")[1]


def test_no_sentence_claims_a_cause(page: str) -> None:
    text = Page(page).text.casefold()
    assert "associated with the choice" in text
    assert not re.search(r"\b(causes|caused|because of|leads to|makes people)\b", text)


def test_every_feature_is_in_the_widget_with_examples_and_findings_link_to_it(
    page: str, study: Study
) -> None:
    snapshot = state(page)["snapshot"]
    assert [f["feature"] for f in snapshot["features"]] == list(study.features.index)
    assert all(snapshot["examples"][f] for f in study.features.index)
    links = {a["href"] for tag, a in Page(page).elements if tag == "a"}
    assert (
        {"#m_words", "#d00", "#m_bullets"} < links <= {f"#{f}" for f in study.features.index} | places(page)
    )


def test_links_lead_to_every_section_below_the_first(page: str) -> None:
    links = {str(a["href"]) for tag, a in Page(page).elements if tag == "a"}
    assert len(places(page)) == 7
    assert places(page) - links == {"#section-short"}


def test_the_widget_is_read_only_and_opens_with_the_clearest_feature(page: str) -> None:
    shown = state(page)
    assert shown["work"] == {
        "can_undo": False,
        "can_redo": False,
        "store": "",
        "author": "",
        "editable": False,
    }
    assert shown["selected"] == "m_words"


def test_one_heading_names_the_page_and_one_landmark_holds_it(page: str) -> None:
    elements = [tag for tag, _ in Page(page).elements]
    assert elements.count("h1") == elements.count("main") == elements.count("title") == 1
    assert ("html", {"lang": "en"}) in Page(page).elements
    levels = [int(tag[1]) for tag in elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_without_scripts_the_page_says_what_is_missing(page: str) -> None:
    noscript = re.search(r"<noscript>(.*?)</noscript>", page)
    assert noscript
    assert "open this file in a browser that may run scripts" in noscript[1]


def test_a_study_without_labels_shows_prevalence_and_no_effects() -> None:
    text = Page(report_html(make_study(labels=False))).text
    assert "no labels" in text
    assert "In what the responses differ" in text
    assert "90\u00a0% of pairs one response uses more bullet points (85 to 95)" in text.replace(
        " %", "\u00a0%"
    )
    assert "nan" not in text.casefold().split()


def test_a_study_without_drafts_or_significant_features_is_reported() -> None:
    study = make_study()
    study.drafts = pd.DataFrame()
    study.found["significant"] = pd.array([False] * 5, dtype="boolean")
    assert "None of 5 features is associated" in Page(report_html(study)).text


def test_what_people_made_of_the_features_is_in_the_report_without_who_and_when() -> None:
    study = make_study()
    study.labels = ":memory:"
    who = {"author": "ann the analyst"}
    study.labels.edit("d00", name="early apology", note="not an excuse", tags=["tone"], **who)
    study.labels.edit("m_bullets", turned=True, **who)
    study.labels.edit("m_words", status="rejected", **who)
    page = report_html(study)
    text = Page(page).text
    assert "12 points less often the response that has more of “early apology” (9 to 15" in text
    assert "9 points less often the response that has less of “bullet points” (5 to 13)" in text
    assert "3 of 5 features are associated" in text
    assert "Not listed: 1 that the analysts rejected." in text
    assert "is longer" not in text
    labels = state(page)["labels"]
    assert labels["d00"]["name"] == "early apology"
    assert labels["d00"]["note"] == "not an excuse"
    assert labels["d00"]["tags"] == ["tone"]
    assert labels["m_bullets"]["turned"] is True
    assert labels["m_words"]["status"] == "rejected"
    assert not [key for label in labels.values() for key in ("author", "time") if key in label]
    assert "ann the analyst" not in page
    edited = study.labels.labels["time"]
    assert not [time for time in edited if str(time)[:16] in page]


def test_position_is_told_with_its_interval_and_what_is_held_equal() -> None:
    study = make_study()
    assert "shown as A" not in Page(report_html(study)).text
    study.facts["position_bias"] = {"share": 0.53, "low": 0.51, "high": 0.55, "p": 0.01}
    text = Page(report_html(study)).text.replace("\u00a0", " ")
    assert (
        "The response shown as A was preferred in 53 % of decided votes at equal length (51 to 55)." in text
    )


# -- what it keeps to itself ----------------------------------------------------------------------


def test_the_page_loads_nothing_and_runs_only_its_own_script(page: str) -> None:
    elements = Page(page).elements
    policy = next(
        a["content"] or "" for tag, a in elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    script = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}' blob:;" in policy
    assert "unsafe-eval" not in policy
    kinds = [a.get("type") for tag, a in elements if tag == "script"]
    assert sorted(filter(None, kinds)) == ["application/json", "application/json", "module"]
    assert not [
        tag for tag, _ in elements if tag in ("link", "iframe", "object", "embed", "base", "image", "img")
    ]
    for tag, attributes in elements:
        for name in ("src", "href", "xlink:href", "action", "srcset", "data"):
            assert attributes.get(name, "#").startswith("#"), (tag, name)
        assert not [name for name in attributes if name.startswith("on")]
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    assert "url(" not in style
    assert "@import" not in style
    rest = re.sub(r'xmlns(:xlink)?="[^"]*"|<script .*?</script>', "", page, flags=re.DOTALL)
    assert "http:" not in rest
    assert "https:" not in rest


def test_hostile_texts_and_names_stay_text() -> None:
    page = report_html(hostile_study())
    parsed = Page(page)
    known = {tag for tag, _ in Page(report_html(make_study())).elements}
    assert {tag for tag, _ in parsed.elements} <= known
    assert page.count("<script") == page.count("</script") == 3
    assert page.count("<style") == 2
    assert not [a for _, a in parsed.elements if any(name.startswith("on") for name in a)]
    assert "alert(1)" in parsed.text
    texts = {text["text"] for text in state(page)["snapshot"]["texts"]}
    assert set(HOSTILE) <= texts
    assert "\x00" not in page
    page.encode("utf-8")


def test_drawings_hold_no_characters_that_turn_the_text_around_them() -> None:
    drawings = re.findall(r"<svg.*?</svg>", report_html(hostile_study()), re.DOTALL)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", "".join(drawings))


def test_names_only_leaves_out_every_text_of_the_dataset(study: Study) -> None:
    secret = "the tortoise signed at dawn"
    pairs = make_pairs(8, prompt=[secret] * 8, response_a=[f"{secret} A{i}" for i in range(8)])
    hidden = make_study(pairs)
    hidden.drafts["note"] = secret
    assert secret in report_html(hidden)
    page = report_html(hidden, names_only=True)
    assert secret not in page
    assert "apologises before answering" in page
    assert "leaves out the texts of the dataset" in Page(page).text


def test_nothing_secret_or_local_is_in_what_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "OPENAI_API_KEY": "sk-proj-Zx81vanilla",
        "WHIMSIGHT_AUTHOR": "Ottilie Quandt",
        "USER": "oquandt77",
        "LOGNAME": "oquandt77",
        "HOSTNAME": "station-q7.lab",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "acquisition of Borealis" / "token-8812f"
    folder.mkdir(parents=True)
    source = ws.load("creative-writing")
    frame = source.take(source.prompt_codes < 20).frame
    frame[["prompt", "response_a", "response_b", "preference", "annotator"]].to_json(
        folder / "votes.jsonl", orient="records", lines=True
    )
    study = ws.study(ws.read(folder / "votes.jsonl"), embedder=letters, n_features=4, k=2, names=False)
    study.save(folder / "votes.whim")
    study = ws.open(folder / "votes.whim")
    study.labels.edit("m_words", name="how much is said", note="seen twice")
    study.save(folder / "votes.whim")
    study.report(folder / "report.html")
    assert study.labels.labels.loc["m_words", "author"] == "Ottilie Quandt"
    page = widget_page(snapshot(study), labels_dict(study), title=study.name)
    handed_on = {
        "report": (folder / "report.html").read_bytes(),
        "names": report_html(study, names_only=True).encode(),
        "page": page.encode(),
        "frame": sandboxed_iframe(page, title=study.name, height=500).encode(),
        "study": b"".join(unpacked(folder / "votes.whim")),
    }
    assert all(b"how much is said" in handed_on[kind] for kind in ("report", "names", "page", "frame"))
    places = (str(tmp_path), "Borealis", "token-8812f", str(Path.cwd()), f"{Path.home()}/")
    for kind, content in handed_on.items():
        for said in (*secrets.values(), *places, *(v for v in [getpass.getuser()] if len(v) > 4)):
            assert said.encode() not in content, (kind, said)


def unpacked(path: Path) -> list[bytes]:
    """The file as it is, and every member of it without compression."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    tables = [
        pd.read_parquet(io.BytesIO(content)).to_csv().encode()
        for name, content in members.items()
        if name.endswith(".parquet")
    ]
    return [path.read_bytes(), *(name.encode() for name in members), *members.values(), *tables]


def letters(texts: list[str]) -> np.ndarray:
    """An embedder small enough for a test: how often each of 26 letters stands in a text."""
    return np.array([[text.lower().count(chr(97 + i)) for i in range(26)] for text in texts], dtype=float)


def test_nothing_local_is_in_the_report() -> None:
    study = make_study()
    study.pairs.report.source = "/home/ann/secret place/votes.csv"
    study.facts["model"] = "/srv/models/ann/e5-small"
    study.facts["cache"] = {"where": "C:\\Users\\ann\\cache\\e5"}
    page = report_html(study)
    assert "e5-small" in page
    for local in (
        "/home/",
        "/srv/",
        "Users",
        str(Path.cwd()),
        str(Path.home()) + "/",
        os.environ.get("HOSTNAME"),
    ):
        assert not local or local not in page
    if len(getpass.getuser()) > 4:
        assert getpass.getuser() not in page


def test_huge_texts_are_cut_and_the_page_stays_below_5_mb() -> None:
    pairs = make_pairs(400, response_a=[f'"{i}' + '"<' * 100_000 for i in range(400)])
    page = report_html(make_study(pairs))
    assert len(page.encode()) < 5_000_000
    texts = state(page)["snapshot"]["texts"]
    assert max(text["length"] for text in texts) > 200_000
    assert max(len(text["text"]) for text in texts) <= 8_000


# -- writing --------------------------------------------------------------------------------------


def test_the_same_study_gives_the_same_report(study: Study) -> None:
    assert report_html(study) == report_html(make_study())


def test_a_report_that_cannot_be_written_says_what_to_do(study: Study, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="Make it first"):
        study.report(tmp_path / "nowhere" / "report.html")


# -- words ----------------------------------------------------------------------------------------


def test_numbers_have_a_real_minus_and_no_negative_zero() -> None:
    assert number(-1234.5, 1) == "−1,234.5"
    assert number(-0.001) == "0.00"
    assert points(-0.125, 1, sign=True) == "−12.5"
    assert points(float("nan")) == "–"


def test_paths_shorten_and_other_slashes_stay() -> None:
    assert without_paths("/a/b/model.bin and C:\\x\\y\\z.txt") == "model.bin and z.txt"
    assert (
        without_paths("No such file: '/home/ann smith/my votes/x y.labels'") == "No such file: 'x y.labels'"
    )
    assert without_paths(str(OSError(2, "Gone", "C:\\Users\\Ann Smith\\x"))) == "[Errno 2] Gone: 'x'"
    assert without_paths("A/B") == "A/B"
    assert without_paths("chosen/rejected messages") == "chosen/rejected messages"
    assert without_paths("sentence-transformers/all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2"


def test_a_text_of_nothing_but_slashes_is_searched_for_paths_at_once() -> None:
    begin = time.process_time()
    assert without_paths("/" * 30_000) == "/" * 30_000
    assert time.process_time() - begin < 0.5


# -- in a notebook --------------------------------------------------------------------------------


def test_a_notebook_shows_facts_and_the_clearest_features_first(study: Study) -> None:
    text = Page(study_html(study)).text
    assert "tiny votes · 40 rows · 20 distinct pairs · 10 prompts" in text
    assert "2 measured and 3 discovered features" in text
    assert text.index("words m_words") < text.index("apologises before answering d00") < text.index("d02 d02")
    assert study_html(study) == study._repr_html_()


def test_a_notebook_shows_hostile_names_as_text_in_the_theme_of_the_page() -> None:
    shown = study_html(hostile_study())
    assert {tag for tag, _ in Page(shown).elements} == {
        tag for tag, _ in Page(study_html(make_study())).elements
    }
    assert "var(--jp-content-font-color1" in shown
    assert "<script" not in shown


def test_a_notebook_shows_prevalence_without_labels() -> None:
    text = Page(study_html(make_study(labels=False))).text
    assert "No labels" in text
    assert "delta-win" not in text


def test_a_study_of_which_nothing_is_known_is_still_shown() -> None:
    study = make_study(labels=False)
    study.found["prevalence"] = np.nan
    assert "tiny votes" in study_html(study)
    assert "tiny votes" in report_html(study)
