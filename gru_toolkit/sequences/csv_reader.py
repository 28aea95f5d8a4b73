"""CSV and TSV by the letter of RFC 4180: nothing is forgiven, and every refusal knows its line.

A block without difficult quotes is cut by comparing separators with NumPy; any other goes line by line through a check
of its quotes and then through Python's strict `csv` reader. Both ways accept exactly the same (a test holds it).
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.casting import cast_numbers, shown
from gru_toolkit.sequences.columns import Chunk, Rules, build_table
from gru_toolkit.sequences.lines import Block, blocks
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Reject, Table

LONGEST_FIELD = 131_072
"""Characters in one cell; a longer one is taken for a quote that was never closed."""
_LINE_FEED, _QUOTE = ord("\n"), ord('"')
_UNWELCOME = re.compile("[\0\r\ud800-\udfff]")


def read_csv(source: Source, rules: Rules) -> Table:
    """The table of a CSV (comma) or TSV (tab) file.

    Raises DataError for a broken header and when more rows are rejected than the rules allow.
    """
    with opened(source) as stream:
        parts = blocks(stream, source.name)
        first = next(parts, None)
        if first is None:
            raise DataError("the file is empty, expected a header line", place=Place(source.name, 1))
        head, _, rest = first.data.partition(b"\n")
        delimiter, notes = _delimiter(source, head)
        names, has_header = _header(source.name, head, delimiter, rules.headerless)
        if not has_header:
            notes += (f"{source.name} has no header; assumed the first column is the label and the others its values",)
            rest = first.data
        splitter = _Splitter(source.name, len(names), delimiter)
        chunks = _chunks(splitter, Block(rest, 2 if has_header else 1), parts)
        table = build_table(source.name, names, chunks, rules)
    return Table(table.columns, table.source, table.place_of, table.rejects, notes + table.notes)


def _chunks(splitter: "_Splitter", first: Block, others: Iterator[Block]) -> Iterator[Chunk]:
    if first.data:
        yield splitter.split(first)
    for block in others:
        yield splitter.split(block)
    splitter.close()


def _delimiter(source: Source, head: bytes) -> tuple[str, tuple[str, ...]]:
    if source.format == "tsv":
        return "\t", ()
    if b"," in head:
        return ",", ()
    if b"\t" in head:
        return "\t", (f"assumed the columns of {source.name} are separated by tabs, because its header has no commas",)
    if b";" in head:
        hint = "separate the columns with commas (and write numbers with a point)"
        message = "the header is separated by semicolons, expected commas"
        raise DataError(message, place=Place(source.name, 1), hint=hint)
    return ",", ()


def _header(name: str, head: bytes, delimiter: str, headerless: bool) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first line holds them. Raises DataError for a header that is none."""
    place = Place(name, 1)
    text = head.decode("utf-8", "surrogateescape")
    trouble = _trouble(text)
    if trouble:
        raise DataError(f"the header {trouble}", place=place, hint=_HINTS.get(trouble))
    pattern = _Patterns(delimiter)
    if not pattern.complete.fullmatch(text):
        raise DataError(f"the header {pattern.explain(text)}", place=place)
    cells = _parse([text], delimiter)[0] if text else []
    if not "".join(cells).strip():
        raise DataError("the header is empty", place=place, hint="the first line names the columns")
    if not cast_numbers(cells)[1]:
        if headerless and len(cells) > 1:
            return ["label", *(f"v{number}" for number in range(1, len(cells)))], False
        hint = "the first line names the columns"
        raise DataError("the first line holds numbers, expected a header", place=place, hint=hint)
    check_names(cells, place)
    return cells, True


def check_names(names: list[str], place: Place) -> None:
    """Raises DataError for a column without a name or two of the same name."""
    for position, name in enumerate(names, 1):
        if not name.strip():
            raise DataError(f"column {position} of the header has no name", place=place)
    first: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if name in first:
            message = f"the header names {shown(name)} twice (columns {first[name]} and {position})"
            raise DataError(message, place=place)
        first[name] = position


_HINTS = {
    "has carriage returns within it": "end lines with a line feed (LF or CR LF)",
    "is not UTF-8": "convert it, for instance with: iconv -f ISO-8859-1 -t UTF-8",
}


def _trouble(text: str) -> str | None:
    """What makes a text unreadable whatever its quotes: the end of the sentence `the row …`."""
    found = _UNWELCOME.search(text)
    if not found:
        return None
    return {"\0": "holds a NUL byte", "\r": "has carriage returns within it"}.get(found[0], "is not UTF-8")


class _Patterns:
    """The quoting rules for one delimiter."""

    def __init__(self, delimiter: str):
        quoted, plain = '"(?:[^"]|"")*+"', f'[^"{delimiter}]*+'
        cell = f"(?:{quoted}|{plain})"
        self.complete = re.compile(f"{cell}(?:{delimiter}{cell})*+")
        self.open = re.compile(f'(?:{cell}{delimiter})*+"(?:[^"]|"")*+')
        self.cells = re.compile(f"(?:{cell}{delimiter})*+")
        self.plain = re.compile(plain)

    def explain(self, text: str) -> str:
        """Why a text is no record."""
        if self.open.fullmatch(text):
            return "opens a quote that is not closed"
        rest = text[self.cells.match(text).end() :]  # type: ignore[union-attr]  # matches the empty text
        position = f"character {len(text) - len(rest) + 1}"
        if rest.startswith('"'):
            return f"has text after a closing quote, in the cell at {position}"
        return f"has a quote inside a cell that is not quoted, in the cell at {position}"


def _parse(records: list[str], delimiter: str) -> list[list[str]]:
    """The cells of records whose quotes have been checked."""
    return list(csv.reader(records, delimiter=delimiter, strict=True))


@dataclass
class _Splitter:
    """Cuts blocks into columns; its state is the record whose quote was still open when a block ended."""

    name: str
    width: int
    delimiter: str
    pending: list[str] = field(default_factory=list)
    started: int = 0

    def __post_init__(self) -> None:
        self._patterns = _Patterns(self.delimiter)

    def split(self, block: Block) -> Chunk:
        """The rows that end in the block."""
        columns = None if self.pending else split_plain(block.data, self.width, self.delimiter)
        if columns is None:
            return self._split_lines(block)
        lines = np.arange(block.first_line, block.first_line + len(columns[0]), dtype=np.int64)
        return Chunk(columns, lines, size=len(block.data))

    def close(self) -> None:
        """Raises DataError if a quote is still open."""
        if self.pending:
            raise DataError("the quote opened in this row is never closed", place=Place(self.name, self.started))

    def _split_lines(self, block: Block) -> Chunk:
        records: list[str] = []
        starts: list[int] = []
        rejects: list[Reject] = []
        for line, text in enumerate(block.text()[:-1].split("\n"), block.first_line):
            record = self._record(text, line, rejects)
            if record is not None:
                records.append(record)
                starts.append(self.started)
        rows = _parse(records, self.delimiter)
        kept = []
        for position, row in enumerate(rows):
            if len(row) == self.width:
                kept.append(position)
            else:
                found = f"expected {self.width} columns, found {len(row)}"
                rejects.append(self._reject(found, starts[position], records[position]))
        columns = list(zip(*(rows[position] for position in kept), strict=True)) if kept else [()] * self.width
        lines = np.array([starts[position] for position in kept], dtype=np.int64)
        return Chunk(columns, lines, rejects, len(block.data))

    def _record(self, text: str, line: int, rejects: list[Reject]) -> str | None:
        """The record that the line completes, or None; a line inside an open quote is read as if it began with one."""
        if self.pending:
            self.pending.append(text)
            text = '"' + text
        else:
            self.started = line
        if self._patterns.open.fullmatch(text):
            if not self.pending:
                self.pending.append(text)
            if sum(map(len, self.pending)) > LONGEST_FIELD:
                message = f"a quoted cell that begins in this row has more than {LONGEST_FIELD:,} characters"
                raise DataError(message, place=Place(self.name, self.started), hint="is its quote closed?")
            return None
        record = "\n".join(self.pending) if self.pending else text
        self.pending.clear()
        reason = _trouble(record)
        if reason is None and not record:
            reason = "is an empty line"
        if reason is None and not self._patterns.complete.fullmatch(text):
            reason = self._patterns.explain(text) + (f" of line {line}" if line > self.started else "")
        if reason is None and len(record) > LONGEST_FIELD:
            longest = max(len(cell) for cell in _cells(record, self.delimiter))
            reason = f"has a cell of {longest:,} characters" if longest > LONGEST_FIELD else None
        if reason:
            rejects.append(self._reject(f"the row {reason}", self.started, record))
        return None if reason else record

    def _reject(self, reason: str, line: int, record: str) -> Reject:
        return Reject(Place(self.name, line), reason, record[:80].encode("utf-8", "replace").decode())


def _cells(record: str, delimiter: str) -> list[str]:
    """The cells of one record however long they are."""
    former = csv.field_size_limit(len(record) + 1)
    try:
        return _parse([record], delimiter)[0]
    finally:
        csv.field_size_limit(former)


def split_plain(data: bytes, width: int, delimiter: str) -> list[list[str]] | None:
    """The columns of a block whose quotes, if any, only surround cells; None if the block is anything else.

    data  whole lines, ended by line feeds
    """
    raw = np.frombuffer(data, np.uint8)
    separator = (raw == ord(delimiter)) | (raw == _LINE_FEED)
    if not raw.all() or b"\r" in data or data.startswith(b"\n") or b"\n\n" in data:
        return None
    quotes = np.flatnonzero(raw == _QUOTE)
    if len(quotes):
        if not _quotes_surround(quotes, separator):
            return None
        data = data.replace(b'"', b"")
    places = np.flatnonzero(separator)
    if len(places) % width or np.diff(places, prepend=-1).max() > LONGEST_FIELD:
        return None
    ends = (raw[places] == _LINE_FEED).reshape(-1, width)
    if ends[:, :-1].any() or not ends[:, -1].all():
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    cells = text.replace("\n", delimiter).split(delimiter)
    cells.pop()
    return [cells[position::width] for position in range(width)]


def _quotes_surround(quotes: np.ndarray, separator: np.ndarray) -> bool:
    """Whether quotes come in pairs around whole cells without separators inside.

    quotes     (Q,) positions of quotes
    separator  (bytes,) bool, True at delimiters and line feeds; the last byte is one
    """
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = separator[opening - 1] | (opening == 0)
    cells = np.cumsum(separator)
    return bool(before.all() and separator[closing + 1].all() and (cells[opening] == cells[closing]).all())
