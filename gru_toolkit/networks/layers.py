"""Padding-safe Keras layers: lengths travel as an explicit (B,) int32 tensor, never as a Keras mask.

Sequences x are (B, T, F) with padding on the right. Every layer here gives the same values on real steps whatever the
padding holds, and however much of it there is. `lengths` may be left out: then every step is real.
"""

import math
from typing import Any

import keras
from keras import ops


def real_steps(x: Any, lengths: Any) -> Any:
    """(B, T, 1) bool, True on the real steps of x (B, T, F); (B, T, 1, 1) for x (B, T, bands, C)."""
    real = ops.arange(ops.shape(x)[1], dtype="int32")[None, :] < ops.cast(lengths, "int32")[:, None]
    for _ in x.shape[2:]:
        real = ops.expand_dims(real, -1)
    return real


def _taken(x: Any, steps: Any) -> Any:
    """The steps (B, K) of each row of x (B, T, F), as (B, K, F); one gather over the flattened batch."""
    shape = ops.shape(x)
    rows = ops.arange(shape[0], dtype="int32")[:, None] * shape[1]
    flat = ops.reshape(x, (-1, shape[2]))
    return ops.take(flat, rows + steps, axis=0)


class MaskedSteps(keras.layers.Layer):  # type: ignore[misc]
    """x (B, T, …) with the padded steps set to zero, as a convolution or pooling must find them."""

    def call(self, x: Any, lengths: Any = None) -> Any:
        return x if lengths is None else ops.where(real_steps(x, lengths), x, ops.zeros_like(x))

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any = None) -> Any:
        return x_shape


class ReverseByLength(keras.layers.Layer):  # type: ignore[misc]
    """x (B, T, F) with each row's real steps in reverse order and its padding left where it is."""

    def call(self, x: Any, lengths: Any = None) -> Any:
        if lengths is None:
            return ops.flip(x, axis=1)
        steps = ops.arange(ops.shape(x)[1], dtype="int32")[None, :]
        lengths = ops.cast(lengths, "int32")[:, None]
        return ops.reshape(_taken(x, ops.where(steps < lengths, lengths - 1 - steps, steps)), ops.shape(x))

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any = None) -> Any:
        return x_shape


class LastStep(keras.layers.Layer):  # type: ignore[misc]
    """The last real step (B, F) of x (B, T, F)."""

    def call(self, x: Any, lengths: Any = None) -> Any:
        if lengths is None:
            return x[:, -1]
        return _taken(x, ops.cast(lengths, "int32")[:, None] - 1)[:, 0]

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any = None) -> Any:
        return (x_shape[0], x_shape[2])


class StepsAt(keras.layers.Layer):  # type: ignore[misc]
    """The steps (B, K) of each row of x (B, T, F), as (B, K, F): what stands behind it is computed for these alone."""

    def call(self, x: Any, steps: Any) -> Any:
        return _taken(x, ops.cast(steps, "int32"))

    def compute_output_shape(self, x_shape: Any, steps_shape: Any) -> Any:
        return (*steps_shape[:2], x_shape[2])


class MeanPooling(keras.layers.Layer):  # type: ignore[misc]
    """The mean (B, F) over the real steps of x (B, T, F)."""

    def call(self, x: Any, lengths: Any = None) -> Any:
        if lengths is None:
            return ops.mean(x, axis=1)
        real = real_steps(x, lengths)
        total = ops.sum(ops.where(real, x, ops.zeros_like(x)), axis=1)
        return total / ops.cast(lengths, x.dtype)[:, None]

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any = None) -> Any:
        return (x_shape[0], x_shape[2])


class MaxPooling(keras.layers.Layer):  # type: ignore[misc]
    """The greatest value (B, F) over the real steps of x (B, T, F)."""

    def call(self, x: Any, lengths: Any = None) -> Any:
        if lengths is None:
            return ops.max(x, axis=1)
        lowest = ops.full_like(x, -3e4)  # within float16's range
        return ops.max(ops.where(real_steps(x, lengths), x, lowest), axis=1)

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any = None) -> Any:
        return (x_shape[0], x_shape[2])


class AttentionPooling(keras.layers.Layer):  # type: ignore[misc]
    """A weighted mean (B, F) of the real steps of x (B, T, F), the weights learned from each step's content.

    weights = softmax over real steps of tanh(x · kernel + bias) · query, as the word attention of Yang et al. 2016,
    "Hierarchical Attention Networks", equations 5-7.
    """

    def __init__(self, units: int, name: str | None = None):
        super().__init__(name=name)
        self.units = units

    def build(self, x_shape: Any, lengths_shape: Any = None) -> None:
        self.kernel = self.add_weight(shape=(x_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.query = self.add_weight(shape=(self.units, 1), name="query")

    def call(self, x: Any, lengths: Any = None) -> Any:
        scores = ops.matmul(ops.tanh(ops.matmul(x, self.kernel) + self.bias), self.query)  # (B, T, 1)
        scores = ops.cast(scores, "float32")
        if lengths is not None:
            real = real_steps(x, lengths)
            scores = ops.where(real, scores, ops.full_like(scores, -1e9))
            x = ops.where(real, x, ops.zeros_like(x))
        # Keras' softmax warns of an axis of size 1, which here is a sequence of one step.
        weights = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=1, keepdims=True)))
        weights = ops.cast(weights / ops.sum(weights, axis=1, keepdims=True), x.dtype)
        return ops.sum(weights * x, axis=1)

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any = None) -> Any:
        return (x_shape[0], x_shape[2])


class StridedLengths(keras.layers.Layer):  # type: ignore[misc]
    """The lengths (B,) that remain after a convolution with that stride: ceil(lengths / stride)."""

    def __init__(self, stride: int, name: str | None = None):
        super().__init__(name=name, dtype="int32")
        self.stride = stride

    def call(self, lengths: Any) -> Any:
        return (lengths + (self.stride - 1)) // self.stride

    def compute_output_shape(self, lengths_shape: Any) -> Any:
        return lengths_shape


class StepBatchNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Batch normalisation of x (B, T, F) per feature, or (B, T, bands, C) per channel, over real steps only.

    In training the batch's own mean and variance are used and the running ones follow with `momentum`; otherwise the
    running ones are used, so that it is a scale and a shift.
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-3, name: str | None = None):
        super().__init__(name=name)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, x_shape: Any, lengths_shape: Any = None) -> None:
        self.gamma = self._float32_weight(x_shape[-1], "ones", "gamma")
        self.beta = self._float32_weight(x_shape[-1], "zeros", "beta")
        self.moving_mean = self._float32_weight(x_shape[-1], "zeros", "moving_mean", trainable=False)
        self.moving_variance = self._float32_weight(x_shape[-1], "ones", "moving_variance", trainable=False)

    def call(self, x: Any, lengths: Any = None, training: bool = False) -> Any:
        mean, variance = self._batch_moments(x, lengths) if training else (self.moving_mean, self.moving_variance)
        scale = self.gamma / ops.sqrt(variance + self.epsilon)
        shift = self.beta - mean * scale
        return x * ops.cast(scale, x.dtype) + ops.cast(shift, x.dtype)

    def compute_output_shape(self, x_shape: Any, lengths_shape: Any = None) -> Any:
        return x_shape

    def _float32_weight(self, width: int, initial: str, name: str, *, trainable: bool = True) -> Any:
        """(width,) that stays float32 in mixed precision."""
        return self.add_weight(shape=(width,), initializer=initial, trainable=trainable, name=name, autocast=False)

    def _batch_moments(self, x: Any, lengths: Any) -> tuple[Any, Any]:
        """Mean and variance (F,) over real steps in float32; the running ones take a step towards them."""
        x = ops.cast(x, "float32")
        real = ops.ones_like(x[..., :1]) if lengths is None else ops.cast(real_steps(x, lengths), "float32")
        over = tuple(range(len(x.shape) - 1))
        count = ops.sum(real) * math.prod(x.shape[2:-1])
        mean = ops.sum(ops.where(real > 0, x, ops.zeros_like(x)), axis=over) / count
        variance = ops.sum(ops.where(real > 0, ops.square(x - mean), ops.zeros_like(x)), axis=over) / count
        rest = 1 - self.momentum
        self.moving_mean.assign(self.moving_mean * self.momentum + ops.stop_gradient(mean) * rest)
        self.moving_variance.assign(self.moving_variance * self.momentum + ops.stop_gradient(variance) * rest)
        return mean, variance
