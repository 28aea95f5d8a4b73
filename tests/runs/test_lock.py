"""One writer at a time, and a dead one locks nobody out."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gru_toolkit.errors import CannotWriteError
from gru_toolkit.runs.lock import WriterLock

HOLDER = """
import sys, time
from pathlib import Path
from gru_toolkit.runs.lock import WriterLock
with WriterLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_refused_with_the_first_ones_process_number(tmp_path: Path) -> None:
    with WriterLock(tmp_path) as lock:
        assert lock.held
        with pytest.raises(CannotWriteError, match=f"being written by process {os.getpid()}"), WriterLock(tmp_path):
            pass
    assert not lock.held
    with WriterLock(tmp_path):
        pass


def test_a_killed_writer_locks_nobody_out(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CannotWriteError, match=f"process {holder.pid}"), WriterLock(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    with WriterLock(tmp_path) as lock:
        assert lock.held


def test_a_folder_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match="cannot lock"), WriterLock(tmp_path / "absent"):
        pass
