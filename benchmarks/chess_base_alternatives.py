"""What to compare with: convolutions in the place of lines of sight, a dense head or kinds of moves for from × to."""

from typing import Any

import keras
import numpy as np
from chess_base_data import Rows

from gru_toolkit.chess.bitboards import BISHOP, KNIGHT, PAWN, QUEEN, ROOK, THEIRS
from gru_toolkit.chess.board_features import HISTORY, PLANES

KINDS = 6 * 7 * 2 * 2
"""Kinds of moves: the piece, what it takes if anything, whether it gives check, whether its end is attacked."""
_CHECKS = {
    "check_rook": (ROOK, QUEEN),
    "check_bishop": (BISHOP, QUEEN),
    "check_knight": (KNIGHT,),
    "check_pawn": (PAWN,),
}


class Neighbourhood(keras.layers.Layer):
    """What stands where the lines of sight do in a comparison: a convolution over the eight squares around."""

    def __init__(self, units: int, _gain: float, name: str | None = None):
        super().__init__(name=name)
        self.units = units
        self.convolution = keras.layers.Conv2D(units, 3, padding="same", data_format="channels_last")

    def build(self, squares_shape: tuple[int, ...], _sights_shape: tuple[int, ...]) -> None:
        self.convolution.build((None, 8, 8, squares_shape[-1]))

    def call(self, squares: Any, _sights: Any) -> Any:
        grid = keras.ops.reshape(squares, (-1, 8, 8, squares.shape[-1]))
        return keras.ops.reshape(self.convolution(grid), (-1, 64, self.units))

    def compute_output_shape(self, squares_shape: tuple[int, ...], _sights_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*squares_shape[:-1], self.units)


class DenseScores(keras.layers.Layer):
    """What stands where the product of two squares does in a comparison: all squares at once → hidden → every move."""

    def __init__(self, units: int, name: str | None = None):
        super().__init__(name=name)
        self.hidden = keras.layers.Dense(4 * units, activation="relu")
        self.moves = keras.layers.Dense(64 * 64)

    def build(self, squares_shape: tuple[int, ...]) -> None:
        self.hidden.build((None, 64 * squares_shape[-1]))
        self.moves.build((None, self.hidden.units))

    def call(self, squares: Any) -> Any:
        flat = keras.ops.reshape(squares, (-1, 64 * squares.shape[-1]))
        return keras.ops.reshape(self.moves(self.hidden(flat)), (-1, 64, 64))

    def compute_output_shape(self, squares_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*squares_shape[:-1], 64)


def kinds_of_moves(rows: Rows, moves: np.ndarray) -> np.ndarray:
    """moves (N, M) as 64 · from + to → (N, M) what they are, below `KINDS`; checks are direct ones only."""
    row = np.arange(len(moves))[:, None]
    start, end = moves // 64, moves % 64
    pieces = rows.pieces - 13 * np.arange(64, dtype=rows.pieces.dtype)
    piece, met = pieces[row, start], pieces[row, end]

    def marked(name: str) -> np.ndarray:
        column: np.ndarray = rows.marks[row, end, 2 * HISTORY + PLANES.index(name)] > 0
        return column

    check = np.zeros(moves.shape, bool)
    for name, movers in _CHECKS.items():
        check |= marked(name) & np.isin(piece, movers)
    taken = np.maximum(met.astype(np.int64) - THEIRS, 0)
    kind = np.clip(piece.astype(np.int64) - 1, 0, 5) * 7 + taken
    found: np.ndarray = 4 * kind + 2 * check + marked("threats")
    return found
