"""Wide tables, a row a sequence (M4, UCR), as long ones, a row a step."""

import re
from dataclasses import replace

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.arranging import as_text
from gru_toolkit.sequences.roles import LABEL_NAMES
from gru_toolkit.sequences.table import Column, Table
from gru_toolkit.sequences.wants import Wants

VALUE = "value"
"""The name of the one step column of a wide table."""
ID = "id"
_NUMBERED = re.compile(r"(.*?)_?([0-9]+)")
_FEWEST = 8
"""Numbered columns from which a table is taken to be wide without being told."""


def numbered_columns(table: Table) -> list[str]:
    """The longest run of number columns whose names count up from 0, 1 or 2, such as V2 … V1009."""
    runs: dict[str, list[str]] = {}
    last: dict[str, int] = {}
    for name, column in table.columns.items():
        match = _NUMBERED.fullmatch(name)
        if not match or column.kind != "number":
            continue
        prefix, number = match[1], int(match[2][:9])
        if prefix not in runs and number <= 2:
            runs[prefix] = [name]
        elif prefix in runs and number == last[prefix] + 1:
            runs[prefix].append(name)
        else:
            continue
        last[prefix] = number
    return max(runs.values(), key=len, default=[])


def is_wide(table: Table, config: ReadConfig, wants: Wants | None) -> bool:
    """Whether a row is a whole sequence: as the user says, else told from numbered columns without a time column."""
    if config.layout is not None:
        return config.layout == "wide"
    values = numbered_columns(table)
    if len(values) < _FEWEST or config.time or any(column.kind == "time" for column in table.columns.values()):
        return False
    if {*values} & {*config.target, *config.inputs, *config.known, *config.past, *config.ignore}:
        return False
    named = _id_column(table, values, config, wants)
    if named is None:
        return wants is not None and wants.target == "sequence"
    return len(np.unique(named.values)) == len(table)


def to_long(table: Table, config: ReadConfig, wants: Wants) -> tuple[Table, ReadConfig, tuple[str, ...]]:
    """A table with a row a step, the settings that read it, and what was assumed.

    Empty cells at the right end of a row end its sequence; others are missing values.

    Raises DataError for a row without values and for ids that stand twice.
    """
    names = numbered_columns(table)
    if not names:
        raise DataError("a wide table has columns numbered like v1, v2, …; there are none", place=Place(table.source))
    grid = np.stack([table.columns[name].values for name in names], axis=1)  # (sequences, steps)
    real = ~np.isnan(grid)
    lengths = np.where(real.any(axis=1), grid.shape[1] - np.argmax(real[:, ::-1], axis=1), 0)
    if not lengths.all():
        row = int(np.argmin(lengths))
        raise DataError("the row has no values", place=table.place_of(row, names[0]))
    inside = np.arange(grid.shape[1]) < lengths[:, None]
    sequence, step = np.nonzero(inside)
    ids = _ids(table, names, config, wants)
    others = {name: column for name, column in table.columns.items() if name not in names and name != ids.name}
    columns = {ids.name: ids.take(sequence), VALUE: Column(VALUE, "number", grid[inside])}
    columns |= {name: column.take(sequence) for name, column in others.items() if name != VALUE}
    place_of = table.place_of
    long = replace(
        table,
        columns=columns,
        place_of=lambda row, column: place_of(int(sequence[row]), names[step[row]] if column == VALUE else column),
    )
    note = f"assumed a row is a sequence, its steps `{names[0]}` to `{names[-1]}`; override with --layout long"
    return long, _config(config, ids.name, wants), (note,) if config.layout is None else ()


def _config(config: ReadConfig, ids: str, wants: Wants) -> ReadConfig:
    if wants.target == "step":
        return replace(config, id=ids, target=(VALUE,))
    return replace(config, id=ids, inputs=(VALUE,))


def _id_column(table: Table, names: list[str], config: ReadConfig, wants: Wants | None) -> Column | None:
    if config.id is not None:
        return table.columns.get(config.id)
    taken = {*names, *config.static, *config.target, *config.ignore}
    labels = LABEL_NAMES if wants is not None and wants.target == "sequence" else ()
    texts = [column for name, column in table.columns.items() if column.kind == "text" and name not in taken]
    texts = [column for column in texts if column.name.lower() not in labels]
    prefix = _NUMBERED.fullmatch(names[0])
    assert prefix is not None, "a numbered column has a prefix"
    for column in texts:
        match = _NUMBERED.fullmatch(column.name)
        if column.name.lower() in (ID, "unique_id", "series_id", "case") or (match and match[1] == prefix[1]):
            return column
    unique = [column for column in texts if len(column.levels) == len(table)]
    return unique[0] if len(unique) == 1 else None


def _ids(table: Table, names: list[str], config: ReadConfig, wants: Wants) -> Column:
    named = _id_column(table, names, config, wants)
    if named is None:
        levels = tuple(str(number) for number in range(1, len(table) + 1))
        return Column(ID, "text", np.arange(len(table), dtype=np.int32), levels)
    named = as_text(named)
    codes, first, counts = np.unique(named.values, return_index=True, return_counts=True)
    if counts.max(initial=1) > 1 or (codes < 0).any():
        code = int(codes[np.argmax((counts > 1) | (codes < 0))])
        row = int(np.flatnonzero(named.values == code)[-1])
        place = table.place_of(row, named.name)
        if code < 0:
            raise DataError("the id is missing", place=place)
        line = table.place_of(int(first[np.argmax(codes == code)]), None).line
        raise DataError(f"the id {named.levels[code]!r} stands twice, first on line {line}", place=place)
    return named
