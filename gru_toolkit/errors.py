"""Every failure a user can cause, with its stable code and exit status.

GruToolkitError
├── UsageError            2   a flag or argument that cannot work
├── DataError            65   a file whose content cannot be used
│   ├── HistoryTooShort  65   fewer rows than the model looks back on
│   └── DamagedRunError  65   a run folder that fails its checks
├── MissingInputError    66   a file, table or column that is not there
├── CannotWriteError     73   a place that cannot be written
├── StorageError         74   the system failed while reading or writing
├── InterruptedRun       75   stopped on request, resumable
├── ConfigError          78   a setting that is unknown or out of range
└── ItemsRejected         3   finished, but some items were rejected
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Place:
    """Where in the user's input something was found; lines and columns count from 1."""

    path: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        column = f", column {self.column}" if self.column is not None else ""
        return f"{self.path}{line}{column}"


class GruToolkitError(Exception):
    """A failure the user can act on.

    message  what was found and what was wanted, in one sentence without the place
    place    where it was found, if it has a place
    hint     what would work, if that is known
    """

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.message}{hint}"

    def fields(self) -> dict[str, str | int | None]:
        """The same facts as plain data, for `--json`."""
        return {
            "code": self.code,
            "exit_status": self.exit_status,
            "message": self.message,
            "path": self.place.path if self.place else None,
            "line": self.place.line if self.place else None,
            "column": self.place.column if self.place else None,
            "hint": self.hint,
        }


class ItemsRejected(GruToolkitError):
    """The work finished, but some items of the input were rejected and listed."""

    code = "items_rejected"
    exit_status = 3


class UsageError(GruToolkitError):
    """A flag or an argument that cannot work."""

    code = "usage"
    exit_status = 2


class DataError(GruToolkitError):
    """A file whose content cannot be used as it is."""

    code = "bad_data"
    exit_status = 65


class HistoryTooShort(DataError):
    """A sequence with fewer rows than the model looks back on."""

    code = "history_too_short"


class DamagedRunError(DataError):
    """A run folder or checkpoint that fails one of its checks; nothing of it was used."""

    code = "damaged_run"


class MissingInputError(GruToolkitError):
    """A file, table or column that is not there."""

    code = "missing_input"
    exit_status = 66


class CannotWriteError(GruToolkitError):
    """A place that cannot be written: it exists already, or permission is missing."""

    code = "cannot_write"
    exit_status = 73


class StorageError(GruToolkitError):
    """The system failed while reading or writing: no space, a failed sync."""

    code = "storage"
    exit_status = 74


class InterruptedRun(GruToolkitError):
    """Training stopped on request after writing a checkpoint.

    Exit status 75 after SIGTERM or a time limit; the command line turns Ctrl-C into 130.
    """

    code = "interrupted"
    exit_status = 75


class ConfigError(GruToolkitError):
    """A setting that is unknown, of the wrong type or out of range."""

    code = "settings"
    exit_status = 78
