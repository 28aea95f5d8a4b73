"""Errors become text and exit codes in one place, and nowhere raw."""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from gru_toolkit import errors
from gru_toolkit.cli.app import main
from gru_toolkit.runs.interruption import InterruptedByUser

COMMANDS = ("train", "resume", "predict", "stream", "evaluate", "doctor", "runs", "show", "diff", "data", "completion")
ESCAPES = "\x1b[31m\u202e\x9b\n"


def failing(error: BaseException) -> Callable[..., object]:
    def fail(*arguments: object) -> object:
        raise error

    return fail


STATUSES = [
    (errors.UsageError("u"), 2, "usage"),
    (errors.ItemsRejected("i"), 3, "items_rejected"),
    (errors.DataError("d"), 65, "bad_data"),
    (errors.HistoryTooShort("h"), 65, "history_too_short"),
    (errors.DamagedRunError("r"), 65, "damaged_run"),
    (errors.MissingInputError("m"), 66, "missing_input"),
    (errors.CannotWriteError("c"), 73, "cannot_write"),
    (errors.StorageError("s"), 74, "storage"),
    (OSError(28, "No space left on device", "f"), 74, "storage"),
    (errors.InterruptedRun("i"), 75, "interrupted"),
    (InterruptedByUser("i"), 130, "interrupted"),
    (errors.ConfigError("c"), 78, "settings"),
    (ValueError("v"), 1, "bug"),
]


@pytest.mark.parametrize(("error", "status", "code"), STATUSES, ids=lambda value: str(value))
def test_every_error_has_its_status_and_code(
    error: Exception, status: int, code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gru_toolkit.runs.listing.list_runs", failing(error))
    assert main(["runs", "--json"]) == status
    out, err = capsys.readouterr()
    fields = json.loads(out)["error"]
    assert (fields["code"], fields["exit_status"]) == (code, status)
    assert err.startswith("error: ")


def test_every_class_of_error_is_in_the_table() -> None:
    listed = {type(error) for error, _, _ in STATUSES}
    assert {
        kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_status")
    } - listed == {errors.GruToolkitError}


def test_an_error_names_place_and_hint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.DataError("found 'x'", place=errors.Place("a.csv", 7, "y"), hint="try z")
    monkeypatch.setattr("gru_toolkit.runs.listing.list_runs", failing(error))
    assert main(["runs"]) == 65
    assert capsys.readouterr().err == "error: a.csv:7, column y: found 'x'\n  hint: try z\n"


def test_control_characters_of_an_error_are_escaped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = errors.DataError(ESCAPES, place=errors.Place(ESCAPES, 1, ESCAPES), hint=ESCAPES)
    for flags in ([], ["--json"]):
        monkeypatch.setattr("gru_toolkit.runs.listing.list_runs", failing(error))
        main(["runs", *flags])
        out, err = capsys.readouterr()
        assert not set(ESCAPES.rstrip("\n")) & {"\x1b", "\u202e", "\x9b"} & set(out + err)
        assert err.count("\n") == 2


def test_a_bug_shows_its_traceback_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gru_toolkit.runs.listing.list_runs", failing(ZeroDivisionError("by zero")))
    assert main(["runs"]) == 1
    plain = capsys.readouterr().err
    assert main(["runs", "--debug"]) == 1
    debug = capsys.readouterr().err
    assert "Traceback" not in plain
    assert "ZeroDivisionError: by zero" in plain
    assert "Traceback" in debug


def test_ctrl_c_is_130_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("gru_toolkit.runs.listing.list_runs", failing(KeyboardInterrupt()))
    assert main(["runs"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_reader_that_goes_away_ends_the_command_quietly(samples: Path) -> None:
    command = [sys.executable, "cli.py", "train", "--help"]
    with subprocess.Popen(
        command,
        cwd=samples.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait() == 141
    assert err == b""


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["trian"], "did you mean 'train'?"),
        (["runs", "--jsn"], "did you mean --json?"),
        (["train", "x.csv", "--horizn", "3"], "did you mean --horizon?"),
        (["completion", "basj"], "did you mean bash?"),
        (["show"], "see gru-toolkit show --help"),
        (["train", "x.csv", "--epochs", "ten"], "must be a whole number"),
        (["train"], "gru-toolkit data writes a sample"),
        (["train", "-"], "name it with --task"),
        (["runs", "a", "b"], "see gru-toolkit runs --help"),
        (["data", "sales", "--seed", "x"], "'x' is not a whole number"),
        (["train", "--task", "clasify", "x.csv"], "did you mean classify?"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_answered_with_what_would_work(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) in (2, 78)
    assert hint.lower() in capsys.readouterr().err.lower()


def test_a_wrong_command_line_is_one_json_value_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--json", "--nothing"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_a_library_warning_is_one_safe_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def warn(folder: Path) -> list[object]:
        warnings.simplefilter("always")
        warnings.warn(f"careful{ESCAPES}", UserWarning, stacklevel=1)
        return []

    monkeypatch.setattr("gru_toolkit.runs.listing.list_runs", warn)
    assert main(["runs"]) == 0
    assert capsys.readouterr().err.splitlines()[0] == "warning: careful\\x1b[31m\\u202e\\x9b\\n"


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("gru-toolkit ")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=str)
def test_no_arguments_or_help_lists_every_command_with_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    lines = {line.split()[0]: line.strip() for line in out.splitlines() if line.startswith("  ")}
    for command in COMMANDS:
        assert lines[command].endswith("."), f"the line of {command} is cut: {lines[command]}"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_one_sentence_and_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[2].strip().count(".") == 1
    assert "Example: " in out
    assert f"gru-toolkit {command}" in out.split("Example: ")[1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_script_names_the_program(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "gru-toolkit" in capsys.readouterr().out
    assert "_GRU_TOOLKIT_COMPLETE" not in os.environ


def test_the_shell_is_offered_commands_and_flags(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_GRU_TOOLKIT_COMPLETE", "complete_bash")
    for words, place, offered in (("gru-toolkit eval", "1", "evaluate"), ("gru-toolkit train --hor", "2", "--horizon")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", place)
        assert main([]) == 0
        assert capsys.readouterr().out.split() == [offered]
