"""What libraries log while they load is kept from the user; what matters is not."""

import os

import pytest

from gru_toolkit.runs.native_noise import without_native_noise

NOISE = b"I0000 00:00:1795260732.926108   21186 port.cc:153] oneDNN custom operations are on.\n"
FATAL = b"F0000 00:00:1795260732.926108   21186 port.cc:153] out of memory\n"


def test_log_lines_below_fatal_are_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    with without_native_noise():
        os.write(2, NOISE + b"something else\n" + FATAL)
    assert capfd.readouterr().err == "something else\n" + FATAL.decode()


def test_a_failure_shows_everything(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with without_native_noise():
            os.write(2, NOISE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capfd.readouterr().err == NOISE.decode()


def test_afterwards_stderr_is_what_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    with without_native_noise():
        pass
    os.write(2, NOISE)
    assert capfd.readouterr().err == NOISE.decode()
