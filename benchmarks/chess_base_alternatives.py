"""Layers to compare with: convolutions in the place of lines of sight, a dense head in the place of from × to."""

from typing import Any

import keras


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
