"""The Python calls: any kind of table in, the same kind out, and the files' answers."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gru_toolkit as gt
from gru_toolkit.runs import training
from gru_toolkit.runs.run import Run

KINDS: dict[str, Any] = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "mapping": lambda frame: {name: frame[name].to_numpy() for name in frame},
}


def column(table: Any, name: str) -> np.ndarray:
    return np.asarray(table[name])


def test_the_public_names_are_few_and_all_there() -> None:
    tasks = ["Classify", "Detect", "Forecast", "Generate", "Next", "Regress", "Tag", "Translate"]
    settings = [*tasks, "ClassifyText", "RegressText", "ReadConfig", "SplitConfig", "TrainConfig"]
    assert gt.__all__ == sorted([*settings, "GruToolkitError", "Run", "load", "resume", "train"])
    assert all(getattr(gt, name) is not None for name in gt.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Forcast'"):
        gt.Forcast  # noqa: B018


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = "import sys, gru_toolkit; print(sorted({'numpy', 'keras', 'onnxruntime', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_any_kind_gives_what_its_file_gives(kind: str, classify_run: Run, gestures_file: Path) -> None:
    frame = pd.read_csv(gestures_file)
    from_file = classify_run.predict(str(gestures_file))
    found = classify_run.predict(KINDS[kind](frame))
    assert type(found) is type(KINDS[kind](frame))
    assert column(found, "label").tolist() == from_file["label"].tolist()
    np.testing.assert_array_equal(column(found, "probability"), from_file["probability"])


@pytest.mark.slow
def test_a_table_is_scored_like_its_file(classify_run: Run, gestures_file: Path) -> None:
    from_file = classify_run.evaluate(gestures_file).comparison
    found = classify_run.evaluate(pd.read_csv(gestures_file)).comparison
    assert found.scores["network"].metrics == from_file.scores["network"].metrics


@pytest.mark.slow
def test_training_on_a_table_and_loading_the_run(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"day": pd.date_range("2024-01-01", periods=90), "y": 10 + np.sin(np.arange(90.0)) + rng.normal(0, 0.1, 90)}
    )
    run = gt.train(
        frame,
        gt.Forecast(horizon=3, look_back=6, preset="fast"),
        out=tmp_path / "run",
        train=gt.TrainConfig(epochs=1),
    )
    again = gt.load(tmp_path / "run").predict(frame)
    assert isinstance(again, pd.DataFrame)
    np.testing.assert_array_equal(again["forecast"], run.predict(frame)["forecast"])
    assert len(again) == 3
    assert run.metrics["training"]["epochs"] == 1


@pytest.mark.slow
def test_a_run_can_start_from_another_ones_weights(forecast_run: Run, series_file: Path, tmp_path: Path) -> None:
    request = training.TrainRequest(
        data=(str(series_file),),
        task_settings=gt.Forecast(horizon=99),
        split=forecast_run.configuration.split,
        train=gt.TrainConfig(epochs=1, learning_rate=1e-9),
        given=frozenset({"epochs", "learning_rate"}),
        out=tmp_path / "later",
        start_from=forecast_run.folder,
    )
    later = training.train(request, on_event=lambda event: None)
    assert later.settings == forecast_run.settings
    before, after = forecast_run.metrics["parts"]["test"], later.metrics["parts"]["test"]
    assert before["scores"]["network"]["metrics"]["mase"] == pytest.approx(
        after["scores"]["network"]["metrics"]["mase"], abs=1e-4
    )
