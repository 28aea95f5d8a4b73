"""Rows of a table to sequences: grouped by id, in rising time, every step column end to end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, Place, UsageError
from gru_toolkit.sequences.columns import too_many
from gru_toolkit.sequences.dataset import Roles
from gru_toolkit.sequences.table import Column, Reject, Table

ONLY = "series"
"""The name of the one sequence of a table without ids."""


@dataclass(frozen=True)
class Arranged:
    """S sequences end to end, N rows, before gaps and missing values are dealt with.

    ids      names of the sequences
    offsets  (S + 1,) int64
    times    (N,) datetime64[us] or int64, or None
    columns  step and static columns, all over the N rows
    rows     (N,) int64 the table's row of each row, None if they are the same
    """

    ids: tuple[str, ...]
    offsets: np.ndarray
    times: np.ndarray | None
    columns: Mapping[str, Column]
    table: Table
    roles: Roles
    rows: np.ndarray | None = None

    def place(self, row: int, column: str | None) -> Place:
        """Where a row of the sequences stands in the file."""
        return self.table.place_of(row if self.rows is None else int(self.rows[row]), column)

    def sequence_of(self, row: int) -> int:
        """The sequence a row belongs to."""
        return int(np.searchsorted(self.offsets, row, side="right")) - 1

    def within(self) -> np.ndarray:
        """(N - 1,) bool, True where a row and the next belong to the same sequence."""
        inside = np.ones(max(int(self.offsets[-1]) - 1, 0), bool)
        inside[self.offsets[1:-1] - 1] = False
        return inside


def arrange(table: Table, roles: Roles, config: ReadConfig, *, events: bool = False) -> Arranged:
    """The table's rows as sequences, sorted by time if the settings say so; rows of equal time keep the file's order.

    events  whether each row is an event, which is nothing without its item (the target)

    Raises DataError for rows without id, time or item beyond the rejects allowed, UsageError for nothing to sort by.
    """
    table = _without_nameless(table, roles, config, events=events)
    if config.sort and roles.time is None:
        raise UsageError("there is no time column to sort by", hint="name it with --time, or leave --sort out")
    used = (*roles.target, *roles.inputs, *roles.known, *roles.past, *roles.static)
    columns = {name: table.columns[name] for name in dict.fromkeys(used)}
    times = _times(table.columns[roles.time]) if roles.time else None
    if roles.id is None:
        codes: np.ndarray = np.zeros(len(table), np.int32)
        levels: tuple[str, ...] = (ONLY,)
    else:
        codes, levels = _codes(table.columns[roles.id])
    rows = _order(codes, times if config.sort else None)
    if rows is not None:
        codes = codes[rows]
        columns = {name: column.take(rows) for name, column in columns.items()}
        times = times[rows] if times is not None else None
    starts = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1])
    ids = tuple(levels[code] for code in codes[starts].tolist())
    offsets = np.concatenate([starts, [len(codes)]]).astype(np.int64)
    return Arranged(ids, offsets, times, columns, table, roles, rows)


def _order(codes: np.ndarray, times: np.ndarray | None) -> np.ndarray | None:
    """(N,) int64 rows by sequence and, where times are given, by time; None if they stand so already."""
    same = codes[1:] == codes[:-1]
    risen = codes[1:] >= codes[:-1]
    if times is not None:
        risen &= ~same | (times[1:] >= times[:-1])
    if bool(risen.all()):
        return None
    return np.argsort(codes, kind="stable") if times is None else np.lexsort((times, codes))


def _times(column: Column) -> np.ndarray:
    return column.values if column.kind == "time" else column.values.astype(np.int64)


def _codes(column: Column) -> tuple[np.ndarray, tuple[str, ...]]:
    """Codes in the order in which the ids first appear, and the ids."""
    named = as_text(column)
    first_seen = np.unique(named.values, return_index=True)[1] if len(named.levels) < 2 else _first_rows(named)
    rank = np.empty(len(named.levels), np.int32)
    order = np.argsort(first_seen, kind="stable")
    rank[order] = np.arange(len(order), dtype=np.int32)
    if bool((rank == np.arange(len(rank))).all()):
        return named.values, named.levels
    return rank[named.values], tuple(named.levels[level] for level in order.tolist())


def _first_rows(column: Column) -> np.ndarray:
    """(levels,) the first row of each level; the number of rows for a level without rows."""
    first = np.full(len(column.levels), len(column), dtype=np.int64)
    changes = np.concatenate([[0], np.flatnonzero(column.values[1:] != column.values[:-1]) + 1])
    np.minimum.at(first, column.values[changes], changes)
    return first


def as_text(column: Column) -> Column:
    """A column of numbers as text; whole numbers without a point."""
    if column.kind != "number":
        return column
    numbers, codes = np.unique(column.values[~np.isnan(column.values)], return_inverse=True)
    levels = tuple(str(int(number)) if number == np.floor(number) else repr(number) for number in numbers.tolist())
    values = np.full(len(column), -1, dtype=np.int32)
    values[~np.isnan(column.values)] = codes
    return Column(column.name, "text", values, levels)


def _without_nameless(table: Table, roles: Roles, config: ReadConfig, *, events: bool) -> Table:
    """The table without rows whose id, time or (of events) item is missing; these count as rejected."""
    rejects: list[Reject] = []
    bad = np.zeros(len(table), bool)
    for role, name in (("id", roles.id), ("time", roles.time), ("item", roles.target[0] if events else None)):
        if name is None:
            continue
        missing = table.columns[name].missing() & ~bad
        for row in np.flatnonzero(missing)[: config.max_rejects + 1].tolist():
            rejects.append(Reject(table.place_of(row, name), f"the {role} is missing"))
        bad |= missing
    return drop_rows(table, bad, rejects, config) if rejects else table


def drop_rows(table: Table, bad: np.ndarray, rejects: list[Reject], config: ReadConfig) -> Table:
    """The table without the bad rows (N,) bool. Raises DataError when there are more rejects than allowed."""
    count = int(bad.sum()) + len(table.rejects)
    if count > config.max_rejects:
        raise too_many(min(rejects, key=lambda reject: reject.place.line or 0), count, config.max_rejects)
    kept = np.flatnonzero(~bad)
    if not len(kept):
        raise DataError("no row is left after the rejected ones", place=rejects[0].place)
    place_of = table.place_of
    return replace(
        table,
        columns={name: column.take(kept) for name, column in table.columns.items()},
        place_of=lambda row, column: place_of(int(kept[row]), column),
        rejects=(*table.rejects, *rejects),
    )


def order_problem(arranged: Arranged, *, ties: bool = False) -> DataError | None:
    """The first row whose time does not rise within its sequence, or None.

    ties  whether a time may stand several times
    """
    times = arranged.times
    if times is None or len(times) < 2:
        return None
    wrong = ((times[1:] < times[:-1]) if ties else (times[1:] <= times[:-1])) & arranged.within()
    count = int(np.count_nonzero(wrong))
    if not count:
        return None
    candidates = np.flatnonzero(wrong) + 1
    row = int(candidates[0] if arranged.rows is None else candidates[np.argmin(arranged.rows[candidates])])
    time, name = arranged.roles.time, arranged.ids[arranged.sequence_of(row)]
    before = arranged.place(row - 1, time)
    whose = f" of {name!r}" if arranged.roles.id else ""
    more = f"; {count - 1:,} more rows like it" if count > 1 else ""
    if times[row] == times[row - 1]:
        message = f"{shown_time(times[row])}{whose} stands twice, first on line {before.line}{more}"
        hint = "remove one of them"
        if not arranged.roles.id:
            hint += ", or name the column that tells sequences apart with --id"
    else:
        earlier = f"{shown_time(times[row - 1])} on line {before.line}"
        message = f"{shown_time(times[row])}{whose} comes after {earlier}{more}"
        hint = "sort the rows of each sequence by time, or let --sort do it"
    return DataError(message, place=arranged.place(row, time), hint=hint)


def shown_time(time: np.datetime64 | np.int64) -> str:
    """A time as people write it: no clock at midnight, no fractions that are zero."""
    if not isinstance(time, np.datetime64):
        return f"step {int(time)}"
    text = str(time.astype("datetime64[us]")).replace("T", " ")
    return text.removesuffix(".000000").removesuffix(" 00:00:00")


def statics_of(arranged: Arranged) -> dict[str, Column]:
    """Columns over the sequences. Raises DataError for a static column that changes within a sequence."""
    found = {}
    within = arranged.within()
    for name in (*arranged.roles.static, *(arranged.roles.target if _labels(arranged.roles) else ())):
        column = arranged.columns[name]
        values = np.where(column.missing(), np.nan, column.values) if column.kind == "number" else column.values
        same = (values[1:] == values[:-1]) | (column.missing()[1:] & column.missing()[:-1])
        changed = within & ~same
        if changed.any():
            row = int(np.argmax(changed)) + 1
            whose = arranged.ids[arranged.sequence_of(row)]
            message = f"`{name}` changes within the sequence {whose!r}, expected one value for each sequence"
            raise DataError(message, place=arranged.place(row, name))
        found[name] = column.take(arranged.offsets[:-1])
    return found


def _labels(roles: Roles) -> bool:
    return bool(roles.inputs)


def canonical_names(names: tuple[str, ...]) -> bytes:
    """Names as bytes that only equal names share."""
    return json.dumps(names, ensure_ascii=True).encode()
