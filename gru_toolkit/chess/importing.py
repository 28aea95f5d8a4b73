"""PGN files put into a library: every game once, in batches that are kept whatever happens next.

A file is known by its content. How far its import has come is kept with the games of each batch, so an interrupted
import goes on where it was, and a file that was imported whole is not read again.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gru_toolkit.chess import library_file, rows
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.parsing_pool import Batch, parsed
from gru_toolkit.chess.pgn import STDIN, no_games, open_pgn
from gru_toolkit.chess.pgn_splitting import raw_games
from gru_toolkit.errors import Place
from gru_toolkit.sequences.table import Reject

SMALL_FILE = 1 << 20
"""Bytes up to which one process is faster than several, packed or not."""
GAMES_A_TRANSACTION = 2_000


@dataclass(frozen=True)
class Progress:
    """How far the import of a file is: games found and bytes read of its unpacked text."""

    name: str
    games: int
    bytes: int


@dataclass(frozen=True)
class Imported:
    """What became of the games of one file.

    found    games in the file: added + known + rejected
    added    new in the library by this import
    known    in the library already: from another file, or from an earlier import of this one
    latin1   games whose text was not UTF-8 and was read as Windows-1252
    before   whether the file was imported whole before, so that it was not read again
    """

    name: str
    added: int
    known: int
    rejects: tuple[Reject, ...]
    latin1: int = 0
    before: bool = False

    @property
    def found(self) -> int:
        return self.added + self.known + len(self.rejects)


@dataclass(frozen=True)
class _Source:
    """A row of the table of sources."""

    id: int
    offset: int = 0
    line: int = 1
    complete: bool = False
    added: int = 0
    known: int = 0
    latin1: int = 0


def import_files(
    library: Library,
    names: Sequence[str],
    *,
    processes: int = 1,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Iterator[Imported]:
    """Put the games of the files into the library, one file after the other ("-" is standard input).

    processes  how many read at the same time; above 1, the program's main module must be importable

    Raises MissingInputError before anything is read if a file is not there, DataError for a file without games or
    damaged while packed, StorageError; what was put in before stays.
    """
    for name in names:
        if name != STDIN:
            with open_pgn(name):
                pass  # So that a misspelt name stops the import before it begins.
    for name in names:
        yield _import(library, name, processes, on_progress)


def _import(library: Library, name: str, processes: int, on_progress: Callable[[Progress], None]) -> Imported:
    source = _source(library, name)
    if source.complete:
        return Imported(name, 0, source.added + source.known, _rejects(library, source, name), source.latin1, True)
    earlier = source.added + source.known
    if name != STDIN and Path(name).stat().st_size <= SMALL_FILE:
        processes = 1
    added = known = latin1 = 0
    with open_pgn(name) as stream:
        games = raw_games(stream, name, source.offset, source.line)
        for batch in _collected(parsed(games, name, processes)):
            new = _keep(library, source, batch)
            added, known, latin1 = added + new, known + len(batch.rows) - new, latin1 + batch.latin1
            on_progress(Progress(name, earlier + added + known, batch.end))
    rejects = _rejects(library, source, name)
    accepted = (source.added + added, source.known + known)
    _finish(library, source, accepted, empty=not (any(accepted) or rejects))
    if not (any(accepted) or rejects):
        raise no_games(name)
    return Imported(name, added, earlier + known, rejects, source.latin1 + latin1)


def _collected(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The batches joined to ones that are worth a transaction."""
    held: Batch | None = None
    for batch in batches:
        if held is None:
            held = batch
        else:
            held = Batch(
                batch.end,
                batch.end_line,
                held.rows + batch.rows,
                held.rejects + batch.rejects,
                held.latin1 + batch.latin1,
            )
        if len(held.rows) + len(held.rejects) >= GAMES_A_TRANSACTION:
            yield held
            held = None
    if held is not None:
        yield held


def _source(library: Library, name: str) -> _Source:
    """The file's row in the library, made if its content is not known."""
    fingerprint = None if name == STDIN else _fingerprint(name)
    connection = library.connection
    with library_file.explained(library.path), library_file.transaction(connection):
        row = connection.execute(
            "SELECT id, next_offset, next_line, complete, added, known, latin1 FROM source WHERE fingerprint = ?",
            (fingerprint,),
        ).fetchone()
        if row is not None:
            return _Source(row[0], row[1], row[2], bool(row[3]), *row[4:])
        cursor = connection.execute("INSERT INTO source (name, fingerprint) VALUES (?, ?)", (name, fingerprint))
        assert cursor.lastrowid is not None, "an inserted row has a number"
        return _Source(cursor.lastrowid)


def _fingerprint(name: str) -> bytes:
    with Path(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _keep(library: Library, source: _Source, batch: Batch) -> int:
    """Put a batch and the progress it makes into the library, both or neither; how many games were new."""
    connection = library.connection
    with library_file.explained(library.path), library_file.transaction(connection):
        added, known = rows.insert(connection, source.id, batch.rows)
        connection.executemany(
            "INSERT OR REPLACE INTO reject (source, offset, line, reason) VALUES (?, ?, ?, ?)",
            [(source.id, *reject) for reject in batch.rejects],
        )
        connection.execute(
            "UPDATE source SET next_offset = ?, next_line = ?, added = added + ?, known = known + ?,"
            " latin1 = latin1 + ? WHERE id = ?",
            (batch.end, batch.end_line, added, known, batch.latin1, source.id),
        )
    return added


def _rejects(library: Library, source: _Source, name: str) -> tuple[Reject, ...]:
    with library_file.explained(library.path):
        found = library.connection.execute(
            "SELECT line, reason FROM reject WHERE source = ? ORDER BY offset", (source.id,)
        ).fetchall()
    return tuple(Reject(Place(name, line), reason) for line, reason in found)


def _finish(library: Library, source: _Source, accepted: tuple[int, int], *, empty: bool) -> None:
    """Note that the file was read whole; a source of no games leaves no row.

    The counts of new and known games are those of this import, so that two at once of one file count no game twice.
    """
    connection = library.connection
    with library_file.explained(library.path), library_file.transaction(connection):
        if empty:
            connection.execute("DELETE FROM source WHERE id = ?", (source.id,))
        else:
            connection.execute(
                "UPDATE source SET complete = 1, added = ?, known = ? WHERE id = ?", (*accepted, source.id)
            )
