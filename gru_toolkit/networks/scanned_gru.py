"""The steps of a GRU with a gradient of our own: the products over all steps at once, only the recurrence in a loop.

Automatic differentiation adds up the gradient of the recurrent kernel step by step, a pass over the whole matrix each
time. Here the backward loop keeps the gradients of the pre-activations, and one product over all steps follows it. On
a CPU a training step of a wide layer takes about half the time.

    z, r = sigmoid(x W_zr + h R_zr + b)     n = tanh(x W_n + r * (h R_n + b_n))     h' = n + z (h - n)
"""

from typing import Any

import keras
from keras import ops


def scanned_gru(x: Any, state: Any, kernel: Any, recurrent: Any, bias: Any) -> tuple[Any, Any]:
    """The outputs of all steps and the last state of a GRU as Keras defines it with `reset_after`.

    x          (B, T, F), kernel (F, 3U), recurrent (U, 3U), bias (2, 3U), gates in the order z, r, n
    state      (B, U)
    returns    (B, T, U) and (B, U), float32; products are computed in the dtype of x
    """
    steps_first = ops.transpose(x, (1, 0, 2))  # (T, B, F)
    projected = _product(steps_first, kernel) + ops.cast(bias[0], "float32")
    outputs = _recurrence(x.dtype)(
        projected, ops.cast(recurrent, x.dtype), ops.cast(bias[1], "float32"), ops.cast(state, "float32")
    )
    return ops.transpose(outputs, (1, 0, 2)), outputs[-1]


def _recurrence(dtype: Any) -> Any:
    """The function of (T, B, 3U) pre-activations, (U, 3U), (3U,) and (B, U) to (T, B, U), with its gradient."""

    @ops.custom_gradient  # type: ignore[untyped-decorator]
    def run(projected: Any, recurrent: Any, bias: Any, state: Any) -> Any:
        units = recurrent.shape[0]
        before, gates, new, heard = _forward(projected, recurrent, bias, state)
        outputs = new + gates[..., :units] * (before - new)

        def gradient(*arguments: Any, upstream: Any = None) -> Any:
            upstream = arguments[0] if upstream is None else upstream
            first, pre, added = _backward(upstream, (before, gates, new, heard), recurrent)
            flat = ops.cast(ops.reshape(pre, (-1, 3 * units)), dtype)
            of_recurrent = _product(ops.transpose(ops.cast(ops.reshape(before, (-1, units)), dtype)), flat)
            of_projected = ops.concatenate([pre[..., : 2 * units], added], axis=-1)
            return of_projected, ops.cast(of_recurrent, dtype), ops.sum(pre, axis=(0, 1)), first

        return outputs, gradient

    return run


def _forward(projected: Any, recurrent: Any, bias: Any, state: Any) -> tuple[Any, Any, Any, Any]:
    """Of every step: the state before it (T, B, U), gates z and r (T, B, 2U), n, and h R_n + b_n (T, B, U)."""
    units = recurrent.shape[0]

    def step(carry: Any, now: Any) -> Any:
        before = carry[0] + carry[1][:, :units] * (carry[2] - carry[0])  # what the step before made of n, z and h
        heard = _product(ops.cast(before, recurrent.dtype), recurrent) + bias
        gates = ops.sigmoid(now[:, : 2 * units] + heard[:, : 2 * units])
        new = ops.tanh(now[:, 2 * units :] + gates[:, units:] * heard[:, 2 * units :])
        found = (new, gates, before, heard[:, 2 * units :])
        return found, found

    # Keras' scan wants outputs of the carry's shapes. With n = h and z anything, the first state is h.
    start = (state, ops.concatenate([state, state], axis=-1), state, state)
    _, (new, gates, before, heard) = ops.scan(step, start, projected)
    return before, gates, new, heard


def _backward(upstream: Any, kept: tuple[Any, Any, Any, Any], recurrent: Any) -> tuple[Any, Any, Any]:
    """Gradients of the first state (B, U), of h R + b (T, B, 3U) and of x W_n (T, B, U)."""
    units = recurrent.shape[0]
    turned = ops.transpose(recurrent)

    def step(carry: Any, now: Any) -> Any:
        above, before, update, reset, new, heard = (now[:, n * units : (n + 1) * units] for n in range(6))
        change = carry[0] + above
        added = change * (1 - update) * (1 - new * new)
        of_update = change * (before - new) * update * (1 - update)
        of_reset = added * heard * reset * (1 - reset)
        pre = ops.concatenate([of_update, of_reset, added * reset], axis=-1)
        earlier = change * update + _product(ops.cast(pre, recurrent.dtype), turned)
        found = (earlier, pre, added)
        return found, found

    none = ops.zeros_like(upstream[0])
    start = (none, ops.concatenate([none, none, none], axis=-1), none)
    # Keras' scan takes a single sequence where the number of steps is open.
    together = ops.concatenate([upstream, *kept], axis=-1)  # (T, B, 6U)
    last, (_, pre, added) = ops.scan(step, start, together, reverse=True)
    return last[0], pre, added


def _product(left: Any, right: Any) -> Any:
    """The matrix product in the dtype of the left side, as float32."""
    return ops.cast(ops.matmul(left, ops.cast(right, left.dtype)), "float32")


def is_faster(layer: Any) -> bool:
    """Whether a Keras layer is a GRU of the kind above and runs on a CPU of TensorFlow or JAX.

    On a GPU cuDNN is faster; on torch the layer is left to Keras.
    """
    plain = isinstance(layer, keras.layers.GRU) and layer.reset_after and layer.use_bias
    return bool(plain and keras.backend.backend() != "torch" and not keras.distribution.list_devices("gpu"))
