"""Lines of sight, attacks and legal moves of many positions at once, as 64-bit sets of squares.

Squares count from a1 = 0 to h8 = 63, and a position is seen from the mover's side: Black's is mirrored, so the mover
always plays up the board. Pieces are codes: 0 empty, 1-6 the mover's pawn, knight, bishop, rook, queen and king, 7-12
the other side's. Everything here is NumPy over N positions; `board_features` has the way in from python-chess.
"""

import numpy as np

Array = np.ndarray

PAWN, KNIGHT, BISHOP, ROOK, QUEEN, KING = range(1, 7)
THEIRS = 6
ONE = np.uint64(1)
NONE = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
SQUARES = np.arange(64)
BITS = ONE << SQUARES.astype(np.uint64)
_UP = ((1, 0), (1, 1), (1, -1))
_KNIGHT_STEPS = ((1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2))
_KING_STEPS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))


def _walk(square: int, step: tuple[int, int], most: int = 7) -> list[int]:
    rank, file = divmod(square, 8)
    squares = []
    for _ in range(most):
        rank, file = rank + step[0], file + step[1]
        if not (0 <= rank < 8 and 0 <= file < 8):
            break
        squares.append(8 * rank + file)
    return squares


def _set(squares: list[int]) -> int:
    return sum(1 << square for square in squares)


def _leaps(steps: tuple[tuple[int, int], ...]) -> Array:
    return np.array([_set([s for step in steps for s in _walk(i, step, 1)]) for i in range(64)], np.uint64)


KNIGHT_LEAPS = _leaps(_KNIGHT_STEPS)
KING_LEAPS = _leaps(_KING_STEPS)
PAWN_HITS = _leaps(((1, 1), (1, -1)))
"""What the mover's pawn on each square attacks."""
PAWN_HIT_BY = _leaps(((-1, 1), (-1, -1)))
"""What the other side's pawn on each square attacks."""
_RAYS = {step: np.array([_set(_walk(i, step)) for i in range(64)], np.uint64) for step in _UP}


def _rank_table() -> Array:
    """(8, 256) bytes: what a rook on a file sees along its rank, for every way the rank is filled."""
    table = np.zeros((8, 256), np.uint8)
    for file in range(8):
        for filled in range(256):
            for step in (1, -1):
                at = file + step
                while 0 <= at < 8:
                    table[file, filled] |= 1 << at
                    if filled >> at & 1:
                        break
                    at += step
    return table


def _between_tables() -> tuple[Array, Array]:
    """(64, 64) the squares strictly between two on a line, and (64, 64) the square just behind the second."""
    between, behind = np.zeros((64, 64), np.uint64), np.zeros((64, 64), np.uint64)
    for start in range(64):
        for step in _KING_STEPS:
            line = _walk(start, step)
            for i, end in enumerate(line):
                between[start, end] = _set(line[:i])
                behind[start, end] = _set(line[i + 1 : i + 2])
    return between, behind


_RANKS = _rank_table()
BETWEEN, BEHIND = _between_tables()


def sight(filled: Array, squares: Array) -> tuple[Array, Array]:
    """What a rook and what a bishop would see from a square, up to and including the first piece.

    filled   uint64, the squares with a piece on them
    squares  integers, broadcast with `filled`
    returns  two uint64 arrays of the common shape
    """
    mirrored, opposite = filled.byteswap(), squares ^ 56
    rook = _along_rank(filled, squares)
    bishop = np.zeros_like(rook)
    for step in _UP:
        seen = _ray(filled, _RAYS[step][squares]) | _ray(mirrored, _RAYS[step][opposite]).byteswap()
        if step == (1, 0):
            rook = rook | seen
        else:
            bishop = bishop | seen
    return rook, bishop


def _ray(filled: Array, ray: Array) -> Array:
    """A ray towards higher squares, cut behind its first piece: the borrow of a subtraction runs up to it."""
    blockers = filled & ray
    cut: Array = ray & (blockers ^ (blockers - ONE))
    return cut


def _along_rank(filled: Array, squares: Array) -> Array:
    start = (squares & 56).astype(np.uint64)
    rank = (filled >> start) & np.uint64(255)
    seen: Array = _RANKS[squares & 7, rank.astype(np.intp)].astype(np.uint64) << start
    return seen


def lowest(sets: Array) -> Array:
    """The index of the lowest square of sets that are not empty; 0 where they are."""
    return np.where(sets == NONE, 0, np.bitwise_count((sets & (~sets + ONE)) - ONE)).astype(np.intp)


def without_lowest(sets: Array) -> Array:
    rest: Array = sets & (sets - ONE)
    return rest


def square_sets(boards: Array) -> Array:
    """boards (…, 64) booleans → (…,) uint64."""
    packed: Array = np.packbits(boards, axis=-1, bitorder="little").view("<u8")[..., 0]
    return packed


def unpack(sets: Array) -> Array:
    """sets (…,) uint64 → (…, 64) uint8 of zeros and ones."""
    plain = np.ascontiguousarray(sets)
    bits: Array = np.unpackbits(plain.view(np.uint8).reshape(*plain.shape, 8), axis=-1, bitorder="little")
    return bits
