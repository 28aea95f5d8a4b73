"""PGN as one more table: a row is a move, and the reader of tables knows it by name."""

import numpy as np

from gru_toolkit.chess.board_features import UNKNOWN
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import move_of
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.errors import Place
from gru_toolkit.sequences import games
from gru_toolkit.sequences.columns import Rules, too_many
from gru_toolkit.sequences.sources import Source
from gru_toolkit.sequences.table import Column, Kind, Reject, Table

_ELSEWHERE = "starts from another position than the usual one, which a network of games is not trained on"


def read_pgn(source: Source, rules: Rules) -> Table:
    """The moves of all games of a PGN file, as UCI texts, in the columns of `sequences.games`.

    A game is named by its file and line. Rejected are games that `pgn.read_games` refuses, and those from set-up
    positions.

    Raises DataError naming the first rejected game when more are rejected than the rules allow.
    """
    accepted: list[Game] = []
    rejects: list[Reject] = []
    for game in read_games([source.name]):
        if isinstance(game, Reject):
            rejects.append(game)
        elif game.fen is not None:
            rejects.append(Reject(game.place, _ELSEWHERE))
        else:
            accepted.append(game)
    if len(rejects) > rules.max_rejects:
        raise too_many(rejects[0], len(rejects), rules.max_rejects)
    lengths = np.array([len(game) for game in accepted], np.int64)
    of_row = np.repeat(np.arange(len(accepted)), lengths)

    def place_of(row: int, column: str | None) -> Place:
        return accepted[int(of_row[row])].place

    return Table({column.name: column for column in _columns(accepted, lengths)}, source.name, place_of, tuple(rejects))


def _columns(accepted: list[Game], lengths: np.ndarray) -> list[Column]:
    codes = np.concatenate([np.zeros(0, np.uint16), *(game.moves for game in accepted)])
    different, move = np.unique(codes, return_inverse=True)
    first = np.cumsum(lengths) - lengths
    ply = np.arange(len(codes)) - np.repeat(first, lengths) + 1
    columns = [
        _of_games(games.GAME, "text", [f"{game.place.path}:{game.place.line}" for game in accepted], lengths),
        Column(games.PLY, "number", ply.astype(np.float64)),
        Column(games.MOVE, "text", move.astype(np.int32), tuple(move_of(code).uci() for code in different.tolist())),
        Column(games.CLOCK, "number", np.concatenate([np.zeros(0), *map(_clocks, accepted)])),
    ]
    values: dict[str, tuple[Kind, list[str] | list[float]]] = {
        "white": ("text", [game.white for game in accepted]),
        "black": ("text", [game.black for game in accepted]),
        "white_rating": ("number", [_rating(game.white_rating) for game in accepted]),
        "black_rating": ("number", [_rating(game.black_rating) for game in accepted]),
        "time_control": ("text", [game.time_control or "" for game in accepted]),
        "date": ("text", [game.date or "" for game in accepted]),
    }
    return columns + [_of_games(name, kind, found, lengths) for name, (kind, found) in values.items()]


def _of_games(name: str, kind: Kind, values: list[str] | list[float], lengths: np.ndarray) -> Column:
    """One value a game, in each of its rows."""
    if kind == "number":
        return Column(name, kind, np.repeat(np.array(values, np.float64), lengths))
    codes: dict[str, int] = {}
    coded = np.array([codes.setdefault(str(value), len(codes)) for value in values], np.int32)
    return Column(name, kind, np.repeat(coded, lengths), tuple(codes))


def _rating(rating: int | None) -> float:
    return float(UNKNOWN if rating is None else rating)


def _clocks(game: Game) -> np.ndarray:
    if game.clocks is None:
        return np.full(len(game), float(UNKNOWN))
    return np.where(np.isnan(game.clocks), float(UNKNOWN), game.clocks.astype(np.float64))
