"""Tables of Python programs, in and out: pandas, polars, Arrow, mappings of columns, NumPy arrays.

None of the libraries is imported unless the object is one of its own: an object is known by the module of its type.

    pandas, polars ─→ Arrow ─sequences.arrow_reader─→ Table
    mappings, NumPy arrays ─sequences.memory─→ Table

Texts stay texts, except where a column holds nothing but ISO times. What cannot be held exactly (whole numbers beyond
2^53 that name nothing, times finer than a microsecond, durations) is refused.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.cases import CASE, VALUE
from gru_toolkit.sequences.casting import SAMPLE, Zones, cast_times, kind_of
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.memory import table_from_columns
from gru_toolkit.sequences.roles import is_text_column, text_columns
from gru_toolkit.sequences.table import Column, Table

SOURCE = "table"
"""What messages call data that has no file name."""
STEP = "step"
_EXACT = 2**53
_NAMES = text_columns(ReadConfig(), None)


def table_of(data: Any) -> Table:
    """The typed columns of a table in memory.

    data  a pandas or polars DataFrame, an Arrow Table or RecordBatch, a mapping of names to columns, or a NumPy array
          of (series, steps) or (series, steps, channels), which gets the columns case, step and value (channel_1 …)

    Raises DataError for values that cannot be held exactly, names that are not texts, and types of no known table.
    """
    library = _library(data)
    if library == "pandas":
        return _with_times(_from_pandas(data))
    if library == "polars":
        return _with_times(_from_arrow(data.to_arrow()))
    if library == "pyarrow":
        return _with_times(_from_arrow(data))
    if isinstance(data, np.ndarray):
        return table_from_columns(_series(data), SOURCE)
    if isinstance(data, Mapping):
        _check_names(list(data))
        return _with_times(table_from_columns({name: _values(name, data[name]) for name in data}, SOURCE))
    raise DataError(
        f"a {type(data).__name__} is not a table",
        hint="give a pandas or polars DataFrame, an Arrow table, a mapping of columns or a NumPy array",
    )


def frame_like(data: Any, columns: Mapping[str, np.ndarray]) -> Any:
    """The columns as the kind of table that `data` is; as a mapping of arrays for a mapping or an array."""
    library = _library(data)
    if library == "pandas":
        import pandas

        return pandas.DataFrame(dict(columns))
    if library == "polars":
        import polars

        return polars.DataFrame({name: _plain(values) for name, values in columns.items()})
    if library == "pyarrow":
        import pyarrow

        arrays = {name: pyarrow.array(_plain(values)) for name, values in columns.items()}
        return (pyarrow.record_batch if isinstance(data, pyarrow.RecordBatch) else pyarrow.table)(arrays)
    return dict(columns)


def _library(data: Any) -> str:
    """The library that an object's type comes from, if it is a frame or table of one of three."""
    kind = type(data)
    library = kind.__module__.split(".")[0]
    frames = {"pandas": ("DataFrame",), "polars": ("DataFrame",), "pyarrow": ("Table", "RecordBatch")}
    return library if kind.__name__ in frames.get(library, ()) else ""


def _plain(values: np.ndarray) -> Any:
    """Text as a list of str or None, which every library takes for text; other arrays as they are."""
    return values.tolist() if values.dtype.kind in "OU" else values


def _from_pandas(frame: Any) -> Table:
    import pandas
    import pyarrow

    _check_names(list(frame.columns))
    notes: tuple[str, ...] = ()
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index(level=[name for name in frame.index.names if name is not None])
        _check_names(list(frame.columns))
    elif isinstance(frame.index, pandas.DatetimeIndex):
        raise DataError("the index holds times and has no name", hint="name it, as in frame.rename_axis('time')")
    elif getattr(frame.index, "dtype", None) is None or frame.index.dtype.kind not in "iu":
        notes = ("the index of the frame has no name and was left out",)
    try:
        arrow = pyarrow.Table.from_pandas(frame, preserve_index=False)
    except (pyarrow.ArrowException, TypeError) as error:
        reason = " ".join(str(argument) for argument in error.args)
        raise DataError(f"a column cannot be read: {reason}", place=Place(SOURCE)) from error
    table = _from_arrow(arrow)
    return dataclasses.replace(table, notes=(*notes, *table.notes))


def _from_arrow(data: Any) -> Table:
    """The typed columns of an Arrow Table or RecordBatch."""
    from pyarrow import types

    from gru_toolkit.sequences.arrow_reader import arrow_table

    _check_names(data.schema.names)
    texts, notes = set(), []
    for field in data.schema:
        kind = field.type.value_type if types.is_dictionary(field.type) else field.type
        if (
            types.is_string(kind)
            or types.is_large_string(kind)
            or types.is_string_view(kind)
            or _names_things(field.name)
        ):
            texts.add(field.name)
        elif types.is_integer(kind):
            _check_arrow_whole(field.name, data.column(field.name))
        elif types.is_timestamp(kind) and kind.tz not in (None, "UTC"):
            notes.append(f"the times of `{field.name}` ({kind.tz}) were converted to UTC")
    batches = data.to_batches() if hasattr(data, "to_batches") else [data]
    table = arrow_table(SOURCE, data.schema, iter(batches), Rules(text=lambda name: name in texts))
    return dataclasses.replace(table, notes=(*table.notes, *notes))


def _check_arrow_whole(name: str, column: Any) -> None:
    from pyarrow import compute

    ends = compute.min_max(
        column.cast(column.type.value_type) if hasattr(column.type, "value_type") else column
    ).as_py()
    if any(end is not None and abs(end) > _EXACT for end in ends.values()):
        _check_whole(name, column.to_pylist())


def _names_things(column: str) -> bool:
    """Whether a column's name says that its values are names, even if they are numbers."""
    return is_text_column(column, _NAMES)


def _check_whole(name: str, values: Iterable[Any]) -> None:
    for row, value in enumerate(values, start=1):
        if value is not None and not -_EXACT <= value <= _EXACT:
            raise DataError(
                f"{value} is too large to be held exactly as a number",
                place=Place(SOURCE, row, name),
                hint="turn the column into text if it names things",
            )


def _values(name: str, values: Any) -> Any:
    """One column of a mapping as an array or a list. Raises DataError for what is no column or would lose digits."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if not isinstance(values, (np.ndarray, list, tuple)):
        raise DataError(f"a {type(values).__name__} is not a column", place=Place(SOURCE, None, name))
    if not isinstance(values, np.ndarray):
        _check_whole(name, (value if type(value) is int else None for value in values))
        return values
    if values.dtype.kind in "iu":
        if _names_things(name):
            return [str(value) for value in values.tolist()]
        if ((values > _EXACT) | (values < -_EXACT)).any():
            _check_whole(name, values.ravel().tolist())
    if values.dtype.kind == "M":
        known = values[~np.isnat(values)]
        if (known.astype("M8[us]").astype(values.dtype) != known).any():
            raise DataError(
                "a time is finer than a microsecond", place=Place(SOURCE, None, name), hint="round it first"
            )
    return values


def _with_times(table: Table) -> Table:
    """The table with those text columns that hold nothing but ISO times as times."""
    columns, notes = dict(table.columns), list(table.notes)
    for name, column in table.columns.items():
        if column.kind != "text" or not column.levels or kind_of(column.levels[:SAMPLE]) != "time":
            continue
        zones = Zones()
        times, bad = cast_times(column.levels, zones)
        if not bad:
            values = np.where(column.values >= 0, times[column.values], np.datetime64("NaT"))
            columns[name] = Column(name, "time", values.astype("datetime64[us]"))
            notes.append(f"the texts of `{name}` were read as times{', in UTC' if zones.zoned else ''}")
    return dataclasses.replace(table, columns=columns, notes=tuple(notes))


def _check_names(names: Sequence[Any]) -> None:
    seen = set()
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"the column name {name!r} is not a text", hint="name columns by texts")
        if name in seen:
            raise DataError("two columns have the same name", place=Place(SOURCE, None, name))
        seen.add(name)


def _series(array: np.ndarray) -> dict[str, Any]:
    """(series, steps) or (series, steps, channels) as long columns: case, step and the values."""
    if array.ndim not in (2, 3) or array.dtype.kind not in "fiub" or not array.size:
        raise DataError(
            f"an array of shape {array.shape} and type {array.dtype} is not a set of series",
            hint="give numbers of shape (series, steps) or (series, steps, channels)",
        )
    count, steps = array.shape[:2]
    channels = array.reshape(count * steps, -1)
    channels = channels.astype(np.int64) if array.dtype.kind == "b" else channels
    names = [VALUE] if channels.shape[1] == 1 else [f"channel_{place}" for place in range(1, channels.shape[1] + 1)]
    return {
        CASE: [str(place) for place in np.repeat(np.arange(1, count + 1), steps).tolist()],
        STEP: np.tile(np.arange(steps), count),
        **{name: _values(name, channels[:, place]) for place, name in enumerate(names)},
    }
