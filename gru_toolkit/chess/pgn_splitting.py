"""A stream of PGN text cut into games, each with its byte offset and line, before anything looks at what it says.

A game ends where the next one begins, and one begins at

- a tag line after moves or other text, even inside a comment (one that holds a line like `[White "…"]` was not closed);
- a tag whose name the header has already, after an empty line, or `[Event "…"]` a second time;
- the move `1.` after an empty line after a result, for games without tags.

So games without empty lines between them, without `[Event]`, and behind an unclosed brace are all found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.sources import check_encoding, readable

BLOCK_BYTES = 1 << 20
LARGEST_GAME = 4 << 20
"""Bytes of one game; a longer one is found and refused, and its text is not kept."""
_BLANKS = b" \t\xef\xbb\xbf"
_HEADER_TAG = re.compile(rb"\[\s*([A-Za-z0-9_]+)")
_STRICT_TAG = re.compile(rb"\[\s*[A-Za-z][A-Za-z0-9_]*\s+\"")
_FIRST_MOVE = re.compile(rb"1\s*\.")
_RESULT_END = re.compile(rb"(?:^|\s)(?:1-0|0-1|1/2-1/2|\*)\s*$")


@dataclass(frozen=True)
class RawGame:
    """The text of one game.

    data    its bytes; empty if it is longer than LARGEST_GAME
    offset  of its first byte in the unpacked file
    line    its first line, from 1
    end     the offset after its last byte
    end_line  the line after its last
    """

    data: bytes
    offset: int
    line: int
    end: int
    end_line: int


@dataclass
class _Found:
    """The game that is being read: its lines so far and what decides where it ends."""

    offset: int
    line: int
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    tags: set[bytes] = field(default_factory=set)
    has_text: bool = False
    after_blank: bool = False
    last: bytes = b""

    def ends_before_tag(self, text: bytes) -> bool:
        """Whether a line that starts with a bracket begins the next game; if not, its tag belongs to this one."""
        if self.has_text:
            return _STRICT_TAG.match(text) is not None
        match = _HEADER_TAG.match(text)
        if match is None:
            return False
        name = match[1]
        if name in self.tags and (self.after_blank or name == b"Event"):
            return True
        self.tags.add(name)
        return False

    def ends_before_text(self, text: bytes) -> bool:
        """Whether a line of moves begins a game without tags."""
        if not self.has_text or not self.after_blank or _FIRST_MOVE.match(text) is None:
            return False
        return _RESULT_END.search(self.last) is not None


class Stream(Protocol):
    """Bytes that can be read one after the other."""

    def read(self, size: int, /) -> bytes: ...


def raw_games(stream: Stream, name: str, offset: int = 0, line: int = 1) -> Iterator[RawGame]:
    """The games of a stream in the order they stand.

    offset, line  where to begin; what stands before is skipped

    Raises DataError for UTF-16 and UTF-32 text, StorageError or DataError where the bytes cannot be read or unpacked.
    """
    found = _Found(offset, line)
    for text in _lines(stream, name, offset):
        start = text[:1]
        stripped = text.lstrip(_BLANKS) if start in b" \t\xef" else text
        start = stripped[:1]
        if start == b"[":
            ends = found.ends_before_tag(stripped)
        elif start in b"\r\n":
            found.after_blank = True
            ends = False
        else:
            ends = found.ends_before_text(stripped)
        if ends:
            yield _game(found, offset, line)
            found = _Found(offset, line)
            if start == b"[":
                found.ends_before_tag(stripped)
        _keep(found, text, stripped)
        offset += len(text)
        line += 1
    if found.has_text or found.tags:
        yield _game(found, offset, line)


def _keep(found: _Found, text: bytes, stripped: bytes) -> None:
    """Put the line to the game."""
    start = stripped[:1]
    if start not in b"\r\n":
        found.after_blank = False
        if start != b"[" and (found.has_text or start not in b"%;"):
            found.has_text = True
            found.last = text
        elif start == b"[" and not found.tags:
            found.has_text = True  # A bracket that is no tag.
    elif not found.lines:
        found.offset += len(text)  # Empty lines before a game are no part of it.
        found.line += 1
        return
    found.size += len(text)
    if found.size <= LARGEST_GAME:
        found.lines.append(text)


def _game(found: _Found, end: int, end_line: int) -> RawGame:
    data = b"".join(found.lines) if found.size <= LARGEST_GAME else b""
    return RawGame(data, found.offset, found.line, end, end_line)


def _lines(stream: Stream, name: str, offset: int) -> Iterator[bytes]:
    """The lines with their ends (LF, CR LF or CR); a line longer than a game may be comes in pieces."""
    _skip(stream, name, offset)
    rest = b""
    first = offset == 0
    while True:
        with readable(name):
            data = stream.read(BLOCK_BYTES)
        if first:
            check_encoding(name, data[:4])
            first = False
        whole = rest + data
        if not data:
            yield from whole.splitlines(keepends=True)
            return
        # A CR at the end may be half of a CR LF.
        cut = max(whole.rfind(b"\n"), whole.rfind(b"\r", 0, len(whole) - 1)) + 1
        if not cut and len(whole) > LARGEST_GAME:
            cut = len(whole)
        yield from whole[:cut].splitlines(keepends=True)
        rest = whole[cut:]


def _skip(stream: Stream, name: str, count: int) -> None:
    while count:
        with readable(name):
            data = stream.read(min(count, BLOCK_BYTES))
        if not data:
            raise DataError("is shorter than when its import began", place=Place(name))
        count -= len(data)
