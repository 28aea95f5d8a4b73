"""Random legal games, with more captures than chance would have, so that pins, checks and en passant come up."""

import random

import chess

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import move_codes
from gru_toolkit.errors import Place


def random_line(seed: int, plies: int) -> list[chess.Move]:
    """The moves of one game of at most that many plies."""
    rng = random.Random(seed)
    board = chess.Board()
    for _ in range(plies):
        moves = list(board.legal_moves)
        if not moves or board.is_insufficient_material():
            break
        lively = [m for m in moves if board.is_capture(m) or board.gives_check(m) or m.promotion]
        board.push(rng.choice(lively if lively and rng.random() < 0.4 else moves))
    return board.move_stack


def random_game(seed: int, plies: int = 120) -> Game:
    """The same as a game with ratings and a time control, of which every third has no rating."""
    rating = None if seed % 3 == 0 else 1200 + 37 * seed
    moves = move_codes(random_line(seed, plies))
    return Game(moves, "a", "b", Place("random"), white_rating=rating, black_rating=1500, time_control="180+2")
