"""Training on a PGN file through the generic door: a run folder that predicts without TensorFlow."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.chess.move_task import Chess
from gru_toolkit.config import TrainConfig
from gru_toolkit.runs import api
from gru_toolkit.runs import run as runs

SAMPLE = Path(__file__).parents[2] / "data" / "chess" / "father_and_son.pgn"


def some_games(count: int) -> str:
    parts = SAMPLE.read_text(encoding="utf-8").split("[Event ")[1:]
    return "".join(f"[Event {part}" for part in islice(parts, count))


@pytest.mark.slow
def test_a_network_of_ones_own_beats_chance_and_its_graph_equals_keras(tmp_path: Path) -> None:
    file = tmp_path / "games.pgn"
    file.write_text(some_games(60), encoding="utf-8")
    settings = Chess(preset="fast", channels=8, memory=16)
    config = TrainConfig(epochs=3, batch_size=4)
    trained = api.train(str(file), settings, out=tmp_path / "run", train=config)
    scores = {who: found["metrics"] for who, found in trained.metrics["parts"]["test"]["scores"].items()}
    assert scores["network"]["log_loss"] < scores["any legal move"]["log_loss"] - 0.1
    assert scores["network"]["accuracy"] > scores["any legal move"]["accuracy"]
    assert scores["counts"]["accuracy"] > scores["any legal move"]["accuracy"]
    loaded = runs.load(tmp_path / "run")
    rows = loaded.predict([str(file)])
    assert set(np.unique(rows["rank"])) <= {1, 2, 3}
