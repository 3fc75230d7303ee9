"""Tables and sentences in terminals of several widths, and in files."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from whimsight.cli.terminal import fitted, print_prose

TABLE = pd.DataFrame(
    {"name": ["a list of steps", "hedges"], "delta_win": ["+1.0 (-1.0 to +3.0)"] * 2, "q": ["0.610"] * 2},
    index=["m_steps", "m_hedges"],
)
FULL = TABLE.to_string()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> Terminal:
    made = Terminal()
    monkeypatch.setattr("sys.stdout", made)
    monkeypatch.setenv("COLUMNS", str(columns))
    return made


def test_a_file_is_given_the_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.setenv("COLUMNS", "20")
    assert fitted(TABLE, drop=["q"]) == FULL


def test_a_table_that_fits_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    open_terminal(monkeypatch, len(FULL.splitlines()[0]))
    assert fitted(TABLE, drop=["q"]) == FULL


def test_a_narrow_terminal_gets_fewer_columns_and_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    open_terminal(monkeypatch, len(FULL.splitlines()[0]) - 1)
    text = fitted(TABLE, drop=["q"])
    assert text.startswith(TABLE[["name", "delta_win"]].to_string())
    assert text.splitlines()[-1].startswith("(q: ")


def test_names_are_cut_when_nothing_else_can_go(monkeypatch: pytest.MonkeyPatch) -> None:
    open_terminal(monkeypatch, 43)
    lines = fitted(TABLE, drop=["q"]).splitlines()[:-1]
    assert max(map(len, lines)) == 43
    assert "a list of s…" in lines[1]
    assert "hedges" in lines[2]


def test_sentences_are_broken_anew_only_where_they_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch, 12)
    print_prose("one two three\nfour\n")
    monkeypatch.setenv("COLUMNS", "13")
    print_prose("one two three\nfour\n")
    assert terminal.getvalue() == "one two\nthree four\n\none two three\nfour\n\n"
