"""Moves as numbers: from + 64·to + 4096·promotion, squares a1 = 0 … h8 = 63.

The promotion is 0, or 2 for a knight, 3 bishop, 4 rook, 5 queen, as in python-chess. Castling is the king's move of two
squares. A code fits 16 bits, and a game is an array of them, (T,) uint16.
"""

from collections.abc import Iterable, Iterator, Sequence

import chess
import numpy as np

PROMOTIONS = (chess.KNIGHT, chess.BISHOP, chess.ROOK, chess.QUEEN)


def move_code(move: chess.Move) -> int:
    """The code of a move."""
    return move.from_square | move.to_square << 6 | (move.promotion or 0) << 12


def move_of(code: int) -> chess.Move:
    """The move of a code."""
    code = int(code)
    return chess.Move(code & 63, code >> 6 & 63, code >> 12 or None)


def move_codes(moves: Iterable[chess.Move]) -> np.ndarray:
    """The codes of moves, (T,) uint16."""
    return np.array([move.from_square | move.to_square << 6 | (move.promotion or 0) << 12 for move in moves], np.uint16)


def moves_of(codes: Sequence[int] | np.ndarray) -> list[chess.Move]:
    """The moves of codes."""
    return [move_of(code) for code in codes]


def boards(codes: Sequence[int] | np.ndarray, fen: str | None = None) -> Iterator[tuple[chess.Board, chess.Move]]:
    """Each move of a game with the board before it.

    fen  the position at the start; None for the usual one

    The board is one object that changes as the game goes on; copy it to keep it.
    """
    board = chess.Board(fen) if fen else chess.Board()
    for code in codes:
        move = move_of(code)
        yield board, move
        board.push(move)
