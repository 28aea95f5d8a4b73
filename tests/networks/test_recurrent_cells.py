"""Keras' cells and minGRU against float64 NumPy."""

import keras
import numpy as np
import pytest
import reference
import tensorflow as tf

from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.cells import CELLS, MinGRU, linear_scan, recurrent


def built(cell: str, seed: int) -> tuple[keras.layers.Layer, list[np.ndarray]]:
    """A layer with random weights, and the weights."""
    layer = recurrent(cell, 4, "cell", return_state=True)
    layer.build((None, None, 3))
    rng = np.random.default_rng(seed)
    weights = [rng.normal(0, 0.3, weight.shape).astype(np.float32) for weight in layer.weights]
    layer.set_weights(weights)
    return layer, weights


@pytest.mark.parametrize("steps", [1, 7, 33])
@pytest.mark.parametrize("cell", CELLS)
def test_each_cell_computes_its_equations(cell: str, steps: int) -> None:
    layer, weights = built(cell, seed=steps)
    x = np.random.default_rng(steps).normal(size=(2, steps, 3)).astype(np.float32)
    expected = getattr(reference, cell)(x.astype(np.float64), *(weight.astype(np.float64) for weight in weights))
    found = [keras.ops.convert_to_numpy(value) for value in layer(x)]
    assert len(found) == len(expected)
    for value, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, right, atol=2e-6)


@pytest.mark.parametrize("steps", [1, 2, 5, 1000])
def test_the_scan_equals_the_loop_to_1e_5(steps: int) -> None:
    rng = np.random.default_rng(steps)
    decay = rng.uniform(0.5, 1, (2, steps, 3)).astype(np.float32)
    added, state = rng.normal(size=(2, steps, 3)).astype(np.float32), rng.normal(size=(2, 3)).astype(np.float32)
    expected, kept = [], state.astype(np.float64)
    for t in range(steps):
        kept = decay[:, t] * kept + added[:, t]
        expected.append(kept)
    found = keras.ops.convert_to_numpy(linear_scan(decay, added, state))
    np.testing.assert_allclose(found, np.stack(expected, 1), rtol=1e-5, atol=1e-5)


def test_the_scan_and_its_gradient_do_not_depend_on_knowing_the_length_beforehand() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.1, 0.9, shape).astype(np.float32) for shape in ((2, 6, 3), (2, 6, 3), (2, 3))]
    tensors = [tf.constant(array) for array in arrays]

    def value_and_gradients(*inputs: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            scanned = linear_scan(*inputs)
            total = tf.reduce_sum(scanned * scanned)
        return scanned, tape.gradient(total, inputs)

    open_length = [tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, 3))]
    known, unknown = value_and_gradients(*tensors), tf.function(value_and_gradients, open_length)(*tensors)
    for first, second in zip(tf.nest.flatten(known), tf.nest.flatten(unknown), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)


def test_mingru_one_step_at_a_time_equals_the_whole_sequence() -> None:
    layer, _ = built("mingru", seed=1)
    x = np.random.default_rng(1).normal(size=(2, 9, 3)).astype(np.float32)
    whole, final = layer(x)
    state = np.zeros((2, 4), np.float32)
    for t in range(9):
        state = layer.step(x[:, t], state)
        np.testing.assert_allclose(state, whole[:, t], atol=1e-6)
    np.testing.assert_allclose(state, final, atol=1e-6)


@pytest.mark.parametrize("as_list", [False, True])
def test_mingru_goes_on_from_an_initial_state(as_list: bool) -> None:
    layer, _ = built("mingru", seed=2)
    x = np.random.default_rng(2).normal(size=(2, 8, 3)).astype(np.float32)
    whole, _ = layer(x)
    _, half = layer(x[:, :5])
    rest, _ = layer(x[:, 5:], initial_state=[half] if as_list else half)
    np.testing.assert_allclose(rest, whole[:, 5:], atol=1e-6)


def test_mingru_returns_what_kerass_gru_would() -> None:
    x = keras.Input((None, 3))
    for sequences in (False, True):
        ours, gru = (kind(4, return_sequences=sequences) for kind in (MinGRU, keras.layers.GRU))
        assert ours(x).shape == gru(x).shape


def test_mingru_keeps_a_long_memory_in_half_precision() -> None:
    layer = MinGRU(1)
    layer.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
    layer.build((None, None, 1))
    layer.set_weights([np.zeros((1, 2), np.float32), np.array([-8, 0], np.float32)])  # keeps 0.99966 of it a step
    output = layer(np.zeros((1, 500, 1), np.float32), initial_state=np.ones((1, 1), np.float32))
    assert float(output[0, 0]) == pytest.approx((1 - reference.sigmoid(-8.0)) ** 500, rel=1e-2)


def test_an_unknown_cell_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean gru"):
        recurrent("grru", 4, "cell")
