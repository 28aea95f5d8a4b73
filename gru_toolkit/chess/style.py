"""The embedding of a player: leanings towards kinds of moves, added to what the network expects.

A style is a vector over the traits of moves (see decisions) and a sharpness for each stage of a game. It is a
conditional logit model on top of the network's log-probabilities, convex, so that a few dozen steps in NumPy fit it; a
Gaussian prior around a start (zero, or a similar player's style) keeps few games from saying much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gru_toolkit.chess.decisions import GROUPS, TRAITS, Decision, Position
from gru_toolkit.chess.depth import Depth
from gru_toolkit.chess.depth import fit as fit_depth

PRECISION = np.array([8.0, 8.0, 8.0, 8.0, 8.0, 4.0, 4.0])
"""How firmly the prior holds each kind of trait."""
SHARPNESS_PRECISION = 30.0
HALF_LIFE = 500.0
"""Games after which a decision weighs half as much in a fit."""
STEPS = 40
_RATE = 0.5
_LIVE_RATE = 0.75
"""How much of a Newton step one finished game is worth; over the next 60 games of four people .5 to 1 were alike."""


@dataclass(frozen=True)
class Style:
    """Leanings of one person.

    leanings   (D,) float32 added to the logit of a move for each of its traits
    sharpness  (3,) float32: by stage, how much more (+) or less (-) than 1 the network's own logits count
    precision  (D,) float32: how much is known about each leaning, the prior included
    depth      how the leanings depend on the network's memory of the game; None for not at all
    """

    leanings: np.ndarray
    sharpness: np.ndarray
    precision: np.ndarray
    depth: Depth | None = None

    @classmethod
    def neutral(cls) -> "Style":
        """Plays as the network expects of anybody."""
        size = len(GROUPS)
        return cls(np.zeros(size, np.float32), np.zeros(3, np.float32), PRECISION[GROUPS].astype(np.float32))

    def log_probabilities(self, position: Position) -> np.ndarray:
        """(n,) float64: the legal moves as this person leans."""
        logits = (1 + float(self.sharpness[position.stage])) * position.log_network
        logits = logits + self.leanings[position.traits].sum(axis=1)
        if self.depth is not None:
            logits = logits + self.depth.shift(position)
        shifted = logits - logits.max()
        result: np.ndarray = shifted - np.log(np.exp(shifted).sum())
        return result


@dataclass(frozen=True)
class _Flat:
    """Decisions as flat arrays: rows are legal moves, one decision after the other.

    traits (R, TRAITS), log_network (R,), shift (R,) of the deep leanings, starts (P,) first row of each, owner (R,) its
    decision,
    stage (R,), played (P,) row of the move that was played, weights (P,)
    """

    traits: np.ndarray
    log_network: np.ndarray
    shift: np.ndarray
    starts: np.ndarray
    owner: np.ndarray
    stage: np.ndarray
    played: np.ndarray
    weights: np.ndarray


def fit(decisions: Sequence[Decision], start: Style | None = None) -> Style:
    """The style that explains the decisions best, those of newer games above all, held back by the prior around
    `start`."""
    start = start or Style.neutral()
    if not decisions:
        return start
    games = np.array([one.game for one in decisions])
    flat = _flat(decisions, 0.5 ** ((games.max() - games) / HALF_LIFE))
    prior = PRECISION[GROUPS]
    leanings, sharpness = start.leanings.astype(np.float64), start.sharpness.astype(np.float64)
    origin = leanings.copy(), sharpness.copy()
    ahead, speed, speed_sharp = (leanings, sharpness), np.zeros_like(leanings), np.zeros_like(sharpness)
    for step in range(STEPS):
        slope, slope_sharp, curve, curve_sharp = _slopes(flat, *ahead)
        slope += prior * (ahead[0] - origin[0])
        slope_sharp += SHARPNESS_PRECISION * (ahead[1] - origin[1])
        momentum = step / (step + 3)
        rate = _RATE / np.sqrt(TRAITS)
        following = ahead[0] - rate * slope / (curve + prior)
        following_sharp = ahead[1] - rate * slope_sharp / (curve_sharp + SHARPNESS_PRECISION)
        speed, speed_sharp = following - leanings, following_sharp - sharpness
        leanings, sharpness = following, following_sharp
        ahead = leanings + momentum * speed, sharpness + momentum * speed_sharp
    curve = _slopes(flat, leanings, sharpness)[2]
    known = (start.precision + curve).astype(np.float32)
    return Style(leanings.astype(np.float32), sharpness.astype(np.float32), known)


def deepened(style: Style, decisions: Sequence[Decision], network: str) -> Style:
    """The style with deep leanings fitted to decisions in which the network's memory is known.

    network  its fingerprint
    """
    plain = replace(style, depth=None)
    leanings = [plain.log_probabilities(one.position) for one in decisions]
    return replace(style, depth=fit_depth(decisions, leanings, network))


def weakened(style: Style, share: float) -> Style:
    """A share of the leanings, as a start for somebody else: nothing is known of that person yet."""
    leanings, sharpness = (np.float32(share) * part for part in (style.leanings, style.sharpness))
    return replace(Style.neutral(), leanings=leanings, sharpness=sharpness)


def log_likelihood(style: Style, decisions: Sequence[Decision]) -> float:
    """The mean logarithm of the probability of what was played, in nats."""
    return float(np.mean([style.log_probabilities(one.position)[one.played] for one in decisions]))


def after_game(style: Style, decisions: Sequence[Decision]) -> Style:
    """The style after one more game: one Newton step for each leaning, as far as the game can tell."""
    if not decisions:
        return style
    flat = _flat(decisions, np.ones(len(decisions)), style.depth)
    told, places = np.unique(flat.traits, return_inverse=True)  # one game tells of few of the leanings
    near = replace(flat, traits=places.reshape(flat.traits.shape))
    slope, _, curve, _ = _slopes(near, style.leanings[told].astype(np.float64), style.sharpness.astype(np.float64))
    leanings, precision = style.leanings.copy(), style.precision.copy()
    precision[told] += curve
    leanings[told] -= _LIVE_RATE * slope / precision[told]
    return replace(style, leanings=leanings, precision=precision)


def _flat(decisions: Sequence[Decision], weights: np.ndarray, depth: Depth | None = None) -> _Flat:
    sizes = np.array([len(decision.position.codes) for decision in decisions])
    starts = np.cumsum(sizes) - sizes
    owner = np.repeat(np.arange(len(decisions)), sizes)
    return _Flat(
        traits=np.concatenate([decision.position.traits for decision in decisions]),
        log_network=np.concatenate([decision.position.log_network for decision in decisions]),
        shift=np.concatenate([depth.shift(one.position) for one in decisions]) if depth else np.zeros(len(owner)),
        starts=starts,
        owner=owner,
        stage=np.array([decision.position.stage for decision in decisions])[owner],
        played=starts + np.array([decision.played for decision in decisions]),
        weights=weights,
    )


def _slopes(flat: _Flat, leanings: np.ndarray, sharpness: np.ndarray) -> tuple[np.ndarray, ...]:
    """Slopes and diagonal curvatures of the negative log-likelihood, by leanings (D,) and by sharpness (3,)."""
    logits = (1 + sharpness[flat.stage]) * flat.log_network + leanings[flat.traits].sum(axis=1) + flat.shift
    shifted = logits - np.maximum.reduceat(logits, flat.starts)[flat.owner]
    unscaled = np.exp(shifted)
    share = unscaled / np.add.reduceat(unscaled, flat.starts)[flat.owner]  # (R,)
    weight = flat.weights[flat.owner]
    missed = weight * share
    missed[flat.played] -= flat.weights
    spread = weight * share * (1 - share)
    places = flat.traits.ravel()
    slope = np.bincount(places, np.repeat(missed, TRAITS), len(leanings))
    curve = np.bincount(places, np.repeat(spread, TRAITS), len(leanings))
    slope_sharp = np.bincount(flat.stage, missed * flat.log_network, 3)
    mean = np.add.reduceat(share * flat.log_network, flat.starts)[flat.owner]
    curve_sharp = np.bincount(flat.stage, weight * share * (flat.log_network - mean) ** 2, 3)
    return slope, slope_sharp, curve, curve_sharp
