"""The one print boundary: whatever reaches the terminal has passed through here.

Results go to stdout; notes, progress and errors go to stderr. A file name, a column name, an id or a label may hold
escape sequences, so every line is made harmless just before it is written.
"""

import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TextIO

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LINE_BREAKS = "\u2028\u2029"
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _is_harmful(character: str) -> bool:
    """Whether a terminal could act on the character: C0, DEL, C1, bidi controls, line breaks, lone surrogates."""
    code = ord(character)
    return (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or 0xD800 <= code <= 0xDFFF
        or 0xE0000 <= code <= 0xE007F
        or character in _BIDI
        or character in _LINE_BREAKS
        or code == 0xFEFF
    )


def _escaped(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def safe_text(text: str) -> str:
    """The text as one line that a terminal only shows: each control character becomes a visible escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) if _is_harmful(character) else character for character in text)


def plain_json(value: Any) -> Any:
    """The same value with what JSON lacks as what it has: NaN and infinity are null, times are ISO 8601 text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(item) for item in value]
    return value


@dataclass(frozen=True)
class Output:
    """Where a command's lines go.

    json   results are one JSON value on stdout and nothing else is
    quiet  notes are not shown; results, warnings that change the exit status and errors are
    """

    json: bool = False
    quiet: bool = False

    def line(self, text: str = "") -> None:
        """One line of the result; nothing with `json`, where `value` is the result."""
        if not self.json:
            _write(sys.stdout, text)

    def lines(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.line(text)

    def value(self, value: Any) -> None:
        """The result as one JSON value, if `json` asks for it; pure ASCII, so that it cannot hold a raw control."""
        if self.json:
            sys.stdout.write(json.dumps(plain_json(value), ensure_ascii=True, allow_nan=False) + "\n")

    def record(self, value: Mapping[str, Any]) -> None:
        """One record of a stream as a JSON line, sent at once."""
        sys.stdout.write(json.dumps(plain_json(value), ensure_ascii=True, allow_nan=False) + "\n")
        sys.stdout.flush()

    def piece(self, text: str) -> None:
        """A piece of running text, sent at once; line feeds and tabs stay what they are."""
        if self.json:
            self.record({"text": text})
            return
        sys.stdout.write("".join(mark if mark in "\n\t" else safe_text(mark) for mark in text))
        sys.stdout.flush()

    def piece_end(self, text: str, seconds: float) -> None:
        """The end of a running text: with `json` a last record with all of it."""
        if self.json:
            self.record({"end": True, "text": text, "seconds": round(seconds, 4)})
        else:
            sys.stdout.write("" if text.endswith("\n") else "\n")

    def note(self, text: str) -> None:
        """One line beside the result: what was assumed, what is going on."""
        if self.quiet:
            return
        width = shutil.get_terminal_size().columns if sys.stderr.isatty() else 0
        for line in textwrap.wrap(safe_text(text), width, subsequent_indent="  ") if width > 20 else [text]:
            _write(sys.stderr, line)

    def error(self, text: str) -> None:
        """One line that is shown however quiet the command is."""
        _write(sys.stderr, text)

    def live(self, text: str) -> None:
        """Replace the live line of a terminal; an empty text takes it away. The next note starts where it stood."""
        columns = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r" + safe_text(text)[:columns].ljust(columns) + "\r")
        sys.stderr.flush()

    @property
    def unicode(self) -> bool:
        """Whether stdout can show the characters that figures are drawn with."""
        try:
            "⣿█░".encode(sys.stdout.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return True

    @property
    def width(self) -> int | None:
        """Columns that a result may use; None where nobody would see it cut, as in a pipe."""
        if sys.stdout.isatty() or "COLUMNS" in os.environ:
            return shutil.get_terminal_size().columns
        return None


def _write(stream: TextIO, text: str) -> None:
    stream.write(safe_text(text) + "\n")


def tolerate_encodings() -> None:
    """Make characters that the terminal's encoding lacks appear as escapes instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
