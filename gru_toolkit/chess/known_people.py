"""People and their models: learned from the library, and found again by name."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from gru_toolkit.chess import learning, players
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.next_move import NextMoveNetwork
from gru_toolkit.chess.places import library_file
from gru_toolkit.chess.players import Player
from gru_toolkit.errors import MissingInputError, UsageError


def learn_and_keep(
    name: str,
    library: str | Path | None,
    network: NextMoveNetwork,
    on_progress: learning.Progress | None = None,
    *,
    deep: bool = False,
) -> Player:
    """Learn a person from their games in the library and write their model.

    deep  fit deep leanings too; they are kept only if they do better on held-out games

    Raises MissingInputError for a name that nobody in the library has.
    """
    proper, games = games_of(name, library)
    others = tuple(players.known(beside=proper)) if len(games) < learning.FEW_GAMES else ()
    config = learning.LearnConfig(deep=deep, others=others)
    player = learning.learn(proper, games, network, config, on_progress=on_progress)
    player = replace(player, facts={**player.facts, "newest": games[-1].date, "oldest": games[0].date})
    players.save(player)
    return player


def games_of(
    name: str,
    library: str | Path | None,
    *,
    since: str | None = None,
    against: str | None = None,
) -> tuple[str, list[Game]]:
    """A person's name as the library has it, and their games, oldest first.

    since  only games from this date on, `2023-05-01`

    Raises MissingInputError for an unknown name or when no game is left, UsageError for something that is no date.
    """
    if since is not None:
        _check_date(since)
    with Library.open(library, must_exist=True) as opened:
        proper = opened.player(name).name
        games = [
            game for game in opened.games(of=proper, against=against) if since is None or (game.date or "") >= since
        ]
    if not games:
        raise MissingInputError(f"no game of {proper} is left", hint="ask for less with --since and --against")
    return proper, games


def player_of(name: str) -> Player:
    """The model of a person, or somebody of that name without games if nobody was learned.

    A name that nobody was learned under may be another spelling of somebody in the user's library.
    """
    known = name if players.file_of(name).is_file() else _proper_name(name)
    return players.load(known) if known and players.file_of(known).is_file() else Player(name)


def _proper_name(name: str) -> str | None:
    """What the user's library calls the person; None if there is no library or it does not know them."""
    if not library_file().is_file():
        return None
    with Library.open(None) as opened:
        person = opened.find(name)
    return None if person is None else person.name


def _check_date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", hint="write it as 2023-05-01") from None
