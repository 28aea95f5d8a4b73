"""Plies of python-chess games as the base network's observations."""

from collections.abc import Sequence

import chess
import numpy as np

from gru_toolkit.chess.bitboards import unpack
from gru_toolkit.chess.board_features import FACTS, HISTORY, NO_SQUARE, UNKNOWN, Observations, time_control
from gru_toolkit.chess.next_move import Ply

Array = np.ndarray

_MOST = 32000
_CORNERS = (chess.BB_H1, chess.BB_A1, chess.BB_H8, chess.BB_A8)
_CODES = np.arange(1, 13, dtype=np.uint8)[:, None]


def observe(plies: Sequence[Ply]) -> Observations:
    """What the network sees of each ply; the moves that led there are read from the board's stack."""
    black = np.array([not ply.board.turn for ply in plies])
    sets = np.array([_piece_sets(ply.board) for ply in plies], np.uint64)
    sets = np.where(black[:, None], sets.byteswap(), sets)
    pieces = (unpack(sets) * _CODES).sum(axis=1, dtype=np.uint8)
    recent = np.array([_recent(ply.board) for ply in plies], np.uint8)
    return Observations(pieces, recent, np.array([_facts(ply) for ply in plies], np.int16))


def _piece_sets(board: chess.Board) -> list[int]:
    """The mover's pawns, knights, bishops, rooks, queens and king, then the other side's, as sets of squares."""
    kinds = (board.pawns, board.knights, board.bishops, board.rooks, board.queens, board.kings)
    return [kind & board.occupied_co[colour] for colour in (board.turn, not board.turn) for kind in kinds]


def _recent(board: chess.Board) -> list[int]:
    flip = 0 if board.turn else 56
    squares = [NO_SQUARE] * (2 * HISTORY)
    for back, move in enumerate(reversed(board.move_stack[-HISTORY:])):
        if move:
            squares[2 * back : 2 * back + 2] = move.from_square ^ flip, move.to_square ^ flip
    return squares


def _facts(ply: Ply) -> list[int]:
    """The columns of `board_features.FACTS`."""
    board, setting = ply.board, ply.setting
    rights = board.clean_castling_rights()
    castling = [bool(rights & corner) for corner in _CORNERS]
    if not board.turn:
        castling = castling[2:] + castling[:2]
    flip = 0 if board.turn else 56
    target = UNKNOWN if board.ep_square is None else board.ep_square ^ flip
    ratings = [UNKNOWN if r is None else min(int(r), _MOST) for r in (setting.white_rating, setting.black_rating)]
    own, other = ratings if board.turn else ratings[::-1]
    seconds = UNKNOWN if ply.seconds_left is None else int(min(max(ply.seconds_left, 0), _MOST))
    quiet = min(board.halfmove_clock, _MOST)
    played = min(board.ply(), _MOST)
    repeated = board.halfmove_clock > 3 and board.is_repetition(2)
    values = [*castling, target, quiet, repeated, board.turn, played, own, other, seconds]
    row = [int(value) for value in values] + list(time_control(setting.time_control))
    assert len(row) == len(FACTS), "one number for each fact"
    return row
