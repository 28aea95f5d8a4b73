"""Games as rows of the library: written, read back, and told apart from games that are there already."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gru_toolkit.chess.game import UNKNOWN_NAME, Game
from gru_toolkit.chess.names import name_key
from gru_toolkit.errors import Place

TICKS_PER_SECOND = 10
"""Clocks are kept as whole tenths of a second."""
NO_TICKS = -1

SELECT = """
SELECT g.id, g.moves, w.name, b.name, o.name, g.line, g.white_rating, g.black_rating, g.date, g.time, g.time_control,
    g.clocks, g.result, g.fen, g.site
FROM game g JOIN spelling ws ON ws.id = g.white JOIN player w ON w.id = ws.player
JOIN spelling bs ON bs.id = g.black JOIN player b ON b.id = bs.player JOIN source o ON o.id = g.source
"""

Row = tuple[Any, ...]
"""identity, white, black, then the columns of `_INSERT` from white_rating on, without the source."""

_INSERT = """
INSERT OR IGNORE INTO game (identity, white, black, white_rating, black_rating, date, time, time_control, result, fen,
    site, line, moves, clocks, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def row_of(game: Game) -> Row:
    """The game as plain values that a library or another process can take."""
    return (
        identity(game), game.white, game.black, game.white_rating, game.black_rating, game.date, game.time,
        game.time_control, game.result, game.fen, game.site, game.place.line or 0,
        game.moves.astype("<u2").tobytes(), None if game.clocks is None else clock_bytes(game.clocks),
    )  # fmt: skip


def game_of(row: Sequence[Any]) -> Game:
    """The game in a row of `SELECT`."""
    number, moves, white, black, source, line, white_rating, black_rating, date, time, control = row[:11]
    clocks, result, fen, site = row[11:]
    return Game(
        np.frombuffer(moves, "<u2").astype(np.uint16, copy=False),
        white,
        black,
        Place(source, line),
        white_rating=white_rating,
        black_rating=black_rating,
        date=date,
        time=time,
        time_control=control,
        clocks=None if clocks is None else clocks_of(clocks),
        result=result,
        fen=fen,
        site=site,
        id=number,
    )


def identity(game: Game) -> bytes:
    """16 bytes that are the same for a game that is in two files, and differ for two games.

    Two games are one when players (in any spelling), date, time, web address, result, position at the start and moves
    agree. A place of play that is no web address does not count: it is spelt in many ways.
    """
    address = game.site if game.site and "://" in game.site else None
    facts = (name_key(game.white), name_key(game.black), game.date, game.time, address, game.result, game.fen)
    text = "\x1f".join(fact or "" for fact in facts)
    return hashlib.blake2b(text.encode("utf-8") + b"\0" + game.moves.astype("<u2").tobytes(), digest_size=16).digest()


def clock_bytes(clocks: np.ndarray) -> bytes:
    """Seconds (T,) float32, NaN for unknown, as little-endian int32 tenths of a second."""
    ticks = np.where(np.isnan(clocks), NO_TICKS, np.rint(np.nan_to_num(clocks) * TICKS_PER_SECOND))
    return ticks.astype("<i4").tobytes()


def clocks_of(stored: bytes) -> np.ndarray:
    """The seconds (T,) float32 that `clock_bytes` kept."""
    ticks = np.frombuffer(stored, "<i4")
    return np.where(ticks == NO_TICKS, np.nan, ticks / TICKS_PER_SECOND).astype(np.float32)


def named_source(connection: sqlite3.Connection, name: str) -> int:
    """The number of the source of that name that is no file with a fingerprint, made if it is not there."""
    row = connection.execute("SELECT id FROM source WHERE name = ? AND fingerprint IS NULL", (name,)).fetchone()
    if row is not None:
        return int(row[0])
    cursor = connection.execute("INSERT INTO source (name, complete) VALUES (?, 1)", (name,))
    assert cursor.lastrowid is not None, "an inserted row has a number"
    return cursor.lastrowid


def insert(connection: sqlite3.Connection, source: int, games: Iterable[Row]) -> tuple[int, int]:
    """Put the games into the open transaction: how many were new and how many the library had already."""
    games = list(games)
    spellings = _spellings(connection, {name for row in games for name in row[1:3]})
    before = connection.total_changes
    connection.executemany(_INSERT, [(row[0], spellings[row[1]], spellings[row[2]], *row[3:], source) for row in games])
    added = connection.total_changes - before
    return added, len(games) - added


def _spellings(connection: sqlite3.Connection, names: Iterable[str]) -> dict[str, int]:
    """The numbers of spellings by the name as written; a key that is not there yet becomes a player of its own."""
    found: dict[str, int] = {}
    for name in sorted(names):
        key = name_key(name)
        row = connection.execute("SELECT id FROM spelling WHERE key = ?", (key,)).fetchone()
        found[name] = int(row[0]) if row is not None else _add_spelling(connection, key, name)
    return found


def _add_spelling(connection: sqlite3.Connection, key: str, name: str) -> int:
    written = UNKNOWN_NAME if key == UNKNOWN_NAME else name
    player = connection.execute("INSERT INTO player (name) VALUES (?)", (written,)).lastrowid
    cursor = connection.execute("INSERT INTO spelling (key, written, player) VALUES (?, ?, ?)", (key, written, player))
    assert cursor.lastrowid is not None, "an inserted row has a number"
    return cursor.lastrowid
