"""Parquet, Arrow and Feather through pyarrow: typed columns are taken as they are, texts are typed like cells."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.columns import Chunk, Rules, build_table
from gru_toolkit.sequences.csv_reader import check_names
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Table

_BATCH_ROWS = 65_536


def read_parquet(source: Source, rules: Rules) -> Table:
    """The table of a Parquet file; rows are counted from 1 in place of lines. Raises DataError if it is damaged."""
    import pyarrow
    import pyarrow.parquet

    with opened(source) as stream:
        try:
            data = pyarrow.BufferReader(stream.read()) if source.name == "-" else stream
            file = pyarrow.parquet.ParquetFile(data)
            return arrow_table(source.name, file.schema_arrow, file.iter_batches(_BATCH_ROWS), rules)
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _damaged(source, "Parquet", error) from error


def read_arrow(source: Source, rules: Rules) -> Table:
    """The table of an Arrow file or stream, or of a Feather file. Raises DataError if it is damaged."""
    import pyarrow
    import pyarrow.feather
    import pyarrow.ipc

    with opened(source) as stream:
        try:
            data = pyarrow.py_buffer(stream.read())
            head = data.slice(0, min(data.size, 8)).to_pybytes()
            if head.startswith(b"FEA1"):
                table = pyarrow.feather.read_table(pyarrow.BufferReader(data))
                return arrow_table(source.name, table.schema, iter(table.to_batches(_BATCH_ROWS)), rules)
            if head.startswith(b"ARROW1"):
                file = pyarrow.ipc.open_file(data)
                batches = (file.get_batch(number) for number in range(file.num_record_batches))
                return arrow_table(source.name, file.schema, batches, rules)
            reader = pyarrow.ipc.open_stream(data)
            return arrow_table(source.name, reader.schema, iter(reader), rules)
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _damaged(source, "Arrow", error) from error


def _damaged(source: Source, what: str, error: Exception) -> DataError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return DataError(f"the {what} data are damaged or cut short: {reason}", place=Place(source.name))


def arrow_table(name: str, schema: Any, batches: Iterator[Any], rules: Rules) -> Table:
    """The table of Arrow record batches. Raises DataError for a column of a type that is no number, time or text."""
    names = [str(field.name) for field in schema]
    if not names:
        raise DataError("there are no columns", place=Place(name, 1))
    check_names(names, Place(name, 1))
    for field in schema:
        _check_type(name, field)
    return build_table(name, names, _chunks(names, batches, rules, name), rules)


def _check_type(source: str, field: Any) -> None:
    import pyarrow.types as types

    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    fitting = (
        types.is_integer, types.is_floating, types.is_decimal, types.is_boolean, types.is_string, types.is_large_string,
        types.is_timestamp, types.is_date, types.is_null, types.is_string_view,
    )  # fmt: skip
    if not any(fits(kind) for fits in fitting):
        message = f"column `{field.name}` is of type {field.type}, expected numbers, times or texts"
        raise DataError(message, place=Place(source, None, field.name), hint="leave it out with a query")


def _chunks(names: list[str], batches: Iterator[Any], rules: Rules, source: str) -> Iterator[Chunk]:
    row = 1
    for batch in batches:
        if not batch.num_rows:
            continue
        batch.validate(full=True)
        columns = [_values(batch.column(at), rules.text(name), source, name, row) for at, name in enumerate(names)]
        yield Chunk(columns, np.arange(row, row + batch.num_rows, dtype=np.int64), (), batch.nbytes)
        row += batch.num_rows


def _values(array: Any, as_text: bool, source: str, name: str, row: int) -> "list[str] | np.ndarray":
    """One column of a batch: float64, datetime64[us] or texts, "" where missing."""
    import pyarrow
    import pyarrow.compute as compute
    import pyarrow.types as types

    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if types.is_timestamp(kind) or types.is_date(kind):
        try:
            moments = array.cast(pyarrow.timestamp("us", getattr(kind, "tz", None)))
        except pyarrow.ArrowInvalid as error:
            message = f"column `{name}` has times that are finer than a microsecond or too far away"
            raise DataError(message, place=Place(source, row, name)) from error
        whole = compute.cast(moments, pyarrow.int64())
        numbers = np.asarray(whole.fill_null(np.iinfo(np.int64).min), dtype=np.int64)
        return numbers.view("datetime64[us]")
    if types.is_null(kind):
        return [""] * len(array)
    if types.is_boolean(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return [text if text is not None else "" for text in array.cast(pyarrow.string()).to_pylist()]
    if as_text:
        return [_number_text(value) for value in array.to_pylist()]
    if types.is_float16(kind):
        return np.asarray(array.fill_null(np.float16("nan"))).astype(np.float64)
    numbers = array.cast(pyarrow.float64(), safe=False)
    return np.asarray(numbers.fill_null(np.nan), dtype=np.float64)


def _number_text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if value == value // 1 else str(value)
