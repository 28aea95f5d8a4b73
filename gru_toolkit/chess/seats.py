"""Who sits at a board: a person, somebody among several, a person's model, or an engine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gru_toolkit.chess.game import UNKNOWN_NAME
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import Prediction
from gru_toolkit.chess.who import TEMPER

SURE = 0.9
"""The share from which on a person is taken for the one who plays."""
_LEAST = 1e-4
"""No move weighs less than this in the belief: one odd move does not rule a person out."""


@dataclass(frozen=True)
class Seat:
    """One side of the board.

    name    as it stands in the game's PGN
    people  who may be sitting here, each as far as known; one of them when it is certain
    shares  how likely each of them is; adds up to 1
    by      who makes the moves: a person, the model of a person, or an engine
    """

    name: str
    people: tuple[Player, ...]
    shares: tuple[float, ...] = (1.0,)
    by: Literal["person", "model", "engine"] = "person"

    @classmethod
    def among(cls, name: str, people: Sequence[Player]) -> "Seat":
        """Somebody of these people, each as likely as the other."""
        return cls(name, tuple(people), (1.0 / len(people),) * len(people))

    @property
    def certain(self) -> bool:
        """Whether there is nobody else it may be."""
        return len(self.people) == 1

    @property
    def likeliest(self) -> Player:
        """Who is most likely sitting here."""
        return self.people[int(np.argmax(self.shares))]

    @property
    def recognised(self) -> Player | None:
        """Who sits here, if that is certain enough to learn from their moves."""
        return self.likeliest if max(self.shares) >= SURE else None

    @property
    def written(self) -> str:
        """The name for a file of games: nobody is named who is not recognised."""
        if self.by != "person":
            return self.name
        person = self.recognised
        if person is None or name_key(person.name) == UNKNOWN_NAME:
            return UNKNOWN_NAME
        return self.name if self.certain else person.name

    def after_move(self, probabilities: Sequence[float]) -> "Seat":
        """The belief after a move, given how likely each of the people was to play it."""
        weights = np.array(self.shares) * np.maximum(np.array(probabilities), _LEAST) ** TEMPER
        return replace(self, shares=tuple((weights / weights.sum()).tolist()))

    def with_player(self, player: Player) -> "Seat":
        """The same seat with a newer model of one of the people."""
        return replace(self, people=tuple(player if one.name == player.name else one for one in self.people))


def blended(predictions: Sequence[Prediction], shares: Sequence[float]) -> Prediction:
    """One prediction from those of several people for the same position, each with its share.

    Sources, explanation and name are those of the most likely person.
    """
    first = predictions[int(np.argmax(shares))]
    orders = [np.array([one.moves.index(move) for move in first.moves]) for one in predictions]
    mixed = sum(share * one.probabilities[order] for one, order, share in zip(predictions, orders, shares, strict=True))
    order = np.argsort(-np.asarray(mixed), kind="stable")
    return replace(
        first,
        moves=tuple(first.moves[place] for place in order),
        probabilities=np.asarray(mixed)[order],
        parts={name: part[order] for name, part in first.parts.items()},
        recent=first.recent[order],
    )
