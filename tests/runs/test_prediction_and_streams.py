"""A finished run at work: predictions, evaluation and streams, and what they owe each other."""

import csv
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, HistoryTooShort, UsageError
from gru_toolkit.runs import evaluation, prediction, training
from gru_toolkit.runs.run import Run
from gru_toolkit.runs.scoring import NETWORK
from gru_toolkit.runs.streaming import Stream
from gru_toolkit.tasks.classify import Classify
from gru_toolkit.tasks.forecast import Forecast

pytestmark = pytest.mark.slow


def joined(batches: object) -> dict[str, np.ndarray]:
    parts = list(batches)  # type: ignore[call-overload]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def test_a_forecast_continues_every_series(forecast_run: Run, series_file: Path, tmp_path: Path) -> None:
    rows = series_file.read_text().splitlines()
    known = [f"store {s},{np.datetime64('2024-04-30') + d},,1" for s in range(3) for d in range(7)]
    path = tmp_path / "with_future.csv"
    stores = {f"store {s}": [row for row in rows[1:] if row.startswith(f"store {s},")] for s in range(3)}
    ordered = [row for s in range(3) for row in [*stores[f"store {s}"], *known[7 * s : 7 * s + 7]]]
    path.write_text("\n".join([rows[0], *ordered]) + "\n")
    columns = joined(prediction.predict(forecast_run, [str(path)]))
    assert len(columns["forecast"]) == 21
    assert np.isfinite(columns["forecast"]).all()


def test_evaluation_notices_training_rows_and_stands_beside_baselines(forecast_run: Run, series_file: Path) -> None:
    report = evaluation.evaluate(forecast_run, [str(series_file)])
    assert NETWORK in report.comparison.scores
    assert {"seasonal_naive", "last_value"} <= set(report.comparison.scores)
    assert any("seen in training" in note for note in report.notes)
    backtest = evaluation.evaluate(forecast_run, [str(series_file)], backtest=2)
    assert backtest.comparison.examples == 2 * 3
    with pytest.raises(UsageError):
        evaluation.evaluate(forecast_run, [str(series_file)], backtest=0)


def test_a_history_that_is_too_short_is_refused_with_the_rows_needed(
    forecast_run: Run, series_file: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.csv"
    short.write_text("\n".join(series_file.read_text().splitlines()[:10]) + "\n")
    with pytest.raises(HistoryTooShort, match="14"):
        joined(prediction.predict(forecast_run, [str(short)]))


def test_a_classification_names_a_label_with_probabilities(classify_run: Run, gestures_file: Path) -> None:
    columns = joined(prediction.predict(classify_run, [str(gestures_file)]))
    assert set(columns["label"]) <= {"rise", "fall", "wave"}
    probabilities = np.stack([columns[name] for name in columns if name.startswith("p_")], axis=1)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_network_that_reads_both_ways_has_no_stream(classify_run: Run) -> None:
    with pytest.raises(UsageError, match="stream"):
        Stream(classify_run)


def test_a_recurrent_stream_equals_the_batch(gestures_file: Path, tmp_path: Path) -> None:
    causal = training.train(
        training.TrainRequest(
            (str(gestures_file),), Classify(preset="fast", causal=True), out=tmp_path / "causal",
            train=training.TrainConfig(epochs=1, batch_size=8), given=frozenset({"epochs", "batch_size"}),
        ),
        on_event=lambda event: None,
    )  # fmt: skip
    whole = joined(prediction.predict(causal, [str(gestures_file)]))
    stream = Stream(causal)
    last = {}
    for record in csv.DictReader(gestures_file.read_text().splitlines()):
        last[record["id"]] = stream.push(record)
    for name in (name for name in whole if name.startswith("p_")):
        found = [last[identity][name] for identity in whole["id"]]
        np.testing.assert_allclose(found, whole[name], atol=1e-5)


def test_a_record_that_does_not_fit_changes_nothing(forecast_run: Run) -> None:
    stream = Stream(forecast_run)
    good = {"store": "a", "date": "2024-01-01", "y": 1.0, "promo": 0}
    stream.push(good)
    for bad in ({**good, "y": "many"}, {**good, "y": float("nan")}, {"store": "a"}, {**good, "date": "2024-01-09"}):
        with pytest.raises(DataError):
            stream.push(bad)
    assert stream.push({**good, "date": "2024-01-02"}) is None


def test_a_window_stream_equals_predict_for_every_target(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    table = tmp_path / "two.csv"
    rows = [f"{step},{a:.3f},{b:.3f}" for step, (a, b) in enumerate(rng.normal(size=(60, 2)).cumsum(axis=0))]
    table.write_text("\n".join(["step,a,b", *rows]) + "\n")
    run = training.train(
        training.TrainRequest(
            (str(table),), Forecast(horizon=2, look_back=6, preset="fast"), read=ReadConfig(target=("a", "b")),
            train=training.TrainConfig(epochs=1), given=frozenset({"epochs"}), out=tmp_path / "run",
        ),
        on_event=lambda event: None,
    )  # fmt: skip
    stream = Stream(run)
    answers = [stream.push(record) for record in csv.DictReader(table.read_text().splitlines())]
    assert [answer is None for answer in answers] == [True] * 5 + [False] * 55
    whole = joined(prediction.predict(run, [str(table)]))
    assert answers[-1] is not None
    assert answers[-1]["target"] == whole["target"].tolist() == ["a", "a", "b", "b"]
    np.testing.assert_array_equal(answers[-1]["forecast"], whole["forecast"])
