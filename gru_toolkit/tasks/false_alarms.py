"""From how unusual a step is to how seldom a step is so unusual, so that an alarm has a stated rate.

The rates are counted on steps that were not learned from. Beyond the rarest that can be counted the tail is taken to
fall exponentially (as excesses over a high threshold do; Pickands 1975, with shape 0), so that a rate of one in ten
thousand may be asked of a thousand steps; that is an extrapolation, and whoever asks for it should know.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from gru_toolkit.errors import ConfigError

LEAST_STEPS = 50
"""Steps from which a rate can be told at all."""
_COUNTED = 10
"""Steps that must lie above a level for its rate to be counted rather than extrapolated."""
_LEVELS = 64
_LEAST_EXCESS = 1e-3


@dataclass(frozen=True)
class Rarity:
    """Levels of unusualness and the share of steps that reach them.

    levels  rising
    rates   falling shares, one a level
    excess  the mean by which the steps above the last level exceed it
    steps   what was counted
    """

    levels: tuple[float, ...]
    rates: tuple[float, ...]
    excess: float
    steps: int


def fit_rarity(unusual: np.ndarray) -> Rarity:
    """The rates in `unusual` (N,), at least LEAST_STEPS of them."""
    assert len(unusual) >= LEAST_STEPS, f"{len(unusual)} steps tell no rate"
    ordered = np.sort(unusual)[::-1]
    last = max(_COUNTED, len(ordered) // 50)
    counts = np.unique(np.round(np.geomspace(last, len(ordered), _LEVELS)).astype(np.int64))[::-1]
    levels, first = np.unique(ordered[counts - 1], return_index=True)  # rising; the largest count of equal levels
    rates = counts[first] / len(ordered)
    excess = float((ordered[:last] - levels[-1]).mean())
    return Rarity(tuple(levels.tolist()), tuple(rates.tolist()), max(excess, _LEAST_EXCESS), len(ordered))


def score(unusual: np.ndarray, rarity: Rarity) -> np.ndarray:
    """(…,) in [0, 1]: 1 - the share of steps that are as unusual; 0.999 is reached by one step in a thousand."""
    levels, rates = np.array(rarity.levels), np.log(np.array(rarity.rates))
    inside = np.interp(unusual, levels, rates, left=0.0)
    beyond = rates[-1] - (unusual - levels[-1]) / rarity.excess
    return np.asarray(0.0 - np.expm1(np.where(unusual > levels[-1], beyond, inside)))


def rate_of(text: str) -> float:
    """The share of steps that a setting such as 1/1000 or 0.001 allows. Raises ConfigError unless it is in (0, 1)."""
    try:
        rate = float(Fraction(text.replace(" ", "")))
    except (ValueError, ZeroDivisionError):
        raise ConfigError(f"false_alarms is a share such as 1/1000 or 0.001, got {text!r}") from None
    if not 0 < rate < 1:
        raise ConfigError(f"false_alarms lies between 0 and 1, got {text!r}")
    return rate
