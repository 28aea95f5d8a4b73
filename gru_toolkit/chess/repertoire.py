"""The openings of one person: what they and their opponents played in the first moves, position by position."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import chess

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.learning import colour_of
from gru_toolkit.chess.moves import boards, move_of
from gru_toolkit.chess.openings import Opening, opening_of
from gru_toolkit.chess.position_keys import position_key

DEPTH = 20
"""Plies of a game that count as its opening."""


@dataclass(frozen=True)
class Opened:
    """The opening of one game of the person.

    codes   the first moves, at most DEPTH
    keys    the keys of the positions: `keys[i]` before move i, and one after the last
    score   1 won, ½ drawn, 0 lost; None for a game without a result
    """

    colour: chess.Color
    codes: tuple[int, ...]
    keys: tuple[int, ...]
    date: str | None
    score: float | None
    opening: Opening | None


@dataclass
class Visits:
    """A position of a repertoire, however it was reached.

    line      one way to reach it, the most usual one first met
    answers   move code → games
    games     in which it was reached, each once
    """

    line: tuple[int, ...]
    answers: Counter[int] = field(default_factory=Counter)
    games: list[Opened] = field(default_factory=list)


@dataclass(frozen=True)
class Repertoire:
    """All openings of a person, oldest first."""

    name: str
    games: tuple[Opened, ...]

    def of(self, colour: chess.Color) -> list[Opened]:
        """The games with one colour."""
        return [game for game in self.games if game.colour == colour]


def repertoire_of(name: str, games: Iterable[Game]) -> Repertoire:
    """The openings of a person in the games they play in; games from set-up positions are left out."""
    opened = []
    for game in games:
        colour = colour_of(name, game)
        if colour is not None and game.fen is None:
            opened.append(_opened(game, colour))
    return Repertoire(name, tuple(opened))


def _opened(game: Game, colour: chess.Color) -> Opened:
    codes = tuple(int(code) for code in game.moves[:DEPTH])
    keys = []
    for board, move in islice(boards(codes), len(codes)):
        keys.append(position_key(board))
        last = board, move
    after = last[0].copy(stack=False)
    keys.append(position_key(after))
    won = {"1-0": 1.0, "0-1": 0.0, "1/2-1/2": 0.5}.get(game.result)
    score = won if won is None or colour == chess.WHITE else 1 - won
    return Opened(colour, codes, tuple(keys), game.date, score, opening_of(keys))


def positions_of(games: Sequence[Opened], colour: chess.Color) -> dict[int, Visits]:
    """Every position in which a side was to move, by key, with what was played there.

    colour  the side to move: the person's own, for their answers, or the other, for what they have to face
    """
    found: dict[int, Visits] = {}
    for game in games:
        seen = set()
        for ply, (key, code) in enumerate(zip(game.keys, game.codes, strict=False)):
            if (ply % 2 == 0) == (colour == chess.WHITE) and key not in seen:
                seen.add(key)
                visits = found.setdefault(key, Visits(game.codes[:ply]))
                visits.answers[code] += 1
                visits.games.append(game)
    return found


def san_line(codes: Sequence[int]) -> str:
    """Moves from the first position as people write them: `1. e4 c5 2. Nf3`."""
    return chess.Board().variation_san([move_of(code) for code in codes])


def board_after(line: Sequence[int]) -> chess.Board:
    """The board after moves from the first position."""
    board = chess.Board()
    for code in line:
        board.push(move_of(code))
    return board


def opening_after(line: Sequence[int]) -> Opening | None:
    """The opening that the moves lead to, or the last one on their way."""
    board, keys = chess.Board(), []
    for code in line:
        board.push(move_of(code))
        keys.append(position_key(board))
    return opening_of(keys)


def mean_score(games: Sequence[Opened]) -> float | None:
    """The mean result of the games that have one, 0 to 1."""
    scores = [game.score for game in games if game.score is not None]
    return sum(scores) / len(scores) if scores else None
