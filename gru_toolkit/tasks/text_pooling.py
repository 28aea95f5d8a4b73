"""Two opinions on the same labels made one: a product of powers of their probabilities, or of numbers: shares of each.

p(label) ∝ p₁(label)^a · p₂(label)^b, the logarithmic pool (Genest and Zidek 1986, "Combining probability
distributions"); the powers are learned on texts that neither opinion was formed on.
"""

import numpy as np

from gru_toolkit.tasks.series_baselines import softmax

EQUAL = (0.5, 0.5)
"""The powers where nothing says otherwise: the geometric mean."""
LEAST = 1e-6
"""A smaller probability counts as this, so that no opinion can forbid a label."""
_PULL = 4.0
"""How strongly powers and shares are held at `EQUAL`: as much as so many texts can say."""
_ROUNDS = 50


def pooled(opinions: np.ndarray, powers: tuple[float, float]) -> np.ndarray:
    """(N, K) probabilities from opinions (N, 2, K), which are probabilities too."""
    return softmax(np.einsum("nok,o->nk", _logs(opinions), np.array(powers)))


def fit_powers(opinions: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The powers, none below 0, under which labels (N,) are likeliest; Newton's method on a convex function."""
    logs = _logs(opinions)
    powers, wanted = np.array(EQUAL), logs[np.arange(len(truth)), :, truth]  # (2,), (N, 2)
    for _ in range(_ROUNDS):
        chances = softmax(np.einsum("nok,o->nk", logs, powers))  # (N, K)
        expected = np.einsum("nok,nk->no", logs, chances)
        around = logs - expected[:, :, None]
        slope = (expected - wanted).sum(axis=0) + _PULL * (powers - EQUAL)
        curve = np.einsum("nok,nk,npk->op", around, chances, around) + _PULL * np.eye(2)
        free = (powers > 0) | (slope < 0)
        step = np.zeros(2)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        following = np.maximum(powers - step, 0.0)
        if np.abs(following - powers).max() < 1e-9:
            break
        powers = following
    return float(powers[0]), float(powers[1])


def fit_shares(deviations: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """The shares, none below 0, of two opinions (N, 2) whose sum comes nearest to numbers (N,); least squares.

    They are held at `EQUAL` as strongly as by a prior of deviation one half, so that a few texts cannot decide alone.
    """
    left = wanted - deviations @ np.array(EQUAL)
    pull = _PULL * float(np.square(left).mean()) + 1e-12
    curve = deviations.T @ deviations + pull * np.eye(2)
    slope = deviations.T @ left
    best = np.array(EQUAL) + np.linalg.solve(curve, slope)
    for place in range(2):
        if best[place] < 0:
            other = 1 - place
            aim = deviations[:, other] @ wanted + pull * EQUAL[other]
            best = np.zeros(2)
            best[other] = max(aim / curve[other, other], 0.0)
            break
    return float(best[0]), float(best[1])


def _logs(opinions: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(opinions, LEAST)))
