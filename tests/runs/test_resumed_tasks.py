"""A training that was stopped and resumed ends in the very bits of one that was not, whatever is learned."""

import os
import signal
from pathlib import Path

import pytest

from gru_toolkit.config import ReadConfig, TrainConfig
from gru_toolkit.errors import InterruptedRun
from gru_toolkit.runs import manifest, training
from gru_toolkit.runs.training import TrainRequest
from gru_toolkit.tasks.classify_text import ClassifyText
from gru_toolkit.tasks.detect import Detect
from gru_toolkit.tasks.next_item import Next
from gru_toolkit.tasks.regress_text import RegressText
from gru_toolkit.tasks.tag import Tag
from gru_toolkit.tasks.translate import Translate

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[2] / "data"
LINES = 600
SMALL = {
    "phrases.tsv": Translate(preset="fast", units=16, width=16),
    "requests.conll": Tag(preset="fast", units=8, word_width=8),
    "remarks.tsv": ClassifyText(preset="fast", units=8, width=8),
    "ratings.tsv": RegressText(preset="fast", units=8, width=8),
    "listening.csv": Next(preset="fast", units=8),
    "pump.csv": Detect(preset="fast", units=8),
}


def quiet(_event: object) -> None:
    """Nobody watches."""


def stop_after_an_epoch(event: object) -> None:
    if getattr(event, "kind", "") == "epoch":
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("sample", SMALL)
def test_a_stopped_training_ends_in_the_same_graph(sample: str, tmp_path: Path) -> None:
    lines = (DATA / sample).read_text(encoding="utf-8").splitlines(keepends=True)[:LINES]
    (tmp_path / sample).write_text("".join(lines), encoding="utf-8")
    read = ReadConfig(target=("pressure", "flow")) if sample == "pump.csv" else ReadConfig()
    given = {"epochs": 2, "learning_rate": 1e-2}

    def request(folder: str) -> TrainRequest:
        train, out = TrainConfig(**given), tmp_path / folder
        return TrainRequest(
            (str(tmp_path / sample),), SMALL[sample], read, train=train, given=frozenset(given), out=out
        )

    whole = training.train(request("whole"), on_event=quiet)
    with pytest.raises(InterruptedRun):
        training.train(request("cut"), on_event=stop_after_an_epoch)
    assert not (tmp_path / "cut" / manifest.NAME).exists()
    assert training.resume(tmp_path / "cut", on_event=quiet).graphs == whole.graphs
