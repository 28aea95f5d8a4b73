"""Write a checkpoint's averaged weights as the ONNX graph that is shipped, with weights in half precision.

python benchmarks/chess_base_export.py FOLDER/checkpoint.npz --out base.onnx
"""

import argparse
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

from gru_toolkit.networks.board import PIECES, BoardNetworkConfig, build_board_network, step_model
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.onnx_half import half_values, with_half_weights
from gru_toolkit.networks.parity import compare


def example_inputs(config: BoardNetworkConfig, seed: int) -> dict[str, np.ndarray]:
    """Inputs of the right shapes for the parity check."""
    rng = np.random.default_rng(seed)
    return {
        "pieces": rng.integers(0, PIECES, (5, 64)).astype(np.int32) + np.arange(64, dtype=np.int32) * PIECES,
        "marks": (rng.random((5, 64, config.marks)) < 0.1).astype(np.float32),
        "scalars": rng.normal(size=(5, config.scalars)).astype(np.float32),
        "sights": (rng.random((5, 128, 64)) < 0.1).astype(np.float32),
    }


def main() -> None:
    """Read, round, convert, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with np.load(options.checkpoint) as held:
        settings = json.loads(str(held["config"]))
        config = BoardNetworkConfig(**settings["network"])
        network = build_board_network(config)
        variables = [*network.encoder.trainable_variables, *network.memory.trainable_variables]
        variables += network.head.trainable_variables
        for number, variable in enumerate(variables):
            variable.assign(half_values(held[f"average.{number:03d}"]))
    model = step_model(network)
    graph = with_half_weights(convert(model, state=True)).SerializeToString(deterministic=True)
    parity = compare(model, graph, example_inputs(config, seed=0))
    options.out.write_bytes(graph)
    said = {"step": settings["step"], "bytes": len(graph), "parity": parity.max_error, "keras": keras.__version__}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
