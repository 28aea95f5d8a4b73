"""Choosing the next id from scores: temperature, top-k, top-p, and a mask of what is allowed."""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import UsageError


@dataclass(frozen=True)
class Sampling:
    """How freely to choose."""

    temperature: float = 1.0
    """Scores are divided by it: below 1 the likely becomes likelier; 0 always takes the likeliest."""
    top_k: int | None = None
    """Choose among so many of the likeliest only."""
    top_p: float | None = None
    """Choose among the likeliest that together have this probability."""

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 100:
            raise UsageError(f"temperature lies in 0 to 100, got {self.temperature:g}")
        if self.top_k is not None and self.top_k < 1:
            raise UsageError(f"top-k must be at least 1, got {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"top-p lies above 0 and up to 1, got {self.top_p:g}")


def choose(logits: np.ndarray, *, allowed: np.ndarray, sampling: Sampling, rng: np.random.Generator) -> int:
    """One id drawn by its probability.

    logits   (V,) scores
    allowed  (V,) bool, True where an id may be chosen; at least one
    """
    scores = np.where(allowed, logits, -np.inf)
    if sampling.temperature == 0:
        return int(scores.argmax())
    if sampling.top_k is not None and sampling.top_k < len(scores):
        scores[scores < np.partition(scores, -sampling.top_k)[-sampling.top_k]] = -np.inf
    weights = np.exp((scores - scores.max()).astype(np.float64) / sampling.temperature)
    if sampling.top_p is not None:
        weights = _nucleus(weights, sampling.top_p)
    edges = np.cumsum(weights)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))


def _nucleus(weights: np.ndarray, share: float) -> np.ndarray:
    """The weights with zeros behind the likeliest that reach the share (Holtzman et al. 2020)."""
    order = np.argsort(-weights, kind="stable")
    before = np.cumsum(weights[order]) - weights[order]
    left_out = order[before >= share * weights.sum()]
    left_out = left_out[left_out != order[0]]
    weights[left_out] = 0
    return weights
