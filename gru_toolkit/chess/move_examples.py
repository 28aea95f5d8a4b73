"""Games as batches for a network of moves: one player's plies of a game are an example.

T counts that player's plies only; padding stands behind them. Moves are cells 64 · from + to from the mover's view.
"""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.chess.board_features import UNKNOWN, marks, placed, planes, scalars, sights, time_control
from gru_toolkit.chess.game_replay import Replay, observe_games
from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences import games
from gru_toolkit.sequences.dataset import Arrays, Dataset, Part

Array = np.ndarray

CELLS = 4096
PROMOTED = np.array([-1, -1, 1, 2, 3, 0], np.int32)
"""Promotion code of a move → queen 0, knight 1, bishop 2, rook 3; -1 without."""
_MOST_PLIES = 600


@dataclass(frozen=True)
class Games:
    """A dataset of games as numbers.

    moves    (N,) uint16 codes from White's view
    clocks   (N,) int16 seconds left, -1 unknown
    ratings  (S, 2) int16, -1 unknown
    control  (S, 2) int16, -1 unknown
    offsets  (S + 1,)
    """

    moves: Array
    clocks: Array
    ratings: Array
    control: Array
    offsets: Array

    def replay(self, chosen: Array, extra: int) -> Replay:
        """The chosen games side by side, each with `extra` plies that are not there yet."""
        lengths = np.diff(self.offsets)[chosen]
        moves = np.zeros((len(chosen), int(lengths.max(initial=0)) + extra), np.uint16)
        clocks = np.full(moves.shape, UNKNOWN, np.int16)
        for row, game in enumerate(chosen.tolist()):
            rows = slice(self.offsets[game], self.offsets[game + 1])
            moves[row, : lengths[row]], clocks[row, : lengths[row]] = self.moves[rows], self.clocks[rows]
        return Replay(moves, lengths + extra, self.ratings[chosen], clocks, self.control[chosen])


def games_of(dataset: Dataset) -> Games:
    """The dataset as numbers.

    Raises DataError for a move that is no move's UCI text, or a game longer than 600 plies.
    """
    column = dataset.steps[games.MOVE]
    codes = np.array([_code(text, dataset) for text in column.levels], np.uint16)
    if dataset.lengths.max(initial=0) > _MOST_PLIES:
        longest = dataset.ids[int(dataset.lengths.argmax())]
        raise DataError(f"the game {longest} has more than {_MOST_PLIES} half-moves", place=_place(dataset))
    ratings = [dataset.statics[name].values for name in ("white_rating", "black_rating")]
    controls = dataset.statics["time_control"]
    known = np.array([time_control(text) for text in controls.levels], np.int16).reshape(-1, 2)
    return Games(
        moves=codes[column.values],
        clocks=np.clip(dataset.steps[games.CLOCK].values, UNKNOWN, 32000).astype(np.int16),
        ratings=np.clip(np.stack(ratings, axis=1), UNKNOWN, 32000).astype(np.int16),
        control=known[controls.values],
        offsets=dataset.offsets,
    )


def _code(text: str, dataset: Dataset) -> int:
    squares = "abcdefgh"
    fits = len(text) in (4, 5) and all(text[i] in squares and text[i + 1] in "12345678" for i in (0, 2))
    if not fits or text[4:] not in ("", "n", "b", "r", "q"):
        raise DataError(f"{text!r} is no move, expected one like e2e4 or e7e8q", place=_place(dataset))
    start, end = (squares.index(text[i]) + 8 * (int(text[i + 1]) - 1) for i in (0, 2))
    return start | end << 6 | (1 + "nbrq".index(text[4]) + 1 if text[4:] else 0) << 12


def _place(dataset: Dataset) -> Place:
    return Place(dataset.sources[0] if dataset.sources else "the table")


@dataclass(frozen=True)
class MoveExamples:
    """Players' plies, observed when they are asked for.

    chosen  (E, 2) int64: game, and colour (0 White, 1 Black)
    asked   whether only the ply behind the last move is asked for, whose move nobody knows
    """

    games: Games
    chosen: Array
    asked: bool = False

    def __len__(self) -> int:
        return len(self.chosen)

    def lengths(self) -> Array | None:
        """(E,) plies of each player."""
        total = np.diff(self.games.offsets)[self.chosen[:, 0]] + self.asked
        plies: Array = (total + 1 - self.chosen[:, 1]) // 2
        return plies

    def arrays(self, indices: Array, rng: np.random.Generator | None = None) -> Arrays:
        """The examples at `indices` (B,)."""
        game, colour = self.chosen[indices].T
        different, row = np.unique(game, return_inverse=True)
        replay = self.games.replay(different, int(self.asked))
        observations, moves = observe_games(replay)
        begin = np.cumsum(replay.lengths) - replay.lengths
        count = (replay.lengths[row] + 1 - colour) // 2
        steps = np.arange(int(count.max(initial=1)))
        real = steps < count[:, None]  # (B, T)
        plies = np.where(real, begin[row][:, None] + colour[:, None] + 2 * steps, begin[row][:, None])
        flat = observations.taken(plies.ravel())
        sets = flat.sets()
        shape = plies.shape
        cells = _cells(moves)[plies]
        inputs = {
            "pieces": placed(flat.pieces),
            "marks": marks(flat.recent, planes(sets), sets.checkers, flat.facts),
            "sights": sights(sets.rook_sight, sets.bishop_sight),
            "scalars": scalars(flat.facts, sets.checkers),
        }
        legal = sets.legal.reshape(*shape, 64)
        told = real & (steps == count[:, None] - 1) if self.asked else real
        context = {"legal": legal, "pieces": flat.pieces.reshape(*shape, 64), "asked": told}
        context |= {"game": game, "colour": colour, "ply": colour[:, None] + 2 * steps + 1}
        context |= {"castling": flat.facts[:, :4].reshape(*shape, 4)}
        targets = {}
        if not self.asked:
            promoted = PROMOTED[moves >> 12][plies]
            targets = {"cells": cells, "promoted": promoted, "legal": _allowed(legal)}
            context |= {"cells": cells, "promoted": promoted}
        inputs = {name: value.reshape(*shape, *value.shape[1:]) for name, value in inputs.items()}
        return Arrays(inputs, targets, told.astype(np.float32), context)


def _cells(moves: Array) -> Array:
    return (64 * (moves & 63).astype(np.int32) + (moves >> 6 & 63)).astype(np.int32)


def _allowed(legal: Array) -> Array:
    """legal (B, T, 64) sets → (B, T, 4096) uint8."""
    from gru_toolkit.chess.bitboards import unpack

    return unpack(legal).reshape(*legal.shape[:2], CELLS)


def players_of(part: Part) -> Array:
    """(E, 2) both players of every game of a part, but who never moved."""
    chosen = part.spans[:, 0]
    both = np.stack([np.repeat(chosen, 2), np.tile([0, 1], len(chosen))], axis=1).astype(np.int64)
    return both[(part.dataset.lengths[both[:, 0]] > both[:, 1])]


def next_movers(dataset: Dataset) -> Array:
    """(S, 2) who is to move behind the last move of each game."""
    return np.stack([np.arange(len(dataset)), dataset.lengths % 2], axis=1).astype(np.int64)
