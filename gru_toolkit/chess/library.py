"""The library of games: who plays in it, their games in order of time, and new games put into it.

Its state is one connection to an SQLite file; each thread opens its own. Reading never waits for a writer.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from gru_toolkit.chess import library_file, rows
from gru_toolkit.chess.game import UNKNOWN_NAME, Colour, Game
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.places import library_file as default_file
from gru_toolkit.config import nearest
from gru_toolkit.errors import MissingInputError, Place

FETCHED = 256
"""Games that are read from the file at a time."""


@dataclass(frozen=True)
class Player:
    """A person in the library.

    games       how many, of which `white` with White
    first, last dates of the oldest and the newest game; None where no game has one
    rating      in the newest game that has one; None without any
    spellings   the names in files that mean this person
    """

    id: int
    name: str
    games: int
    white: int
    first: str | None
    last: str | None
    rating: int | None
    spellings: tuple[str, ...]


@dataclass(frozen=True)
class Added:
    """What became of games that were put into a library: new ones, and ones it had already."""

    added: int
    known: int


class Library:
    """A library of games; close it, or use it in a `with` block."""

    def __init__(self, connection: sqlite3.Connection, path: Path):
        self.connection = connection
        self.path = path

    @classmethod
    def open(cls, path: str | Path | None = None, *, must_exist: bool = False) -> "Library":
        """The library in a file, made if it is not there; by default the one in the user's data folder.

        Raises MissingInputError if it must exist and does not, DataError if the file is something else or damaged.
        """
        file = default_file() if path is None else Path(path)
        if must_exist and not file.exists():
            hint = "make one with: gru-toolkit chess import games.pgn"
            raise MissingInputError("there is no library of games", place=Place(str(file)), hint=hint)
        return cls(library_file.connect(file), file)

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Library":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        """How many games it holds."""
        with library_file.explained(self.path):
            return int(self.connection.execute("SELECT count(*) FROM game").fetchone()[0])

    def players(self, part: str | None = None) -> list[Player]:
        """Everybody in the library who is named, most games first.

        part  only people with a spelling that contains this, whatever the case and accents
        """
        wanted = None if part is None else name_key(part)
        with library_file.explained(self.path):
            found = _players(self.connection)
        return [
            player
            for player in found
            if wanted is None or any(wanted in name_key(name) for name in (player.name, *player.spellings))
        ]

    def find(self, name: str) -> Player | None:
        """The person of that name, in any spelling; None if nobody is called so."""
        with library_file.explained(self.path):
            number = _player_number(self.connection, name)
            return None if number is None else _players(self.connection, number)[0]

    def player(self, name: str) -> Player:
        """The person of that name, in any spelling. Raises MissingInputError, with the nearest name as a hint."""
        known = self.find(name)
        if known is not None:
            return known
        with library_file.explained(self.path):
            names = [row[0] for row in self.connection.execute("SELECT written FROM spelling")]
        key = name_key(name)
        part = next((written for written in names if key in name_key(written)), None)
        hint = f"did you mean {part}?" if part else nearest(name, names)
        raise MissingInputError(f"nobody in the library is called {name!r}", place=Place(str(self.path)), hint=hint)

    def games(
        self,
        *,
        of: str | None = None,
        against: str | None = None,
        colour: Colour | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Game]:
        """The games in order of date and time; undated ones count as the oldest, equal ones stand as in their files.

        of, against  only games of this person, and of these two with each other
        colour       only games in which `of` has this colour
        limit        at most so many

        The players' names are those of the people, whatever the spelling in the file. Raises MissingInputError for a
        name that nobody has.
        """
        assert of is not None or (against is None and colour is None), "against and colour say something about `of`"
        sides = [None if name is None else self.player(name).id for name in (of, against)]
        condition, values = _condition(sides[0], sides[1], colour)
        order = "DESC" if newest_first else "ASC"
        bound = "" if limit is None else f" LIMIT {int(limit)}"
        statement = f"{rows.SELECT} {condition} ORDER BY g.date {order}, g.time {order}, g.id {order}{bound}"
        with library_file.explained(self.path):
            cursor = self.connection.execute(statement, values)
            while batch := cursor.fetchmany(FETCHED):
                for row in batch:
                    yield rows.game_of(row)

    def add(self, games: Iterable[Game], source: str) -> Added:
        """Put games into the library, those it has already left out; all of them or, if anything fails, none.

        source  where they come from, for people to read
        """
        encoded = [rows.row_of(game) for game in games]
        with library_file.explained(self.path), library_file.transaction(self.connection):
            number = rows.named_source(self.connection, source)
            return Added(*rows.insert(self.connection, number, encoded))


def _player_number(connection: sqlite3.Connection, name: str) -> int | None:
    row = connection.execute("SELECT player FROM spelling WHERE key = ?", (name_key(name),)).fetchone()
    return None if row is None or name_key(name) == UNKNOWN_NAME else int(row[0])


def _condition(of: int | None, against: int | None, colour: Colour | None) -> tuple[str, Sequence[int]]:
    """The condition of a query for games, and its values."""
    if of is None:
        return "", ()
    mine = "IN (SELECT id FROM spelling WHERE player = ?)"
    one: dict[Colour, str] = {"white": f"g.white {mine}", "black": f"g.black {mine}"}
    other: dict[Colour, str] = {"white": f"g.black {mine}", "black": f"g.white {mine}"}
    wanted: tuple[Colour, ...] = (colour,) if colour else ("white", "black")
    if against is None:
        return "WHERE " + " OR ".join(one[side] for side in wanted), [of] * len(wanted)
    return "WHERE " + " OR ".join(f"({one[side]} AND {other[side]})" for side in wanted), [of, against] * len(wanted)


def _players(connection: sqlite3.Connection, only: int | None = None) -> list[Player]:
    """Everybody, or the one person of that number."""
    where = "" if only is None else f"WHERE s.player = {int(only)}"
    spellings: dict[int, list[str]] = {}
    for player, written, key in connection.execute(f"SELECT s.player, s.written, s.key FROM spelling s {where}"):
        if key != UNKNOWN_NAME:
            spellings.setdefault(player, []).append(written)
    rows_of_people = connection.execute(_PLAYERS.format(where=where))
    found = [Player(*row, spellings=tuple(sorted(spellings[row[0]]))) for row in rows_of_people if row[0] in spellings]  # type: ignore[misc]
    return sorted(found, key=lambda player: (-player.games, player.name))


_PLAYERS = """
SELECT p.id, p.name, count(*), sum(t.white), min(t.date), max(t.date),
    CAST(substr(max(CASE WHEN t.rating IS NOT NULL
        THEN coalesce(t.date, '0000') || ' ' || coalesce(t.time, '00:00:00') || '|' || t.rating END),
        1 + instr(max(CASE WHEN t.rating IS NOT NULL
        THEN coalesce(t.date, '0000') || ' ' || coalesce(t.time, '00:00:00') || '|' || t.rating END), '|')) AS INTEGER)
FROM (
    SELECT s.player AS player, 1 AS white, g.date AS date, g.time AS time, g.white_rating AS rating
    FROM spelling s JOIN game g ON g.white = s.id {where}
    UNION ALL
    SELECT s.player, 0, g.date, g.time, g.black_rating FROM spelling s JOIN game g ON g.black = s.id {where}
) t JOIN player p ON p.id = t.player
GROUP BY p.id
"""
