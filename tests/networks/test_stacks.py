"""Recurrent stacks and the checks of their settings."""

import keras
import numpy as np
import pytest
from random_networks import network, outputs, sequences, shaken

from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.stacks import ConvConfig, StackConfig, recurrent_stack


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_stack_is_as_wide_as_its_settings_say(cell: str, bidirectional: bool) -> None:
    config = StackConfig(cell, 4, 3, bidirectional, residual=True, normalise=True, dropout=0.1)
    sequence, states = recurrent_stack(keras.Input((None, 3)), keras.Input((), dtype="int32"), config, "stack")
    assert sequence.shape == (None, None, config.width)
    assert [state.shape for state in states] == [(None, config.width)] * 3
    assert config.width == (8 if bidirectional else 4)


def test_the_last_state_is_the_last_real_step() -> None:
    model = shaken(network(StackConfig(units=4, layers=2)))
    found = outputs(model, sequences(np.random.default_rng(0), [5, 2]))
    np.testing.assert_array_equal(found["state"], [found["sequence"][0, 4], found["sequence"][1, 1]])


def test_the_backward_state_has_read_the_whole_sequence() -> None:
    model = shaken(network(StackConfig(units=4, bidirectional=True)))
    found = outputs(model, sequences(np.random.default_rng(0), [5, 2]))
    np.testing.assert_array_equal(found["state"][:, 4:], found["sequence"][:, 0, 4:])


def test_names_of_weights_come_from_the_name_of_the_stack() -> None:
    model = network(StackConfig(units=4, layers=2))
    assert [weight.path for weight in model.weights if "recurrent" in weight.name] == [
        "stack_0/gru_cell/recurrent_kernel",
        "stack_1/gru_cell/recurrent_kernel",
    ]


@pytest.mark.parametrize(
    ("settings", "word"),
    [({"units": 0}, "units"), ({"layers": 0}, "layers"), ({"dropout": 1.0}, "dropout"), ({"cell": "gur"}, "gru")],
)
def test_wrong_stack_settings_are_refused(settings: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        StackConfig(**settings)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"kernel": 0}, "kernel"),
        ({"stride": 0}, "stride"),
        ({"normalise": "bach"}, "batch"),
        ({"stride": 2, "dilation": 2}, "dilation"),
    ],
)
def test_wrong_convolution_settings_are_refused(settings: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        ConvConfig(4, **settings)
