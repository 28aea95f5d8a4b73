"""Times that a table keeps in several columns: year, month, day, hour, minute, second."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError
from gru_toolkit.sequences.table import Column, Table

CALENDAR_TIME = "time"
"""The name of the column that is made of the parts."""
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_MICROSECONDS = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}
_RANGES = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}


def split_calendar(table: Table) -> dict[str, str]:
    """Column name → part of the calendar, from the year down without a hole; empty if there is no year and month."""
    names = {column.name.lower(): column.name for column in table.columns.values() if column.kind == "number"}
    found: dict[str, str] = {}
    for part in _PARTS:
        if part not in names:
            break
        found[names[part]] = part
    return found if len(found) >= 2 else {}


def with_calendar(table: Table, config: ReadConfig) -> Table:
    """The table with one time column made of its parts, if it has parts and no time of its own.

    Raises DataError for a row whose parts are no day and time.
    """
    parts = split_calendar(table)
    if config.time not in (None, CALENDAR_TIME) or not parts or CALENDAR_TIME in table.columns:
        return table
    if any(column.kind == "time" for column in table.columns.values()):
        return table
    if {*parts} & {*config.target, *config.ignore}:
        return table
    values: Mapping[str, np.ndarray] = {part: table.columns[name].values for name, part in parts.items()}
    wrong = np.zeros(len(table), bool)
    for part, numbers in values.items():
        low, high = _RANGES[part]
        wrong |= ~((numbers >= low) & (numbers <= high) & (numbers == np.floor(numbers)))
    whole = {part: np.where(wrong, _RANGES[part][0], numbers).astype(np.int64) for part, numbers in values.items()}
    months = ((whole["year"] - 1970) * 12 + whole["month"] - 1).view("datetime64[M]")
    times = months.astype("datetime64[us]")
    for part, numbers in whole.items():
        if part in _MICROSECONDS:
            times = times + (numbers - _RANGES[part][0]) * np.timedelta64(_MICROSECONDS[part], "us")
    wrong |= times.astype("datetime64[M]") != months
    if wrong.any():
        row = int(np.argmax(wrong))
        found = ", ".join(f"{part} {numbers[row]:g}" for part, numbers in values.items())
        raise DataError(f"{found} is no day and time of the calendar", place=table.place_of(row, next(iter(parts))))
    note = f"assumed the time is put together from {', '.join(f'`{name}`' for name in parts)}; override with --time"
    columns = {**table.columns, CALENDAR_TIME: Column(CALENDAR_TIME, "time", times)}
    return replace(table, columns=columns, notes=(*table.notes, note))
