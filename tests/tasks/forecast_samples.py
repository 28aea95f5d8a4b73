"""Small datasets of series, and settings small enough for a test."""

import numpy as np

from gru_toolkit.config import TrainConfig
from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks.forecast import FORECAST, Forecast

HOUR = 3_600_000_000
START = np.datetime64("2024-01-01T00:00:00", "us")


def numbers(name: str, values: "np.ndarray | list[float]") -> Column:
    return Column(name, "number", np.asarray(values, np.float64))


def hourly(lengths: "tuple[int, ...]" = (200,), **columns: np.ndarray) -> Dataset:
    """Hourly series with a daily rhythm, a trend and a little noise; further columns become known covariates."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    step = np.concatenate([np.arange(length) for length in lengths])
    rng = np.random.default_rng(0)
    values = 10 + 3 * np.sin(2 * np.pi * step / 24) + 0.01 * step + 0.1 * rng.normal(size=len(step))
    steps = {"y": numbers("y", values), **{name: numbers(name, found) for name, found in columns.items()}}
    ids = tuple(f"s{index}" for index in range(len(lengths)))
    roles = Roles(id="id" if len(lengths) > 1 else None, time="time", target=("y",), known=tuple(columns))
    return Dataset(ids, offsets, steps, {}, roles, START + step * np.timedelta64(1, "h"), HOUR)


def resolved(dataset: Dataset, **settings: object) -> Forecast:
    """Small settings, resolved for the dataset."""
    small = {"horizon": 24, "look_back": 48, "units": 8, "quantiles": (0.1, 0.5, 0.9), **settings}
    found: Forecast = FORECAST.resolve(dataset, Forecast(**small), TrainConfig(), frozenset()).settings  # type: ignore[arg-type]
    return found
