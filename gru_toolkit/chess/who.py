"""Who is likely playing: each known person's likelihood of the moves, and nothing else.

Names, ratings, clocks and time controls are hidden from the network and from the players' models. Moves of one game
are not independent evidence, so their sum counts only in part (TEMPER).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import chess
import numpy as np

from gru_toolkit.chess import mixture
from gru_toolkit.chess.decisions import Decision
from gru_toolkit.chess.game import UNKNOWN_NAME, Game
from gru_toolkit.chess.learning import decisions_in
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.next_move import NextMoveNetwork
from gru_toolkit.chess.players import Player

TEMPER = 0.8
"""How much of the summed log-likelihood counts. From one game of three accounts, .7 to 1 foretold the right one best;
people who are more alike deserve less certainty."""


@dataclass(frozen=True)
class Belief:
    """Who somebody is likely to be.

    subject      who is asked about: a name in the file, or the side without a name
    games        games that were looked at, and moves of the subject in them
    names        known people, the likeliest first
    probabilities  in their order, adding up to 1: one of these people is taken to be it
    bits         in their order: how much better than anybody's network each explains the moves, in bits
    """

    subject: str
    games: int
    moves: int
    names: tuple[str, ...]
    probabilities: tuple[float, ...]
    bits: tuple[float, ...]

    @property
    def fits(self) -> bool:
        """Whether anybody known explains the moves better than the network of anybody."""
        return bool(self.bits) and self.bits[0] > 0


def anonymous(game: Game) -> Game:
    """The moves of a game and nothing else."""
    hidden = replace(game, white=UNKNOWN_NAME, black=UNKNOWN_NAME, white_rating=None, black_rating=None)
    return replace(hidden, date=None, time=None, time_control=None, clocks=None, site=None, result="*")


def who(games: Sequence[Game], players: Sequence[Player], network: NextMoveNetwork) -> list[Belief]:
    """A belief for everybody who plays in the games.

    The names in the file only tell which sides are one person; sides without a name are one person for each colour.
    """
    sides = _sides(games)
    expected = network.read([anonymous(game) for game in games])
    beliefs = []
    for subject, places in sides.items():
        decisions = [
            one for place, colour in places for one in decisions_in(anonymous(games[place]), colour, expected[place], 0)
        ]
        gains = {player.name: gain_of(player, decisions) for player in players}
        beliefs.append(_belief(subject, len(places), len(decisions), gains))
    return beliefs


def gain_of(player: Player, decisions: Iterable[Decision]) -> float:
    """By how many nats the player's model explains the moves better than the network alone."""
    gain = 0.0
    for one in decisions:
        opinions = mixture.opinions(one.position, player.memory, player.style)
        probabilities, _ = mixture.mixed(opinions, player.gate)
        gain += float(np.log(max(probabilities[one.played], 1e-12)) - one.position.log_network[one.played])
    return gain


def probabilities_of(gains: Sequence[float]) -> np.ndarray:
    """(K,) float64: how likely each of K people is, from their gains in nats; all were equally likely before."""
    tempered = TEMPER * np.asarray(gains, np.float64)
    unscaled = np.exp(tempered - tempered.max())
    result: np.ndarray = unscaled / unscaled.sum()
    return result


def _sides(games: Sequence[Game]) -> dict[str, list[tuple[int, chess.Color]]]:
    """Who → the games, by their place, and the colours they play; in the order of their first game."""
    sides: dict[str, list[tuple[int, chess.Color]]] = {}
    labels: dict[str, str] = {}
    for place, game in enumerate(games):
        for colour, name in ((chess.WHITE, game.white), (chess.BLACK, game.black)):
            key = name_key(name)
            label = f"the {'White' if colour else 'Black'} side" if key == UNKNOWN_NAME else name
            sides.setdefault(labels.setdefault(f"{key}{colour}" if key == UNKNOWN_NAME else key, label), []).append(
                (place, colour)
            )
    return sides


def _belief(subject: str, games: int, moves: int, gains: Mapping[str, float]) -> Belief:
    order = sorted(gains, key=lambda name: -gains[name])
    chances = probabilities_of([gains[name] for name in order]) if order else np.zeros(0)
    bits = tuple(gains[name] / float(np.log(2)) for name in order)
    return Belief(subject, games, moves, tuple(order), tuple(chances.tolist()), bits)
