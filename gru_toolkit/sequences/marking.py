"""Which rows are known to be anomalies: from a column of zeros and ones, or from a file of windows.

A file of windows is CSV with the columns `start` and `end` (and the series' id, where there are several), or JSON: a
list of [start, end], or an object of such lists by series. Both ends belong to a window.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError
from gru_toolkit.sequences.arranging import Arranged
from gru_toolkit.sequences.table import Column, Table
from gru_toolkit.sequences.wants import Wants

MARK_NAMES = ("anomaly", "is_anomaly", "anomalous", "outlier", "label")
MARKS = "anomaly"
"""The name of the column that a file of windows becomes."""
_ENDINGS = (".csv", ".json")


@dataclass(frozen=True)
class Window:
    """One anomaly of a series (None: of the only one), both ends inside."""

    series: str | None
    start: str
    end: str
    place: Place


def mark_column(table: Table, config: ReadConfig, wants: Wants) -> tuple[str | None, tuple[str, ...]]:
    """The column of marks, and what was assumed to find it; None if there is none, or a file is to be read.

    Raises UsageError when marks are given to a task that has no use for them, MissingInputError for a missing column,
    DataError for values other than 0 and 1.
    """
    if wants.marks is None:
        if config.marks is not None:
            raise UsageError("--marks says which rows are anomalies, which only the task detect reads")
        return None, ()
    if config.marks is not None:
        if config.marks in table.columns:
            _check(table, config.marks)
            return config.marks, ()
        if config.marks.lower().endswith(_ENDINGS) or wants.marks == "ignore":
            return None, ()
        hint = "name a column of 0 and 1, or a file of windows (.csv or .json)"
        raise MissingInputError(f"there is no column {config.marks!r}", place=Place(table.source), hint=hint)
    taken = {config.id, config.time, *config.target, *config.known, *config.past, *config.ignore}
    for name, column in table.columns.items():
        if name.lower() in MARK_NAMES and name not in taken and column.kind == "number" and _zero_one(column):
            note = f"assumed `{name}` marks the anomalies, because of its name; override with --marks"
            return name, (note,) if wants.marks == "read" else ()
    return None, ()


def _zero_one(column: Column) -> bool:
    values = column.values[~column.missing()]
    return bool(np.isin(values, (0.0, 1.0)).all())


def _check(table: Table, name: str) -> None:
    column = table.columns[name]
    if column.kind != "number":
        raise DataError(
            f"column `{name}` marks anomalies by 0 and 1, found {column.kind}", place=table.place_of(0, name)
        )
    wrong = ~np.isin(column.values, (0.0, 1.0))
    if wrong.any():
        row = int(np.argmax(wrong))
        found = "nothing" if np.isnan(column.values[row]) else f"{column.values[row]:g}"
        raise DataError(f"column `{name}` marks anomalies by 0 and 1, found {found}", place=table.place_of(row, name))


def with_marks(arranged: Arranged, column: str | None, config: ReadConfig, wants: Wants) -> Arranged:
    """The sequences with their marks as one more step column, of role `marks`; unchanged where none are wanted.

    Raises MissingInputError for a file that is not there, DataError with file and line for windows that cannot be used.
    """
    if wants.marks != "read" or (column is None and config.marks is None):
        return arranged
    if column is not None:
        marks = arranged.table.columns[column]
        marks = marks if arranged.rows is None else marks.take(arranged.rows)
    else:
        assert config.marks is not None, "marks come from a column or from a file"
        marks = Column(MARKS, "number", _inside(arranged, list(_windows(Path(config.marks)))))
    roles = replace(arranged.roles, marks=(marks.name,))
    return replace(arranged, columns={**arranged.columns, marks.name: marks}, roles=roles)


def _inside(arranged: Arranged, windows: list[Window]) -> np.ndarray:
    """(N,) 1.0 on the rows inside a window. Raises DataError for a window that no row lies in."""
    times = arranged.times
    if times is None:
        raise DataError("windows of anomalies need a time column in the data", hint="name it with --time")
    marks = np.zeros(len(times))
    for window in windows:
        rows = _rows_of(arranged, window)
        if rows is None:
            continue
        start, end = (_moment(text, times.dtype, window.place) for text in (window.start, window.end))
        inside = (times[rows] >= start) & (times[rows] <= end)
        if end < start or not inside.any():
            what = "ends before it starts" if end < start else "holds no row of the data"
            raise DataError(f"the window {window.start} to {window.end} {what}", place=window.place)
        marks[rows][inside] = 1.0
    return marks


def _rows_of(arranged: Arranged, window: Window) -> slice | None:
    """The rows of the window's series; None if the data do not hold it."""
    if window.series is None:
        if len(arranged.ids) > 1:
            message = "the windows name no series, and the data hold several"
            raise DataError(message, place=window.place, hint=f"add a column of ids, such as {arranged.ids[0]!r}")
        return slice(0, int(arranged.offsets[-1]))
    same = [PurePath(name).as_posix().endswith(window.series) or window.series.endswith(name) for name in arranged.ids]
    if len(arranged.ids) == 1 and arranged.roles.id is None:
        same = [arranged.table.source.replace("\\", "/").endswith(window.series)]
    if not any(same):
        return None
    sequence = same.index(True)
    return slice(int(arranged.offsets[sequence]), int(arranged.offsets[sequence + 1]))


def _moment(text: str, kind: np.dtype[Any], place: Place) -> Any:
    try:
        if kind.kind != "M":
            return int(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(f"a window begins and ends at times like the data's, found {text!r}", place=place) from None
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment, "us")


def _windows(path: Path) -> Iterator[Window]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MissingInputError("there is no such file of windows", place=Place(str(path))) from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise DataError("the file of windows is not UTF-8 text", place=Place(str(path))) from error
    return _json_windows(path, text) if path.suffix.lower() == ".json" else _csv_windows(path, text)


def _csv_windows(path: Path, text: str) -> Iterator[Window]:
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    header = [name.strip().lower() for name in next(rows, [])]
    if "start" not in header or "end" not in header:
        raise DataError("a file of windows has the columns start and end", place=Place(str(path), 1))
    others = [name for name in header if name not in ("start", "end")]
    for row in rows:
        place = Place(str(path), rows.line_num)
        if not row:
            continue
        if len(row) != len(header):
            raise DataError(f"expected {len(header)} values, found {len(row)}", place=place)
        cells = dict(zip(header, row, strict=True))
        yield Window(cells[others[0]] if others else None, cells["start"], cells["end"], place)


def _json_windows(path: Path, text: str) -> Iterator[Window]:
    place = Place(str(path))
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg}", place=Place(str(path), error.lineno)) from error
    lists: Any = found.items() if isinstance(found, dict) else [(None, found)]
    for series, windows in lists:
        for window in windows if isinstance(windows, list) else [windows]:
            if not (isinstance(window, list) and len(window) == 2 and all(isinstance(t, (str, int)) for t in window)):
                raise DataError(f"windows are lists [start, end], found {window!r:.60}", place=place)
            yield Window(series, str(window[0]), str(window[1]), place)
