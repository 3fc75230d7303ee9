"""``whimsight name`` as a person and as a script would use it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import whimsight as ws
from tests.unit.endpoints.fake_faults import hangs
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.language.tiny_models import parrot
from tests.unit.naming.apologies import planted_study
from tests.unit.naming.scripted import formula_model
from whimsight.cli import app

KEY = "sk-planted-0123456789"
Run = Callable[..., Result]


@pytest.fixture
def whim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHIMSIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return planted_study().save(tmp_path / "planted.whim")


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(answer=functools.partial(formula_model, wrong=0.1), key=KEY) as running:
        yield running


@pytest.fixture
def run(server: FakeServer, whim: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)  # or the key would not be sent there
    given = ["name", str(whim), "--model", "tiny", "--base-url", server.base_url, "--feature", "d00", "-q"]
    return lambda *more: CliRunner().invoke(app, [*given, *more])


def test_a_dry_run_tells_the_price_shows_a_request_and_sends_nothing(run: Run, server: FakeServer) -> None:
    done = run("--dry-run", "--price", "0.15,0.60")
    assert done.exit_code == 0, done.output
    assert "calls    about" in done.output
    assert "RESPONSE WITH MORE" in done.output
    assert server.calls == 0


def test_a_script_must_say_yes_before_texts_leave(run: Run, server: FakeServer) -> None:
    done = run()
    assert done.exit_code == 2
    assert "--yes" in done.output
    assert server.calls == 0


def test_names_land_in_the_file_and_are_accepted_where_asked(run: Run, whim: Path) -> None:
    done = run("--yes", "--accept")
    assert done.exit_code == 0, done.output
    assert "1 of 1 feature has a name that fits" in done.output
    study = ws.open(whim)
    assert study.suggestions["winner"].sum() == 1
    assert study.features["name"]["d00"] == "apologies"
    assert KEY.encode() not in whim.read_bytes()
    assert KEY not in done.output


def test_a_budget_ends_it_and_the_same_command_goes_on(run: Run, server: FakeServer, whim: Path) -> None:
    done = run("--yes", "--calls", "30")
    assert done.exit_code == 0, done.output
    assert "unfinished" in done.output
    assert server.calls == 30
    assert run("--yes").exit_code == 0
    assert ws.open(whim).suggestions["kept"].any()


def test_a_bad_key_is_one_line_and_exit_code_6(
    run: Run, monkeypatch: pytest.MonkeyPatch, server: FakeServer
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-key")
    done = run("--yes")
    assert done.exit_code == 6
    assert "LanguageError" in done.output
    assert "sk-wrong-key" not in done.output


def test_a_key_goes_to_a_server_on_this_machine_only_where_the_environment_names_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, server: FakeServer
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL")
    done = run("--yes")
    assert done.exit_code == 6
    assert not any(KEY in value for one in server.requests for value in one.headers.values())
    assert (
        "Set OPENAI_API_KEY (for a server on this machine OPENAI_BASE_URL, too: --base-url alone"
        in done.output
    )
    assert "a header of its own takes it from OPENAI_CUSTOM_HEADERS." in done.output


def test_a_header_that_a_gateway_wants_comes_from_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch, server: FakeServer, whim: Path
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "api-key: planted-in-a-header-1234")
    done = run("--yes", "--calls", "3")
    assert done.exit_code == 0, done.output
    assert {one.headers["api-key"] for one in server.requests} == {"planted-in-a-header-1234"}
    assert "planted-in-a-header" not in done.output
    assert b"planted-in-a-header" not in whim.read_bytes()


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("Authorization: Bearer planted-1234", "must not hold 'Authorization': set OPENAI_API_KEY."),
        ("Host: planted-1234", "must not hold 'Host': --base-url says which host is asked."),
        ("planted-1234", "Line 1 of OPENAI_CUSTOM_HEADERS is not of the form 'Name: value'."),
    ],
)
def test_what_is_wrong_with_such_a_header_is_said_in_words_of_the_command_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, server: FakeServer, lines: str, what: str
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", lines)
    done = run("--yes")
    assert done.exit_code == 6
    assert what in done.output
    assert "planted" not in done.output.replace("planted.whim", "")
    assert server.calls == 0


def test_such_a_header_does_not_travel_where_anybody_can_read_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "api-key: planted-1234")
    done = run("--yes", "--base-url", "http://192.0.2.1/v1")
    assert done.exit_code == 6
    assert "Use https://, or unset OPENAI_CUSTOM_HEADERS." in done.output


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("http://192.0.2.1/v1", "or unset OPENAI_API_KEY for an endpoint that needs none"),
        ("https://192.0.2.1/v1?key=k", "a key comes from OPENAI_API_KEY"),
        ("nowhere", "--base-url must be an address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_in_words_of_the_command_line(
    run: Run, address: str, what: str
) -> None:
    done = run("--yes", "--base-url", address)
    assert done.exit_code == 6
    assert what in done.output
    assert "api_key" not in done.output
    assert "base_url" not in done.output


def test_a_budget_without_a_price_says_which_option_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHIMSIGHT_PRICE", raising=False)
    done = run("--yes", "--budget", "1", "--base-url", "https://192.0.2.1/v1")
    assert done.exit_code == 6
    assert "say --price 0.15,0.60 (of a million)" in done.output
    assert "Or limit --calls." in done.output


def test_a_slow_endpoint_is_given_up_after_the_time_that_was_said(
    whim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeServer(faults=[hangs()] * 20) as server:
        given = [
            "name",
            str(whim),
            "--model",
            "tiny",
            "--base-url",
            server.base_url,
            "--feature",
            "d00",
            "-q",
            "-y",
        ]
        done = CliRunner().invoke(app, [*given, "--timeout", "0.2", "--in-flight", "1"])
    assert done.exit_code == 6
    assert (
        "A slow one needs --timeout 300, and a small one fewer calls at once (--in-flight 2)." in done.output
    )


@pytest.mark.parametrize("price", ["1", "a,b", "1,2,3", "-1,2", "nan,1", "inf,1"])
def test_a_price_that_is_none_is_refused(run: Run, price: str) -> None:
    done = run(f"--price={price}")
    assert done.exit_code == 2
    assert "0.15,0.60" in done.output


def test_a_key_of_the_environment_is_not_in_the_way_of_a_model_on_this_machine(
    whim: Path, tmp_path: Path
) -> None:
    model = f"transformers:{parrot(tmp_path / 'parrot', 'A')}"
    done = CliRunner().invoke(app, ["name", str(whim), "--model", model, "--feature", "d00", "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "cost     free" in done.output


def test_which_model_is_asked_in_the_words_of_the_command(
    whim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHIMSIGHT_MODEL", raising=False)
    done = CliRunner().invoke(app, ["name", str(whim)])
    assert done.exit_code == 2
    assert "--model" in done.output
