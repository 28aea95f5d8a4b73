"""Prediction files: CSV, TSV, JSON lines, Parquet and Arrow, written in bounded memory.

    batches of columns ─checked→ cells or record batches ─(gzip)→ a temporary sibling, synced and renamed, or a stream

A file is either the old one or the complete new one. Text in CSV and TSV is formula-safe: a cell that starts with
= + - @ TAB CR LF and is not a number gets a leading '.
"""

import contextlib
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from gru_toolkit.config import nearest
from gru_toolkit.errors import DataError, UsageError
from gru_toolkit.runs import cells, files

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))
ROW_GROUP = 65_536
"""Rows that Parquet and Arrow files hold together; what is kept in memory before it is written."""

Batches = Iterable[Mapping[str, np.ndarray]]


def write_predictions(batches: Batches, destination: Path | IO[bytes], format: str | None = None) -> int:
    """Write batches of columns of equal length; returns the number of rows.

    destination  a file, whose suffix tells the format (`.gz` after it compresses text), or an open binary stream
    format       one of FORMATS; for a stream csv by default

    Raises UsageError for an unknown format, DataError when there is nothing to write or a prediction is not finite
    (the file then stays as it was), CannotWriteError or StorageError when the system refuses.
    """
    if not isinstance(destination, Path):
        return _write(batches, destination, _known(format or "csv"), to_file=False)
    kind, compressed = format_of(destination, format)
    with files.replacing(destination) as raw:
        if not compressed:
            return _write(batches, cast(IO[bytes], raw), kind, to_file=True)
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
            return _write(batches, cast(IO[bytes], packed), kind, to_file=True)


def format_of(path: Path, format: str | None = None) -> tuple[str, bool]:
    """The format that a file's name (or the user) asks for, and whether it is compressed with gzip.

    Raises UsageError if the name tells no format, or asks to compress what is compressed by itself.
    """
    compressed = path.suffix.lower() == ".gz"
    suffix = (path.with_suffix("") if compressed else path).suffix.lower()
    if format is None and suffix not in SUFFIXES:
        raise UsageError(
            f"the name {path.name!r} does not tell the format of the predictions",
            hint=nearest(suffix, SUFFIXES) or f"use one of {', '.join(SUFFIXES)}, or say --format",
        )
    kind = _known(format or SUFFIXES[suffix])
    if compressed and kind in ("parquet", "arrow"):
        raise UsageError(f"{kind} files are not compressed with gzip", hint="leave .gz off the name")
    return kind, compressed


def _known(format: str) -> str:
    if format not in FORMATS:
        raise UsageError(
            f"predictions are written as {', '.join(FORMATS)}, not as {format!r}", hint=nearest(format, FORMATS)
        )
    return format


def _write(batches: Batches, stream: IO[bytes], kind: str, *, to_file: bool) -> int:
    rows = 0
    with _writer(stream, kind, to_file=to_file) as write:
        for columns in _alike(batches):
            write(columns)
            rows += len(next(iter(columns.values())))
    return rows


def _alike(batches: Batches) -> Iterator[dict[str, np.ndarray]]:
    """The checked batches, all with the columns of the first."""
    first: list[tuple[str, Any]] | None = None
    for batch in batches:
        columns = cells.checked(batch)
        kinds = [(name, values.dtype.kind) for name, values in columns.items()]
        first = first or kinds
        assert kinds == first, f"batches of predictions differ: {kinds} after {first}"
        yield columns
    if first is None:
        raise DataError("there is nothing to predict")


Write = Callable[[dict[str, np.ndarray]], None]


def _writer(stream: IO[bytes], kind: str, *, to_file: bool) -> contextlib.AbstractContextManager[Write]:
    if kind in ("parquet", "arrow"):
        return _table_writer(stream, kind, to_file=to_file)
    return _text_writer(stream, kind)


@contextlib.contextmanager
def _text_writer(stream: IO[bytes], kind: str) -> Iterator[Write]:
    header = True

    def write(columns: dict[str, np.ndarray]) -> None:
        nonlocal header
        if kind == "jsonl":
            text = cells.json_lines(columns)
        else:
            text = cells.delimited(columns, "," if kind == "csv" else "\t", header=header)
        header = False
        stream.write(text.encode())

    yield write
    stream.flush()


@contextlib.contextmanager
def _table_writer(stream: IO[bytes], kind: str, *, to_file: bool) -> Iterator[Write]:
    """Collects rows up to a row group; the first batch tells the schema."""
    import pyarrow

    held: list[Any] = []
    sink: Any = None

    def flush() -> None:
        nonlocal sink
        table = pyarrow.concat_tables(held).combine_chunks()
        held.clear()
        if sink is None:
            sink = _table_sink(stream, kind, table.schema, to_file=to_file)
        sink.write_table(table)

    def write(columns: dict[str, np.ndarray]) -> None:
        held.append(pyarrow.table({name: _arrow_array(values) for name, values in columns.items()}))
        if sum(table.num_rows for table in held) >= ROW_GROUP:
            flush()

    yield write
    if held:
        flush()
    sink.close()
    stream.flush()


def _table_sink(stream: IO[bytes], kind: str, schema: Any, *, to_file: bool) -> Any:
    if kind == "parquet":
        from pyarrow import parquet

        return parquet.ParquetWriter(stream, schema)
    from pyarrow import ipc

    return ipc.new_file(stream, schema) if to_file else ipc.new_stream(stream, schema)


def _arrow_array(values: np.ndarray) -> Any:
    import pyarrow

    return pyarrow.array(values, type=pyarrow.string() if values.dtype == object else None, from_pandas=False)
