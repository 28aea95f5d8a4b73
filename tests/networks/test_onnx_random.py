"""Parity over random networks: every cell, random options, length 1, odd lengths and the longest of 1,000 steps."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from random_networks import causal_network, network, sequences, shaken

from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.parity import compare
from gru_toolkit.networks.stacks import ConvConfig, StackConfig

pytestmark = pytest.mark.slow
LENGTHS = ([1], [7, 1, 3], [128, 33, 127])
NETWORKS = 5
"""Random networks for each cell."""


def random_network(cell: str, rng: np.random.Generator) -> keras.Model:
    stack = StackConfig(
        cell,
        units=int(rng.integers(1, 40)),
        layers=int(rng.integers(1, 4)),
        bidirectional=bool(rng.integers(2)),
        residual=bool(rng.integers(2)),
        normalise=bool(rng.integers(2)),
        dropout=0.3,
    )
    stem = ConvConfig(
        int(rng.integers(1, 20)),
        kernel=int(rng.integers(1, 6)),
        stride=int(rng.integers(1, 4)),
        dilation=1,
        causal=bool(rng.integers(2)),
        normalise=[None, "layer", "batch"][rng.integers(3)],
        activation=[None, "relu", "gelu", "silu"][rng.integers(4)],
    )
    return network(stack, stem=stem if rng.integers(2) else None)


@pytest.mark.parametrize("number", range(NETWORKS))
@pytest.mark.parametrize("cell", CELLS)
def test_graphs_of_random_networks_equal_keras_at_first_and_when_trained(cell: str, number: int) -> None:
    rng = np.random.default_rng([CELLS.index(cell), number])
    model = random_network(cell, rng)
    for size in (0.0, 0.1):
        graph = convert(shaken(model, number, size)).SerializeToString()
        for lengths in LENGTHS:
            assert compare(model, graph, sequences(rng, lengths)).max_error <= 1e-5


@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_graphs_equal_keras_at_the_longest_length(cell: str, state: bool) -> None:
    model = shaken(causal_network(StackConfig(cell, units=16, layers=2), lengths=True))
    graph = convert(model, state=state).SerializeToString()
    assert compare(model, graph, sequences(np.random.default_rng(0), [1000, 777])).max_error <= 1e-5


FIRST_OUTPUTS = """
import sys
import numpy as np
from random_networks import network, outputs, sequences
from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.initialise import initialise
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.stacks import ConvConfig, StackConfig

found = {}
for cell in CELLS:
    stem = ConvConfig(6, stride=2, normalise="batch")
    model = network(StackConfig(cell, units=8, layers=2, bidirectional=True), stem=stem)
    initialise(model, 7)
    answers = outputs(model, sequences(np.random.default_rng(7), [9, 1, 4]))
    found |= {f"{cell}/{name}": value for name, value in answers.items()}
    found[f"{cell}/graph"] = np.frombuffer(convert(model).SerializeToString(), np.uint8)
np.savez(sys.argv[1], **found)
"""


@pytest.mark.backends
def test_all_backends_start_with_the_same_outputs_and_write_the_same_graph(tmp_path: Path) -> None:
    answers = {}
    for backend in ("tensorflow", "jax", "torch"):
        path = tmp_path / f"{backend}.npz"
        places = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
        environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": places}
        subprocess.run([sys.executable, "-c", FIRST_OUTPUTS, str(path)], env=environment, check=True, timeout=900)
        answers[backend] = dict(np.load(path))
    for name, expected in answers["tensorflow"].items():
        for backend in ("jax", "torch"):
            if name.endswith("graph"):
                np.testing.assert_array_equal(answers[backend][name], expected, err_msg=f"{backend} {name}")
            else:
                np.testing.assert_allclose(answers[backend][name], expected, atol=1e-5, err_msg=f"{backend} {name}")
