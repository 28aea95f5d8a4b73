"""The check that stands before every saved run, and the door of a session."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from random_networks import causal_network, network, outputs, sequences, shaken

from gru_toolkit.errors import DataError, GruToolkitError
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.parity import ParityError, compare
from gru_toolkit.networks.session import open_session, predict
from gru_toolkit.networks.stacks import StackConfig
from gru_toolkit.networks.variables import to_numpy


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return shaken(network(StackConfig(units=4)))


@pytest.fixture(scope="module")
def graph(model: keras.Model) -> bytes:
    content: bytes = convert(model).SerializeToString()
    return content


def inputs() -> dict[str, np.ndarray]:
    return sequences(np.random.default_rng(0), [5, 2, 3])


def test_a_faithful_graph_passes_with_its_error(model: keras.Model, graph: bytes) -> None:
    parity = compare(model, graph, inputs())
    assert set(parity.outputs) == {"sequence", "pooled", "state"}
    assert 0 < parity.max_error <= 1e-5
    assert parity.max_error == max(parity.outputs.values())


def with_bias(value: float) -> keras.Model:
    """The same network with its recurrent bias moved."""
    other = shaken(network(StackConfig(units=4)))
    bias = other.get_layer("stack_0").cell.bias
    bias.assign(to_numpy(bias) + np.float32(value))
    return other


@pytest.mark.parametrize("value", [1e-3, np.nan])
def test_a_graph_of_other_weights_is_a_bug_that_names_the_output(graph: bytes, value: float) -> None:
    with pytest.raises(ParityError, match=r"output (sequence|pooled|state)") as caught:
        compare(with_bias(value), graph, inputs())
    assert isinstance(caught.value, GruToolkitError)
    assert caught.value.exit_status == 1


def test_padded_steps_of_an_output_do_not_count() -> None:
    model = shaken(causal_network(StackConfig(units=4), lengths=True))
    graph = convert(model, state=True).SerializeToString()
    found = predict(open_session(graph, 1), inputs())["sequence"]
    expected = outputs(model, inputs())["sequence"]
    # The native operator stops at each row's length, Keras goes on into the padding.
    assert np.abs(found - expected)[1, 2:].max() > 1e-3
    assert compare(model, graph, inputs()).max_error <= 1e-5


@pytest.mark.parametrize(
    ("lengths", "steps", "words"),
    [([3, 0], 3, "sequence 1 has length 0"), ([3, 4], 3, "length 4, but .* only 3 steps"), ([0], 0, "no steps")],
)
def test_an_empty_or_impossible_sequence_is_refused_at_the_door(
    graph: bytes, lengths: list[int], steps: int, words: str
) -> None:
    values = np.zeros((len(lengths), steps, 3), np.float32)
    with pytest.raises(DataError, match=words):
        predict(open_session(graph, 1), {"values": values, "lengths": np.array(lengths)})


def test_an_input_of_another_name_is_our_mistake(graph: bytes) -> None:
    with pytest.raises(AssertionError, match="vlaues"):
        predict(open_session(graph, 1), {"vlaues": np.zeros((1, 2, 3))})


def test_a_session_opens_without_keras() -> None:
    code = "import sys, gru_toolkit.networks.session; assert not {'keras', 'tensorflow', 'onnx'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
