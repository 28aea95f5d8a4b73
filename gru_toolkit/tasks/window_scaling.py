"""The level and scale of a window of history, so that a network sees every window on one footing.

All of it is float64: a counter of 10⁹ with steps of 10 keeps its steps.
"""

from dataclasses import dataclass

import numpy as np

LEAST_SHARE = 0.05
"""A window's scale is at least this share of its series' deviation, so that quiet windows are not blown up."""
LEAST_RELATIVE = 1e-6
"""A window's scale is at least this share of its level: below, the values hold rounding errors only."""


@dataclass(frozen=True)
class Scaling:
    """What B windows are measured by, each (B, 1) but the last two.

    level       the last value
    scale       the deviation within the window, or of the series
    deviation   (B,) standard deviation of the series in training, or of the window for unknown series
    difference  (B,) mean absolute seasonal difference likewise: the unit of MASE
    """

    level: np.ndarray
    scale: np.ndarray
    deviation: np.ndarray
    difference: np.ndarray


def window_statistics(history: np.ndarray, series: np.ndarray, season: int, unit: str) -> Scaling:
    """Level and scale of each window.

    history  (B, L) values, none missing
    series   (B, 3) mean, deviation and seasonal difference of its series in training, NaN where unknown
    unit     window or series: whose deviation is the scale
    """
    level = history[:, -1:]
    spread = history.std(axis=1)
    known = ~np.isnan(series[:, 1])
    deviation = np.where(known, series[:, 1], np.where(spread > 0, spread, 1.0))
    floor = np.maximum(LEAST_SHARE * deviation, LEAST_RELATIVE * np.abs(level[:, 0]))
    difference = np.where(known, series[:, 2], _seasonal_differences(history, season, deviation))
    scale = np.maximum(deviation if unit == "series" else spread, floor)
    return Scaling(level, scale[:, None], deviation, difference)


def scaled_window(history: np.ndarray, scaling: Scaling) -> np.ndarray:
    """(B, L) float32 windows in units of their scale above their level."""
    return np.asarray((history - scaling.level) / scaling.scale, dtype=np.float32)


def _seasonal_differences(history: np.ndarray, season: int, otherwise: np.ndarray) -> np.ndarray:
    """(B,) mean absolute differences a season apart; `otherwise` (B,) where that is 0 or unknown."""
    distance = season if season < history.shape[1] else 1
    if history.shape[1] <= distance:
        return otherwise
    mean = np.abs(history[:, distance:] - history[:, :-distance]).mean(axis=1)
    return np.asarray(np.where(mean > 0, mean, otherwise))
