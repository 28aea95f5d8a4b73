"""Random changes of a training sequence that leave its label as it was."""

import numpy as np

KNOTS = 5
"""Pieces of a sequence between which the pace changes when time is warped."""


def time_map(length: int, rng: np.random.Generator, *, warp: float, crop: float) -> np.ndarray:
    """(length,) float64 rising positions in [0, length - 1] at which to read a sequence.

    warp  standard deviation of the log pace of each of KNOTS pieces
    crop  largest share of the sequence cut away at its two ends together
    """
    pace = np.exp(warp * rng.normal(size=KNOTS))
    knots = np.append(0.0, np.cumsum(pace)) / pace.sum()
    position = np.interp(np.linspace(0, 1, length), np.linspace(0, 1, KNOTS + 1), knots)
    width = 1 - crop * rng.random()
    start = (1 - width) * rng.random()
    return np.asarray((start + width * position) * (length - 1))


def read_at(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """(L, F) values of (T, F) at fractional positions (L,), interpolated between neighbours."""
    before = np.floor(positions).astype(np.int64)
    after = np.minimum(before + 1, len(values) - 1)
    share = (positions - before)[:, None]
    return np.asarray(values[before] * (1 - share) + values[after] * share)
