"""A board layer to compare with: convolutions where the base network has lines of sight."""

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
