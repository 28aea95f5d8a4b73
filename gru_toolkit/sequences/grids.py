"""The regular distance between the times of sequences, and the rows that are missing from it."""

import re
from dataclasses import dataclass, replace

import numpy as np

from gru_toolkit.errors import ConfigError, DataError
from gru_toolkit.sequences.arranging import Arranged, shown_time
from gru_toolkit.sequences.table import Column

_UNITS = {
    "us": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
    "w": 604_800_000_000,
}  # fmt: skip
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_FREQUENCY = re.compile(r"([0-9]*)([a-z]*)")
_MONTH_MICROSECONDS = 28 * _UNITS["d"]
_MEAN_MONTH = 365.2425 / 12 * _UNITS["d"]
_SAMPLE = 10_000
_PIECE = 1_000_000


@dataclass(frozen=True)
class Grid:
    """A regular step and how the rows lie on it.

    step       the distance of two neighbours in `ticks`
    ticks      (N,) int64 times counted in a unit in which the step is constant: microseconds, months or step numbers
    micro      the step in microseconds (the median where months differ) or step numbers
    off        the first row that does not lie a whole number of steps after the one before, or None
    missing    rows that are missing between the first and the last of all sequences
    first_gap  the first row after a gap, or None
    monthly    whether ticks are months
    """

    step: int
    ticks: np.ndarray
    micro: int
    off: int | None
    missing: int
    first_gap: int | None
    monthly: bool = False


def find_grid(arranged: Arranged, frequency: str | None) -> Grid | None:
    """The regular step of all sequences, None without two rows in any or without times.

    Raises ConfigError for a frequency that cannot be read.
    """
    times = arranged.times
    if times is None:
        return None
    dated = np.issubdtype(times.dtype, np.datetime64)
    wanted, monthly = _frequency(frequency, dated) if frequency else (None, False)
    within = arranged.within()
    if not within.any():
        return None
    if not monthly:
        grid = _grid(times.view(np.int64), within, wanted)
        if grid.off is None or not dated or wanted:
            return grid
    months = _month_ticks(times, within) if dated else None
    if months is None:
        return None if monthly else grid
    by_month = _grid(months, within, wanted)
    single = within & (np.diff(months) == by_month.step)
    steps = np.diff(times.view(np.int64))[single]
    median = int(np.median(steps)) if len(steps) else round(by_month.step * _MEAN_MONTH)
    return replace(by_month, micro=median, monthly=True)


def _frequency(text: str, dated: bool) -> tuple[int, bool]:
    """The step and whether it counts months."""
    match = _FREQUENCY.fullmatch(text)
    number = int(match[1] or 1) if match and text else 0
    unit = match[2] if match else ""
    if number and dated and unit in _MONTHS:
        return number * _MONTHS[unit], True
    if number and dated and unit in _UNITS:
        return number * _UNITS[unit], False
    if number and not dated and unit == "":
        return number, False
    wanted = f"a number and one of {', '.join((*_UNITS, *_MONTHS))}, such as 1h or 7d" if dated else "a whole number"
    raise ConfigError(f"frequency must be {wanted}, got {text!r}")


def _grid(ticks: np.ndarray, within: np.ndarray, wanted: int | None) -> Grid:
    step = wanted or _commonest(ticks, within)
    others = _unusual(ticks, within, step)
    steps = ticks[others + 1] - ticks[others]
    unfit, gaps = others[steps % step != 0], others[steps % step == 0]
    missing = int((steps[steps % step == 0] // step - 1).sum())
    first_gap = int(gaps[0]) + 1 if len(gaps) else None
    return Grid(step, ticks, step, int(unfit[0]) + 1 if len(unfit) else None, missing, first_gap)


def _unusual(ticks: np.ndarray, within: np.ndarray, step: int) -> np.ndarray:
    """Rows that are not followed by the next one of their sequence after one step; found piece by piece."""
    found = []
    for start in range(0, len(within), _PIECE):
        piece = ticks[start : start + _PIECE + 1]
        found.append(np.flatnonzero((np.diff(piece) != step) & within[start : start + _PIECE]) + start)
    return np.concatenate(found)


def _commonest(ticks: np.ndarray, within: np.ndarray) -> int:
    """The most common step; the smaller one of two that are equally common."""
    sample = np.flatnonzero(within[:_SAMPLE])
    if len(sample):
        values, counts = np.unique(ticks[sample + 1] - ticks[sample], return_counts=True)
        first = int(values[np.argmax(counts)])
        if len(within) <= _SAMPLE or len(_unusual(ticks, within, first)) * 2 < np.count_nonzero(within):
            return first
    values, counts = np.unique(np.diff(ticks)[within], return_counts=True)
    return int(values[np.argmax(counts)])


def _month_ticks(times: np.ndarray, within: np.ndarray) -> np.ndarray | None:
    """(N,) int64 months since 1970 if all times lie at the same place of their month, at least a month apart."""
    if np.diff(times.view(np.int64))[within].min() < _MONTH_MICROSECONDS:
        return None
    months = times.astype("datetime64[M]")
    from_start = (times - months.astype("datetime64[us]")).view(np.int64)
    to_end = ((months + 1).astype("datetime64[us]") - times).view(np.int64)
    if (from_start == from_start[0]).all() or (to_end == to_end[0]).all():
        return months.view(np.int64)
    return None


def gap_problem(arranged: Arranged, grid: Grid) -> DataError | None:
    """The first missing row, or None."""
    row = grid.first_gap
    if row is None or arranged.times is None:
        return None
    before, after = shown_time(arranged.times[row - 1]), shown_time(arranged.times[row])
    rows = f"{grid.missing:,} rows are" if grid.missing > 1 else "1 row is"
    message = f"rows are missing between {before} and {after}; in all {rows} missing"
    hint = "fill them with --missing forward, interpolate or indicator"
    return DataError(message, place=arranged.place(row, arranged.roles.time), hint=hint)


def irregular_problem(arranged: Arranged, grid: Grid) -> DataError | None:
    """The first row that is not a whole number of steps after the one before, or None."""
    row = grid.off
    if row is None or arranged.times is None:
        return None
    before, after = arranged.times[row - 1], arranged.times[row]
    usual = shown_step(grid.micro, dated=np.issubdtype(arranged.times.dtype, np.datetime64))
    found = f"{shown_time(after)} follows {shown_time(before)}"
    message = f"the times are not regular: {found}, but the usual step is {usual}"
    hint = f"give the step with --frequency, or take the rows in file order with --ignore {arranged.roles.time}"
    return DataError(message, place=arranged.place(row, arranged.roles.time), hint=hint)


def shown_step(step: int, *, dated: bool) -> str:
    """A step in the largest unit that divides it."""
    if not dated:
        return str(step)
    unit = next(unit for unit, size in reversed(_UNITS.items()) if step % size == 0)
    return f"{step // _UNITS[unit]} {unit}"


def fill_gaps(arranged: Arranged, grid: Grid) -> tuple[Arranged, np.ndarray]:
    """The sequences with a row of missing values at every missing step, and (N,) bool, True at these rows.

    Raises DataError when more than ten rows would be added for each that is there.
    """
    assert arranged.times is not None, "a grid has times"
    total = len(grid.ticks) + grid.missing
    if total > 10 * len(grid.ticks) + _SAMPLE:
        problem = gap_problem(arranged, grid)
        assert problem is not None, "rows are missing"
        raise DataError(problem.message, place=problem.place, hint="check the time, or give the step with --frequency")
    distance = np.ones(len(grid.ticks), dtype=np.int64)
    distance[0] = 1
    distance[1:] = np.where(arranged.within(), np.diff(grid.ticks) // grid.step, 1)
    position = np.cumsum(distance) - 1
    inserted = np.ones(total, bool)
    inserted[position] = False
    offsets = np.append(position[arranged.offsets[:-1]], total)
    previous = np.cumsum(~inserted) - 1
    behind = np.arange(total) - position[previous]
    columns = {name: _spread(column, position, total) for name, column in arranged.columns.items()}
    times = _spread_times(arranged.times, grid, previous, behind)
    return replace(arranged, offsets=offsets, times=times, columns=columns, rows=None), inserted


def _spread(column: Column, position: np.ndarray, total: int) -> Column:
    absent = -1 if column.kind == "text" else np.nan
    values = np.full(total, absent, dtype=column.values.dtype)
    values[position] = column.values
    return replace(column, values=values)


def _spread_times(times: np.ndarray, grid: Grid, previous: np.ndarray, behind: np.ndarray) -> np.ndarray:
    if not grid.monthly:
        return np.asarray(times[previous] + (behind * grid.step).astype(times.dtype.str.replace("M8", "m8")))
    months = times.astype("datetime64[M]")
    start = months.astype("datetime64[us]")
    same_start = bool((times - start == (times - start)[0]).all())
    moved = months[previous] + behind * grid.step
    if same_start:
        return np.asarray(moved.astype("datetime64[us]") + (times - start)[0])
    to_end = ((months + 1).astype("datetime64[us]") - times)[0]
    return np.asarray((moved + 1).astype("datetime64[us]") - to_end)
