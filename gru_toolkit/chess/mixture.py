"""A player's prediction as a mixture of four opinions, weighted by how much is known of the position.

network  what anybody of that strength would play
style    the network, bent by the person's leanings
plan     what the person played with the same own pieces, whatever the opponent had
book     what the person played in this very position

The weights are a softmax of a few facts about the position, fitted to the person's own held-out games around a prior
from many players; where the person never was, book and plan have no say.
"""

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from gru_toolkit.chess.decisions import Position
from gru_toolkit.chess.memory import Memory, Recalled
from gru_toolkit.chess.style import Style

OPINIONS = ("network", "style", "plan", "book")
FACTS = (
    "one", "book_games", "book_weight", "book_top", "book_agrees", "plan_games", "plan_top", "plan_agrees",
    "ply", "games", "network_sure",
)  # fmt: skip
_STEPS = 300
_RATE = 0.1
_LIVE_RATE = 0.002
"""How far one finished game moves the weights."""
_FIRMNESS = 30.0
"""How firmly the prior holds the weights of the facts, in held-out moves."""


@dataclass(frozen=True)
class Opinions:
    """What each source says of one position.

    shares     (4, n) float64: each opinion's probabilities of the legal moves; a row of zeros where it has none
    facts      (len(FACTS),) float64
    has_say    (4,) bool: which opinions say anything; the style of a person without games says nothing
    book, plan  what was recalled
    """

    shares: np.ndarray
    facts: np.ndarray
    has_say: np.ndarray
    book: Recalled
    plan: Recalled


@dataclass(frozen=True)
class Gate:
    """The weights of the facts: (len(FACTS), 4) float64; the network's column is 0."""

    factors: np.ndarray

    @classmethod
    def plain(cls) -> "Gate":
        """A start without any held-out game: the more is known here, the more it counts."""
        factors = np.zeros((len(FACTS), len(OPINIONS)))
        factors[FACTS.index("one"), 1:] = 1.0, -2.0, -1.0
        factors[FACTS.index("book_games"), 3] = 1.0
        factors[FACTS.index("plan_games"), 2] = 0.3
        factors[FACTS.index("games"), 1] = 0.5
        return cls(factors)

    @classmethod
    def network_only(cls) -> "Gate":
        """Nobody but the network has a say."""
        factors = np.zeros((len(FACTS), len(OPINIONS)))
        factors[FACTS.index("one"), 1:] = -30.0
        return cls(factors)

    @classmethod
    @functools.cache
    def shipped(cls) -> "Gate":
        """The prior from many players, as `benchmarks/gate_prior.py` fitted it."""
        text = resources.files("gru_toolkit.chess").joinpath("gate_prior.json").read_text(encoding="utf-8")
        prior = json.loads(text)
        assert (prior["facts"], prior["opinions"]) == ([*FACTS], [*OPINIONS]), "the prior is of another version"
        return cls(np.array(prior["factors"]))

    def weights(self, opinions: Opinions) -> np.ndarray:
        """(4,) float64, adding up to 1; 0 for opinions that have no say."""
        weights: np.ndarray = _gated(self.factors, opinions.facts[None], opinions.has_say[None])[0]
        return weights


def opinions(
    position: Position, memory: Memory, style: Style, *, speed: int = 0, before: int | None = None
) -> Opinions:
    """What the four sources say of a position.

    before  look at the person's games below this number only
    """
    book = memory.recall(position.key, position.codes, speed=speed, before=before)
    plan = memory.recall(position.plan, position.codes, speed=speed, plan=True, before=before)
    network = np.exp(position.log_network)
    leaning = np.exp(style.log_probabilities(position))
    planned, booked = _share(plan), _share(book)
    games = memory.games if before is None else before
    facts = np.array(
        [
            1.0,
            math.log1p(book.times),
            math.log1p(book.total),
            booked.max(),
            leaning[booked.argmax()] if book.total else 0.0,
            math.log1p(plan.times),
            planned.max(),
            leaning[planned.argmax()] if plan.total else 0.0,
            min(position.ply / 20, 2.0),
            math.log1p(games) / 5,
            network.max(),
        ]
    )
    has_say = np.array([True, games > 0 or bool(style.leanings.any()), plan.total > 0, book.total > 0])
    return Opinions(np.array([network, leaning, planned, booked]), facts, has_say, book, plan)


def mixed(opinions: Opinions, gate: Gate) -> tuple[np.ndarray, np.ndarray]:
    """The mixture's probabilities (n,), and the weights (4,) that made them."""
    weights = gate.weights(opinions)
    return weights @ opinions.shares, weights


def fit_gate(facts: np.ndarray, said: np.ndarray, has_say: np.ndarray, prior: Gate) -> Gate:
    """The gate under which held-out moves were most likely, around a prior.

    facts    (P, len(FACTS))
    said     (P, 4): the probability that each opinion gave to the move that was played
    has_say  (P, 4) bool
    """
    factors, first, second = prior.factors.copy(), np.zeros_like(prior.factors), np.zeros_like(prior.factors)
    for step in range(1, _STEPS + 1):
        weights = _gated(factors, facts, has_say)
        joint = weights * said
        credit = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-12)
        slope = facts.T @ (weights - credit) + _FIRMNESS * (factors - prior.factors)
        slope[:, 0] = 0.0
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope**2
        rate = _RATE * min(1.0, 3 * (1 - step / (_STEPS + 1)))
        factors = factors - rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return Gate(factors)


def gate_after_game(gate: Gate, facts: np.ndarray, said: np.ndarray, has_say: np.ndarray) -> Gate:
    """The gate after one more game: one small step towards the opinions that were right in it."""
    weights = _gated(gate.factors, facts, has_say)
    joint = weights * said
    credit = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-12)
    step = facts.T @ (credit - weights)
    step[:, 0] = 0.0
    return Gate(gate.factors + _LIVE_RATE * step)


def log_losses(gate: Gate, facts: np.ndarray, said: np.ndarray, has_say: np.ndarray) -> np.ndarray:
    """(P,) float64: -log of the mixture's probability of each played move, in nats."""
    chance = (_gated(gate.factors, facts, has_say) * said).sum(axis=1)
    losses: np.ndarray = -np.log(np.maximum(chance, 1e-12))
    return losses


def stacked(all_opinions: Sequence[Opinions], played: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The facts (P, F), what each opinion gave to the played move (P, 4), and who had a say (P, 4)."""
    facts = np.stack([one.facts for one in all_opinions])
    said = np.stack([one.shares[:, move] for one, move in zip(all_opinions, played, strict=True)])
    return facts, said, np.stack([one.has_say for one in all_opinions])


def _gated(factors: np.ndarray, facts: np.ndarray, has_say: np.ndarray) -> np.ndarray:
    """(P, 4) softmax over the opinions that have a say."""
    logits = np.where(has_say, facts @ factors, -np.inf)
    unscaled = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights: np.ndarray = unscaled / unscaled.sum(axis=1, keepdims=True)
    return weights


def _share(recalled: Recalled) -> np.ndarray:
    return recalled.counts / recalled.total if recalled.total else recalled.counts
