"""What happens to missing values, as the user chose: refused, or filled and said; never zero by accident.

Two places keep a gap on purpose: the targets of future rows, and labels that nobody asked for.
"""

from dataclasses import dataclass, replace

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError
from gru_toolkit.sequences.arranging import Arranged
from gru_toolkit.sequences.table import Column, Table
from gru_toolkit.sequences.wants import Wants

MISSING_LEVEL = "missing"
"""The category of missing texts under the policy `indicator`."""
INDICATOR = "_missing"
"""What is appended to a column's name for its 0/1 column under the policy `indicator`."""
_HINT = "fill them with --missing forward, interpolate or indicator"
_WORDS = {
    "forward": "with the last value before",
    "interpolate": "by linear interpolation in time, which looks ahead; ends with the nearest value",
    "indicator": "with the last value before (0 where there is none), each marked in a column `…_missing`",
}


@dataclass(frozen=True)
class Plan:
    """How to fill: the policy, and the columns that get a 0/1 column even if nothing of them is missing."""

    policy: str
    marked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filled:
    """Step columns without gaps, the names of added 0/1 columns, and what was done."""

    columns: dict[str, Column]
    indicators: tuple[str, ...]
    notes: tuple[str, ...]


def future_rows(arranged: Arranged, wants: Wants) -> np.ndarray:
    """(N,) bool, True on the last rows of a sequence to forecast whose targets are all still missing.

    Such rows count as future only if covariates are known in advance, or if nothing but a forecast is wanted.
    """
    size = int(arranged.offsets[-1])
    future = np.zeros(size, bool)
    targets = arranged.roles.target
    if wants.target != "step" or not targets or (wants.need_target and not arranged.roles.known):
        return future
    absent = np.logical_and.reduce([arranged.columns[name].missing() for name in targets])
    if absent.any():
        last = _last_valid(~absent, arranged.offsets)
        final = np.repeat(last[arranged.offsets[1:] - 1], np.diff(arranged.offsets))
        future = np.arange(size) > final
    return future


def missing_problem(arranged: Arranged, future: np.ndarray, policy: str) -> DataError | None:
    """The first missing value that the policy cannot deal with, or None."""
    starts = arranged.offsets[:-1]
    for name, column in arranged.columns.items():
        absent = column.missing()
        if not absent.any():
            continue
        target = name in arranged.roles.target
        whole = np.logical_and.reduceat(absent, starts)
        if whole.any() and (policy == "interpolate" or (target and policy != "error")):
            row = int(starts[np.argmax(whole)])
            message = f"all values of `{name}` are missing in the sequence {arranged.ids[int(np.argmax(whole))]!r}"
            return DataError(message, place=arranged.place(row, name), hint="leave the sequence out")
        excused = future if target or name in arranged.roles.past else np.zeros_like(future)
        wrong = absent & ~excused
        if policy == "error" and wrong.any():
            row, count = int(np.argmax(wrong)), int(np.count_nonzero(wrong))
            more = f"; {count - 1:,} more are missing" if count > 1 else ""
            return DataError(f"the value of `{name}` is missing{more}", place=arranged.place(row, name), hint=_HINT)
        if policy == "forward" and absent[starts].any():
            row = int(starts[np.argmax(absent[starts])])
            message = f"the first value of `{name}` is missing, nothing stands before it to carry forward"
            hint = "use --missing interpolate or indicator, or remove the first rows"
            return DataError(message, place=arranged.place(row, name), hint=hint)
    return None


def static_problem(arranged: Arranged, statics: dict[str, Column], wants: Wants, policy: str) -> DataError | None:
    """The first missing static value that cannot stay missing, or None."""
    for name, column in statics.items():
        absent = column.missing()
        label = name in arranged.roles.target
        if not absent.any() or (label and not wants.need_target):
            continue
        if not label and column.kind == "text" and policy == "indicator":
            continue
        place = arranged.place(int(arranged.offsets[np.argmax(absent)]), name)
        count = int(np.count_nonzero(absent))
        more = f"; {count - 1:,} more sequences have none" if count > 1 else ""
        what = "label" if label else "static value"
        hint = "fill it in, or leave the sequence out"
        return DataError(f"the {what} `{name}` is missing{more}", place=place, hint=hint)
    return None


def fill_static(column: Column) -> Column:
    """A static text column in which a missing value is a category of its own."""
    return _as_category(column) if column.kind == "text" and column.missing().any() else column


def without_indicators(table: Table, config: ReadConfig) -> tuple[ReadConfig, tuple[str, ...]]:
    """Settings without the 0/1 columns that a former reading added, and the columns these belong to."""
    added = {*config.past, *config.inputs} - set(table.columns)
    bases = {name: name.removesuffix(INDICATOR) for name in added if name.endswith(INDICATOR)}
    bases = {name: base for name, base in bases.items() if base in table.columns}
    if config.missing != "indicator" or not bases:
        return config, ()
    past = tuple(name for name in config.past if name not in bases)
    inputs = tuple(name for name in config.inputs if name not in bases)
    ordered = [name for name in (*config.past, *config.inputs) if name in bases]
    return replace(config, past=past, inputs=inputs), tuple(bases[name] for name in ordered)


def fill(arranged: Arranged, future: np.ndarray, inserted: np.ndarray | None, plan: Plan) -> Filled:
    """Fill what is missing; the problems have been ruled out before.

    future    (N,) bool, rows whose targets stay missing
    inserted  (N,) bool, rows that stand for missing steps, or None
    """
    policy = plan.policy
    columns: dict[str, Column] = {}
    indicators: list[Column] = []
    counts: list[str] = []
    targets = arranged.roles.target
    for name, column in arranged.columns.items():
        absent = column.missing()
        columns[name] = column
        if policy == "indicator" and column.kind == "number" and (name in plan.marked or (absent & ~future).any()):
            indicators.append(Column(name + INDICATOR, "number", absent.astype(np.float64)))
        if not absent.any():
            continue
        filled = _fill_column(column, absent, arranged, policy)
        if name in targets:
            filled = replace(filled, values=np.where(future, np.nan, filled.values))
        columns[name] = filled
        told = absent & ~future
        own = int(np.count_nonzero(told & ~inserted if inserted is not None else told))
        if own:
            counts.append(f"{own:,} of `{name}`")
    notes = []
    if counts:
        notes.append(f"filled missing values {_WORDS[policy]}: {', '.join(counts)}")
    if inserted is not None and inserted.any():
        notes.append(f"added {int(inserted.sum()):,} rows for missing steps and filled them {_WORDS[policy]}")
    columns.update({column.name: column for column in indicators})
    return Filled(columns, tuple(column.name for column in indicators), tuple(notes))


def _fill_column(column: Column, absent: np.ndarray, arranged: Arranged, policy: str) -> Column:
    if policy == "interpolate" and column.kind == "number":
        return replace(column, values=_interpolated(column.values, absent, arranged))
    if policy == "indicator" and column.kind == "text":
        return _as_category(column)
    starts = np.repeat(arranged.offsets[:-1], np.diff(arranged.offsets))
    last = _last_valid(~absent, arranged.offsets)
    values = column.values[np.maximum(last, starts)]
    leading = last < starts
    if policy == "indicator":
        values = np.where(leading, 0.0, values)
    elif leading.any():
        values = np.where(leading, column.values[_next_valid(~absent, arranged.offsets)], values)
    return replace(column, values=values)


def _as_category(column: Column) -> Column:
    levels = column.levels if MISSING_LEVEL in column.levels else (*column.levels, MISSING_LEVEL)
    code = levels.index(MISSING_LEVEL)
    values = np.where(column.missing(), code, column.values).astype(np.int32)
    return replace(column, values=values, levels=levels)


def _last_valid(valid: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(N,) the last valid row at or before each row; before the start of the sequence if it has none so far."""
    rows = np.where(valid, np.arange(len(valid)), -1)
    rows[offsets[:-1]] = np.where(valid[offsets[:-1]], offsets[:-1], offsets[:-1] - 1)
    return np.maximum.accumulate(rows)


def _next_valid(valid: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(N,) the next valid row at or after each row, within the data."""
    size = len(valid)
    rows = np.where(valid, np.arange(size), size - 1)
    return np.minimum.accumulate(rows[::-1])[::-1]


def _interpolated(values: np.ndarray, absent: np.ndarray, arranged: Arranged) -> np.ndarray:
    """(N,) with missing values on the line between their neighbours in time."""
    filled = values.copy()
    times = np.arange(len(values)) if arranged.times is None else arranged.times.view(np.int64)
    counts = np.add.reduceat(absent, arranged.offsets[:-1], dtype=np.int64)
    for sequence in np.flatnonzero(counts).tolist():
        start, stop = arranged.offsets[sequence : sequence + 2].tolist()
        gone = absent[start:stop]
        ticks = times[start:stop] - times[start]
        filled[start:stop][gone] = np.interp(ticks[gone], ticks[~gone], values[start:stop][~gone])
    return filled
