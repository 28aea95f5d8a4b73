"""Small finished runs that many tests look at; trained once."""

from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.runs import training
from gru_toolkit.runs.run import Run
from gru_toolkit.tasks.classify import Classify
from gru_toolkit.tasks.forecast import Forecast


def write_series(path: Path, *, series: int = 3, rows: int = 120) -> Path:
    """A daily table of several series with a weekly season: id, date, y, promo."""
    rng = np.random.default_rng(7)
    days = np.datetime64("2024-01-01") + np.arange(rows)
    lines = ["store,date,y,promo"]
    for store in range(series):
        promo = rng.integers(0, 2, rows)
        y = 50 + 10 * np.sin(2 * np.pi * (np.arange(rows) + store) / 7) + 5 * promo + rng.normal(0, 1, rows)
        lines += [f"store {store},{day},{value:.3f},{flag}" for day, value, flag in zip(days, y, promo, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_gestures(path: Path, *, sequences: int = 36) -> Path:
    """A long table of labelled sequences of unequal length: rising, falling or waving."""
    rng = np.random.default_rng(3)
    lines = ["id,step,x,label"]
    for number in range(sequences):
        length = int(rng.integers(12, 20))
        t = np.linspace(0, 1, length)
        kind = ("rise", "fall", "wave")[number % 3]
        x = {"rise": t, "fall": 1 - t, "wave": np.sin(12 * t)}[kind] + rng.normal(0, 0.1, length)
        lines += [f"g{number},{step},{value:.4f},{kind}" for step, value in enumerate(x)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def series_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_series(tmp_path_factory.mktemp("series") / "sales.csv")


@pytest.fixture(scope="session")
def gestures_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gestures(tmp_path_factory.mktemp("gestures") / "gestures.csv")


@pytest.fixture(scope="session")
def forecast_run(series_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    request = training.TrainRequest(
        data=(str(series_file),),
        task_settings=Forecast(horizon=7, look_back=14, preset="fast"),
        read=ReadConfig(target=("y",), known=("promo",)),
        split=SplitConfig((0.6, 0.2, 0.2)),
        train=TrainConfig(epochs=3, batch_size=32),
        given=frozenset({"epochs", "batch_size"}),
        out=tmp_path_factory.mktemp("runs") / "forecast",
    )
    return training.train(request, on_event=lambda event: None)


@pytest.fixture(scope="session")
def classify_run(gestures_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    request = training.TrainRequest(
        data=(str(gestures_file),),
        task_settings=Classify(preset="fast"),
        read=ReadConfig(target=("label",)),
        train=TrainConfig(epochs=5, batch_size=8),
        given=frozenset({"epochs", "batch_size"}),
        out=tmp_path_factory.mktemp("runs") / "classify",
    )
    return training.train(request, on_event=lambda event: None)
