"""Write a checkpoint's averaged weights as the ONNX graph that is shipped: 8-bit matrices, all else in half precision.

    python benchmarks/chess_base_export.py FOLDER/checkpoint.npz --out base.onnx

Before the matrices are rounded to 8 bits the graph must say what Keras says; printed are how far they were apart, and
how far the rounding moves the log-probabilities of legal moves on the same positions (mean, and the most).
"""

import argparse
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

from gru_toolkit.chess.base_network import network_inputs, replay_of
from gru_toolkit.chess.bitboards import unpack
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.game_replay import observe_games
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.networks.board import BoardNetworkConfig, build_board_network, step_model
from gru_toolkit.networks.onnx_eight_bits import with_eight_bit_weights
from gru_toolkit.networks.onnx_flat import with_flat_products
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.onnx_half import half_values, with_half_weights
from gru_toolkit.networks.parity import compare
from gru_toolkit.networks.session import open_session, predict


def example_positions(file: str, plies: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Real positions as the graph reads them, and their legal moves (N, 64, 64) booleans."""
    games = [game for game in read_games([file]) if isinstance(game, Game)][:20]
    observations, _ = observe_games(replay_of(games))
    some = observations.taken(np.linspace(0, len(observations.pieces) - 1, plies).astype(np.int64))
    sets = some.sets()
    return network_inputs(some, sets), unpack(sets.legal).astype(bool)


def rounding(before: bytes, after: bytes, inputs: dict[str, np.ndarray], legal: np.ndarray) -> tuple[float, float]:
    """How far apart two graphs put the logarithms of legal moves' probabilities: on average, and at most."""
    logs = []
    for graph in (before, after):
        scores = predict(open_session(graph, threads=1), inputs)["scores"].astype(np.float64)
        scores = np.where(legal, scores, -np.inf).reshape(len(scores), -1)
        logs.append(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    exact, rounded = (log[legal.reshape(len(legal), -1)] for log in logs)
    moved = np.abs(rounded - exact)
    return float(moved.mean()), float(moved.max())


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
    exact = with_flat_products(convert(model, state=True))
    inputs, legal = example_positions(options.games, plies=200)
    parity = compare(model, exact.SerializeToString(), inputs)
    graph = with_half_weights(with_eight_bit_weights(exact)).SerializeToString(deterministic=True)
    mean, most = rounding(exact.SerializeToString(), graph, inputs, legal)
    options.out.write_bytes(graph)
    said = {"step": settings["step"], "bytes": len(graph), "parity": parity.max_error, "keras": keras.__version__}
    print(json.dumps({**said, "rounding": {"mean": round(mean, 4), "most": round(most, 3)}}))


if __name__ == "__main__":
    main()
