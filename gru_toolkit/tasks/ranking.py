"""How high the truth stands among everything that could have come: metrics of ranked predictions.

Scores are log-probabilities (N, V), minus infinity for what is not allowed. A truth of -1 is not among the V at all.
Every quantity is a contribution of one event, so that sums over any events give the metric.
"""

import numpy as np

BINS = 10
"""Bins of probability in which predictions are compared with what came."""


def ranks(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) float64 rank of each truth, counted from 1; infinite where it is unknown or not allowed.

    scores  (N, V)
    truth   (N,) int64, -1 for unknown

    Among equal scores the truth stands in the middle, so that constant scores do not look good.
    """
    own = scores[np.arange(len(truth)), np.maximum(truth, 0)][:, None]  # (N, 1)
    higher = (scores > own).sum(axis=1)
    equal = (scores == own).sum(axis=1)
    possible = (truth >= 0) & np.isfinite(own[:, 0])
    return np.where(possible, 1 + higher + (equal - 1) / 2, np.inf)


def hits(rank: np.ndarray, top: int) -> np.ndarray:
    """(N,) 1 where the truth is among the first `top`, else 0: the sum over events is Recall@top of one truth each."""
    return (rank <= top).astype(np.float64)


def reciprocal_ranks(rank: np.ndarray, top: int) -> np.ndarray:
    """(N,) 1 / rank within the first `top`, else 0 (MRR@top)."""
    return np.where(rank <= top, 1 / rank, 0.0)


def discounted_gains(rank: np.ndarray, top: int) -> np.ndarray:
    """(N,) 1 / log2(rank + 1) within the first `top`, else 0 (NDCG@top of one truth; Järvelin and Kekäläinen 2002)."""
    return np.where(rank <= top, 1 / np.log2(rank + 1), 0.0)


def log_losses(scores: np.ndarray, truth: np.ndarray, least: float) -> np.ndarray:
    """(N,) minus the log-probability of each truth, at most -log(least); NaN where the truth is unknown."""
    own = scores[np.arange(len(truth)), np.maximum(truth, 0)].astype(np.float64)
    return np.where(truth >= 0, -np.maximum(own, np.log(least)), np.nan)


def calibration_sums(confidence: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """(N, BINS, 3) contributions to `calibration_error`: count, probability, and whether it came, each in its bin.

    confidence  (N,) probability of the likeliest item
    correct     (N,) whether it came
    """
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    sums = np.zeros((len(confidence), BINS, 3))
    sums[np.arange(len(place)), place] = np.stack([np.ones(len(place)), confidence, correct], axis=1)
    return sums


def calibration_error(sums: np.ndarray) -> float:
    """The mean distance between the probability of the likeliest item and how often it came, over bins (BINS, 3)."""
    return float(np.abs(sums[:, 1] - sums[:, 2]).sum() / max(sums[:, 0].sum(), 1))


def top_items(scores: np.ndarray, top: int) -> np.ndarray:
    """(N, top) int64 the likeliest items of scores (N, V), best first; equal ones by their number; top is at most V."""
    top = min(top, scores.shape[1])
    some = np.argpartition(-scores, top - 1, axis=1)[:, :top] if top < scores.shape[1] else _all(scores)
    some = np.sort(some, axis=1)
    best = np.argsort(-np.take_along_axis(scores, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, best, axis=1)


def _all(scores: np.ndarray) -> np.ndarray:
    return np.tile(np.arange(scores.shape[1]), (len(scores), 1))
