"""What a decoder that looks back at a sequence is made of."""

import math
from typing import Any

import keras
from keras import ops

from gru_toolkit.networks.cells import recurrent
from gru_toolkit.networks.layers import real_steps
from gru_toolkit.networks.scanned_gru import is_faster, scanned_gru

MOST_BEAMS = 8
"""Texts that may be followed side by side in a search."""


class DotAttention(keras.layers.Layer):  # type: ignore[misc]
    """For every query a weighted mean (B, T, F) of real values, and the weights (B, T, S), zero on padding.

    queries  (B, T, A)
    keys     (B, S, A), values (B, S, F), lengths (B,) real steps of both

    weights = softmax over real steps of query · key / sqrt(A): the product of Luong et al. 2015, "Effective Approaches
    to Attention-based Neural Machine Translation", scaled as in Vaswani et al. 2017, equation 1.
    """

    def call(self, queries: Any, keys: Any, values: Any, lengths: Any) -> Any:
        scale = 1 / math.sqrt(queries.shape[-1])
        scores = ops.cast(ops.matmul(queries, ops.transpose(keys, (0, 2, 1))), "float32") * scale  # (B, T, S)
        real = ops.transpose(real_steps(keys, lengths), (0, 2, 1))  # (B, 1, S)
        scores = ops.where(real, scores, ops.full_like(scores, -1e9))
        # Keras' softmax warns of an axis of size 1, which here is a sequence of one step.
        weights = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True)))
        weights = weights / ops.sum(weights, axis=-1, keepdims=True)
        kept = ops.where(real_steps(values, lengths), values, ops.zeros_like(values))
        return ops.matmul(ops.cast(weights, values.dtype), kept), weights

    def compute_output_spec(self, queries: Any, keys: Any, values: Any, lengths: Any) -> Any:
        batch, steps = queries.shape[:2]
        mean = keras.KerasTensor((batch, steps, values.shape[-1]), dtype=self.compute_dtype)
        return mean, keras.KerasTensor((batch, steps, keys.shape[1]), dtype="float32")


class BestScores(keras.layers.Layer):  # type: ignore[misc]
    """The highest of scores (B, T, V), falling: (B, T, k), and their places (B, T, k) int32."""

    def __init__(self, count: int, name: str | None = None):
        super().__init__(name=name, dtype="float32")
        self.count = count

    def call(self, scores: Any) -> Any:
        best, places = ops.top_k(scores, self.count)
        return best, ops.cast(places, "int32")

    def compute_output_spec(self, scores: Any) -> Any:
        shape = (*scores.shape[:-1], self.count)
        return keras.KerasTensor(shape, dtype="float32"), keras.KerasTensor(shape, dtype="int32")


class Recurrence(keras.layers.Layer):  # type: ignore[misc]
    """The outputs (B, T, units) of a recurrent layer for x (B, T, F), begun from a state (B, units) if one is given.

    A GRU is trained on a CPU with the gradient of `scanned_gru`, which takes about half the time.
    """

    def __init__(self, cell: str, units: int, name: str | None = None):
        super().__init__(name=name)
        self.units = units
        self.recurrent = recurrent(cell, units, "cell", return_sequences=True)

    def build(self, x_shape: Any, state_shape: Any = None) -> None:
        self.recurrent.build(x_shape)
        self.scanned = is_faster(self.recurrent)

    def call(self, x: Any, state: Any = None, training: bool = False) -> Any:
        if not training or not self.scanned:
            return self.recurrent(x) if state is None else self.recurrent(x, initial_state=state)
        if state is None:
            state = ops.zeros((ops.shape(x)[0], self.units), dtype="float32")
        cell = self.recurrent.cell
        steps, _ = scanned_gru(x, state, cell.kernel, cell.recurrent_kernel, cell.bias)
        return ops.cast(steps, self.compute_dtype)

    def compute_output_shape(self, x_shape: Any, state_shape: Any = None) -> Any:
        return (*x_shape[:2], self.units)
