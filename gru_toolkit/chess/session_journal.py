"""The journal of one game of a session: everything that was done, line by line, so that it can be done again.

A line is JSON, a space, and a digest of it and of all lines before; a line is synced before its outcome is shown. A
process that dies while writing leaves a last line without an end: it is left out. Any other damage is refused.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gru_toolkit.errors import CannotWriteError, DamagedRunError, Place, StorageError
from gru_toolkit.runs import files

SCHEMA = "gru-toolkit session 1"
_DIGITS = 16


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    at        seconds since the session began
    what      `line`, `tick`, `load` or `hand_over`
    argument  what belongs to it, as plain data
    """

    at: float
    what: str
    argument: Any = None


class Journal:
    """A journal being written. The state it protects: the digest of what is in the file."""

    def __init__(self, path: Path, digest: str):
        self.path = path
        self._digest = digest

    @classmethod
    def begin(cls, path: Path, head: Mapping[str, Any], entries: Sequence[Entry] = ()) -> "Journal":
        """A journal with its first line, and with what was done already. Raises CannotWriteError or StorageError."""
        digest, lines = "", []
        for plain in [{"schema": SCHEMA, **head}, *(_plain(entry) for entry in entries)]:
            line, digest = _sealed(plain, digest)
            lines.append(line)
        files.write_atomically(path, b"".join(lines))
        return cls(path, digest)

    def add(self, entry: Entry) -> None:
        """Write what was done, and wait until it is on the disk. Raises CannotWriteError or StorageError."""
        line, digest = _sealed(_plain(entry), self._digest)
        try:
            descriptor = files.system(os.open, self.path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
            try:
                written = files.system(os.write, descriptor, line)
                files.system(os.fsync, descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StorageError(f"writing {self.path} failed: {error.strerror}", hint="free some space") from error
        if written != len(line):
            raise CannotWriteError(f"{self.path} took only a part of a line", hint="free some space")
        self._digest = digest


@dataclass(frozen=True)
class Read:
    """A journal as it was found.

    head   its first line, as plain data
    torn   whether a last line that was never finished has been left out
    digest of everything that was read
    """

    head: Mapping[str, Any]
    entries: tuple[Entry, ...]
    torn: bool
    digest: str


def read(path: Path) -> Read:
    """What was done in a game. Raises DamagedRunError for anything but a torn last line."""
    lines = path.read_bytes().split(b"\n")
    digest = ""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines[:-1], start=1):
        plain, digest = _opened(line, digest)
        if plain is None:
            raise _damaged(path, number)
        found.append(plain)
    if not found or found[0].get("schema") != SCHEMA:
        raise _damaged(path, 1)
    return Read(found[0], _entries(path, found[1:]), bool(lines[-1]), digest)


def _entries(path: Path, found: Sequence[Mapping[str, Any]]) -> tuple[Entry, ...]:
    try:
        return tuple(Entry(float(one["at"]), str(one["what"]), one["argument"]) for one in found)
    except (KeyError, TypeError, ValueError):
        raise _damaged(path, 2) from None


def _plain(entry: Entry) -> dict[str, Any]:
    return {"at": round(entry.at, 3), "what": entry.what, "argument": entry.argument}


def _sealed(plain: Mapping[str, Any], before: str) -> tuple[bytes, str]:
    """A line of the file, and the digest of everything up to it."""
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True, allow_nan=False)
    digest = _digest_of(text.encode("ascii"), before)
    return f"{text} {digest}\n".encode("ascii"), digest


def _opened(line: bytes, before: str) -> tuple[dict[str, Any] | None, str]:
    """What a line holds, or None if it fails its digest."""
    text, _, digest = line.rpartition(b" ")
    expected = _digest_of(text, before)
    if digest.decode("ascii", "replace") != expected:
        return None, before
    plain: dict[str, Any] = json.loads(text)
    return plain, expected


def _digest_of(text: bytes, before: str) -> str:
    return hashlib.sha256(before.encode("ascii") + text).hexdigest()[:_DIGITS]


def _damaged(path: Path, line: int) -> DamagedRunError:
    message = "the journal of this session was changed after it was written"
    return DamagedRunError(message, place=Place(str(path), line), hint="begin a new session without --resume")
