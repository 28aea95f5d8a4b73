"""The forecasting task from data to predictions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gru_toolkit as gt
from gru_toolkit.config import SplitConfig
from gru_toolkit.sequences.dataset import everything
from gru_toolkit.tasks.forecast import FORECAST
from gru_toolkit.tasks.forecast_codec import ForecastCodec
from gru_toolkit.tasks.forecast_decoding import quantile_name
from tests.tasks.forecast_samples import START, hourly, numbers, resolved


def output_of(targets: np.ndarray, shifts: tuple[float, ...], segment: int, members: int) -> np.ndarray:
    """A perfect network: (B, segments, members * segment * (1 + Q)), with quantiles shifted from the truth."""
    batch, width = targets.shape
    steps = targets.reshape(batch, width // segment, 1, segment, 1) + np.array((0.0, *shifts))
    return np.repeat(steps, members, axis=2).reshape(batch, width // segment, -1).astype(np.float32)


@pytest.mark.parametrize("members", [1, 3])
def test_decoding_undoes_encoding(members: int) -> None:
    dataset = hourly((200, 150))
    settings = resolved(dataset, horizon=30, segment=24, members=members)
    codec = FORECAST.fit_codec(everything(dataset), settings)
    arrays = FORECAST.examples(everything(dataset), codec, settings).arrays(np.arange(0, 150, 10))
    # Shifts out of order: quantiles come back rising.
    output = output_of(arrays.targets["forecast"], (0.5, 0.0, -0.5), 24, members)
    decoded = FORECAST.decode({"forecast": output}, arrays, codec, settings)
    np.testing.assert_allclose(decoded["forecast"], arrays.context["truth"], rtol=1e-5)
    scale = arrays.context["scale"]
    np.testing.assert_allclose(decoded["quantiles"][..., 0], arrays.context["truth"] - scale / 2, rtol=1e-5)
    assert (np.diff(decoded["quantiles"], axis=-1) > 0).all()


def test_members_are_averaged() -> None:
    dataset = hourly()
    settings = resolved(dataset, members=2, quantiles=(), calendar=False)
    codec = FORECAST.fit_codec(everything(dataset), settings)
    arrays = FORECAST.examples(everything(dataset), codec, settings).arrays(np.arange(2))
    output = np.concatenate([np.full((2, 1, 24), 1.0), np.full((2, 1, 24), 3.0)], axis=2)
    decoded = FORECAST.decode({"forecast": output}, arrays, codec, settings)
    scaled = (decoded["forecast"] - arrays.context["level"]) / arrays.context["scale"]
    np.testing.assert_allclose(scaled, 2.0)


def predicted(dataset: object, codec: ForecastCodec, settings: gt.Forecast) -> dict[str, np.ndarray]:
    arrays = FORECAST.requests(dataset, codec, settings).arrays(np.array([0]))  # type: ignore[arg-type]
    output = np.zeros((1, 1, 24 * 4), np.float32)
    return FORECAST.rows(FORECAST.decode({"forecast": output}, arrays, codec, settings), arrays, codec, dataset)  # type: ignore[arg-type]


def test_rows_carry_the_times_that_follow() -> None:
    dataset = hourly((100,))
    settings = resolved(dataset)
    columns = predicted(dataset, FORECAST.fit_codec(everything(dataset), settings), settings)
    assert list(columns) == ["time", "ahead", "forecast", "q10", "q50", "q90"]
    expected = START + (100 + np.arange(24)) * np.timedelta64(1, "h")
    np.testing.assert_array_equal(columns["time"], expected)
    np.testing.assert_allclose(columns["forecast"], dataset.steps["y"].values[-1])


def test_calibration_moves_the_intervals_of_later_predictions() -> None:
    dataset = hourly((300,))
    settings = resolved(dataset)
    codec = FORECAST.fit_codec(everything(dataset), settings)
    arrays = FORECAST.examples(everything(dataset), codec, settings).arrays(np.arange(200))
    narrow = output_of(arrays.targets["forecast"] + np.float32(1), (-0.1, 0, 0.1), 24, 1)
    decoded = FORECAST.decode({"forecast": narrow}, arrays, codec, settings)
    codec = FORECAST.calibrate(codec, settings, [(decoded, arrays)])
    again = FORECAST.decode({"forecast": narrow}, arrays, codec, settings)
    np.testing.assert_allclose(again["quantiles"][..., 1], arrays.context["truth"], rtol=1e-4)
    assert codec.offsets is not None
    assert np.shape(codec.offsets) == (24, 3)


def test_without_quantiles_there_is_nothing_to_calibrate() -> None:
    dataset = hourly()
    settings = resolved(dataset, quantiles=())
    codec = FORECAST.fit_codec(everything(dataset), settings)
    assert FORECAST.calibrate(codec, settings, []) is codec


def test_baselines_answer_in_the_form_of_the_network() -> None:
    dataset = hourly((300,))
    settings = resolved(dataset)
    splits = FORECAST.split(dataset, settings, SplitConfig())
    codec = FORECAST.fit_codec(splits.train, settings)
    state = FORECAST.fit_baselines(splits.train, codec, settings)
    arrays = FORECAST.examples(splits.test, codec, settings).arrays(np.arange(10))
    for decoded in FORECAST.baselines(state, arrays, codec, settings).values():
        assert decoded["forecast"].shape == (10, 24)
        assert decoded["quantiles"].shape == (10, 24, 3)
        measures = FORECAST.measure(decoded, arrays, codec, settings)
        scores = FORECAST.metrics({name: found.sum(axis=0) for name, found in measures.sums.items()}, settings)
        assert isinstance(scores[FORECAST.headline], float)


@pytest.mark.parametrize(("level", "name"), [(0.1, "q10"), (0.975, "q97.5"), (0.5, "q50")])
def test_quantile_columns_are_named_by_percent(level: float, name: str) -> None:
    assert quantile_name(level) == name


@pytest.mark.slow
def test_a_rhythm_with_a_covariate_is_learned_and_beats_its_baselines(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    step = np.arange(1500)
    price = rng.integers(0, 2, 1500).astype(float)
    # Until a price is known in advance, nothing but the network can tell what it does.
    table = {
        "time": START + step * np.timedelta64(1, "h"),
        "y": 10 + 3 * np.sin(2 * np.pi * step / 24) + 2 * price + 0.1 * rng.normal(size=1500),
        "price": price,
    }
    run = gt.train(
        table,
        gt.Forecast(horizon=12, look_back=48, preset="fast"),
        read=gt.ReadConfig(time="time", target=("y",), known=("price",)),
        train=gt.TrainConfig(learning_rate=5e-3),
        out=tmp_path / "run",
    )
    scores = run.metrics["parts"]["test"]["scores"]
    rivals = [found["metrics"]["mase"] for name, found in scores.items() if name != "network"]
    assert scores["network"]["metrics"]["mase"] < 0.5 * min(rivals)
    assert 0.6 < scores["network"]["metrics"]["coverage"] < 0.95


def test_examples_of_a_shorter_series_are_the_same_wherever_it_stands() -> None:
    dataset = hourly((100,))
    settings = resolved(dataset)
    codec = FORECAST.fit_codec(everything(dataset), settings)
    values = np.concatenate([np.full(40, 99.0), dataset.steps["y"].values])
    times = START + (np.arange(140) - 40) * np.timedelta64(1, "h")
    both = replace(
        dataset, ids=("other", "s0"), offsets=np.array([0, 40, 140]), steps={"y": numbers("y", values)}, times=times
    )
    alone, beside = (FORECAST.examples(everything(data), codec, settings) for data in (dataset, both))
    assert len(alone) == len(beside)
    for name, found in alone.arrays(np.arange(5)).inputs.items():
        np.testing.assert_array_equal(found, beside.arrays(np.arange(5)).inputs[name])
