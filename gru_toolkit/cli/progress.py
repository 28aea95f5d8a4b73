"""How training is going: one live line in a terminal, plain lines in a pipe, all on stderr."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from gru_toolkit.cli.text import Output
from gru_toolkit.runs import wording

if TYPE_CHECKING:
    from gru_toolkit.runs.fitting import FitEvent
    from gru_toolkit.runs.training import Event
    from gru_toolkit.sequences.table import Reject

SECONDS_BETWEEN_LINES = 2.0
"""Least time between two lines in a pipe, so that a short training does not fill a log."""


class Progress:
    """Shows the events of one training. Its state: the live line, when it last spoke, the rejected rows."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic):
        self._output = output
        self._clock = clock
        self._live = False
        self._spoke = -SECONDS_BETWEEN_LINES
        self._unsaid: FitEvent | None = None
        self.rejects: tuple[Reject, ...] = ()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def __call__(self, event: "Event") -> None:
        from gru_toolkit.runs.training import Note, Rejected

        if isinstance(event, Note):
            self._note(event.text)
        elif isinstance(event, Rejected):
            self.rejects = event.rejects
        elif event.kind == "note":
            self._note(event.text or "")
        elif event.kind == "resumed":
            self._note(f"continuing in epoch {event.epoch} after step {event.step}")
        elif event.kind == "end":
            self._finish()
        else:
            self._advance(event)

    def _advance(self, event: "FitEvent") -> None:
        if sys.stderr.isatty() and not self._output.quiet:
            self._output.live(line(event))
            self._live = True
            self._unsaid = event if event.kind == "epoch" else self._unsaid
        elif event.kind == "epoch":
            self._unsaid = event
            if self._clock() - self._spoke >= SECONDS_BETWEEN_LINES:
                self._say()

    def _say(self) -> None:
        if self._unsaid is not None:
            self._output.note(line(self._unsaid))
            self._spoke, self._unsaid = self._clock(), None

    def _finish(self) -> None:
        self._clear()
        self._say()

    def _note(self, text: str) -> None:
        self._clear()
        self._output.note(text)

    def _clear(self) -> None:
        if self._live:
            self._output.live("")
            self._live = False


def line(event: "FitEvent") -> str:
    """The event in one line: epoch, losses, speed and time left."""
    parts = [f"epoch {event.epoch}/{event.epochs}"]
    if event.kind == "step":
        parts.append(f"step {event.step}/{event.steps}")
    if event.train_loss is not None:
        parts.append(f"loss {wording.number(event.train_loss)}")
    if event.validation_loss is not None:
        parts.append(f"validation {wording.number(event.validation_loss)}{' (best)' if event.best else ''}")
    if event.examples_per_second is not None:
        parts.append(f"{wording.number(event.examples_per_second)} examples/s")
    if event.seconds_left is not None:
        parts.append(f"{duration(event.seconds_left)} left")
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people say them: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
