"""The print boundary: nothing that a terminal would act on passes it."""

import io
import json
import math
import unicodedata
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.cli.text import Output, plain_json, safe_text

HARMFUL = [
    "\x1b[31m",
    "\x07",
    "\x9b31m",
    "\x7f",
    "\u202e",
    "\u2066",
    "\ud800",
    "\u2028",
    "\r",
    "\n",
    "\x00",
    "\u200f",
    "\U000e0041",
]


@pytest.mark.parametrize("text", HARMFUL, ids=ascii)
def test_a_control_character_becomes_a_visible_escape(text: str) -> None:
    shown = safe_text(f"a{text}b")
    assert shown.startswith("a\\")
    assert shown.endswith("b")
    assert text[0] not in shown


@given(st.text(st.characters()))
def test_a_safe_text_holds_no_control_format_override_or_surrogate(text: str) -> None:
    categories = {unicodedata.category(character) for character in safe_text(text)}
    assert not categories & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(character) for character in safe_text(text)} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
    }  # fmt: skip


@pytest.mark.parametrize("text", ["plain", "Zürich 東京 🙂", "[/a/b] [red]", "e\u0301", "שלום"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert safe_text(text) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.tuples(inner),
        max_leaves=8,
    )
)
def test_a_plain_value_is_always_valid_json(value: object) -> None:
    text = json.dumps(plain_json(value), ensure_ascii=True, allow_nan=False)
    assert text.isascii()
    assert text.isprintable()


def test_numbers_that_json_does_not_have_become_null() -> None:
    assert plain_json({"a": math.nan, "b": [math.inf, 1.5]}) == {"a": None, "b": [None, 1.5]}


def test_times_become_iso_text() -> None:
    assert plain_json([datetime(2024, 2, 29, 12), date(2024, 3, 1)]) == ["2024-02-29T12:00:00", "2024-03-01"]


def test_with_json_only_the_value_reaches_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(json=True)
    output.line("a table")
    output.note("a note")
    output.value({"id": "\x1b[31m"})
    out, err = capsys.readouterr()
    assert out == '{"id": "\\u001b[31m"}\n'
    assert err == "a note\n"


def test_quiet_keeps_results_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(quiet=True)
    output.note("a note")
    output.error("an error")
    output.line("a result")
    out, err = capsys.readouterr()
    assert (out, err) == ("a result\n", "an error\n")


def test_a_note_is_wrapped_at_words_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr("sys.stderr", terminal)
    Output().note("assumed the time column is `date\x1b`, because of its name")
    assert terminal.getvalue() == "assumed the time column is\n  `date\\x1b`, because of its\n  name\n"


def test_each_record_is_sent_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    monkeypatch.setattr("sys.stdout", Pipe())
    Output().record({"line": 1})
    assert flushed[-1] == '{"line": 1}\n'


def test_a_pipe_has_no_width_and_columns_sets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert Output().width is None
    monkeypatch.setenv("COLUMNS", "72")
    assert Output().width == 72
