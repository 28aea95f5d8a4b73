"""Many games played at once, ply by ply, in NumPy: thousands of observations a second for training and evaluation."""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.chess.bitboards import KING, PAWN, ROOK, THEIRS
from gru_toolkit.chess.board_features import FACT, FACTS, HISTORY, NO_SQUARE, UNKNOWN, Observations

Array = np.ndarray

_START = np.zeros(64, np.uint8)
_START[:8] = (4, 2, 3, 5, 6, 3, 2, 4)
_START[8:16] = PAWN
_START[48:56] = PAWN + THEIRS
_START[56:] = _START[:8] + THEIRS
_CORNERS = (7, 0, 63, 56)
_PROMOTED = np.array([0, 0, 2, 3, 4, 5], np.uint8)
_KEYS = np.random.default_rng(8).integers(0, 2**64, (13, 64), np.uint64)
_RIGHT_KEYS = np.random.default_rng(9).integers(0, 2**64, 64, np.uint64)
_SWAP = np.concatenate([[0], np.arange(7, 13), np.arange(1, 7)]).astype(np.uint8)


@dataclass(frozen=True)
class Replay:
    """Games to be played from the first position.

    moves    (G, T) uint16: from + 64·to + 4096·promotion; anything behind a game's end
    lengths  (G,) plies
    ratings  (G, 2) White's and Black's, -1 unknown
    clocks   (G, T) seconds left after each ply, -1 unknown
    control  (G, 2) seconds at the start and per move, -1 unknown
    """

    moves: Array
    lengths: Array
    ratings: Array
    clocks: Array
    control: Array


def observe_games(replay: Replay) -> tuple[Observations, Array]:
    """Every ply before its move, game by game.

    returns  the observations (N = lengths.sum()), and (N,) uint16 the moves from the mover's view

    The moves are trusted to be legal.
    """
    games, plies = replay.moves.shape
    start, end = replay.moves & 63, replay.moves >> 6 & 63
    table = _Table(games, plies)
    pieces = np.zeros((games, plies, 64), np.uint8)
    facts = np.full((games, plies, len(FACTS)), UNKNOWN, np.int16)
    for ply in range(plies):
        mirrored = 56 * (ply & 1)
        seen = table.boards if not mirrored else _SWAP[table.boards[:, np.arange(64) ^ 56]]
        pieces[:, ply] = seen
        facts[:, ply] = table.facts(ply)
        table.play(ply, start[:, ply].astype(np.intp), end[:, ply].astype(np.intp), replay.moves[:, ply] >> 12)
    _known(facts, replay)
    real = np.arange(plies)[None, :] < replay.lengths[:, None]
    flip = (56 * (np.arange(plies) & 1)).astype(np.uint16)[None, :]
    moves = (start ^ flip) | (end ^ flip) << 6 | (replay.moves & 0xF000)
    recent = _recent(start.astype(np.uint8), end.astype(np.uint8))
    return Observations(pieces[real], recent[real], facts[real]), moves[real].astype(np.uint16)


def _known(facts: Array, replay: Replay) -> None:
    """Ratings, clocks and time control into the columns; `facts` (G, T, …) is changed in place."""
    for colour in (0, 1):
        facts[:, colour::2, FACT["own_rating"]] = replay.ratings[:, colour, None]
        facts[:, colour::2, FACT["other_rating"]] = replay.ratings[:, 1 - colour, None]
    facts[:, 2:, FACT["seconds"]] = replay.clocks[:, :-2]
    clocked = (replay.clocks >= 0).any(axis=1)
    facts[:, :2, FACT["seconds"]] = np.where(clocked, replay.control[:, 0], UNKNOWN)[:, None]
    facts[:, :, FACT["base"]] = replay.control[:, 0, None]
    facts[:, :, FACT["increment"]] = replay.control[:, 1, None]


def _recent(start: Array, end: Array) -> Array:
    """(G, T, 2 × HISTORY): the squares of the moves before each ply, from the mover's view."""
    games, plies = start.shape
    recent = np.full((games, plies, 2 * HISTORY), NO_SQUARE, np.uint8)
    flip = (56 * (np.arange(plies) & 1)).astype(np.uint8)[None, :]
    for back in range(1, min(HISTORY, plies - 1) + 1):
        recent[:, back:, 2 * back - 2] = start[:, :-back] ^ flip[:, back:]
        recent[:, back:, 2 * back - 1] = end[:, :-back] ^ flip[:, back:]
    return recent


class _Table:
    """G boards in White's view, and what rules remember of each game."""

    def __init__(self, games: int, plies: int) -> None:
        self.boards = np.tile(_START, (games, 1))
        self._rights = np.ones((games, 4), bool)
        self._en_passant = np.full(games, UNKNOWN, np.int16)
        self._quiet = np.zeros(games, np.int16)
        self._seen = np.zeros((games, plies), np.uint64)
        self._rows = np.arange(games)

    def facts(self, ply: int) -> Array:
        """(G, len(FACTS)): what is known of the position itself."""
        facts = np.full((len(self._rows), len(FACTS)), UNKNOWN, np.int16)
        black = ply & 1
        facts[:, :4] = self._rights[:, [2, 3, 0, 1] if black else [0, 1, 2, 3]]
        target = self._en_passant
        facts[:, FACT["en_passant"]] = np.where(target >= 0, target ^ (56 * black), UNKNOWN)
        facts[:, FACT["quiet_plies"]] = self._quiet
        facts[:, FACT["repeated"]] = self._repeated(ply)
        facts[:, FACT["white"]] = 1 - black
        facts[:, FACT["ply"]] = ply
        return facts

    def _repeated(self, ply: int) -> Array:
        key = np.bitwise_xor.reduce(_KEYS[self.boards, np.arange(64)], axis=1)
        key ^= _RIGHT_KEYS[self._rights @ np.array([1, 2, 4, 8]) + 16 * (ply & 1)]
        self._seen[:, ply] = key
        repeated: Array = (self._seen[:, :ply] == key[:, None]).any(axis=1)
        return repeated

    def play(self, ply: int, start: Array, end: Array, promotion: Array) -> None:
        """One move on every board."""
        rows, boards = self._rows, self.boards
        piece, taken = boards[rows, start], boards[rows, end]
        shift = THEIRS * (ply & 1)
        pawn, king = piece == PAWN + shift, piece == KING + shift
        passing = pawn & (taken == 0) & ((start & 7) != (end & 7))
        boards[rows[passing], (start & 56 | end & 7)[passing]] = 0
        boards[rows, start] = 0
        boards[rows, end] = np.where(promotion > 0, _PROMOTED[np.minimum(promotion, 5)] + shift, piece)
        for step, corner, landing in ((2, 3, 1), (-2, -4, -1)):
            castled = rows[king & (end - start == step)]
            boards[castled, start[castled] + corner] = 0
            boards[castled, start[castled] + landing] = ROOK + shift
        self._rights[king, 2 * (ply & 1) : 2 * (ply & 1) + 2] = False
        for column, corner in enumerate(_CORNERS):
            self._rights[:, column] &= (start != corner) & (end != corner)
        double = pawn & (np.abs(end - start) == 16)
        self._en_passant = np.where(double, (start + end) // 2, UNKNOWN).astype(np.int16)
        self._quiet = np.where(pawn | (taken > 0), 0, self._quiet + 1).astype(np.int16)
