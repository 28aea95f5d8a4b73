"""The sample's games as `Game` objects, read without the library, and quick stand-ins for a person's games."""

import functools
import io
from pathlib import Path

import chess
import chess.pgn
import numpy as np

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import move_codes
from gru_toolkit.errors import Place

SAMPLE = Path(__file__).parents[2] / "data" / "chess" / "father_and_son.pgn"


@functools.cache
def sample_games() -> tuple[Game, ...]:
    """All 300 games, oldest first."""
    text = io.StringIO(SAMPLE.read_text(encoding="utf-8"))
    games = []
    while (read := chess.pgn.read_game(text)) is not None:
        headers = read.headers
        games.append(
            Game(
                move_codes(read.mainline_moves()),
                headers["White"],
                headers["Black"],
                Place(str(SAMPLE), 1),
                white_rating=int(headers["WhiteElo"]),
                black_rating=int(headers["BlackElo"]),
                date=headers["Date"].replace(".", "-"),
                time_control=headers["TimeControl"],
                result=headers["Result"],
            )
        )
    return tuple(games)


def game(moves: str, white: str = "Anna", black: str = "Bob", **facts: object) -> Game:
    """A game from moves in SAN."""
    board = chess.Board()
    for move in moves.split():
        board.push_san(move)
    return Game(move_codes(board.move_stack), white, black, Place("test", 1), **facts)  # type: ignore[arg-type]


def keys(count: int) -> np.ndarray:
    """(count,) uint64, all different."""
    return np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
