"""What a user decides about people in the library: that two names are one person, that a person is to be forgotten."""

from dataclasses import dataclass
from pathlib import Path

from gru_toolkit.chess import library_file, session_folder
from gru_toolkit.chess.library import Library, Player
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.places import player_folder
from gru_toolkit.errors import MissingInputError, Place, StorageError, UsageError
from gru_toolkit.runs.files import remove_folder


@dataclass(frozen=True)
class Forgotten:
    """What was removed of a person: how many games and sessions, and the folders of what was learned."""

    name: str
    games: int
    sessions: int
    folders: tuple[Path, ...]


@dataclass(frozen=True)
class Respelled:
    """A person whose spellings have changed, and the folders of what was learned before: out of date, and removed."""

    player: Player
    folders: tuple[Path, ...]


def merge(library: Library, first: str, second: str) -> Respelled:
    """Make all spellings of the second name mean the person of the first.

    Raises MissingInputError for a name that nobody has, UsageError if both are one person already.
    """
    kept, joined = library.player(first), library.player(second)
    if kept.id == joined.id:
        raise UsageError(f"{first!r} and {second!r} are one person already, {kept.name!r}")
    connection = library.connection
    with library_file.explained(library.path), library_file.transaction(connection):
        connection.execute("UPDATE spelling SET player = ? WHERE player = ?", (kept.id, joined.id))
        connection.execute("DELETE FROM player WHERE id = ?", (joined.id,))
    folders = _remove_folders((kept.name, joined.name))
    return Respelled(library.player(first), folders)


def split(library: Library, spelling: str) -> Respelled:
    """Make one spelling of a person a person of its own again: the one that is returned.

    Raises MissingInputError for a name that nobody has, UsageError if the person has no other spelling.
    """
    whole = library.player(spelling)
    if len(whole.spellings) < 2:
        raise UsageError(f"{whole.name!r} has one spelling only")
    connection = library.connection
    with library_file.explained(library.path), library_file.transaction(connection):
        number, written = connection.execute(
            "SELECT id, written FROM spelling WHERE key = ?", (name_key(spelling),)
        ).fetchone()
        own = connection.execute("INSERT INTO player (name) VALUES (?)", (written,)).lastrowid
        connection.execute("UPDATE spelling SET player = ? WHERE id = ?", (own, number))
        rest = next(name for name in whole.spellings if name_key(name) != name_key(spelling))
        if name_key(whole.name) == name_key(spelling):
            connection.execute("UPDATE player SET name = ? WHERE id = ?", (rest, whole.id))
    folders = _remove_folders((whole.name, written))
    return Respelled(library.player(spelling), folders)


def forget(library: Library, name: str) -> Forgotten:
    """Remove a person's games, names, sessions, and everything learned; nothing of it can be read from the files after.

    Files the games came from count as not imported, so that importing one again brings its games back. Raises
    MissingInputError for a name that is nowhere, StorageError while another program keeps the library busy.
    """
    connection = library.connection
    try:
        person = library.player(name)
    except MissingInputError:
        sessions, folders = session_folder.forget(name), _remove_folders((name,))
        if not sessions and not folders:
            raise
        return Forgotten(name, 0, sessions, folders)
    with library_file.explained(library.path):
        with library_file.transaction(connection):
            games = _forget_rows(library, person)
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    names = (person.name, *person.spellings)
    sessions = sum(map(session_folder.forget, dict.fromkeys(names)))
    folders = _remove_folders(names)
    if busy:
        raise StorageError(
            f"{person.name!r} is forgotten, but another program still reads the library's log of changes",
            place=Place(str(library.path)),
            hint="close it, and the next program that opens the library removes the log",
        )
    return Forgotten(person.name, games, sessions, folders)


def _forget_rows(library: Library, person: Player) -> int:
    connection = library.connection
    own = "(SELECT id FROM spelling WHERE player = :person)"
    value = {"person": person.id}
    touched = f"(SELECT source FROM game WHERE white IN {own} OR black IN {own})"
    connection.execute(f"DELETE FROM reject WHERE source IN {touched}", value)
    connection.execute(
        "UPDATE source SET complete = 0, next_offset = 0, next_line = 1, added = 0, known = 0, latin1 = 0"
        f" WHERE fingerprint IS NOT NULL AND id IN {touched}",
        value,
    )
    removed = connection.execute(f"DELETE FROM game WHERE white IN {own} OR black IN {own}", value).rowcount
    for spelling in {person.name, *person.spellings}:
        connection.execute("DELETE FROM reject WHERE instr(lower(reason), lower(?))", (spelling,))
        connection.execute("DELETE FROM fetched WHERE instr(lower(account), lower(?))", (spelling,))
        connection.execute("UPDATE source SET name = '(forgotten)' WHERE instr(lower(name), lower(?))", (spelling,))
    connection.execute("DELETE FROM source WHERE id NOT IN (SELECT source FROM game)")
    connection.execute(
        "DELETE FROM spelling WHERE id NOT IN (SELECT white FROM game) AND id NOT IN (SELECT black FROM game)"
    )
    connection.execute("DELETE FROM player WHERE id NOT IN (SELECT player FROM spelling)")
    return removed


def _remove_folders(names: tuple[str, ...]) -> tuple[Path, ...]:
    """Remove what was learned of people of these names; the folders that were there."""
    found = tuple(sorted({folder for name in names if (folder := player_folder(name)).exists()}))
    for folder in found:
        remove_folder(folder)
    return found
