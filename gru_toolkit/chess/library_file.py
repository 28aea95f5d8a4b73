"""The SQLite file beneath a library of games: its tables, how it is opened, and its failures in a user's words.

Readers and one writer work at the same time (write-ahead log). A game names its players by spelling, and a spelling
belongs to a player, so joining two spellings changes one row.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from gru_toolkit.errors import CannotWriteError, DataError, MissingInputError, Place, StorageError

APPLICATION = 0x47525543
VERSION = 1
WAIT_SECONDS = 60.0
"""How long to wait for another program that is writing to the same library."""

_TABLES = """
CREATE TABLE player (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE spelling (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, written TEXT NOT NULL,
    player INTEGER NOT NULL REFERENCES player(id)
);
CREATE INDEX spelling_player ON spelling(player);
CREATE TABLE source (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, fingerprint BLOB UNIQUE,
    next_offset INTEGER NOT NULL DEFAULT 0, next_line INTEGER NOT NULL DEFAULT 1, complete INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL DEFAULT 0, known INTEGER NOT NULL DEFAULT 0, latin1 INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE reject (
    source INTEGER NOT NULL REFERENCES source(id), line INTEGER NOT NULL, offset INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (source, offset)
) WITHOUT ROWID;
CREATE TABLE game (
    id INTEGER PRIMARY KEY, identity BLOB NOT NULL UNIQUE,
    white INTEGER NOT NULL REFERENCES spelling(id), black INTEGER NOT NULL REFERENCES spelling(id),
    white_rating INTEGER, black_rating INTEGER, date TEXT, time TEXT, time_control TEXT, result TEXT NOT NULL,
    fen TEXT, site TEXT, source INTEGER NOT NULL REFERENCES source(id), line INTEGER NOT NULL,
    moves BLOB NOT NULL, clocks BLOB
);
CREATE INDEX game_white ON game(white);
CREATE INDEX game_black ON game(black);
CREATE INDEX game_source ON game(source);
CREATE TABLE fetched (account TEXT PRIMARY KEY, until TEXT NOT NULL) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the library at `path`, made if it is not there; transactions are begun and ended by hand.

    Raises DataError for a file that is no library of games or is damaged, CannotWriteError or StorageError.
    """
    if path.is_dir():
        raise MissingInputError("is a folder, expected a library of games", place=Place(str(path)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(f"cannot make the folder: {error.strerror}", place=Place(str(path.parent))) from error
    with explained(path):
        connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    if _stamp(connection) != (APPLICATION, VERSION):
        with transaction(connection):
            if _stamp(connection) != (APPLICATION, VERSION):  # Another program may have made it while we waited.
                _make(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -65536")


def _stamp(connection: sqlite3.Connection) -> tuple[int, int]:
    return (
        connection.execute("PRAGMA application_id").fetchone()[0],
        connection.execute("PRAGMA user_version").fetchone()[0],
    )


def _make(connection: sqlite3.Connection, path: Path) -> None:
    application, version = _stamp(connection)
    if application == APPLICATION:
        raise DataError(
            f"is a library of version {version}, this program knows version {VERSION}", place=Place(str(path))
        )
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise DataError("is a database, but not a library of games", place=Place(str(path)))
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All changes inside the block, or none of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns failures of SQLite inside the block into the errors a user sees."""
    place = Place(str(path))
    try:
        yield
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else None
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StorageError("another program keeps the library busy", place=place, hint="try again later") from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise CannotWriteError(f"the library cannot be written: {error}", place=place) from error
        raise StorageError(f"the library failed: {error}", place=place) from error
    except sqlite3.DatabaseError as error:
        raise DataError(f"is no library of games, or is damaged: {error}", place=place) from error
