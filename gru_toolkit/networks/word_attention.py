"""Attention pooling that also tells how much each step weighed."""

from typing import Any

import keras
from keras import ops

from gru_toolkit.networks.layers import real_steps


class WordAttention(keras.layers.Layer):  # type: ignore[misc]
    """A weighted mean (B, F) of the real steps of x (B, T, F), and the weights (B, T), zero on padding.

    weights = softmax over real steps of tanh(x · kernel + bias) · query (Yang et al. 2016, equations 5-7).
    """

    def __init__(self, units: int, name: str | None = None):
        super().__init__(name=name)
        self.units = units

    def build(self, x_shape: Any, lengths_shape: Any = None) -> None:
        self.kernel = self.add_weight(shape=(x_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.query = self.add_weight(shape=(self.units, 1), name="query")

    def call(self, x: Any, lengths: Any) -> Any:
        scores = ops.matmul(ops.tanh(ops.matmul(x, self.kernel) + self.bias), self.query)  # (B, T, 1)
        real = real_steps(x, lengths)
        scores = ops.where(real, ops.cast(scores, "float32"), ops.full_like(ops.cast(scores, "float32"), -1e9))
        # Keras' softmax warns of an axis of size 1, which here is a sequence of one step.
        weights = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=1, keepdims=True)))
        weights = weights / ops.sum(weights, axis=1, keepdims=True)
        pooled = ops.sum(ops.cast(weights, x.dtype) * ops.where(real, x, ops.zeros_like(x)), axis=1)
        return pooled, ops.squeeze(weights, axis=-1)

    def compute_output_spec(self, x: Any, lengths: Any) -> Any:
        pooled = keras.KerasTensor((x.shape[0], x.shape[2]), dtype=self.compute_dtype)
        return pooled, keras.KerasTensor(tuple(x.shape[:2]), dtype="float32")
