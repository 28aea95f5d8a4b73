"""Conformal calibration: quantiles moved until, on validation data, they are exceeded as often as they should be.

After Romano et al. 2019, "Conformalized Quantile Regression", one quantile and one step ahead at a time: a quantile's
error is measured in widths of the predicted interval, so that the correction is wide where the forecast is uncertain.
"""

from collections.abc import Iterable

import numpy as np

LEAST_ROWS = 50
"""With fewer forecasts than this, the corrections of all steps ahead are learned together."""


def sample(forecasts: Iterable[tuple[np.ndarray, np.ndarray]], most: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth (N, H) and quantiles (N, H, Q) of at most `most` forecasts, drawn with equal chances from all batches.

    Every forecast gets a random number, the same in every run; those with the lowest are kept.
    """
    rng = np.random.default_rng(0)
    keys, truths, quantiles = np.zeros(0), None, None
    for truth, spread in forecasts:
        keys = np.concatenate([keys, rng.random(len(truth))])
        truths = truth if truths is None else np.concatenate([truths, truth])
        quantiles = spread if quantiles is None else np.concatenate([quantiles, spread])
        if len(keys) > most:
            lowest = np.sort(np.argpartition(keys, most)[:most])
            keys, truths, quantiles = keys[lowest], truths[lowest], quantiles[lowest]
    if truths is None or quantiles is None:
        return np.zeros((0, 0)), np.zeros((0, 0, 0))
    return truths, quantiles


def interval_widths(quantiles: np.ndarray) -> np.ndarray:
    """(N, H, 1) distance from the lowest to the highest quantile of (N, H, Q), or 1 where there is none."""
    width = quantiles[..., -1:] - quantiles[..., :1]
    return np.where(width > 0, width, 1.0)


def fit_offsets(truth: np.ndarray, quantiles: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """What to add to each quantile, in interval widths.

    truth      (N, H), NaN where unknown
    quantiles  (N, H, Q), rising along the last axis
    levels     (Q,), rising
    returns    (H, Q): with these, the share of the N truths below quantile q is levels[q], rounded away from the median
               as the finite number of rows asks for
    """
    errors = (truth[..., None] - quantiles) / interval_widths(quantiles)  # (N, H, Q)
    horizon = truth.shape[1]
    known = ~np.isnan(truth)
    if len(truth) < LEAST_ROWS:
        pooled = [_order_statistic(errors[known][:, index], level) for index, level in enumerate(levels)]
        return np.tile(pooled, (horizon, 1))
    return np.array(
        [
            [_order_statistic(errors[known[:, step], step, index], level) for index, level in enumerate(levels)]
            for step in range(horizon)
        ]
    )


def moved(quantiles: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(N, H, Q) quantiles after calibration, again rising along the last axis."""
    return np.sort(quantiles + offsets * interval_widths(quantiles), axis=-1)


def _order_statistic(errors: np.ndarray, level: float) -> float:
    """The error that leaves a share `level` of n + 1 errors below, the one more being the next one to come."""
    if not len(errors):
        return 0.0
    rank = (len(errors) + 1) * level
    position = int(np.ceil(rank)) if level > 0.5 else int(np.floor(rank)) if level < 0.5 else round(rank)
    return float(np.sort(errors)[np.clip(position - 1, 0, len(errors) - 1)])
