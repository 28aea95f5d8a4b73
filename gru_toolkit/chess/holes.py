"""Holes in a repertoire: positions that a person often gets and has no settled or no good answer to."""

from collections.abc import Sequence
from dataclasses import dataclass

import chess

from gru_toolkit.chess.moves import move_of
from gru_toolkit.chess.rates import Rate
from gru_toolkit.chess.repertoire import Repertoire, Visits, board_after, mean_score, opening_after, positions_of

_MOST = 8
_FEWEST_GAMES = 8
_MISSING, _SCATTERED = 0.02, 0.25
"""A position is no hole with less than so many points missing and less than this share of rare answers."""
_LEAST = 0.003
"""The weight, in points a game with that colour, under which a position is no hole."""
_SETTLED_SCORE = 10.0
"""Games that a score in one position needs to count half against the person's usual one."""
_SETTLED_ANSWER = 0.12
"""The share of the games from which on an answer is one the person has chosen for good."""
_UNSETTLED = 0.3
"""What a game with an answer that is not settled costs, in points."""


@dataclass(frozen=True)
class Hole:
    """A position the person often gets and does not handle well, or has no settled answer to.

    line     the moves that lead there, as codes
    reach    share of the games with that colour in which it was reached
    answers  the most usual answers in SAN, and how often
    score    the person's mean result there, and usual their mean with that colour
    weight   what it costs: reach × (missing score + _UNSETTLED × share of the games with a rare answer); nothing where
             results are better than usual
    """

    colour: chess.Color
    line: tuple[int, ...]
    opening: str | None
    reach: Rate
    answers: tuple[tuple[str, Rate], ...]
    score: float | None
    usual: float | None
    weight: float


def holes_of(repertoire: Repertoire) -> tuple[Hole, ...]:
    found = []
    for colour in chess.COLORS:
        games = repertoire.of(colour)
        usual = mean_score(games)
        for visits in positions_of(games, colour).values():
            reached = len(visits.games)
            if len(visits.line) >= 2 - int(not colour) and reached >= max(_FEWEST_GAMES, 0.01 * len(games)):
                found.append(_hole(visits, colour, Rate(reached, len(games)), usual))
    found = sorted((hole for hole in found if hole.weight >= _LEAST), key=lambda hole: -hole.weight)
    return tuple(_without_neighbours(found))


def _hole(visits: Visits, colour: chess.Color, reach: Rate, usual: float | None) -> Hole:
    score = mean_score(visits.games)
    times = len(visits.games)
    missing, good = 0.0, False
    if usual is not None and score is not None:
        missing, good = max(usual - score, 0.0) * times / (times + _SETTLED_SCORE), score > usual
    unsettled = sum(count for count in visits.answers.values() if count < _SETTLED_ANSWER * times) / times
    board = board_after(visits.line)
    answers = tuple((board.san(move_of(code)), Rate(count, times)) for code, count in visits.answers.most_common(3))
    named = opening_after(visits.line)
    harmless = missing < _MISSING and unsettled < _SCATTERED
    weight = 0.0 if good or harmless else reach.share * (missing + _UNSETTLED * unsettled)
    return Hole(colour, visits.line, named.name if named else None, reach, answers, score, usual, weight)


def _without_neighbours(holes: Sequence[Hole]) -> list[Hole]:
    """The heaviest holes, at most one on each line: a position just before or behind one says little more."""
    kept: list[Hole] = []
    for hole in holes:
        lines = [other.line for other in kept if other.colour == hole.colour]
        if not any(hole.line[: len(line)] == line or line[: len(hole.line)] == hole.line for line in lines):
            kept.append(hole)
        if len(kept) == _MOST:
            break
    return kept
