"""A request to stop, from SIGTERM or Ctrl-C, that training answers at the end of a step."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from gru_toolkit.errors import InterruptedRun


class InterruptedByUser(InterruptedRun):
    """Training stopped by Ctrl-C after writing a checkpoint; resumable like every interrupted run."""

    exit_status = 130


class StopRequest:
    """Catches SIGTERM and SIGINT inside `with`; the first one counts, later ones change nothing.

    A signal only sets a flag, so a second Ctrl-C cannot break the checkpoint being written. Outside the main thread no
    signal can be caught: there only `ask` sets the flag.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._asked = False
        self._previous: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    @property
    def requested(self) -> bool:
        """Whether training should stop after this step."""
        return self._asked

    def ask(self) -> None:
        """Request the stop from code, as SIGTERM would."""
        self._asked = True

    def error(self, done: str) -> InterruptedRun:
        """The error to raise once everything is saved; `done` says where training stands."""
        kind = InterruptedByUser if self._signal == signal.SIGINT else InterruptedRun
        return kind(f"training stopped on request {done}", hint="continue with `gru-toolkit resume`")

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self._asked:
            self._signal = number
        self._asked = True
