"""What a report shows of forecasts: some of them beside what came, and scores by the steps ahead."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Dataset
from gru_toolkit.tasks.cycles import following_times
from gru_toolkit.tasks.figures import ByHorizon, Coverage, Figure, Forecast, Shown, spread
from gru_toolkit.tasks.forecast_codec import ForecastCodec
from gru_toolkit.tasks.task import Decoded, MetricValue

SHOWN_HISTORY = 4
"""Horizons of history drawn before a forecast, at most."""


def forecast_figures(shown: Shown, codec: ForecastCodec) -> list[Figure]:
    """The best, the median and the worst forecast of the sample, then error and coverage at each step ahead."""
    figures: list[Figure] = []
    errors = np.concatenate([_errors(decoded, arrays) for decoded, arrays in shown.sample])
    starts = np.cumsum([0] + [len(arrays.weights) for _, arrays in shown.sample])
    for place, index in spread(errors).items():
        batch = int(np.searchsorted(starts, index, side="right") - 1)
        decoded, arrays = shown.sample[batch]
        chosen = _forecast(decoded, arrays, index - int(starts[batch]), codec, shown.dataset)
        figures.append(replace(chosen, place=place, of=len(errors)))
    by_step = {who: metrics["mase_by_step"] for who, metrics in shown.scores.items()}
    figures.append(ByHorizon("mase", {who: _array(values) for who, values in by_step.items()}))
    if codec.quantiles:
        shares = _array(shown.scores[shown.network]["coverage_by_step"])
        figures.append(Coverage(shares, codec.quantiles[-1] - codec.quantiles[0]))
    return figures


def _errors(decoded: Decoded, arrays: Arrays) -> np.ndarray:
    """(B,) mean absolute error of each forecast in the unit of its series; NaN where nothing is known."""
    truth = arrays.context["truth"]
    known = ~np.isnan(truth)
    total: np.ndarray = (
        np.where(known, np.abs(truth - decoded["forecast"]), 0.0).sum(axis=1) / arrays.context["deviation"]
    )
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _forecast(decoded: Decoded, arrays: Arrays, row: int, codec: ForecastCodec, dataset: Dataset) -> Forecast:
    context: Mapping[str, np.ndarray] = arrays.context
    horizon = decoded["forecast"].shape[1]
    kept = min(context["history"].shape[1], SHOWN_HISTORY * horizon)
    first = int(dataset.offsets[context["sequence"][row]] + context["place"][row])
    if dataset.times is None or codec.step is None:
        times = np.arange(-kept + 1, horizon + 1)
    else:
        past = dataset.times[first - kept : first]
        times = np.concatenate([past, following_times(past[-1:], codec.step, horizon)[0]])
    quantiles = decoded["quantiles"][row]
    return Forecast(
        series=dataset.ids[context["sequence"][row]],
        times=times,
        history=context["history"][row, -kept:],
        truth=context["truth"][row],
        median=decoded["forecast"][row],
        low=quantiles[:, 0] if codec.quantiles else np.empty(0),
        high=quantiles[:, -1] if codec.quantiles else np.empty(0),
        level=codec.quantiles[-1] - codec.quantiles[0] if codec.quantiles else None,
        target=codec.targets[int(context["target"][row])],
    )


def _array(values: MetricValue) -> np.ndarray:
    return np.asarray(values, np.float64)
