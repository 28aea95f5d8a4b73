"""The forecasts that cost nothing: the last value, and the value one season before."""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Examples
from gru_toolkit.tasks.conformal import fit_offsets
from gru_toolkit.tasks.forecast_windows import Frame
from gru_toolkit.tasks.task import Decoded

SAMPLED = 2_000
"""Training windows from which the baselines' intervals are learned."""


def naive_points(history: np.ndarray, frame: Frame) -> dict[str, np.ndarray]:
    """The point forecasts (B, H) by baseline name; without seasons there is only the last value.

    history  (B, L)
    """
    points = {"last_value": np.repeat(history[:, -1:], frame.horizon, axis=1)}
    if 1 < frame.season <= frame.look_back:
        phase = np.arange(frame.horizon) % frame.season
        points["seasonal_naive"] = history[:, frame.look_back - frame.season + phase]
    return points


def fit_spreads(train: Examples, frame: Frame, levels: tuple[float, ...]) -> dict[str, np.ndarray]:
    """Baseline name → (H, Q) quantiles of its errors on training windows, in deviations of the series."""
    chosen = np.unique(np.linspace(0, len(train) - 1, min(SAMPLED, len(train))).astype(np.int64))
    arrays = train.arrays(chosen)
    deviation = arrays.context["deviation"][:, None]
    flat = np.zeros((len(chosen), frame.horizon, len(levels)))
    return {
        name: fit_offsets((arrays.context["truth"] - points) / deviation, flat, levels)
        for name, points in naive_points(arrays.context["history"], frame).items()
    }


def naive_forecasts(spreads: Mapping[str, np.ndarray], arrays: Arrays, frame: Frame) -> dict[str, Decoded]:
    """Each baseline's forecast (B, H) and quantiles (B, H, Q) in the target's units.

    spreads  baseline name → (H, Q) from `fit_spreads`
    """
    deviation = arrays.context["deviation"][:, None, None]
    return {
        name: {"forecast": points, "quantiles": points[..., None] + spreads[name] * deviation}
        for name, points in naive_points(arrays.context["history"], frame).items()
    }
