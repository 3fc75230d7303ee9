"""A page with the living widget: data as JSON only, bounded, and a frame that reaches nothing around it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from whimsight.errors import StudyError
from whimsight.studies import page as module
from whimsight.studies.page import bounded, json_text, sandboxed_iframe, widget_page

HOSTILE = (
    "</script><script>window.__pwned=1</script>",
    "<!--<script>",
    "]]> --> <img src=x onerror=alert(1)>",
    "line\u2028and\u2029paragraph",
    "half \ud83d of a pair",
    "nul \x00 and 🙂 and مرحبا",
)


def make_snapshot(features: int = 4, examples: int = 20, characters: int = 2_000) -> dict[str, Any]:
    texts = [{"text": f"{i} " + "x" * characters, "length": 200_000} for i in range(3 * features * examples)]
    shown = iter(range(len(texts)))
    return {
        "schema": 1,
        "study": {"name": "votes"},
        "features": [{"feature": f"d{j:02d}", "name": f"feature {j}"} for j in range(features)],
        "examples": {
            f"d{j:02d}": [
                {"row": i, "prompt": next(shown), "more": next(shown), "less": next(shown), "code": 1.0}
                for i in range(examples)
            ]
            for j in range(features)
        },
        "texts": texts,
    }


def data(page: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_hostile_texts_come_back_from_the_page_as_they_were() -> None:
    picture = make_snapshot(1, 2, 10)
    picture["texts"] = [{"text": text, "length": len(text)} for text in HOSTILE]
    labels = {"d00": {"name": HOSTILE[0], "note": HOSTILE[1], "tags": [HOSTILE[2]]}}
    page = widget_page(picture, labels, title=HOSTILE[0])
    state = data(page, "whimsight-state")
    assert [text["text"] for text in state["snapshot"]["texts"]] == list(HOSTILE)
    assert state["labels"] == labels
    assert page.count("<script") == page.count("</script") == 3
    assert "<!--" not in page
    assert "\u2028" not in page
    assert "__pwned=1</script>" not in page
    page.encode("utf-8")


def test_the_module_in_the_page_is_the_built_one() -> None:
    page = widget_page(make_snapshot(1, 1, 1), {}, title="votes")
    built = Path(module.__file__).parents[1] / "static"
    assert data(page, "whimsight-module") == (built / "labeler.js").read_text(encoding="utf-8")
    assert (built / "labeler.css").read_text(encoding="utf-8") in page
    assert (built / "host.js").read_text(encoding="utf-8") in page


def test_what_people_made_of_features_is_shown_without_who_and_when() -> None:
    label = {"name": "lists", "status": "verified", "note": "clear", "tags": ["form"], "turned": True}
    who = {"author": "ann the analyst", "time": "2031-05-06T07:08:09Z"}
    page = widget_page(
        make_snapshot(1, 1, 1), {"d00": label | who, "d99": {"name": "of no feature"}}, title="v"
    )
    assert data(page, "whimsight-state")["labels"] == {"d00": label}
    assert "ann the analyst" not in page
    assert "2031-05" not in page


def test_the_page_opens_with_the_feature_asked_for_or_the_first() -> None:
    picture = make_snapshot(4, 1, 1)
    for asked, opened in (("d02", "d02"), (None, "d00"), ("gone", "d00")):
        page = widget_page(picture, {}, title="v", selected=asked)
        assert data(page, "whimsight-state")["selected"] == opened


def test_a_page_has_one_heading_a_landmark_a_language_and_a_title() -> None:
    page = widget_page(make_snapshot(1, 1, 1), {}, title="Votes & <more>")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "<title>Votes &amp; &lt;more&gt;</title>" in page
    assert len(re.findall("<h1", page)) == len(re.findall("<main", page)) == 1


@pytest.mark.parametrize("most", [600_000, 200_000, 60_000])
def test_a_page_that_must_be_small_has_shorter_texts_and_then_fewer_examples(most: int) -> None:
    frame = len(widget_page(make_snapshot(4, 0), {}, title="v").encode())
    page = widget_page(make_snapshot(), {}, title="v", max_bytes=frame + most)
    assert frame + most / 3 < len(page.encode()) <= frame + most
    snapshot = data(page, "whimsight-state")["snapshot"]
    kept = [len(several) for several in snapshot["examples"].values()]
    assert len(set(kept)) == 1
    assert kept[0] == 20 or most < 200_000
    assert all(text["length"] == 200_000 for text in snapshot["texts"])
    for several in snapshot["examples"].values():
        for row, example in enumerate(several):
            assert example["row"] == row
            assert snapshot["texts"][example["less"]]["text"].split()[0] == str(
                int(snapshot["texts"][example["prompt"]]["text"].split()[0]) + 2
            )
    assert page == widget_page(make_snapshot(), {}, title="v", max_bytes=frame + most)


def test_what_must_be_escaped_counts() -> None:
    picture = make_snapshot(12, 20, 3_000)
    picture["texts"] = [{"text": "<" * 3_000, "length": 3_000} for _ in picture["texts"]]
    fits = bounded(picture, 1_075_000)
    assert fits
    assert len(json_text(fits).encode()) <= 1_075_000
    assert all(several for several in fits["examples"].values())
    assert bounded(fits, 1_075_000) is fits
    assert bounded(picture, 100) is None


def test_a_page_that_cannot_be_so_small_says_how_large_it_must_be() -> None:
    with pytest.raises(StudyError, match=r"give it at least ([\d,]+)") as caught:
        widget_page(make_snapshot(), {}, title="v", max_bytes=1_000)
    least = int(re.findall(r"at least ([\d,]+)", str(caught.value))[0].replace(",", ""))
    assert len(widget_page(make_snapshot(), {}, title="v", max_bytes=least).encode()) <= least


def test_without_the_built_front_end_the_error_says_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    with pytest.raises(StudyError, match=r"labeler\.js is missing.*npm run build"):
        widget_page(make_snapshot(1, 1, 1), {}, title="v")


def test_a_frame_holds_the_page_unharmed_and_may_run_its_script_and_hand_out_files_and_nothing_else() -> None:
    page = widget_page(make_snapshot(1, 1, 1), {"d00": {"name": 'it\'s "so" & <b>'}}, title="it's")
    found: list[dict[str, str | None]] = []

    class Frames(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag == "iframe"
            found.append(dict(attrs))

    Frames().feed(sandboxed_iframe(page, title='it\'s "Votes" & <i>', height=640))
    assert len(found) == 1
    assert found[0]["srcdoc"] == page
    assert set((found[0]["sandbox"] or "").split()) == {"allow-scripts", "allow-downloads"}
    assert found[0]["title"] == 'it\'s "Votes" & <i>'
    assert "height:640px" in (found[0]["style"] or "")
    assert not {"src", "allow", "name"} & set(found[0])


def test_json_holds_no_number_that_browsers_cannot_read() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"code": float("nan")})
