"""Where predictions go: raw bytes to files and pipes, safe lines to a terminal."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gru_toolkit.cli.app import main
from gru_toolkit.cli.predictions import Destination, Seen, send
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import Place, UsageError
from gru_toolkit.runs import inventory
from gru_toolkit.runs.machine import described
from gru_toolkit.sequences.table import Reject

ID = "a\x1b[31m\u202e"


def batches() -> list[dict[str, np.ndarray]]:
    return [{"id": np.array([ID, "b"], dtype=object), "value": np.array([1.5, 2.5])}]


class Terminal(io.TextIOWrapper):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Puts a terminal in the place of stdout; called in the test, because pytest sets stdout anew for each phase."""
    screen = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr("sys.stdout", screen)
    return screen


def shown(screen: Terminal) -> str:
    screen.flush()
    return screen.buffer.getvalue().decode()  # type: ignore[attr-defined]


def test_a_terminal_gets_no_raw_control_character(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    assert send(batches(), Destination(None, None), Output()) == 2
    assert shown(screen).splitlines() == ["id,value", '"a\\x1b[31m\\u202e",1.5', "b,2.5"]


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_terminal_cannot_show_binary_formats(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with pytest.raises(UsageError, match="--out"):
        send(batches(), Destination(None, kind), Output())
    assert shown(screen) == ""


def test_a_pipe_gets_the_bytes_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    send(batches(), Destination("-", None), Output())
    assert capfdbinary.readouterr().out.splitlines()[1] == f'"{ID}",1.5'.encode()


def test_with_json_standard_output_takes_json_lines_only(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with pytest.raises(UsageError, match="JSON lines"):
        send(batches(), Destination(None, "csv"), Output(json=True))
    send(batches(), Destination(None, None), Output(json=True))
    assert [json.loads(line)["id"] for line in capfdbinary.readouterr().out.splitlines()] == [ID, "b"]


def test_a_file_is_told_with_its_number_of_predictions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    send(batches(), Destination(str(tmp_path / "p.csv"), None), Output(json=True))
    assert json.loads(capsys.readouterr().out) == {"predictions": 2, "file": str(tmp_path / "p.csv")}


def test_notes_of_many_files_are_said_once_and_their_rejects_kept(capsys: pytest.CaptureFixture[str]) -> None:
    seen = Seen(Output())
    for line in (2, 3):
        seen(SimpleNamespace(notes=("a note",), rejects=(Reject(Place("a.csv", line), "short"),)))  # type: ignore[arg-type]
    assert capsys.readouterr().err == "a note\n"
    assert [reject.place.line for reject in seen.rejects] == [2, 3]


def test_doctor_tells_the_machine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(inventory.backends, "choose", lambda config: described("jax", ("CPU",), 1, mixed=False))
    assert main(["doctor"]) == 0
    assert "XLA scan (not cuDNN: jax sees no GPU)" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backend"]["backend"] == "jax"


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("date,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,4\n", 0, "nothing stops training"),
        ("date,y\n2024-01-01,1\n2024-01-01,2\n2024-01-03,4\n", 65, "training would stop"),
        ("date,y\n2024-01-01,1\n2024-01-02\n2024-01-03,4\n", 65, "data.csv:3"),
    ],
)
def test_doctor_tells_what_would_stop_training(
    text: str,
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text(text)
    assert main(["doctor", "data.csv"]) == status
    assert said in capsys.readouterr().out
    assert main(["doctor", "data.csv", "--json"]) == status
    assert json.loads(capsys.readouterr().out)["fatal"] == (status == 65)


def test_doctor_needs_a_file_that_is_there_and_a_task_for_standard_input() -> None:
    assert main(["doctor", "nowhere.csv"]) == 66
    assert main(["doctor", "-"]) == 2
