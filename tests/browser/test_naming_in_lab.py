"""Asking a model for names in a real JupyterLab: the price first, suggestions while it runs, a stop, a name taken."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, Server, write_notebook
from tests.browser.watching import only_local_requests
from tests.unit.endpoints.fake_faults import rate_limited
from tests.unit.endpoints.fake_server import FakeServer, schema_fields
from tests.unit.widgets.planted import planted_study, scripted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

KEY = "sk-planted-0123456789abcdef"
CELLS = (
    "import whimsight as ws\nstudy = ws.open('planted.whim')",
    "model = ws.language_model('tiny', base_url='{url}', price=(1.0, 2.0))\n"
    "labeler = ws.FeatureLabeler(study, author='Ada', model=model)\nlabeler",
    "print(study.labels.labels['name'].to_dict(), len(study.suggestions))",
)
WIDGET, LABELS = 1, 2
DRAFTS = [
    f"says “in other words, as it was put {times}”, with many lines" for times in ("once", "twice", "thrice")
]


class Model:
    """Proposes names at once; judges when it is let."""

    def __init__(self) -> None:
        self._answer = scripted()
        self.judges = threading.Event()

    def __call__(self, payload: dict[str, Any]) -> dict[str, str]:
        if "name" not in schema_fields(payload):
            self.judges.wait(60)
        return self._answer(payload)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
def endpoint(model: Model) -> Iterator[FakeServer]:
    with FakeServer(model, key=KEY) as running:
        yield running
        model.judges.set()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeServer) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("lab")
    study = planted_study(prompts=40)
    drafts = [(name, 0.9, end) for name in DRAFTS for end in (1, -1)]
    study.drafts = pd.DataFrame({"candidates": {"d01": drafts}})
    study.save(folder / "planted.whim")
    cells = (cell.replace("{url}", endpoint.base_url) for cell in CELLS)
    write_notebook(folder / "name.ipynb", *cells)
    env = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": endpoint.base_url,  # or the key would not be sent there
        "WHIMSIGHT_CACHE": str(folder / "cache"),
        "WHIMSIGHT_DATA": str(folder / "data"),
    }
    with Server.jupyter(folder, "lab", env=env) as server:
        yield server


def widget(lab: Lab) -> Locator:
    return lab.output(WIDGET).get_by_role("region", name="Feature labeler")


def test_names_are_asked_for_at_a_price_stopped_asked_again_and_one_is_taken(
    page: Page, server: Server, endpoint: FakeServer, model: Model
) -> None:
    frames: list[str] = []
    page.on("websocket", lambda socket: [
        socket.on(way, lambda frame: frames.append(frame if isinstance(frame, str) else frame.decode("latin-1")))
        for way in ("framereceived", "framesent")
    ])  # fmt: skip
    with only_local_requests(page, server.url):
        lab = Lab(page, server, "name.ipynb")
        lab.run_all()
        labeler = widget(lab)
        labeler.get_by_role("searchbox").fill("d00")
        page.keyboard.press("Enter")

        # The price, and nothing sent.
        opener = labeler.get_by_role("button", name="Suggest names…")
        opener.click()
        panel = labeler.get_by_role("region", name="Suggest names")
        ask = panel.get_by_role("button", name=re.compile("Ask for"))
        expect(ask).to_be_enabled()
        expect(panel).to_contain_text(f"Texts of this dataset are sent to 127.0.0.1:{endpoint.server_port}.")
        expect(panel.get_by_role("definition").first).to_have_text(re.compile(r"about \d+, at most \d+"))
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        expect(opener).to_be_focused()
        assert (endpoint.calls, endpoint.models_asked) == (0, 0)

        # Proposals come to the open feature while the model has not judged a single pair.
        opener.press("Enter")
        ask.click()
        chip = labeler.get_by_role("group", name="Suggested names").get_by_role("button", name="sums it up")
        expect(chip).to_be_visible()
        expect(panel.get_by_role("button", name="Stop")).to_be_focused()
        expect(labeler.get_by_role("button", name="Suggesting 0 of 2")).to_be_visible()

        # The kernel answers meanwhile, cells run, and a name is taken.
        lab.run_cell(LABELS)
        expect(lab.output(LABELS)).to_contain_text("{}")
        chip.click()
        expect(labeler.get_by_text("1 of 50 done")).to_be_visible()
        lab.run_cell(LABELS)
        expect(lab.output(LABELS)).to_contain_text("'d00': 'sums it up'")

        # Restarted meanwhile, the kernel knows of no run: nothing goes on turning as if one went on.
        lab.restart()
        expect(labeler.get_by_role("button", name="Suggesting: not known")).to_be_visible(timeout=20_000)
        expect(panel).to_contain_text("The kernel does not answer")

        # A kernel that restarts meanwhile does not wait for the model; what it answered is not paid for twice.
        lab.restart_and_run_all()
        opener.click()
        expect(panel.get_by_role("definition").first).to_contain_text("already paid for")
        ask.click()
        stop = panel.get_by_role("button", name="Stop")
        stop.click()
        expect(panel).to_contain_text("stopping")
        expect(stop).to_be_focused()
        model.judges.set()
        expect(panel).to_contain_text("Stopped.")
        paid = endpoint.calls

        # What was paid for is not asked again; the rest comes, with its fidelity.
        panel.get_by_role("button", name="Go on…").click()
        panel.get_by_role("radio", name=re.compile("all discovered")).check()
        expect(ask).to_be_enabled()
        assert endpoint.calls == paid
        model.judges.clear()
        endpoint.faults = lambda n, payload: rate_limited(3) if n == paid else None
        ask.click()

        # The endpoint asks to wait: that is said, with how long, until it answers again.
        waits = panel.get_by_text("The endpoint asks to wait: rate limit,")
        expect(waits).to_contain_text(re.compile(r"next try in \d s\."))
        expect(waits).to_contain_text("trying again.")

        # It ends while the panel is closed, and is told until somebody looks.
        expect(panel.get_by_role("button", name="Stop")).to_be_focused()
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        model.judges.set()
        labeler.get_by_role("button", name="Suggestions: 2").click()
        expect(panel).to_contain_text("2 named well.")
        expect(opener).to_be_visible()
        asked = [json.dumps(one.payload, sort_keys=True) for one in endpoint.requests]
        assert len(asked) - len(set(asked)) <= 9  # on their way when the kernel went, and one that waited
        labeler.get_by_role("searchbox").fill("d01")
        page.keyboard.press("Enter")
        kept = labeler.get_by_role("group", name="Suggested names").get_by_role(
            "button", name="gives an example"
        )
        expect(kept).to_contain_text(re.compile(r"tiny 0\.\d\d \(0\.\d\d to 0\.\d\d\)"))

        # It stands before drafts that fit as well; what two lines do not hold waits behind a button.
        chips = labeler.get_by_role("group", name="Suggested names")
        more = chips.get_by_role("button", name=re.compile(r"^\+\d more$"))
        hidden = chips.locator(".lb-chip").last
        expect(hidden).to_have_js_property("inert", value=True)
        more.press("Enter")
        fewer = chips.get_by_role("button", name="Fewer", expanded=True)
        expect(fewer).to_be_focused()
        expect(hidden).to_have_js_property("inert", value=False)
        hidden.click(trial=True)  # nothing covers it
        fewer.press("Enter")
        expect(more).to_be_focused()
        page.keyboard.press("Tab")
        expect(kept).to_be_focused()
        lab.save()

    assert all(one.headers["authorization"] == f"Bearer {KEY}" for one in endpoint.requests)
    saved = (server.folder / "name.ipynb").read_text()
    assert "labeler" in saved
    outputs = json.dumps([cell.get("outputs") for cell in json.loads(saved)["cells"]])
    assert f"127.0.0.1:{endpoint.server_port}" not in outputs
    for text in (saved, *frames):
        assert KEY not in text
    assert any("naming_start" in frame for frame in frames)
    for path in server.folder.rglob("*"):
        if path.is_file() and ".jupyter" not in path.parts:
            assert KEY.encode() not in path.read_bytes(), path
