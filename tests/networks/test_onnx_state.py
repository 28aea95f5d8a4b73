"""Graphs that carry their state: one step at a time, in chunks and in batches they say the same."""

import keras
import numpy as np
import pytest
from random_networks import causal_network, network, outputs, sequences, shaken

from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.session import initial_states, next_states, open_session, predict
from gru_toolkit.networks.stacks import ConvConfig, StackConfig, convolution_block

KL = keras.layers
STEPS = 13


@pytest.fixture(params=CELLS, scope="module")
def causal(request: pytest.FixtureRequest) -> keras.Model:
    stack = StackConfig(request.param, units=4, layers=2, residual=True, normalise=True)
    return shaken(causal_network(stack, lengths=True))


def chunks(values: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    return np.split(values, np.cumsum(sizes)[:-1], axis=1)


def test_a_stream_equals_the_batch_however_it_is_cut(causal: keras.Model) -> None:
    session = open_session(convert(causal, state=True).SerializeToString(), 1)
    inputs = sequences(np.random.default_rng(0), [STEPS, STEPS])
    expected = outputs(causal, inputs)["sequence"]
    for sizes in ([1] * STEPS, [5, 1, 7], [STEPS]):
        states, found = initial_states(session, 2), []
        for chunk in chunks(inputs["values"], sizes):
            lengths = np.full(2, chunk.shape[1], np.int32)
            answer = predict(session, {"values": chunk, "lengths": lengths, **states})
            states = next_states(answer)
            found.append(answer["sequence"])
        np.testing.assert_allclose(np.concatenate(found, axis=1), expected, rtol=1e-5, atol=1e-5)


def test_padding_does_not_enter_the_state(causal: keras.Model) -> None:
    session = open_session(convert(causal, state=True).SerializeToString(), 1)
    inputs = sequences(np.random.default_rng(1), [6, 1, 3])
    together = next_states(predict(session, inputs))
    for row, length in enumerate(inputs["lengths"]):
        alone = {"values": inputs["values"][row : row + 1, :length], "lengths": inputs["lengths"][row : row + 1]}
        for name, state in next_states(predict(session, alone)).items():
            np.testing.assert_allclose(together[name][row], state[0], atol=1e-6)


def test_the_state_is_named_after_the_layers_and_shaped_like_them() -> None:
    model = causal_network(StackConfig("lstm", units=4), lengths=False)
    session = open_session(convert(model, state=True).SerializeToString(), 1)
    shapes = {name: state.shape for name, state in initial_states(session, 5).items()}
    # The dilated convolution of width 3 looks 4 steps back on 3 features.
    assert shapes == {"state_stem": (5, 4, 3), "state_stack_0": (5, 4), "state_stack_0_memory": (5, 4)}


def test_a_network_without_lengths_carries_state_too() -> None:
    model = shaken(causal_network(StackConfig(units=4), lengths=False))
    session = open_session(convert(model, state=True).SerializeToString(), 1)
    values = sequences(np.random.default_rng(2), [STEPS])["values"]
    states, found = {}, []
    for chunk in chunks(values, [1, 2, 10]):
        answer = predict(session, {"values": chunk, **states})
        states = next_states(answer)
        found.append(answer["sequence"])
    expected = outputs(model, {"values": values})["sequence"]
    np.testing.assert_allclose(np.concatenate(found, axis=1), expected, rtol=1e-5, atol=1e-5)


def refused(kind: str) -> keras.Model:
    if kind in ("ReverseByLength", "AttentionPooling"):
        return network(StackConfig(units=4, bidirectional=kind == "ReverseByLength"))
    x = keras.Input((None, 3), name="x")
    if kind == "initial state":
        return keras.Model({"x": x}, {"y": KL.GRU(3, name="second")(x, initial_state=KL.GRU(3)(x))})
    if kind == "named state_shared":
        shared = KL.GRU(3, return_sequences=True, name="shared")
        return keras.Model({"x": x}, {"y": shared(shared(x))})
    config = ConvConfig(4, kernel=3, stride=2, causal=True) if kind == "ZeroPadding1D" else ConvConfig(4)
    if kind == "padding is same":
        return keras.Model({"x": x}, {"y": KL.Conv1D(4, 3, padding="same", name="wide")(x)})
    return keras.Model({"x": x}, {"y": convolution_block(x, None, config, "block")[0]})


@pytest.mark.parametrize(
    "words",
    ["ReverseByLength", "AttentionPooling", "initial state", "ZeroPadding1D", "padding is same", "named state_shared"],
)
def test_a_network_that_cannot_run_step_by_step_is_refused_by_name(words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        convert(refused(words), state=True)
