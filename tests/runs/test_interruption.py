"""Signals set a flag, once, and the handlers of before come back."""

import os
import signal
import threading

import pytest

from gru_toolkit.errors import InterruptedRun
from gru_toolkit.runs.interruption import InterruptedByUser, StopRequest


@pytest.mark.parametrize(("number", "kind", "status"), [
    (signal.SIGTERM, InterruptedRun, 75), (signal.SIGINT, InterruptedByUser, 130),
])  # fmt: skip
def test_the_first_signal_decides_and_later_ones_change_nothing(
    number: signal.Signals, kind: type[InterruptedRun], status: int
) -> None:
    other = {signal.SIGTERM: signal.SIGINT, signal.SIGINT: signal.SIGTERM}[number]
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        assert not stop.requested
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), other)
        os.kill(os.getpid(), other)
        assert stop.requested
        error = stop.error("after step 3")
        assert type(error) is kind
        assert error.exit_status == status
        assert "after step 3" in str(error)
        assert "resume" in str(error)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_code_can_ask_for_the_stop() -> None:
    stop = StopRequest()
    stop.ask()
    assert stop.requested
    assert stop.error("").exit_status == 75


def test_outside_the_main_thread_no_signal_is_touched() -> None:
    before = signal.getsignal(signal.SIGTERM)
    inside = []

    def work() -> None:
        with StopRequest() as stop:
            inside.append((signal.getsignal(signal.SIGTERM), stop.requested))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == [(before, False)]
