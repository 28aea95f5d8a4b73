"""Padding changes nothing: not its values, not its amount."""

import keras
import numpy as np
import pytest
from random_networks import network, outputs, sequences, shaken

from gru_toolkit.networks import layers
from gru_toolkit.networks.stacks import ConvConfig, StackConfig, convolution_block

STACKS = {
    "one direction": StackConfig(units=4, layers=2, residual=True, normalise=True),
    "both directions": StackConfig(units=4, layers=2, bidirectional=True),
}


SLOWER = [(cell, name) for cell in ("lstm", "rnn") for name in STACKS] + [("mingru", "both directions")]
QUICK = [("gru", "one direction"), ("gru", "both directions"), ("mingru", "one direction")]


@pytest.mark.parametrize(("cell", "name"), [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOWER)])
def test_garbage_padding_never_changes_a_real_output(cell: str, name: str) -> None:
    stack = StackConfig(**{**vars(STACKS[name]), "cell": cell})
    model = shaken(network(stack, stem=ConvConfig(5, kernel=4, stride=2, normalise="batch")))
    lengths = [9, 1, 4, 6]
    inputs = sequences(np.random.default_rng(1), lengths)
    padded = {**inputs, "values": np.pad(inputs["values"], ((0, 0), (0, 5), (0, 0)))}
    for row, length in enumerate(lengths):
        padded["values"][row, length:] = np.random.default_rng(2).normal(0, 1e4, (14 - length, 3))
    expected, found = outputs(model, inputs), outputs(model, padded)
    np.testing.assert_allclose(found["pooled"], expected["pooled"], atol=2e-6)
    np.testing.assert_allclose(found["state"], expected["state"], atol=2e-6)
    for row, length in enumerate(lengths):
        real = -(-length // 2)
        np.testing.assert_allclose(found["sequence"][row, :real], expected["sequence"][row, :real], atol=2e-6)


def test_each_row_is_what_it_would_be_alone() -> None:
    model = shaken(network(StackConfig(units=4, bidirectional=True), stem=ConvConfig(5, normalise="batch")))
    inputs = sequences(np.random.default_rng(3), [8, 3])
    both = outputs(model, inputs)
    alone = outputs(model, {"values": inputs["values"][1:, :3], "lengths": inputs["lengths"][1:]})
    np.testing.assert_allclose(both["pooled"][1:], alone["pooled"], atol=2e-6)


def test_a_fixed_length_network_equals_one_with_full_lengths() -> None:
    stack, stem = StackConfig(units=4, bidirectional=True), ConvConfig(5, kernel=4)
    inputs = sequences(np.random.default_rng(4), [6, 6])
    free = outputs(shaken(network(stack, stem=stem)), inputs)
    fixed = outputs(shaken(network(stack, stem=stem, fixed=6)), {"values": inputs["values"]})
    for name, value in free.items():
        np.testing.assert_allclose(fixed[name], value, atol=2e-6)


X = np.arange(1, 13, dtype=np.float32).reshape(2, 3, 2)  # rows [[1 2] [3 4] [5 6]] and [[7 8] [9 10] [11 12]]
LENGTHS = np.array([2, 3], np.int32)
# Each worked by hand from X: the first row has two real steps.
BY_HAND = {
    "MaskedSteps": [[[1, 2], [3, 4], [0, 0]], [[7, 8], [9, 10], [11, 12]]],
    "ReverseByLength": [[[3, 4], [1, 2], [5, 6]], [[11, 12], [9, 10], [7, 8]]],
    "LastStep": [[3, 4], [11, 12]],
    "MeanPooling": [[2, 3], [9, 10]],
    "MaxPooling": [[3, 4], [11, 12]],
}


@pytest.mark.parametrize("name", BY_HAND)
def test_layers_with_lengths_by_hand(name: str) -> None:
    found = keras.ops.convert_to_numpy(getattr(layers, name)()(X, LENGTHS))
    np.testing.assert_array_equal(found, np.array(BY_HAND[name]))


def test_attention_weighs_real_steps_by_their_scores() -> None:
    layer = layers.AttentionPooling(1)
    layer.build((None, None, 2))
    layer.set_weights([np.array([[1.0], [0.0]]), np.array([0.0]), np.array([[2.0]])])
    found = keras.ops.convert_to_numpy(layer(X / 10, LENGTHS))
    scores = 2 * np.tanh(np.array([0.1, 0.3]))
    weights = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(found[0], weights @ X[0, :2] / 10, rtol=1e-6)


def test_max_pooling_sees_negative_values() -> None:
    np.testing.assert_array_equal(layers.MaxPooling()(-X, LENGTHS), [[-1, -2], [-7, -8]])


def test_step_normalisation_learns_from_real_steps_only() -> None:
    layer = layers.StepBatchNormalization(momentum=0.5)
    x = X.copy()
    x[0, 2] = 1e6
    normalised = keras.ops.convert_to_numpy(layer(x, LENGTHS, training=True))
    real = np.concatenate([x[0, :2], x[1]])  # (5, 2): mean 6.2 and 7.2, variance 13.76
    np.testing.assert_allclose(real.mean(0), [6.2, 7.2], rtol=1e-6)
    np.testing.assert_allclose(normalised[1], (x[1] - real.mean(0)) / np.sqrt(13.76 + 1e-3), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_mean, [3.1, 3.6], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, 0.5 + 0.5 * np.array([13.76, 13.76]), rtol=1e-6)


@pytest.mark.parametrize(("stride", "expected"), [(1, [1, 2, 3, 7]), (2, [1, 1, 2, 4]), (4, [1, 1, 1, 2])])
def test_lengths_shrink_with_the_stride(stride: int, expected: list[int]) -> None:
    np.testing.assert_array_equal(layers.StridedLengths(stride)(np.array([1, 2, 3, 7], np.int32)), expected)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_convolution_gives_as_many_steps_as_its_lengths_say(stride: int, causal: bool) -> None:
    for steps in range(1, 8):
        config = ConvConfig(2, kernel=3, stride=stride, causal=causal)
        x = keras.Input((steps, 3))
        output, lengths = convolution_block(x, keras.Input((), dtype="int32"), config, "block")
        assert output.shape[1] == -(-steps // stride)
        assert lengths.shape == (None,)


@pytest.mark.parametrize(("stride", "dilation"), [(1, 2), (2, 1), (3, 1)])
def test_a_causal_block_never_sees_the_future(stride: int, dilation: int) -> None:
    x = keras.Input((None, 3))
    config = ConvConfig(4, kernel=3, stride=stride, dilation=dilation, causal=True)
    block = keras.Model(x, convolution_block(x, None, config, "block")[0])
    values = np.random.default_rng(0).normal(size=(1, 13, 3)).astype(np.float32)
    changed = values.copy()
    changed[:, 7:] += 1
    before = -(-7 // stride)  # outputs stand at steps 0, stride, 2 · stride, …
    first, second = block(values), block(changed)
    np.testing.assert_allclose(first[:, :before], second[:, :before], atol=1e-6)
    assert np.abs(np.subtract(first[:, before:], second[:, before:])).max(axis=(0, 2)).min() > 1e-3
