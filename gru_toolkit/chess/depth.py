"""Deep leanings: how a person's leanings depend on what the network remembers of the game.

The network's memory before a move (its GRU state) is turned to a few axes, along which the person's games differ most.
For each of these, kinds of moves gain or lose weight: the logit of a move is shifted by the sum over its traits of
factors · axes. That is linear in the factors, so the fit is convex; nothing of the network itself changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gru_toolkit.chess.decisions import GROUPS, Decision, Position

AXES = 32
FEWEST = 400
"""Decisions below which nothing is fitted."""
_COLUMNS = (0, 2, 4)
"""The traits that are used: piece and target, capture, direction."""
_PRECISION = 400.0
_STEPS = 25
_RATE = 0.12
_MOMENTUM = 0.8
_COARSE = np.isin(GROUPS, _COLUMNS)
_PLACES = np.where(_COARSE, np.cumsum(_COARSE) - 1, -1)
"""(D,): a trait's place among the factors."""


@dataclass(frozen=True)
class Depth:
    """The deep leanings of one person.

    network  the fingerprint of the network whose memory they speak of; with another network they mean nothing
    centre   (U,) float32: the mean memory
    axes     (U, K) float32, with K = AXES, or U where that is less
    factors  (C, K) float32: by trait
    """

    network: str
    centre: np.ndarray
    axes: np.ndarray
    factors: np.ndarray

    def shift(self, position: Position) -> np.ndarray:
        """(n,) float64, added to the logits of the legal moves; zeros where the memory is not known."""
        if position.hidden is None:
            return np.zeros(len(position.codes))
        seen = (position.hidden - self.centre) @ self.axes  # (K,)
        shift: np.ndarray = (self.factors[_PLACES[position.traits[:, _COLUMNS]]].sum(axis=1) @ seen).astype(np.float64)
        return shift


def fit(decisions: Sequence[Decision], log_leaning: Sequence[np.ndarray], network: str) -> Depth | None:
    """The deep leanings that explain the decisions best beside the plain ones; None with too few decisions.

    log_leaning  for each decision (n,): the log-probabilities under the plain style
    """
    if len(decisions) < FEWEST or any(one.position.hidden is None for one in decisions):
        return None
    hidden = np.stack([one.position.hidden for one in decisions if one.position.hidden is not None])
    centre = hidden.mean(axis=0)
    _, spreads, directions = np.linalg.svd(hidden - centre, full_matrices=False)
    axes = directions[:AXES].T * (np.sqrt(len(hidden)) / np.maximum(spreads[:AXES], 1e-6))
    seen = (hidden - centre) @ axes  # (P, K)
    factors = _factors(decisions, log_leaning, seen)
    return Depth(network, *(part.astype(np.float32) for part in (centre, axes, factors)))


def _factors(decisions: Sequence[Decision], log_leaning: Sequence[np.ndarray], seen: np.ndarray) -> np.ndarray:
    """(C, K) by steps with momentum along the slope, scaled by each trait's curvature."""
    sizes = np.array([len(one.position.codes) for one in decisions])
    starts = np.cumsum(sizes) - sizes
    owner = np.repeat(np.arange(len(decisions)), sizes)
    played = starts + np.array([one.played for one in decisions])
    traits = np.concatenate([_PLACES[one.position.traits[:, _COLUMNS]] for one in decisions])  # (R, 3)
    base, rows = np.concatenate(log_leaning), seen[owner].astype(np.float32)
    places, kinds, count = traits.ravel(), int(_COARSE.sum()), seen.shape[1]
    factors = np.zeros((kinds, count), np.float32)
    speed = np.zeros_like(factors)
    for _ in range(_STEPS):
        logits = base + np.einsum("rk,rk->r", factors[traits].sum(axis=1), rows)
        unscaled = np.exp(logits - np.maximum.reduceat(logits, starts)[owner])
        share = unscaled / np.add.reduceat(unscaled, starts)[owner]
        missed = share.copy()
        missed[played] -= 1
        curve = np.bincount(places, np.repeat(share * (1 - share), len(_COLUMNS)), kinds)
        pulls = missed[:, None] * rows  # (R, K)
        slope = np.stack(
            [np.bincount(places, np.repeat(pulls[:, axis], len(_COLUMNS)), kinds) for axis in range(count)], axis=1
        )
        slope = slope + _PRECISION * factors
        speed = _MOMENTUM * speed - _RATE * slope / (curve + _PRECISION)[:, None]
        factors = (factors + speed).astype(np.float32)
    return factors
