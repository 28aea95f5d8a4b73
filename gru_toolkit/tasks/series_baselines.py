"""Naive predictions for whole sequences: linear models on simple features, and the nearest neighbour.

Everything is NumPy, in closed form or a few hundred cheap steps, and remembers named arrays, which a run folder keeps.
Sequences of unequal length are compared after linear interpolation to `GRID` steps.
"""

from collections.abc import Mapping

import numpy as np

GRID = 64
"""Steps to which sequences are resampled before they are compared."""
MOST_NEIGHBOURS = 2000
"""Training sequences that the nearest neighbour remembers; of more, evenly spaced ones are kept."""
LOGISTIC_STEPS = 300
RIDGES = (0.1, 1.0, 10.0, 100.0, 1000.0)

State = Mapping[str, np.ndarray]


def simple_features(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(B, 8F + 1) float64: mean, deviation, least, greatest, first, last, slope, roughness of each feature; log length.

    values   (B, T, F), padded on the right
    lengths  (B,) real steps
    """
    rows = []
    for sequence, length in zip(values.astype(np.float64), lengths.tolist(), strict=True):
        real = sequence[:length]  # (L, F)
        clock = np.linspace(-1, 1, length)[:, None]
        rough = np.abs(np.diff(real, axis=0, prepend=real[:1])).mean(axis=0)
        parts = [real.mean(0), real.std(0), real.min(0), real.max(0), real[0], real[-1], (clock * real).mean(0), rough]
        rows.append(np.concatenate([*parts, [np.log(length)]]))
    return np.asarray(rows)


def resampled(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(B, GRID · F) float32: each sequence interpolated to GRID steps, end to end."""
    rows = []
    for sequence, length in zip(values, lengths.tolist(), strict=True):
        where = np.linspace(0, length - 1, GRID)
        before = np.floor(where).astype(np.int64)
        after = np.minimum(before + 1, length - 1)
        share = (where - before)[:, None]
        rows.append((sequence[before] * (1 - share) + sequence[after] * share).ravel())
    return np.asarray(rows, dtype=np.float32)


def kept(count: int) -> np.ndarray:
    """Indices of the training sequences that the nearest neighbour remembers."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_NEIGHBOURS)).astype(np.int64))


def nearest(points: np.ndarray, queries: np.ndarray, *, leave_out: bool = False) -> np.ndarray:
    """(Q,) index of the nearest point by Euclidean distance; with `leave_out`, query i may not answer with point i."""
    squares = np.square(points).sum(axis=1)[None] - 2 * queries @ points.T  # (Q, N), up to a constant a row
    if leave_out:
        np.fill_diagonal(squares, np.inf)
    return np.asarray(squares.argmin(axis=1))


def fit_standardiser(features: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and deviation of each column of (N, P) features."""
    deviation = features.std(axis=0)
    return {"centre": features.mean(axis=0), "scale": np.where(deviation > 1e-9, deviation, 1.0)}


def standardised(features: np.ndarray, state: State) -> np.ndarray:
    """(N, P + 1) features with mean 0 and deviation 1, cut to five deviations, and a column of ones."""
    scaled = np.clip((features - state["centre"]) / state["scale"], -5, 5)
    return np.concatenate([scaled, np.ones((len(scaled), 1))], axis=1)


def fit_ridge(design: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ridge weights (P + 1,) and the leave-one-out residuals (N,) of the penalty that makes them least.

    design   (N, P + 1) with a last column of ones, which is not penalised
    targets  (N,)

    Leave-one-out residuals are residuals over one minus the leverage.
    """
    best: tuple[float, np.ndarray, np.ndarray] | None = None
    for penalty in RIDGES:
        inverse = np.linalg.inv(design.T @ design + _penalties(design.shape[1], penalty))
        weights = inverse @ design.T @ targets
        leverage = np.einsum("np,pq,nq->n", design, inverse, design)
        residuals = (targets - design @ weights) / np.maximum(1 - leverage, 1e-6)
        error = float(np.square(residuals).mean())
        if best is None or error < best[0]:
            best = error, weights, residuals
    assert best is not None, "there is at least one penalty"
    return best[1], best[2]


def fit_logistic(design: np.ndarray, codes: np.ndarray, classes: int, penalty: float = 1.0) -> np.ndarray:
    """(P + 1, K) weights of multinomial logistic regression with a squared penalty.

    Each step solves with the fixed upper bound of the Hessian, ½ XᵀX + penalty (Böhning 1992), so that one inverse
    serves all steps and the likelihood never falls.
    """
    bound = np.linalg.inv(0.5 * design.T @ design + _penalties(design.shape[1], penalty))
    wanted = np.eye(classes)[codes]
    weights = np.zeros((design.shape[1], classes))
    shrink = np.diag(_penalties(design.shape[1], penalty))[:, None]
    for _ in range(LOGISTIC_STEPS):
        gradient = design.T @ (wanted - softmax(design @ weights)) - shrink * weights
        weights = weights + bound @ gradient
    return weights


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def _penalties(width: int, penalty: float) -> np.ndarray:
    """(width, width) diagonal; the last column, of ones, gets next to none."""
    return np.diag(np.append(np.full(width - 1, penalty), 1e-8))
