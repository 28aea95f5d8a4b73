"""What follows from positions: lines of sight, attacks, checks, pins and legal moves, for N positions at once.

Pseudo-legal moves are cut down by what a check asks for and by pins; the king's steps, castling and en passant have
their own rules. Legal moves are found when they are first asked for. See `bitboards` for squares, codes and the
mover's view.
"""

import functools
from dataclasses import dataclass, field

import numpy as np

from gru_toolkit.chess.bitboards import (
    ALL,
    BEHIND,
    BETWEEN,
    BISHOP,
    BITS,
    KING,
    KING_LEAPS,
    KNIGHT,
    KNIGHT_LEAPS,
    NONE,
    PAWN,
    PAWN_HIT_BY,
    PAWN_HITS,
    QUEEN,
    ROOK,
    SQUARES,
    THEIRS,
    lowest,
    sight,
    square_sets,
    without_lowest,
)

Array = np.ndarray

_CODES = np.arange(1, 13, dtype=np.uint8)[:, None]
_THIRD_RANK = np.uint64(0xFF0000)
_LEAPERS = [PAWN - 1, KNIGHT - 1, KING - 1, PAWN + THEIRS - 1, KNIGHT + THEIRS - 1, KING + THEIRS - 1]
_AS_ROOK, _AS_BISHOP = np.zeros(13, np.uint64), np.zeros(13, np.uint64)
_AS_ROOK[[ROOK, QUEEN, ROOK + THEIRS, QUEEN + THEIRS]] = ALL
_AS_BISHOP[[BISHOP, QUEEN, BISHOP + THEIRS, QUEEN + THEIRS]] = ALL
_LEAPS = np.zeros((13, 64), np.uint64)
"""What each piece on each square attacks, but for those that move along lines."""
_LEAPS[[PAWN, PAWN + THEIRS]] = PAWN_HITS, PAWN_HIT_BY
_LEAPS[[KNIGHT, KNIGHT + THEIRS]], _LEAPS[[KING, KING + THEIRS]] = KNIGHT_LEAPS, KING_LEAPS


@dataclass(frozen=True)
class Sets:
    """What follows from N positions, each an array of uint64.

    rook_sight, bishop_sight  (N, 64): from every square
    attacks, threats          (N,): what the mover attacks, what the other side attacks
    checkers                  (N,): pieces giving check
    pinned, discoverers       (N,): the mover's pieces that shield a king from a slider: the own, the other
    check_rook, check_bishop, check_knight, check_pawn  (N,): squares from which such a piece would give check
    hits                      (N, 6): what pawns, knights and the king attack, the mover's, then the other's
    """

    rook_sight: Array
    bishop_sight: Array
    attacks: Array
    threats: Array
    checkers: Array
    pinned: Array
    discoverers: Array
    check_rook: Array
    check_bishop: Array
    check_knight: Array
    check_pawn: Array
    hits: Array
    _moves: "_Moves" = field(repr=False)

    @functools.cached_property
    def legal(self) -> Array:
        """(N, 64): where the piece on each square may go; promotions once."""
        return self._moves.legal(self.threats)


class _Pieces:
    """Where each kind of piece stands, in the order of the codes: `where` (N, 12, 64) booleans, `kinds` (N, 12)."""

    def __init__(self, boards: Array):
        self.boards = boards
        self.where = boards[:, None, :] == _CODES
        self.kinds = square_sets(self.where)

    def of(self, code: int) -> Array:
        """(N,): squares with this piece."""
        found: Array = self.kinds[:, code - 1]
        return found

    def lines(self, side: int) -> Array:
        """(2, N): squares with pieces that move as rooks do, and as bishops do; `side` is 0 or `THEIRS`."""
        queens = self.of(QUEEN + side)
        return np.array([self.of(ROOK + side) | queens, self.of(BISHOP + side) | queens])

    def sides(self) -> tuple[Array, Array]:
        """(N,) and (N,): squares with pieces of the mover, and of the other side."""
        return np.bitwise_or.reduce(self.kinds[:, :THEIRS], axis=1), np.bitwise_or.reduce(
            self.kinds[:, THEIRS:], axis=1
        )


@dataclass(frozen=True)
class _Moves:
    """What legal moves are found from: pieces, rights, what each square attacks (N, 64), and (N,) the rest."""

    pieces: _Pieces
    castling: Array
    en_passant: Array
    attacks: Array
    own: Array
    other: Array
    king: Array
    checkers: Array
    sliders: Array
    pinners: Array

    def legal(self, threats: Array) -> Array:
        """(N, 64), given what the other side attacks (N,)."""
        own, king, rows = self.own, self.king, np.arange(len(self.own))
        boards = self.pieces.boards
        attacks = np.where((boards >= PAWN) & (boards <= KING), self.attacks, NONE)
        legal = _pseudo_legal(boards, attacks, own, self.other)
        legal &= _answers(self.checkers, king)[:, None]
        _hold_pinned(legal, self.pinners, king, own)
        legal[rows, king] = _king_moves(king, own, threats, self.sliders)
        legal[rows, king] |= _castling(self.castling, own | self.other, threats, king)
        _add_en_passant(legal, self.pieces, self.en_passant, king)
        return legal


def position_sets(boards: Array, castling: Array, en_passant: Array) -> Sets:
    """The lines, attacks and legal moves of N positions with both kings on the board.

    boards      (N, 64) piece codes
    castling    (N, 4) booleans: the mover's king's and queen's side, then the other's
    en_passant  (N,) the square behind a pawn that has just moved two, -1 where there is none
    """
    pieces = _Pieces(boards)
    own, other = pieces.sides()
    filled = own | other
    rook, bishop = sight(filled[:, None], SQUARES[None, :])
    attacks = rook & _AS_ROOK[boards] | bishop & _AS_BISHOP[boards] | _LEAPS[boards, SQUARES]
    by_kind = np.bitwise_or.reduce(np.where(pieces.where, attacks[:, None], NONE), axis=2)
    king, target = lowest(pieces.of(KING)), lowest(pieces.of(KING + THEIRS))
    kings, rows = np.array([king, target]), np.arange(len(boards))
    seen = np.array([rook[rows, kings], bishop[rows, kings]])
    lines = np.array([pieces.lines(THEIRS), pieces.lines(0)]).swapaxes(0, 1)
    sliders = np.bitwise_or.reduce(seen[:, 0] & lines[:, 0])
    checkers = sliders | KNIGHT_LEAPS[king] & pieces.of(KNIGHT + THEIRS) | PAWN_HITS[king] & pieces.of(PAWN + THEIRS)
    hidden = _hidden(seen, filled, own, kings) & lines
    pinners, shields = hidden[0] | hidden[1]
    return Sets(
        rook_sight=rook,
        bishop_sight=bishop,
        checkers=checkers,
        attacks=np.bitwise_or.reduce(by_kind[:, :THEIRS], axis=1),
        threats=np.bitwise_or.reduce(by_kind[:, THEIRS:], axis=1),
        pinned=_shields(pinners, king) & own,
        discoverers=_shields(shields, target) & own,
        check_rook=seen[0, 1],
        check_bishop=seen[1, 1],
        check_knight=KNIGHT_LEAPS[target],
        check_pawn=PAWN_HIT_BY[target],
        hits=by_kind[:, _LEAPERS],
        _moves=_Moves(pieces, castling, en_passant, attacks, own, other, king, checkers, sliders, pinners),
    )


def _hidden(seen: Array, filled: Array, shields: Array, kings: Array) -> Array:
    """What would be seen besides if no piece stood in the way that shields.

    seen     (2, 2, N): what a rook, then a bishop, sees from the mover's king and from the other
    shields  (N,) the pieces that may be looked through
    kings    (2, N) their squares
    returns  (2, 2, N)
    """
    opened = filled & ~(seen & shields)
    rook, bishop = sight(opened, kings)
    more: Array = np.array([rook[0], bishop[1]]) & ~seen
    return more


def _pseudo_legal(boards: Array, attacks: Array, own: Array, other: Array) -> Array:
    """(N, 64): moves that the pieces can make, checks and pins aside; without castling, en passant and the king's."""
    pawns = boards == PAWN
    free = ~(own | other)[:, None]
    single = (BITS << np.uint64(8))[None, :] & free
    double = ((single & _THIRD_RANK) << np.uint64(8)) & free
    pawn_moves = attacks & other[:, None] | single | double
    moves: Array = np.where(pawns, pawn_moves, attacks & ~own[:, None])
    return moves


def _shields(pinners: Array, king: Array) -> Array:
    """(N,): the squares between a king and those who would see it."""
    squares = np.zeros_like(pinners)
    while pinners.any():
        squares |= np.where(pinners == NONE, NONE, BETWEEN[king, lowest(pinners)])
        pinners = without_lowest(pinners)
    return squares


def _hold_pinned(legal: Array, pinners: Array, king: Array, own: Array) -> None:
    """A pinned piece stays on the line of its pin; `legal` is changed in place."""
    while pinners.any():
        rows = np.flatnonzero(pinners)
        pinner = lowest(pinners[rows])
        line = BETWEEN[king[rows], pinner]
        legal[rows, lowest(line & own[rows])] &= line | BITS[pinner]
        pinners = without_lowest(pinners)


def _answers(checkers: Array, king: Array) -> Array:
    """(N,): where a piece other than the king may go: anywhere, or between and onto a single checker, or nowhere."""
    single = BETWEEN[king, lowest(checkers)] | checkers
    count = np.bitwise_count(checkers)
    return np.where(count == 0, ALL, np.where(count == 1, single, NONE))


def _king_moves(king: Array, own: Array, threats: Array, sliders: Array) -> Array:
    """(N,): steps to squares that are safe; a king does not hide the square behind itself from a slider's check."""
    behind = np.zeros_like(own)
    while sliders.any():
        behind |= np.where(sliders == NONE, NONE, BEHIND[lowest(sliders), king])
        sliders = without_lowest(sliders)
    steps: Array = KING_LEAPS[king] & ~own & ~threats & ~behind
    return steps


_CASTLES = ((7, 5, 6, 0), (0, 3, 2, 1))
"""The rook's square, the squares the king crosses and reaches, and the right's column."""


def _castling(castling: Array, filled: Array, threats: Array, king: Array) -> Array:
    """(N,): castling as the king's move of two squares, from e1."""
    moves = np.zeros_like(filled)
    for rook, crossed, reached, column in _CASTLES:
        path = BETWEEN[4, rook]
        safe = BITS[4] | BITS[crossed] | BITS[reached]
        allowed = castling[:, column] & (king == 4) & (filled & path == NONE) & (threats & safe == NONE)
        moves |= np.where(allowed, BITS[reached], NONE)
    return moves


def _add_en_passant(legal: Array, pieces: _Pieces, en_passant: Array, king: Array) -> None:
    """En passant takes two pieces off a rank at once, so it is tried out; `legal` is changed in place."""
    rows = np.flatnonzero(en_passant >= 0)
    if not len(rows):
        return
    some = _Pieces(pieces.boards[rows])
    target, home = en_passant[rows], king[rows]
    taken, filled, lines = BITS[target - 8], square_sets(some.boards > 0), some.lines(THEIRS)
    for side, edge in ((-9, 0), (-7, 7)):
        start = target + side
        able = ((target & 7) != edge) & (some.boards[np.arange(len(rows)), start] == PAWN)
        rook, bishop = sight(filled & ~BITS[start] & ~taken | BITS[target], home)
        check = rook & lines[0] | bishop & lines[1]
        check |= KNIGHT_LEAPS[home] & some.of(KNIGHT + THEIRS) | PAWN_HITS[home] & some.of(PAWN + THEIRS) & ~taken
        good = able & (check == NONE)
        legal[rows[good], start[good]] |= BITS[target[good]]
