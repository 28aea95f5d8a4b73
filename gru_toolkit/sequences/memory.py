"""Columns that are already in memory to a Table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.casting import shown
from gru_toolkit.sequences.table import Column, Kind, Table

_NUMBERS = (int, float, np.integer, np.floating)
_WORDS = {True: "true", False: "false"}


def table_from_columns(columns: Mapping[str, "np.ndarray | Sequence[Any]"], source: str) -> Table:
    """A table of named columns of equal length (N,); the place of a row is its number, counted from 1.

    Numbers become float64, datetime64 values times, strings and booleans text; None and NaN are missing.

    Raises DataError for columns of unequal length, infinite numbers and values of other types.
    """
    if not columns:
        raise DataError("there are no columns", place=Place(source))
    lengths = {str(name): len(values) for name, values in columns.items()}
    first = next(iter(lengths))
    for name, length in lengths.items():
        if length != lengths[first]:
            message = f"column `{name}` has {length:,} values, `{first}` has {lengths[first]:,}"
            raise DataError(message, place=Place(source, None, name))
    if not lengths[first]:
        raise DataError("there are no rows", place=Place(source))
    if len(lengths) < len(columns):
        raise DataError("two columns have the same name", place=Place(source))
    typed = {str(name): column_of(str(name), values, source) for name, values in columns.items()}
    return Table(typed, source, lambda row, column: Place(source, row + 1, column))


def column_of(name: str, values: "np.ndarray | Sequence[Any]", source: str) -> Column:
    """One column of values in memory. Raises DataError for values that fit no kind."""
    array = values if isinstance(values, np.ndarray) else None
    if array is not None and array.ndim != 1:
        raise DataError(f"column `{name}` has {array.ndim} dimensions, expected one", place=Place(source, None, name))
    if array is not None and array.dtype.kind == "M":
        return Column(name, "time", array.astype("datetime64[us]"))
    if array is not None and array.dtype.kind in "fiu":
        return _numbers(name, array.astype(np.float64), source)
    return _from_objects(name, array.tolist() if array is not None else list(values), source)


def _numbers(name: str, numbers: np.ndarray, source: str) -> Column:
    infinite = np.isinf(numbers)
    if infinite.any():
        row = int(np.argmax(infinite))
        raise DataError(f"{numbers[row]} is not a finite number", place=Place(source, row + 1, name))
    return Column(name, "number", numbers)


def _from_objects(name: str, values: list[Any], source: str) -> Column:
    given = [value for value in values if not _absent(value)]
    kind = _kind(given)
    if kind is None:
        odd = next(value for value in given if _kind([value]) is None or _kind([value]) != _kind(given[:1]))
        row = next(row for row, value in enumerate(values) if value is odd)
        message = f"{shown(str(odd))} is of type {type(odd).__name__}, which does not fit the column"
        raise DataError(message, place=Place(source, row + 1, name))
    if kind == "number":
        return _numbers(name, np.array([np.nan if _absent(value) else float(value) for value in values]), source)
    if kind == "time":
        times = [np.datetime64("NaT") if _absent(value) else _naive(value) for value in values]
        return Column(name, "time", np.array(times, dtype="datetime64[us]"))
    texts = [None if _absent(value) else _WORDS.get(value, value) for value in values]
    codes: dict[str, int] = {}
    coded = [-1 if text is None or text == "" else codes.setdefault(text, len(codes)) for text in texts]
    return Column(name, "text", np.array(coded, dtype=np.int32), tuple(codes))


def _absent(value: Any) -> bool:
    """None, NaN and NaT; pandas' NA is no number and no text, and compares with nothing."""
    if value is None or isinstance(value, str):
        return value is None
    return type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _kind(values: list[Any]) -> Kind | None:
    if all(isinstance(value, (str, bool, np.bool_)) for value in values) and values:
        return "text"
    if all(isinstance(value, _NUMBERS) and not isinstance(value, bool) for value in values):
        return "number"
    if all(hasattr(value, "isoformat") or isinstance(value, np.datetime64) for value in values):
        return "time"
    if all(type(value).__name__ == "Decimal" for value in values):
        return "number"
    return None


def _naive(value: Any) -> Any:
    """A time without zone, in UTC if it had one."""
    if getattr(value, "tzinfo", None) is not None:
        import datetime

        return value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value
