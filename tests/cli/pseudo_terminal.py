"""A real terminal for a program under test: a pseudo-terminal whose bytes are drawn by pyte."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte

COLUMNS, ROWS = 80, 24


class Terminal:
    """A program in a terminal. Its state: the process, the terminal's other end, and what stands on the screen.

    raw  every byte the program has sent
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (COLUMNS, ROWS)):
        self._own, other = pty.openpty()
        columns, rows = size
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
        )  # fmt: skip
        os.close(other)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._own)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.screen.display)

    def send(self, text: str) -> None:
        """Type something."""
        os.write(self._own, text.encode())

    def wait_for(self, wanted: Callable[[str], bool], seconds: float = 20.0) -> float:
        """Read until the screen shows what is wanted; how many seconds that took."""
        begun = time.perf_counter()
        while not wanted(self.text):
            left = seconds - (time.perf_counter() - begun)
            assert left > 0, f"the screen never came to show it:\n{self.text}"
            if not self._read(left):
                break
        assert wanted(self.text), f"the program ended before the screen showed it:\n{self.text}"
        return time.perf_counter() - begun

    def wait_for_end(self, seconds: float = 20.0) -> int:
        """Read until the program ends; its exit status."""
        end = time.perf_counter() + seconds
        while self._read(max(0.0, end - time.perf_counter())):
            pass
        return self.process.wait(timeout=seconds)

    def _read(self, seconds: float) -> bool:
        """Take in what has been sent; whether there may be more."""
        ready, _, _ = select.select([self._own], [], [], min(seconds, 0.2))
        if not ready:
            return seconds > 0.2 or self.process.poll() is None
        try:
            sent = os.read(self._own, 65536)
        except OSError:  # Linux tells so that nobody holds the other end any more.
            return False
        self.raw += sent
        # pyte does not know private CSI sequences with a > or = and would print them.
        self._stream.feed(_known(sent))
        return bool(sent)


def _known(sent: bytes) -> bytes:
    for unknown in (b"\x1b[>25u", b"\x1b[<u", b"\x1b[>1u"):
        sent = sent.replace(unknown, b"")
    return sent
