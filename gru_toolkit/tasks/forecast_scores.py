"""How good forecasts are: sums over windows, and the scores they add up to."""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks.forecast_windows import Frame
from gru_toolkit.tasks.task import Decoded, Measures, MetricValue

HEADLINE = "mase"
_BLOCKS = 1 << 32
"""More than the blocks of any sequence, so that a group number tells sequence and block."""


def measure(decoded: Decoded, arrays: Arrays, frame: Frame, levels: tuple[float, ...]) -> Measures:
    """Contributions of B windows at each of H steps ahead.

    Windows that start within the same stretch of look-back and horizon share values, so they are resampled together.
    """
    context = arrays.context
    truth = context["truth"]  # (B, H)
    known = ~np.isnan(truth)
    forecast = decoded["forecast"]
    error = np.where(known, truth - forecast, 0.0)
    size = np.abs(np.where(known, truth, 0.0)) + np.abs(forecast)
    absolute = np.abs(error)
    deviation, difference = context["deviation"][:, None], context["difference"][:, None]
    sums = {
        "count": known.astype(np.float64),
        "absolute": absolute,
        "squared": np.square(error),
        "scaled_absolute": absolute / deviation,
        "scaled_squared": np.square(error / deviation),
        "seasonal": absolute / difference,
        "symmetric": 200 * np.divide(absolute, size, out=np.zeros_like(size), where=known & (size > 0)),
    }
    if levels:
        sums |= _quantile_sums(decoded["quantiles"], truth, known, levels, deviation)
    block = context["place"] // (frame.look_back + frame.horizon)
    return Measures(context["sequence"] * _BLOCKS + block, sums)


def _quantile_sums(
    quantiles: np.ndarray, truth: np.ndarray, known: np.ndarray, levels: tuple[float, ...], deviation: np.ndarray
) -> dict[str, np.ndarray]:
    error = np.where(known[..., None], truth[..., None] - quantiles, 0.0)  # (B, H, Q)
    tau = np.array(levels)
    pinball = np.maximum(tau * error, (tau - 1) * error).mean(axis=-1)
    filled = np.where(known, truth, np.inf)
    covered = (filled >= quantiles[..., 0]) & (filled <= quantiles[..., -1]) & known
    below = (filled[..., None] <= quantiles) & known[..., None]
    return {
        "pinball": pinball / deviation,
        "covered": covered.astype(np.float64),
        "width": np.where(known, quantiles[..., -1] - quantiles[..., 0], 0.0) / deviation,
        "below": below.astype(np.float64),
    }


def metrics(sums: Mapping[str, np.ndarray], levels: tuple[float, ...]) -> dict[str, MetricValue]:
    """Scores over all steps, and at each step ahead.

    mase     mean absolute error over the mean absolute seasonal difference of the series in training
    smape    in percent, 0 to 200
    mae, mse in the target's units; *_scaled after dividing by the series' standard deviation in training
    pinball  mean over the quantiles, scaled likewise; interval_width likewise
    coverage share of the truth between the lowest and the highest quantile; `below` is the share below each quantile
    """
    scores: dict[str, MetricValue] = {}
    names = {
        "mase": "seasonal",
        "smape": "symmetric",
        "mae": "absolute",
        "mse": "squared",
        "mae_scaled": "scaled_absolute",
        "mse_scaled": "scaled_squared",
    }
    if levels:
        names |= {"pinball": "pinball", "coverage": "covered", "interval_width": "width"}
    for name, quantity in names.items():
        scores[name] = _mean(sums[quantity], sums["count"])
    for name in ("mase", "mse_scaled", *(("coverage",) if levels else ())):
        scores[f"{name}_by_step"] = _means(sums[names[name]], sums["count"])
    if levels:
        scores["below"] = [_mean(sums["below"][..., index], sums["count"]) for index in range(len(levels))]
    return scores


def _mean(total: np.ndarray, count: np.ndarray) -> float:
    number = float(count.sum())
    return float(total.sum()) / number if number else float("nan")


def _means(total: np.ndarray, count: np.ndarray) -> list[float]:
    means: list[float] = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0).tolist()
    return means
