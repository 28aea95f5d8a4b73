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

from gru_toolkit.chess.base_network import network_inputs, replay_of
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.game_replay import observe_games
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.networks.board import BoardNetworkConfig, build_board_network, step_model
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.onnx_half import half_values, with_half_weights
from gru_toolkit.networks.parity import compare


def example_inputs(file: str, plies: int) -> dict[str, np.ndarray]:
    """Real positions for the parity check."""
    games = [game for game in read_games([file]) if isinstance(game, Game)][:20]
    observations, _ = observe_games(replay_of(games))
    some = observations.taken(np.linspace(0, len(observations.pieces) - 1, plies).astype(np.int64))
    return network_inputs(some, some.sets())


def main() -> None:
    """Read, round, convert, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--games", default="data/chess/father_and_son.pgn", help="real positions for the parity check")
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
    parity = compare(model, graph, example_inputs(options.games, plies=200))
    options.out.write_bytes(graph)
    said = {"step": settings["step"], "bytes": len(graph), "parity": parity.max_error, "keras": keras.__version__}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
