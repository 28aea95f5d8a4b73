"""Tables of DuckDB and SQLite files, and read-only SQL over any input.

A query is one SELECT, told by the database's own parser, on a connection that can neither write nor open other files.
Text files are read by our strict readers first; SQL sees their typed columns.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from gru_toolkit.config import nearest
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError
from gru_toolkit.sequences.arrow_reader import arrow_table
from gru_toolkit.sequences.columns import Chunk, Rules, build_table
from gru_toolkit.sequences.csv_reader import check_names
from gru_toolkit.sequences.sources import Source
from gru_toolkit.sequences.table import Column, Table

_BATCH_ROWS = 65_536
_CLOSED = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def read_duckdb(source: Source, table: str | None, query: str | None, rules: Rules) -> Table:
    """A table of a DuckDB file, or the rows of a query over its tables; rows are counted from 1 in place of lines.

    Raises MissingInputError for a table that is not there, UsageError for a query that is no SELECT, DataError for a
    damaged file or a query that fails.
    """
    import duckdb

    if source.name == "-":
        raise UsageError("a DuckDB file cannot come from stdin")
    try:
        with duckdb.connect(source.name, read_only=True, config=_CLOSED) as connection:
            rows = connection.execute("SELECT table_name FROM information_schema.tables ORDER BY 1").fetchall()
            names = [str(row[0]) for row in rows]
            notes: tuple[str, ...] = ()
            if query is None:
                chosen, notes = _chosen(source, names, table)
                query = f"SELECT * FROM {_quoted(chosen)}"
            found = _run_duckdb(connection, source.name, query, rules)
            return replace(found, notes=(*notes, *found.notes))
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise DataError(f"DuckDB: {_first_line(error)}", place=Place(source.name)) from error


def query_tables(tables: Sequence[tuple[str, Table]], query: str, rules: Rules) -> Table:
    """The rows of a query over tables that have been read, each under its name."""
    import duckdb

    sources = ", ".join(table.source for _, table in tables)
    try:
        with duckdb.connect(":memory:", config={**_CLOSED, "lock_configuration": "false"}) as connection:
            for name, table in tables:
                connection.register(name, _as_arrow(table))
            connection.execute("SET lock_configuration = true")
            found = _run_duckdb(connection, sources, query, rules)
    except duckdb.Error as error:
        names = ", ".join(name for name, _ in tables)
        raise DataError(
            f"the query fails: {_first_line(error)}", place=Place(sources), hint=f"tables: {names}"
        ) from error
    rejects = tuple(reject for _, table in tables for reject in table.rejects)
    notes = tuple(note for _, table in tables for note in table.notes)
    return replace(found, rejects=(*rejects, *found.rejects), notes=(*notes, *found.notes))


def _run_duckdb(connection: Any, name: str, query: str, rules: Rules) -> Table:
    import duckdb
    import pyarrow

    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        found = ", ".join(statement.type.name for statement in statements) or "nothing"
        raise UsageError(f"a query must be one SELECT, found {found}")
    try:
        reader = connection.sql(query).to_arrow_reader(_BATCH_ROWS)
        return arrow_table(name, reader.schema, iter(reader), rules)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"the query fails: {_first_line(error)}", place=Place(name)) from error


def read_sqlite(source: Source, table: str | None, query: str | None, rules: Rules) -> Table:
    """A table of a SQLite file, or the rows of a query over its tables; rows are counted from 1 in place of lines.

    Raises as `read_duckdb` does.
    """
    if source.name == "-":
        raise UsageError("a SQLite file cannot come from stdin")
    address = f"file:{quote(str(Path(source.name).absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.set_authorizer(_authorise)
            found = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1")
            names = [str(row[0]) for row in found if not str(row[0]).startswith("sqlite_")]
            notes: tuple[str, ...] = ()
            if query is None:
                chosen, notes = _chosen(source, names, table)
                query = f"SELECT * FROM {_quoted(chosen)}"
            read = _run_sqlite(connection, source.name, query, rules)
            return replace(read, notes=(*notes, *read.notes))
        finally:
            connection.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        denied = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_AUTH
        if denied or "one statement" in str(error) or "not authorized" in str(error):
            raise UsageError(f"a query must be one SELECT: {error}") from error
        raise DataError(f"SQLite: {_first_line(error)}", place=Place(source.name)) from error
    except UnicodeDecodeError as error:  # names of tables, and even messages, come out of the file
        raise DataError("SQLite: the file holds a name that is not UTF-8", place=Place(source.name)) from error


def _authorise(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """Reading and plain functions only; `load_extension` is the one function that does more."""
    harmless = action in _ALLOWED and second != "load_extension"
    return sqlite3.SQLITE_OK if harmless else sqlite3.SQLITE_DENY


def _run_sqlite(connection: sqlite3.Connection, name: str, query: str, rules: Rules) -> Table:
    cursor = connection.execute(query)
    if cursor.description is None:
        raise UsageError("a query must be one SELECT, found nothing")
    names = [str(column[0]) for column in cursor.description]
    check_names(names, Place(name, 1))
    return build_table(name, names, _sqlite_chunks(cursor, name, names), rules)


def _sqlite_chunks(cursor: sqlite3.Cursor, source: str, names: list[str]) -> Iterator[Chunk]:
    row = 1
    while rows := cursor.fetchmany(_BATCH_ROWS // 8):
        columns = []
        for position, name in enumerate(names):
            values = [values[position] for values in rows]
            blobs = [number for number, value in enumerate(values) if isinstance(value, bytes)]
            if blobs:
                place = Place(source, row + blobs[0], name)
                raise DataError("holds binary data, expected a number or a text", place=place)
            columns.append(["" if value is None else str(value) for value in values])
        yield Chunk(columns, np.arange(row, row + len(rows), dtype=np.int64), (), 64 * len(rows) * len(names))
        row += len(rows)


def _chosen(source: Source, names: list[str], table: str | None) -> tuple[str, tuple[str, ...]]:
    """The table to read, and a note if it was not named."""
    place = Place(source.name)
    if table is not None:
        if table not in names:
            hint = nearest(table, names) or f"the tables are {', '.join(names) or 'none'}"
            raise MissingInputError(f"there is no table {table!r}", place=place, hint=hint)
        return table, ()
    if len(names) != 1:
        listed = ", ".join(names) or "none"
        raise MissingInputError(f"the table cannot be told; tables: {listed}", place=place, hint="name it with --table")
    return names[0], (f"assumed the table is `{names[0]}`, because there is no other; override with --table",)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _as_arrow(table: Table) -> Any:
    import pyarrow

    return pyarrow.table({name: _arrow_column(column) for name, column in table.columns.items()})


def _arrow_column(column: Column) -> Any:
    import pyarrow

    if column.kind != "text":
        return pyarrow.array(column.values, mask=column.missing())
    codes = pyarrow.array(column.values, mask=column.missing())
    return pyarrow.DictionaryArray.from_arrays(codes, list(column.levels) or [""]).dictionary_decode()
