"""A linear answer from the n-grams that a text holds, beside a network that reads it in order."""

from typing import Any

import keras
from keras import ops


class NgramScores(keras.layers.Layer):  # type: ignore[misc]
    """What the places (B, K) of a text say for each answer, added up: (B, outputs); place 0 is padding.

    scores = rate / √(number of places) · Σ weights[place] + bias. So texts of any length have features of one norm, and
    as Adam's steps know nothing of a gradient's size, `rate` is how many times faster than other weights these learn.
    """

    def __init__(self, places: int, outputs: int, *, rate: float, name: str | None = None):
        super().__init__(name=name, dtype="float32")
        self.places = places
        self.outputs = outputs
        self.rate = rate

    def build(self, shape: Any) -> None:
        self.weights_of_places = self.add_weight(
            shape=(self.places + 1, self.outputs), initializer="zeros", name="weights_of_places"
        )
        self.bias = self.add_weight(shape=(self.outputs,), initializer="zeros", name="bias")

    def call(self, places: Any) -> Any:
        there = ops.cast(places > 0, "float32")
        said = ops.take(self.weights_of_places, places, axis=0) * there[:, :, None]  # (B, K, outputs)
        number = ops.maximum(ops.sum(there, axis=1, keepdims=True), 1.0)
        return ops.sum(said, axis=1) * (self.rate / ops.sqrt(number)) + self.bias

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], self.outputs)
