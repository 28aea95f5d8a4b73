"""A person's games fetched from Lichess or chess.com into the library, one request at a time.

Both sites ask for serial requests and for a minute of silence after an answer 429; both are done. What has arrived is
kept at once, and the next fetch asks only for what came after, so an interrupted one goes on where it was.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from gru_toolkit.chess import library_file, rows
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.pgn_parsing import parse
from gru_toolkit.chess.pgn_splitting import raw_games
from gru_toolkit.chess.web import Answer, Web
from gru_toolkit.errors import DataError, Place, UsageError
from gru_toolkit.sequences.table import Reject

SITES = {"lichess": "https://lichess.org", "chess.com": "https://api.chess.com"}
GAMES_A_BATCH = 100
LARGEST_ANSWER = 1 << 20
"""Bytes of a list of months."""
_USER = re.compile(r"[A-Za-z0-9_-]{1,50}")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_MONTH = re.compile(r"/(\d{4})/(\d\d)$")
_PGN = "application/x-chess-pgn"


@dataclass(frozen=True)
class Wish:
    """What to fetch.

    site    lichess or chess.com
    user    the account's name there
    versus  only games against this account
    since   only games from this day on: "2023", "2023-05" or "2023-05-01"
    server  another address that speaks as the site does
    """

    site: str
    user: str
    versus: str | None = None
    since: str | None = None
    server: str | None = None

    def __post_init__(self) -> None:
        if self.site not in SITES:
            raise UsageError(f"there is no site {self.site!r}; there are {' and '.join(SITES)}")
        for name in (self.user, self.versus):
            if name is not None and not _USER.fullmatch(name):
                raise UsageError(f"{name!r} is no account's name: letters, digits, - and _ make one")
        if self.since is not None and not _is_day(self.since):
            raise UsageError(f"--since must be a day like 2023-05-01, or 2023-05, or 2023, got {self.since!r}")

    @property
    def address(self) -> str:
        return (self.server or SITES[self.site]).rstrip("/")

    @property
    def account(self) -> str:
        """What the library remembers this wish by."""
        return "/".join([self.site, self.user.lower(), (self.versus or "").lower(), self.since or ""])


@dataclass(frozen=True)
class Fetched:
    """What became of the games that arrived: new, known already, and refused."""

    added: int = 0
    known: int = 0
    rejects: tuple[Reject, ...] = ()

    @property
    def found(self) -> int:
        return self.added + self.known + len(self.rejects)


def fetch(
    library: Library, wish: Wish, web: Web, on_progress: Callable[[Fetched], None] = lambda so_far: None
) -> Fetched:
    """Put the wished games into the library.

    Raises MissingInputError if the site knows no such account, StorageError if it cannot be reached or breaks off; what
    arrived before is kept.
    """
    until = _until(library, wish)
    parts = _lichess(wish, web, until) if wish.site == "lichess" else _chess_com(wish, web, until)
    total = Fetched()
    for games, rejects, until in parts:
        added, known = _keep(library, wish, games, until)
        total = Fetched(total.added + added, total.known + known, total.rejects + tuple(rejects))
        on_progress(total)
    return total


Part = tuple[list[Game], list[Reject], str]
"""Games, refused games, and what to remember as the point to go on from."""


def _lichess(wish: Wish, web: Web, until: str | None) -> Iterator[Part]:
    """The games in order of time; the point to go on from is the last one's moment."""
    asked = {"clocks": "true", "sort": "dateAsc"}
    if wish.versus:
        asked["vs"] = wish.versus
    begin = until or (_moment(wish.since) if wish.since else None)
    if begin:
        asked["since"] = str(int(datetime.fromisoformat(begin).timestamp() * 1000))
    address = f"{wish.address}/api/games/user/{quote(wish.user)}?{urlencode(asked)}"
    with web.get(address, accept=_PGN, who=wish.user) as stream:
        yield from _parts(stream, address, begin or "")


def _parts(stream: Answer, name: str, until: str) -> Iterator[Part]:
    games: list[Game] = []
    rejects: list[Reject] = []
    for raw in raw_games(stream, name):
        found = parse(raw, name)
        if isinstance(found, Reject):
            rejects.append(found)
        else:
            games.append(found)
            if found.date and len(found.date) == 10 and found.time:
                until = max(until, f"{found.date}T{found.time}+00:00")
        if len(games) + len(rejects) >= GAMES_A_BATCH:
            yield games, rejects, until
            games, rejects = [], []
    if games or rejects:
        yield games, rejects, until


def _chess_com(wish: Wish, web: Web, until: str | None) -> Iterator[Part]:
    """The games month by month; the point to go on from is the newest month, which may still grow."""
    base = f"{wish.address}/pub/player/{quote(wish.user.lower())}/games"
    for month in _months(wish, web, base):
        if month < max(until or "", (wish.since or "")[:7]):
            continue
        address = f"{base}/{month[:4]}/{month[5:]}/pgn"
        with web.get(address, accept=_PGN, who=wish.user) as stream:
            for games, rejects, _ in _parts(stream, address, ""):
                yield [game for game in games if _is_wished(game, wish)], rejects, month


def _months(wish: Wish, web: Web, base: str) -> list[str]:
    """The months in which the account played, `2023-05`, oldest first."""
    address = f"{base}/archives"
    with web.get(address, accept="application/json", who=wish.user) as stream:
        try:
            answer: Any = json.loads(stream.read(LARGEST_ANSWER))
        except (ValueError, RecursionError) as error:
            raise DataError(f"the answer is no JSON: {error}", place=Place(address)) from error
    archives = answer.get("archives") if isinstance(answer, dict) else None
    if not isinstance(archives, list):
        raise DataError("the answer lists no archives", place=Place(address))
    # The months are taken from the addresses, never the addresses themselves: the server could name any.
    found = [match for archive in archives if (match := _MONTH.search(str(archive)))]
    return sorted(f"{match[1]}-{match[2]}" for match in found)


def _is_wished(game: Game, wish: Wish) -> bool:
    if wish.versus and name_key(wish.versus) not in (name_key(game.white), name_key(game.black)):
        return False
    return not wish.since or (game.date or "") >= wish.since


def _keep(library: Library, wish: Wish, games: list[Game], until: str) -> tuple[int, int]:
    """Put the games and the point to go on from into the library, both or neither."""
    connection = library.connection
    encoded = [rows.row_of(game) for game in games]
    with library_file.explained(library.path), library_file.transaction(connection):
        source = rows.named_source(connection, f"{wish.site}: {wish.user}")
        added, known = rows.insert(connection, source, encoded)
        if until:
            connection.execute("INSERT OR REPLACE INTO fetched (account, until) VALUES (?, ?)", (wish.account, until))
    return added, known


def _until(library: Library, wish: Wish) -> str | None:
    with library_file.explained(library.path):
        row = library.connection.execute("SELECT until FROM fetched WHERE account = ?", (wish.account,)).fetchone()
    return None if row is None else str(row[0])


def _moment(day: str) -> str:
    """The first moment of a day, a month or a year."""
    return f"{day}{'-01-01'[: 0 if len(day) == 10 else 3 if len(day) == 7 else 6]}T00:00:00+00:00"


def _is_day(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(_moment(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True
