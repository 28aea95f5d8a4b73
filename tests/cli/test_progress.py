"""Progress: a live line in a terminal, few plain lines in a pipe, nothing when quiet."""

import io

import pytest

from gru_toolkit.cli.progress import Progress, duration, line
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import Place
from gru_toolkit.runs.fitting import FitEvent
from gru_toolkit.runs.training import Note, Rejected
from gru_toolkit.sequences.table import Reject


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def epoch(number: int, **values: object) -> FitEvent:
    return FitEvent("epoch", number, 9, 5, 5, train_loss=0.5, validation_loss=0.25, best=True, **values)  # type: ignore[arg-type]


def test_a_line_tells_epoch_losses_speed_and_time_left() -> None:
    event = epoch(2, examples_per_second=1234.0, seconds_left=75.0)
    assert line(event) == "epoch 2/9  loss 0.500  validation 0.250 (best)  1,234 examples/s  1 min 15 s left"


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (7500, "2 h 5 min")])
def test_durations_are_said_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_pipe_gets_an_epoch_every_two_seconds_and_the_last_one(capsys: pytest.CaptureFixture[str]) -> None:
    now = iter([0.0, 0.0, 0.5, 1.0, 2.5, 2.5, 2.6, 9.0])
    with Progress(Output(), clock=lambda: next(now)) as progress:
        for number in range(1, 6):
            progress(FitEvent("step", number, 9, 1, 5, train_loss=0.5))
            progress(epoch(number))
        progress(FitEvent("end", 5, 9, 5, 5))
    assert [text.split("  ")[0] for text in capsys.readouterr().err.splitlines()] == [
        "epoch 1/9",
        "epoch 4/9",
        "epoch 5/9",
    ]


def test_a_terminal_gets_one_line_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stderr", Terminal())
    import sys

    with Progress(Output()) as progress:
        progress(Note("a note\x1b"))
        progress(FitEvent("step", 1, 9, 1, 5, train_loss=0.5))
        progress(epoch(1))
        progress(FitEvent("end", 1, 9, 5, 5))
    written = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert written.startswith("a note\\x1b\n")
    live, last = written.split("\n")[1:3][0], written.split("\n")[1]
    assert "\x1b" not in written
    assert all(len(part) <= 39 for part in live.split("\r")[:-1])
    assert "epoch 1/9" in last
    assert written.endswith("\n")


def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    import sys

    with Progress(Output(quiet=True)) as progress:
        progress(Note("a note"))
        progress(epoch(1))
        progress(FitEvent("resumed", 1, 9, 2, 5))
        progress(FitEvent("end", 1, 9, 5, 5))
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]


def test_an_interruption_takes_the_live_line_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    import sys

    def interrupted() -> None:
        with Progress(Output()) as progress:
            progress(FitEvent("step", 1, 9, 1, 5, train_loss=0.5))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert sys.stderr.getvalue().endswith(" \r")  # type: ignore[attr-defined]


def test_rejected_rows_are_kept() -> None:
    rejects = (Reject(Place("a.csv", 2), "short"),)
    progress = Progress(Output())
    progress(Rejected(rejects))
    assert progress.rejects == rejects
