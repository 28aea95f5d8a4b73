"""How well a person's moves are foretold in games that were held out: counts, network and player model side by side.

The newest games are the test; the model is learned from the earlier ones and does not change while it is tested.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from gru_toolkit.chess import mixture
from gru_toolkit.chess.decisions import Decision
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.learning import LearnConfig, colour_of, decisions_in, learn, read_own
from gru_toolkit.chess.next_move import NextMoveNetwork
from gru_toolkit.chess.players import Player
from gru_toolkit.errors import DataError, UsageError
from gru_toolkit.runs import bootstrap

HELD_OUT = 120
"""The newest games of a person that are the test; at most a third of them all."""
MODELS = ("counts", "network", "player")
TOPS = (1, 3, 5)
FEWEST_PEOPLE = bootstrap.FEWEST_GROUPS
"""From so many people on they are scored together too, with intervals over people."""
LEAST_SECONDS = 30.0
_BINS = 10
_PERFECT = 200
_BATCH = 32

Protocol = Callable[["Scores"], np.ndarray]


@dataclass(frozen=True)
class Scores:
    """Each held-out move of a person under the three models.

    ranks    (P, 3) int64: the place of the played move among the legal ones, 1 is first
    losses   (P, 3) float64: -log of its probability, in nats
    tops     (P, 3) float64: the probability of the most probable move
    ply      (P,) plies before the move
    seconds  (P,) on the person's clock before the move, NaN where unknown
    game     (P,) number of the held-out game
    """

    ranks: np.ndarray
    losses: np.ndarray
    tops: np.ndarray
    ply: np.ndarray
    seconds: np.ndarray
    game: np.ndarray

    def part(self, chosen: np.ndarray) -> "Scores":
        """The moves where `chosen` (P,) is True."""
        names = ("ranks", "losses", "tops", "ply", "seconds", "game")
        return Scores(*(getattr(self, name)[chosen] for name in names))


BANDS: Mapping[str, Protocol] = {
    "all moves": lambda scores: scores.ply >= 0,
    "moves 1-10": lambda scores: scores.ply < 20,
    "moves 1-5": lambda scores: scores.ply < 10,
    "moves 6-10": lambda scores: (scores.ply >= 10) & (scores.ply < 20),
    "moves 11-20": lambda scores: (scores.ply >= 20) & (scores.ply < 40),
    "moves 21+": lambda scores: scores.ply >= 40,
    "ply > 10, 30 s left": lambda scores: (scores.ply >= 10) & ~(scores.seconds < LEAST_SECONDS),
}
"""Which moves count; where clocks are unknown nothing is left out for want of time."""


@dataclass(frozen=True)
class Row:
    """One model in one band.

    top          k → share of moves among the model's k first; intervals by the same key, 95 %, over games
    loss         mean -log probability in nats, and its interval
    calibration  mean gap between the first move's probability and how often it came (10 bins of equal size)
    perfect      the 97.5 % point of the same for a forecaster whose probabilities are true
    gain         top-1 of the player model minus this model's: the 95 % interval of the paired difference
    """

    model: str
    moves: int
    top: Mapping[int, float]
    top_interval: bootstrap.Interval | None
    loss: float
    loss_interval: bootstrap.Interval | None
    calibration: float
    perfect: float
    gain: bootstrap.Interval | None


@dataclass(frozen=True)
class Evaluation:
    """A person's held-out games scored: band → a row for each model; and the scores of the single moves."""

    name: str
    earlier: int
    held_out: int
    bands: Mapping[str, tuple[Row, ...]]
    scores: Scores = field(repr=False)

    def to_plain(self) -> dict[str, Any]:
        """The tables as plain data."""
        return {"name": self.name, "earlier": self.earlier, "held_out": self.held_out, "bands": plain_bands(self.bands)}


def evaluate(
    name: str, games: Sequence[Game], network: NextMoveNetwork, *, held_out: int = HELD_OUT, deep: bool = False
) -> Evaluation:
    """Learn a person from the earlier games and score the newest ones.

    games  oldest first

    Raises UsageError for a test without games, DataError with fewer than 6 games of the person.
    """
    if held_out < 1:
        raise UsageError(f"the test needs at least 1 game, got {held_out}")
    own = [game for game in games if colour_of(name, game) is not None]
    if len(own) < 6:
        raise DataError(f"{name} has {len(own)} games; an evaluation needs at least 6")
    test = own[-min(held_out, len(own) // 3) :]
    earlier = own[: len(own) - len(test)]
    player = learn(name, earlier, network, LearnConfig(deep=deep)).for_network(network)
    scores = scores_of(player, test, network)
    return Evaluation(name, len(earlier), len(test), rows_by_band(scores), scores)


def over_people(evaluations: Sequence[Evaluation]) -> dict[str, tuple[Row, ...]]:
    """The tables of all people's moves together, with intervals over people: as far as it would move for others."""
    names = ("ranks", "losses", "tops", "ply", "seconds")
    columns = [np.concatenate([getattr(one.scores, name) for one in evaluations]) for name in names]
    person = np.repeat(np.arange(len(evaluations)), [len(one.scores.ply) for one in evaluations])
    return rows_by_band(Scores(*[*columns, person]))


def plain_bands(bands: Mapping[str, tuple[Row, ...]]) -> dict[str, list[dict[str, Any]]]:
    """Tables as plain data."""
    return {band: [asdict(row) for row in rows] for band, rows in bands.items()}


def rows_by_band(scores: Scores) -> dict[str, tuple[Row, ...]]:
    """The table of an evaluation; bands without any move are left out."""
    parts = {band: scores.part(chosen(scores)) for band, chosen in BANDS.items()}
    return {
        band: tuple(_row(part, place) for place in range(len(MODELS))) for band, part in parts.items() if len(part.ply)
    }


def scores_of(player: Player, games: Sequence[Game], network: NextMoveNetwork) -> Scores:
    """Every move of the person in the games under counts alone, the network alone, and the player model."""
    parts = []
    for begin in range(0, len(games), _BATCH):
        some = games[begin : begin + _BATCH]
        own = [(game, colour) for game in some if (colour := colour_of(player.name, game)) is not None]
        assert len(own) == len(some), "only games of the person are scored"
        for place, (expected, states) in enumerate(read_own(network, own, deep=player.is_deep_for(network))):
            game, colour = own[place]
            decisions = decisions_in(game, colour, expected, begin + place, states=states)
            parts += [_scored(player, one, seconds_before(game, one.position.ply)) for one in decisions]
    columns = [np.array(column) for column in zip(*parts, strict=True)]
    return Scores(*columns)


def seconds_before(game: Game, ply: int) -> float:
    """What the mover's clock showed before a ply: as after their last move; NaN where unknown."""
    return float(game.clocks[ply - 2]) if game.clocks is not None and ply >= 2 else float("nan")


def _scored(
    player: Player, one: Decision, seconds: float
) -> tuple[list[int], list[float], list[float], int, float, int]:
    opinions = mixture.opinions(one.position, player.memory, player.style, speed=one.speed)
    probabilities, _ = mixture.mixed(opinions, player.gate)
    network = opinions.shares[0]
    uniform = np.full(len(network), 1 / len(network))
    counts = (opinions.book.counts + uniform) / (opinions.book.total + 1)
    ranks, losses, tops = [], [], []
    for shares in (counts, network, probabilities):
        # Equal shares stand in the order of the legal moves, which knows nothing of the move that was played.
        order = np.argsort(-shares, kind="stable")
        ranks.append(int(np.flatnonzero(order == one.played)[0]) + 1)
        losses.append(float(-np.log(max(shares[one.played], 1e-12))))
        tops.append(float(shares[order[0]]))
    return ranks, losses, tops, one.position.ply, seconds, one.game


def _row(scores: Scores, model: int) -> Row:
    ranks, losses, tops = scores.ranks[:, model], scores.losses[:, model], scores.tops[:, model]
    first = (ranks == 1).astype(np.float64)
    player = (scores.ranks[:, MODELS.index("player")] == 1).astype(np.float64)
    sums = {"first": first, "loss": losses, "moves": np.ones(len(first))}
    intervals = bootstrap.intervals(
        scores.game,
        sums,
        lambda drawn: {
            "first": float(drawn["first"] / drawn["moves"]),
            "loss": float(drawn["loss"] / drawn["moves"]),
        },
    )
    return Row(
        model=MODELS[model],
        moves=len(first),
        top={k: float((ranks <= k).mean()) for k in TOPS},
        top_interval=intervals.get("first"),
        loss=float(losses.mean()),
        loss_interval=intervals.get("loss"),
        calibration=calibration_error(tops, first),
        perfect=perfect_calibration(tops),
        gain=None if MODELS[model] == "player" else _gain(scores.game, player, first),
    )


def _gain(game: np.ndarray, player: np.ndarray, rival: np.ndarray) -> bootstrap.Interval | None:
    """The interval of the difference in top-1, over games."""
    inverse = np.unique(game, return_inverse=True)[1]
    moves = np.bincount(inverse).astype(np.float64)
    ours, theirs = ({"first": np.bincount(inverse, one), "moves": moves} for one in (player, rival))
    return bootstrap.paired_difference(ours, theirs, lambda sums: float(sums["first"] / sums["moves"]))


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """The mean distance between confidence and frequency over bins of equal size.

    confidence  (P,) the probability of the first move
    right       (P,) 1.0 where it was played
    """
    order = np.argsort(confidence, kind="stable")
    bins = np.array_split(order, min(_BINS, len(order)))
    gaps = [abs(float(confidence[one].mean() - right[one].mean())) * len(one) for one in bins]
    return sum(gaps) / len(order)


def perfect_calibration(confidence: np.ndarray, *, seed: int = 0) -> float:
    """What 97.5 % of perfect forecasters with these confidences stay below, by simulation."""
    rng = np.random.default_rng(seed)
    errors = [
        calibration_error(confidence, (rng.random(len(confidence)) < confidence).astype(np.float64))
        for _ in range(_PERFECT)
    ]
    return float(np.quantile(errors, 0.975))
