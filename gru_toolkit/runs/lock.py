"""One writer at a time for a run folder."""

import os
import sys
from pathlib import Path
from types import TracebackType

from gru_toolkit.errors import CannotWriteError

LOCK_NAME = ".lock"
_LOCKED_BYTE = 1 << 20  # beyond the process number, so that others can read it on Windows


class WriterLock:
    """The right to write into a run folder, held from `with` to its end or the death of the process.

    The system drops the lock with the process, so a killed writer never locks anyone out. The file stays: removing it
    would let two writers lock two files of the same name.
    """

    def __init__(self, folder: Path):
        self.path = folder / LOCK_NAME
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def __enter__(self) -> "WriterLock":
        """Raises CannotWriteError, with the other writer's process number, when the folder is taken."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise CannotWriteError(f"cannot lock {self.path.parent}: {error.strerror}") from error
        try:
            _lock(descriptor)
        except OSError:
            owner = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            message = f"{self.path.parent} is being written by process {owner}"
            raise CannotWriteError(message, hint="wait until it ends, or stop it") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._descriptor is not None, "the lock is not held"
        os.close(self._descriptor)
        self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
