"""A person's moves as decisions: what could have been played, what was, and what the network thought of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import chess
import numpy as np

from gru_toolkit.chess.memory import Rows
from gru_toolkit.chess.next_move import Ply
from gru_toolkit.chess.position_keys import plan_key, position_key

STAGES = (16, 40)
"""Plies at which the opening and the middle game end, as far as habits are told apart."""
_PIECES = 6
_PIECE_TO = _PIECES * 64 * 3
_PIECE_FROM_TO = _PIECES * 4096
_TAKES = 7 * _PIECES * 2 * 3
_CASTLES = 3 * 2 * 3
_TURNS = 2 * 3 * _PIECES * 3
_LINES = 24
"""Plies in which a person's lines are learned: what they answer, and what follows on their own last move."""
_SHARED = 16381
"""Places that pairs of moves share, by remainder: a prime number, so that the moves of one position never meet."""
_PAIR = _SHARED + 1
_SIZES = (_PIECE_TO, _PIECE_FROM_TO, _TAKES, _CASTLES, _TURNS, _PAIR, _PAIR)
_STARTS = np.cumsum((0, *_SIZES[:-1])).astype(np.int32)
_KINDS = np.arange(1, _PIECES + 1, dtype=np.uint8)[:, None]
_START, _END = np.arange(4096) & 63, np.arange(4096) >> 6
_SWAPPED = 64 * _START + _END
"""The number of a way, start + 64 end, with its parts changed over."""
_DIRECTIONS = np.sign(_END // 8 - _START // 8) + 1
"""Of each way: 0 down the board, 1 along a rank, 2 up."""
_KING_WAYS = np.where(np.abs(_END % 8 - _START % 8) == 2, np.where(_END > _START, 1, 2), 0)
"""Of each way of a king: 1 castling on the king's side, 2 on the queen's, 0 neither."""
TRAITS = len(_SIZES)
"""How many traits describe a move."""
GROUPS = np.repeat(np.arange(TRAITS), _SIZES)
"""(D,) the kind of each trait: piece and target, piece and way, capture, castling or promotion, direction, answer to
the last move, sequel to the own last move; the last two in the opening only, and for each colour on its own."""


@dataclass(frozen=True)
class Position:
    """What a player model looks at before a move.

    key, plan   see position_keys
    codes       (n,) uint16: the legal moves
    traits      (n, TRAITS) int32: which habits each move speaks to
    log_network (n,) float64: the network's log-probabilities
    ply         plies played before, counted from 0
    hidden      (U,) the network's memory of the mover's game when it predicts; None where it was not kept
    stage       0 opening, 1 middle game, 2 later
    """

    key: int
    plan: int
    codes: np.ndarray
    traits: np.ndarray
    log_network: np.ndarray
    ply: int
    hidden: np.ndarray | None = None

    @property
    def stage(self) -> int:
        return stage_of(self.ply)


@dataclass(frozen=True)
class Decision:
    """A position in which a person moved.

    played  the place of the move that was played among the legal ones
    game    the number of the person's game, counted from 0
    speed   of that game, a place in memory.SPEEDS
    """

    position: Position
    played: int
    game: int
    speed: int


def position_of(ply: Ply, log_network: np.ndarray, state: np.ndarray | None = None) -> Position:
    """The position of a ply, with what the network expects there and its state after reading it."""
    return position_on(ply.board, ply.codes, log_network, state)


def position_on(
    board: chess.Board, codes: np.ndarray, log_network: np.ndarray, state: np.ndarray | None = None
) -> Position:
    """The position on a board.

    codes        (n,) uint16: the legal moves
    log_network  (n,) what the network expects of them
    state        the network's state after reading the position: White's memory, then Black's
    """
    traits = traits_of(board, codes)
    half = 0 if state is None else len(state) // 2
    hidden = None if state is None or not half else state[:half] if board.turn else state[half:]
    return Position(position_key(board), plan_key(board), codes, traits, log_network, board.ply(), hidden)


def rows_of(positions: Sequence[tuple[int, int, int]], game: int) -> Rows:
    """Memory rows of one game from (position key, plan key, move code) triples."""
    keys, plans, moves = zip(*positions, strict=True) if positions else ((), (), ())
    return Rows(
        np.array(keys, np.uint64),
        np.array(plans, np.uint64),
        np.array(moves, np.uint16),
        np.full(len(positions), game, np.int32),
    )


def stage_of(ply: int) -> int:
    """0 opening, 1 middle game, 2 later."""
    return 0 if ply < STAGES[0] else 1 if ply < STAGES[1] else 2


def traits_of(board: chess.Board, codes: np.ndarray) -> np.ndarray:
    """(n, TRAITS) int32: the traits of moves as places in one long vector of habits.

    All but answers and sequels are from the mover's view.

    codes  (n,) legal moves of the board
    """
    flip = 0 if board.turn else 56 | 56 << 6
    ways = codes.astype(np.int64) & 4095  # start + 64 end
    start, end = ways & 63, ways >> 6
    sets = (board.pawns, board.knights, board.bishops, board.rooks, board.queens, board.kings)
    planes = np.unpackbits(np.array(sets, "<u8").view(np.uint8).reshape(_PIECES, 8), axis=1, bitorder="little")
    kinds = (planes * _KINDS).sum(axis=0, dtype=np.int64)
    moved, taken = kinds[start] - 1, kinds[end] * (end != start)
    castles = np.where(moved == 5, _KING_WAYS[ways], 0)
    seen = ways ^ flip
    view_end, view = seen >> 6, _SWAPPED[seen]
    stage, early = stage_of(board.ply()), board.ply() < _LINES
    last = board.move_stack[-1] if board.move_stack else None
    before = board.move_stack[-2] if len(board.move_stack) > 1 else None
    retakes = (end == last.to_square) & (taken > 0) if last else 0
    again = start == before.to_square if before else 0
    named = moved * 4096 + _SWAPPED[ways]
    traits = np.empty((len(codes), TRAITS), np.int32)
    traits[:, 0] = (stage * _PIECES + moved) * 64 + view_end
    traits[:, 1] = moved * 4096 + view
    traits[:, 2] = ((stage * 7 + taken) * _PIECES + moved) * 2 + retakes
    traits[:, 3] = (stage * 3 + castles) * 2 + (codes > 4095)
    traits[:, 4] = ((stage * 2 + again) * 3 + _DIRECTIONS[seen]) * _PIECES + moved
    traits[:, 5] = _pairs(last if early else None, named)
    traits[:, 6] = _pairs(before if early else None, named)
    traits += _STARTS
    return traits


def _pairs(first: chess.Move | None, ways: np.ndarray) -> np.ndarray | int:
    """(n,): the places of moves (n,) after a first one; one place for all of them where there is none."""
    if not first:
        return _SHARED
    places: np.ndarray = ((64 * first.from_square + first.to_square) * 7919 + ways) % _SHARED
    return places
