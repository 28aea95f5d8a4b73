"""What the base network sees of a ply: the mover's board, the moves before, and what is known of the game.

Squares, piece codes and the mover's view are those of `bitboards`. `game_replay` makes the same observations of whole
games at once.
"""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.chess.bitboards import unpack
from gru_toolkit.chess.position_sets import Sets, position_sets

Array = np.ndarray

HISTORY = 8
"""How many plies back the squares of the moves are seen."""
NO_SQUARE = 64
UNKNOWN = -1
PLANES = ("attacks", "threats", "pinned", "discoverers", "check_rook", "check_bishop", "check_knight", "check_pawn")
"""The sets of squares that are given to the network as they are, in this order; the six of `hits` follow."""
PLANE_COUNT = len(PLANES) + 6
MARKS = 2 * HISTORY + PLANE_COUNT + 2
FACTS = (
    "own_king_side",
    "own_queen_side",
    "other_king_side",
    "other_queen_side",
    "en_passant",
    "quiet_plies",
    "repeated",
    "white",
    "ply",
    "own_rating",
    "other_rating",
    "seconds",
    "base",
    "increment",
)
"""The columns of `Observations.facts`; ratings, seconds, base and increment are -1 where they are not known."""
FACT = {name: column for column, name in enumerate(FACTS)}
SCALARS = 25
RATINGS = slice(FACT["own_rating"], FACT["other_rating"] + 1)
"""The columns of both ratings, the mover's first."""
_STANDING = slice(FACT["quiet_plies"], FACT["white"] + 1)
_STANDING_SIZES = np.array([50.0, 1.0, 1.0], np.float32)
_CLOCK = slice(FACT["seconds"], FACT["increment"] + 1)
_MOST = 32000


@dataclass(frozen=True)
class Observations:
    """N plies of any games.

    pieces  (N, 64) uint8 codes, the mover's view
    recent  (N, 2 × HISTORY) uint8: from and to of the moves before, the last first; 64 where there was none
    facts   (N, len(FACTS)) int16
    """

    pieces: Array
    recent: Array
    facts: Array

    def taken(self, rows: Array) -> "Observations":
        """The plies of these rows."""
        return Observations(self.pieces[rows], self.recent[rows], self.facts[rows])

    def sets(self) -> Sets:
        """The lines of sight, attacks and legal moves."""
        return position_sets(self.pieces, self.facts[:, :4] > 0, self.facts[:, FACT["en_passant"]].astype(np.intp))


def planes(sets: Sets) -> Array:
    """(N, PLANE_COUNT) uint64."""
    return np.concatenate([np.stack([getattr(sets, name) for name in PLANES], axis=1), sets.hits], axis=1)


def marks(recent: Array, sets: Array, checkers: Array, facts: Array) -> Array:
    """What is marked on every square: recent moves, the planes, checkers, and where en passant ends.

    recent    (N, 2 × HISTORY) squares
    sets      (N, PLANE_COUNT) uint64
    checkers  (N,) uint64
    facts     (N, len(FACTS))
    returns   (N, 64, MARKS) uint8 of zeros and ones
    """
    count = len(recent)
    marked = np.zeros((count, NO_SQUARE + 1, MARKS), np.uint8)
    marked[:, :NO_SQUARE, 2 * HISTORY : -2] = unpack(sets).transpose(0, 2, 1)
    marked[:, :NO_SQUARE, -2] = unpack(checkers)
    rows = np.arange(count)
    marked[rows[:, None], recent, np.arange(2 * HISTORY)] = 1
    target = facts[:, FACT["en_passant"]]
    marked[rows, np.where(target >= 0, target, NO_SQUARE), MARKS - 1] = 1
    return marked[:, :NO_SQUARE]


def sights(straight: Array, diagonal: Array) -> Array:
    """(N, 64) sets seen along ranks and files, and along diagonals → (N, 128, 64) uint8, row by row in turn."""
    return unpack(np.stack([straight, diagonal], axis=2)).reshape(len(straight), 2 * NO_SQUARE, NO_SQUARE)


def placed(pieces: Array) -> Array:
    """(N, 64) int32: a number for each piece on each square, what the network looks up."""
    return pieces.astype(np.int32) + np.arange(NO_SQUARE, dtype=np.int32) * 13


def scalars(facts: Array, checkers: Array) -> Array:
    """The facts as numbers of the size of one.

    facts     (N, len(FACTS))
    checkers  (N,) uint64, the pieces that give check
    returns   (N, SCALARS) float32; a number that is not known is 0 with its column "known" 0
    """
    numbers = facts.astype(np.float32)
    ply, ratings = numbers[:, FACT["ply"]], numbers[:, RATINGS]
    seconds, base, increment = numbers[:, _CLOCK].T
    rated, known, timed = ratings >= 0, seconds >= 0, base >= 0
    scaled = np.empty((len(facts), SCALARS), np.float32)
    scaled[:, :4] = numbers[:, :4]
    scaled[:, 4] = numbers[:, FACT["en_passant"]] >= 0
    scaled[:, 5] = checkers != 0
    scaled[:, 6:9] = numbers[:, _STANDING] / _STANDING_SIZES
    scaled[:, 9] = np.log1p(ply) / 4.0
    scaled[:, 10] = np.exp(ply / -10.0)
    scaled[:, 11:15:2] = rated
    scaled[:, 12:16:2] = rated * ((ratings - 1600.0) / 400.0)
    scaled[:, 15] = rated.all(axis=1) * ((ratings[:, 0] - ratings[:, 1]) / 400.0)
    left = np.maximum(seconds, 0.0)
    scaled[:, 16] = known
    scaled[:, 17] = known * np.log1p(left) / 5.0
    scaled[:, 18] = known * np.exp(left / -3.0)
    scaled[:, 19] = known * np.exp(left / -12.0)
    scaled[:, 20] = known * timed * np.minimum(left / np.maximum(base, 1.0), 2.0)
    scaled[:, 21] = timed
    scaled[:, 22] = timed * (np.log1p(np.maximum(base, 0.0)) - 5.0) / 2.0
    scaled[:, 23] = timed * np.log1p(np.maximum(increment, 0.0))
    scaled[:, 24] = known & (left < 30.0)
    return scaled


def whole_seconds(clocks: Array) -> Array:
    """Seconds, NaN where unknown, as int16 with -1 where unknown."""
    return np.where(np.isnan(clocks), UNKNOWN, np.clip(np.nan_to_num(clocks), 0, _MOST)).astype(np.int16)


def time_control(text: str | None) -> tuple[int, int]:
    """Seconds at the start and per move of `600+5` or `600`; -1 and -1 where it is missing or of another kind."""
    base, plus, increment = (text or "").partition("+")
    if not plus:
        increment = "0"
    if not (base.isascii() and base.isdigit() and increment.isascii() and increment.isdigit()):
        return UNKNOWN, UNKNOWN
    return min(int(base), _MOST), min(int(increment), _MOST)
