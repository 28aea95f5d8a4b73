"""Chunks of texts to typed columns: kinds are told from the first values, bad rows are kept apart with their line."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.casting import (
    MISSING,
    SAMPLE,
    Bad,
    Zones,
    cast_numbers,
    cast_texts,
    cast_times,
    is_missing,
    kind_of,
    local_dates,
)
from gru_toolkit.sequences.table import Column, Kind, Reject, Table

_SNIFFED_BYTES = 8 << 20
_KEPT = 1000
"""Rejects kept when there are more than allowed; the rest are only counted."""


@dataclass(frozen=True)
class Rules:
    """What is settled about a table before its first row is read."""

    text: Callable[[str], bool] = lambda name: False
    """Whether a column is text whatever its values look like."""
    kinds: Mapping[str, Kind] | None = None
    """Kinds that an earlier file of the same dataset has settled."""
    max_rejects: int = 0
    headerless: bool = False
    """Whether a table may start with its first row, as UCR archives do: the label, then the values."""
    several: bool = False
    """Whether the file is one of several, so that ids made up for its sequences must name it."""


@dataclass(frozen=True)
class Chunk:
    """Some rows as texts or typed values.

    columns  one list of texts, float64 or datetime64[us] array a column, all of the same length
    lines    (rows,) int64, where each row starts, rising
    rejects  rows among them that are no rows at all
    size     bytes of text
    """

    columns: Sequence["Sequence[str] | np.ndarray"]
    lines: np.ndarray
    rejects: Sequence[Reject] = ()
    size: int = 0


@dataclass
class LineIndex:
    """On which line the accepted rows start, kept as runs of consecutive lines."""

    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    count: int = 0

    def extend(self, lines: np.ndarray) -> None:
        """Append the first lines of further rows."""
        if not len(lines):
            return
        starts = np.concatenate([[0], np.flatnonzero(np.diff(lines) != 1) + 1])
        if self.lines and lines[0] == self.lines[-1] + self.count - self.rows[-1]:
            starts = starts[1:]
        self.rows.extend((starts + self.count).tolist())
        self.lines.extend(lines[starts].tolist())
        self.count += len(lines)

    def line(self, row: int) -> int:
        """The line of a row, counted from 0."""
        run = bisect_right(self.rows, row) - 1
        return self.lines[run] + row - self.rows[run]


_TYPES: dict[Kind, type | str] = {"number": np.float64, "time": "datetime64[us]", "text": np.int32}


@dataclass
class _Growing:
    """A column while it is read: its values so far, and what they have settled.

    The array grows in place by a quarter, so that reading needs little more memory than the values themselves.
    """

    name: str
    kind: Kind
    size: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    zones: Zones = field(default_factory=Zones)

    def cast(self, values: "Sequence[str] | np.ndarray") -> tuple[np.ndarray | None, Bad]:
        """Numbers or times and what is bad among them; None for texts, which are coded once bad rows are known."""
        if isinstance(values, np.ndarray):
            bad = np.flatnonzero(np.isinf(values)) if self.kind == "number" else np.empty(0, np.int64)
            return values, [(row, f"{values[row]} is not a finite number") for row in bad.tolist()]
        if self.kind == "number":
            return cast_numbers(values)
        return cast_times(values, self.zones) if self.kind == "time" else (None, [])

    def __post_init__(self) -> None:
        self._values = np.empty(0, _TYPES[self.kind])

    def append(self, values: np.ndarray) -> None:
        """Further values of the column's type."""
        size = self.size + len(values)
        if size > len(self._values):
            self._values.resize(max(size, len(self._values) * 5 // 4), refcheck=False)
        self._values[self.size : size] = values
        self.size = size

    def column(self) -> Column:
        """The finished column."""
        self._values.resize(self.size, refcheck=False)
        return Column(self.name, self.kind, self._values, tuple(self.codes))


@dataclass
class _Tally:
    """Rejected rows: the first ones, and how many there are in all."""

    allowed: int
    rejects: list[Reject] = field(default_factory=list)
    count: int = 0

    def add(self, rejects: Sequence[Reject]) -> None:
        self.count += len(rejects)
        room = max(self.allowed, _KEPT) - len(self.rejects)
        self.rejects.extend(rejects[: max(room, 0)])

    def check(self) -> None:
        if self.count > self.allowed:
            raise too_many(self.rejects[0], self.count, self.allowed)


def too_many(first: Reject, count: int, allowed: int) -> DataError:
    """The error for more rejected rows than are allowed; the first is named, the others counted."""
    more = f"; {count - 1:,} more rows are rejected" if count > 1 else ""
    hint = f"correct the file, or allow rejected rows with --max-rejects {count}"
    if "is not a number" in first.reason or "is not a time" in first.reason:
        hint += f", or read the column as text with --text {first.place.column}"
    limit = f" ({allowed:,} allowed)" if allowed else ""
    return DataError(f"{first.reason}{more}{limit}", place=first.place, hint=hint)


def build_table(source: str, names: Sequence[str], chunks: Iterator[Chunk], rules: Rules) -> Table:
    """The typed table of all chunks.

    Raises DataError naming the first rejected row when more are rejected than the rules allow, or if there is no row.
    """
    head = list(_sniffed(chunks, len(names)))
    growing, notes = _settled(names, head, rules)
    tally = _Tally(rules.max_rejects)
    index = LineIndex()
    while head:
        _append(source, growing, head.pop(0), index, tally)
    for chunk in chunks:
        _append(source, growing, chunk, index, tally)
    tally.check()
    if not index.count and not tally.count:
        raise DataError("the file has a header and no rows", place=Place(source, 1))
    columns = {column.name: column.column() for column in growing}
    notes += [
        f"the times of `{column.name}` were converted to UTC"
        for column in growing
        if column.zones.zoned and column.zones.offsets - {0}
    ]

    def place_of(row: int, column: str | None) -> Place:
        return Place(source, index.line(row), column)

    return Table(columns, source, place_of, tuple(tally.rejects), tuple(notes))


def _sniffed(chunks: Iterator[Chunk], width: int) -> Iterator[Chunk]:
    """The first chunks: until every column has shown enough values to tell its kind, or enough bytes were read."""
    seen = [0] * width
    size = 0
    for chunk in chunks:
        yield chunk
        size += chunk.size
        for position, values in enumerate(chunk.columns):
            if isinstance(values, np.ndarray):
                seen[position] = SAMPLE
            elif seen[position] < SAMPLE:
                seen[position] += sum(value not in MISSING for value in values[: 2 * SAMPLE])
        if size > _SNIFFED_BYTES or min(seen, default=0) >= SAMPLE:
            return


def _settled(names: Sequence[str], head: Sequence[Chunk], rules: Rules) -> tuple[list[_Growing], list[str]]:
    growing, notes = [], []
    for position, name in enumerate(names):
        typed = next((chunk.columns[position] for chunk in head), None)
        if isinstance(typed, np.ndarray):
            growing.append(_Growing(name, "time" if typed.dtype.kind == "M" else "number"))
            continue
        sample = _sample(chunk.columns[position] for chunk in head)
        settled = rules.kinds.get(name) if rules.kinds else None
        kind: Kind = "text" if rules.text(name) else settled or kind_of(sample)
        growing.append(_Growing(name, kind))
        if kind == "text" and not rules.text(name) and local_dates(sample):
            notes.append(
                f"`{name}` holds dates such as {sample[0]!r}, whose order of day and month cannot be known, so it was "
                "read as text; write them as 2020-01-31"
            )
    return growing, notes


def _sample(parts: "Iterator[Sequence[str] | np.ndarray]") -> list[str]:
    found: list[str] = []
    for values in parts:
        for value in values:
            if not is_missing(value):
                found.append(value)
                if len(found) == SAMPLE:
                    return found
    return found


def _append(source: str, growing: list[_Growing], chunk: Chunk, index: LineIndex, tally: _Tally) -> None:
    """Cast a chunk onto the columns, leaving bad rows out."""
    cast = [column.cast(values) for column, values in zip(growing, chunk.columns, strict=True)]
    reasons: dict[int, tuple[str, str]] = {}
    for column, (_, bad) in zip(growing, cast, strict=True):
        for row, reason in bad:
            reasons.setdefault(row, (column.name, reason))
    rejects = list(chunk.rejects)
    for row, (name, reason) in reasons.items():
        raw = ",".join(str(values[row]) for values in chunk.columns)[:80]
        rejects.append(Reject(Place(source, int(chunk.lines[row]), name), reason, raw))
    rejects.sort(key=lambda reject: reject.place.line or 0)
    tally.add(rejects)
    good = np.ones(len(chunk.lines), bool)
    good[list(reasons)] = False
    index.extend(chunk.lines[good])
    for column, values, (numbers, _) in zip(growing, chunk.columns, cast, strict=True):
        if numbers is None:
            assert not isinstance(values, np.ndarray), "typed values are never coded"
            kept = [value for value, keep in zip(values, good, strict=True) if keep] if reasons else values
            column.append(cast_texts(kept, column.codes))
        else:
            column.append(numbers[good] if reasons else numbers)
