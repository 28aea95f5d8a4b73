"""Several tables of equal columns as one."""

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.roles import ID_NAMES
from gru_toolkit.sequences.table import Column, Table
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.sequences.wide import is_wide

FILE_ID = "file"
"""The id column of sequences that only their file tells apart."""


def join_tables(tables: Sequence[Table], config: ReadConfig, wants: Wants | None) -> Table:
    """All rows, table after table; without an id column every file is a sequence of its own.

    Raises DataError naming the difference when the columns differ.
    """
    first = tables[0]
    for table in tables[1:]:
        _check_equal(first, table)
    columns = {name: _joined(name, [table.columns[name] for table in tables]) for name in first.columns}
    notes = tuple(dict.fromkeys(note for table in tables for note in table.notes))
    lengths = [len(table) for table in tables]
    joined = Table(columns, first.source, first.place_of)
    named = config.id not in (None, FILE_ID) or any(name.lower() in ID_NAMES for name in columns)
    if not named and not is_wide(joined, config, wants) and not _could_tell_apart(columns):
        columns[FILE_ID] = _file_column(tables, lengths)
        columns = {FILE_ID: columns.pop(FILE_ID), **columns}
        notes += ("each file was taken as a sequence of its own, because there is no id column; override with --id",)
    starts = np.cumsum([0, *lengths]).tolist()

    def place_of(row: int, column: str | None) -> Place:
        table = bisect_right(starts, row) - 1
        return tables[table].place_of(row - starts[table], column)

    rejects = tuple(reject for table in tables for reject in table.rejects)
    return Table(columns, ", ".join(table.source for table in tables), place_of, rejects, notes)


def _check_equal(first: Table, other: Table) -> None:
    ours, theirs = set(first.columns), set(other.columns)
    place = Place(other.source)
    if theirs - ours:
        raise DataError(f"has a column `{sorted(theirs - ours)[0]}` that {first.source} does not have", place=place)
    if ours - theirs:
        raise DataError(f"lacks the column `{sorted(ours - theirs)[0]}` of {first.source}", place=place)
    for name, column in first.columns.items():
        kind = other.columns[name].kind
        if kind != column.kind:
            message = f"column `{name}` holds {kind} values, in {first.source} it holds {column.kind} values"
            raise DataError(message, place=place)


def _joined(name: str, parts: Sequence[Column]) -> Column:
    if parts[0].kind != "text":
        return Column(name, parts[0].kind, np.concatenate([part.values for part in parts]))
    codes: dict[str, int] = {}
    values = []
    for part in parts:
        mapping = np.array([codes.setdefault(level, len(codes)) for level in part.levels] + [-1], dtype=np.int32)
        values.append(mapping[part.values])
    return Column(name, "text", np.concatenate(values), tuple(codes))


def _could_tell_apart(columns: dict[str, Column]) -> bool:
    return any(column.kind == "text" and 1 < len(column.levels) < len(column) for column in columns.values())


def _file_column(tables: Sequence[Table], lengths: Sequence[int]) -> Column:
    stems = [Path(table.source).name.split(".")[0] for table in tables]
    names = [table.source for table in tables] if len(set(stems)) < len(stems) else stems
    return Column(FILE_ID, "text", np.repeat(np.arange(len(names), dtype=np.int32), lengths), tuple(names))
