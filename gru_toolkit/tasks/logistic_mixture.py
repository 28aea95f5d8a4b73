"""Mixtures of logistic distributions in NumPy: what the watching network's output says of the next change."""

from dataclasses import dataclass

import numpy as np

SCALE_RANGE = (-7.0, 2.0)
"""As in `networks.detector`, which trains with it; a test holds the two equal."""
_HALVINGS = 34
_REACH = 40.0
"""Scales from a component's place beyond which it has no weight worth counting."""


@dataclass(frozen=True)
class Mixture:
    """One mixture of K logistics for each of N places.

    place, scale, weight  (N, K); weights add up to 1
    """

    place: np.ndarray
    scale: np.ndarray
    weight: np.ndarray


def mixtures(density: np.ndarray, components: int) -> Mixture:
    """The mixtures that a network's raw numbers (..., 3 * components) describe, flattened to N rows."""
    parts = density.astype(np.float64).reshape(-1, 3, components)
    raised = np.exp(parts[:, 2] - parts[:, 2].max(axis=1, keepdims=True))
    weight = raised / raised.sum(axis=1, keepdims=True)
    return Mixture(parts[:, 0], np.exp(np.clip(parts[:, 1], *SCALE_RANGE)), weight)


def below(mixture: Mixture, value: np.ndarray) -> np.ndarray:
    """(…, N) the probability of a value up to `value` (…, N)."""
    distance = np.clip((value[..., None] - mixture.place) / mixture.scale, -700, 700)
    return np.asarray((mixture.weight / (1 + np.exp(-distance))).sum(axis=-1))


def quantiles(mixture: Mixture, levels: tuple[float, ...]) -> np.ndarray:
    """(levels, N) the values below which lies each of `levels` of each mixture, by bisection."""
    wanted = np.array(levels)[:, None]
    low = np.tile((mixture.place - _REACH * mixture.scale).min(axis=1), (len(levels), 1))
    high = np.tile((mixture.place + _REACH * mixture.scale).max(axis=1), (len(levels), 1))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        under = below(mixture, middle) < wanted
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2)


def log_likelihood(mixture: Mixture, value: np.ndarray) -> np.ndarray:
    """(N,) the logarithm of each mixture's density at `value` (N,)."""
    distance = (value[:, None] - mixture.place) / mixture.scale
    each = -np.abs(distance) - np.log(mixture.scale) - 2 * np.log1p(np.exp(-np.abs(distance)))
    each = each + np.log(np.maximum(mixture.weight, 1e-300))
    top = each.max(axis=1)
    return np.asarray(top + np.log(np.exp(each - top[:, None]).sum(axis=1)))
