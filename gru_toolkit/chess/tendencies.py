"""What a person tends to play in the opening: in a sentence, in tables with intervals, over time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import chess

from gru_toolkit.chess.holes import Hole, holes_of
from gru_toolkit.chess.moves import move_code, move_of
from gru_toolkit.chess.rates import Rate
from gru_toolkit.chess.repertoire import Opened, Repertoire, board_after, mean_score, opening_after, san_line

FIRST_MOVES = {"e4": "King's Pawn", "d4": "Queen's Pawn", "c4": "English", "Nf3": "Réti", "f4": "Bird", "b3": "Larsen"}
FEWEST = 3
"""Games below which a choice is not worth a line of its own."""
_MOSTLY = 0.15
"""The share from which on a variation is told of as the most usual one."""
_PERIODS = 4


@dataclass(frozen=True)
class Choice:
    """One move or opening that a person chooses.

    label    as people write it: `1. e4`, or the opening's name
    name     the opening's name, if the label is a move and it has one
    rate     how often
    score    mean result in these games, 0 to 1; None without results
    mostly   the most usual variation, and how often within the choice
    line     the moves that lead there, as codes
    """

    label: str
    name: str | None
    rate: Rate
    score: float | None
    mostly: tuple[str, Rate] | None
    line: tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """Choices in one situation, the most frequent first.

    title  `as White`, `as Black against 1. e4`
    """

    title: str
    colour: chess.Color
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Change:
    """How one choice's share moved over the years: in each period, and whether first and last clearly differ."""

    title: str
    label: str
    periods: tuple[tuple[str, Rate], ...]
    clear: bool


@dataclass(frozen=True)
class Tendencies:
    """All that is told of a person's openings."""

    name: str
    games: int
    white: int
    first: str | None
    last: str | None
    sentence: str
    tables: tuple[Table, ...]
    openings: tuple[Table, ...]
    changes: tuple[Change, ...]
    holes: tuple[Hole, ...]


def tendencies_of(repertoire: Repertoire) -> Tendencies:
    """What a repertoire shows."""
    tables = _tables(repertoire)
    dates = sorted(game.date for game in repertoire.games if game.date)
    return Tendencies(
        name=repertoire.name,
        games=len(repertoire.games),
        white=len(repertoire.of(chess.WHITE)),
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        sentence=_sentence(repertoire.name, tables),
        tables=tables,
        openings=tuple(_families(repertoire, colour) for colour in chess.COLORS if repertoire.of(colour)),
        changes=_changes(repertoire),
        holes=holes_of(repertoire),
    )


def _tables(repertoire: Repertoire) -> tuple[Table, ...]:
    """The first move as White, answers to the usual replies, and as Black the answer to each usual first move."""
    white, black = repertoire.of(chess.WHITE), repertoire.of(chess.BLACK)
    tables = [_table("as White", white, ())] if white else []
    for first in _frequent(white, 0):
        games = [game for game in white if game.codes[:1] == first]
        for reply in _frequent(games, 1)[:4]:
            met = [game for game in games if game.codes[:2] == reply]
            if len(met) >= 2 * FEWEST:
                tables.append(_table(f"as White after {san_line(reply)}", met, reply))
    for first in _frequent(black, 0):
        met = [game for game in black if game.codes[:1] == first]
        tables.append(_table(f"as Black against {san_line(first)}", met, first))
    return tuple(tables)


def _frequent(games: Sequence[Opened], ply: int) -> list[tuple[int, ...]]:
    """The beginnings up to and with a ply that occur in enough games, the most frequent first."""
    counts = Counter(game.codes[: ply + 1] for game in games if len(game.codes) > ply)
    return [line for line, count in counts.most_common() if count >= FEWEST]


def _table(title: str, games: Sequence[Opened], line: tuple[int, ...]) -> Table:
    """What is played after a line, by the side to move there."""
    colour = chess.WHITE if len(line) % 2 == 0 else chess.BLACK
    by_move: dict[int, list[Opened]] = {}
    for game in games:
        if len(game.codes) > len(line):
            by_move.setdefault(game.codes[len(line)], []).append(game)
    played = sum(map(len, by_move.values()))
    choices = [_choice((*line, code), some, played) for code, some in by_move.items()]
    return Table(title, colour, tuple(sorted(choices, key=lambda choice: -choice.rate.count)))


def _choice(line: tuple[int, ...], games: Sequence[Opened], of: int) -> Choice:
    named = opening_after(line)
    own = named.name if named and _codes(named.line) == line else None
    name = _plain_first(line) or own
    variations = Counter(
        game.opening.variation if game.opening.family == named.family else game.opening.name.partition(",")[0]
        for game in games
        if named and game.opening and game.opening.name != named.name
    )
    variations.pop(None, None)
    mostly = None
    if variations:
        usual, count = variations.most_common(1)[0]
        mostly = (str(usual), Rate(count, len(games))) if count >= _MOSTLY * len(games) else None
    last = len(line) - 1
    board = board_after(line[:-1])
    number = f"{last // 2 + 1}." if last % 2 == 0 else f"{last // 2 + 1}..."
    label = f"{number} {board.san(move_of(line[-1]))}"
    return Choice(label, name, Rate(len(games), of), mean_score(games), mostly, line)


def _families(repertoire: Repertoire, colour: chess.Color) -> Table:
    """The openings by family, whoever chose them."""
    games = repertoire.of(colour)
    by_family: dict[str, list[Opened]] = {}
    for game in games:
        by_family.setdefault(game.opening.family if game.opening else "without a name", []).append(game)
    choices = []
    for family, some in by_family.items():
        variations = Counter(game.opening.variation for game in some if game.opening and game.opening.variation)
        usual = variations.most_common(1)
        mostly = (str(usual[0][0]), Rate(usual[0][1], len(some))) if usual else None
        deepest = Counter(game.opening.line for game in some if game.opening).most_common(1)
        line = _codes(deepest[0][0]) if deepest else ()
        choices.append(Choice(family, None, Rate(len(some), len(games)), mean_score(some), mostly, line))
    title = f"openings as {'White' if colour else 'Black'}"
    return Table(title, colour, tuple(sorted(choices, key=lambda choice: -choice.rate.count)))


def _sentence(name: str, tables: Sequence[Table]) -> str:
    """The habits in words: the two most usual choices in each of the most usual situations."""
    said = []
    for table in tables:
        if table.title == "as White":
            said.append(f"as White {_in_words(table)}")
        elif table.title.startswith("as Black") and sum(choice.rate.count for choice in table.choices) >= 2 * FEWEST:
            against = table.title.removeprefix("as Black ")
            first = not any("as Black" in part for part in said)
            said.append(("as Black " if first else "") + f"{against} {_in_words(table)}")
        if len(said) == 4:
            break
    return f"{name}: " + "; ".join(said) + "." if said else f"{name}: no opening was played often enough to tell."


def _in_words(table: Table) -> str:
    parts: list[str] = []
    for choice in table.choices[:2]:
        if parts and choice.rate.share < 0.1:
            break
        words = f"{_short(choice)} {choice.rate.percent()}"
        if table.title != "as White" and choice.mostly and choice.mostly[1].share >= 0.3:
            words += f" (mostly {choice.mostly[0]})"
        parts.append(words)
    return " and ".join(parts)


def _short(choice: Choice) -> str:
    """The choice in a sentence: `Open Game`, `Sicilian Defense`, or the move where it has no name of its own."""
    family, _, variation = (choice.name or choice.label).partition(": ")
    return variation if variation in ("Open Game", "Closed Game") else family


def _changes(repertoire: Repertoire) -> tuple[Change, ...]:
    """The main choices over equal numbers of games, oldest first; only dated games count."""
    found = []
    for colour, title in ((chess.WHITE, "as White"), (chess.BLACK, "as Black")):
        games = sorted((game for game in repertoire.of(colour) if game.date), key=lambda game: game.date or "")
        lines = [()] if colour else _frequent(games, 0)[:2]
        for line in lines:
            met = [game for game in games if game.codes[: len(line)] == line and len(game.codes) > len(line)]
            where = title if colour else f"{title} against {san_line(line)}"
            for choice in _table(where, met, line).choices[:3]:
                if len(met) >= _PERIODS * 5:
                    found.append(_change(where, choice, met))
    return tuple(found)


def _change(title: str, choice: Choice, games: Sequence[Opened]) -> Change:
    edges = [round(len(games) * part / _PERIODS) for part in range(_PERIODS + 1)]
    periods = []
    for begin, end in pairwise(edges):
        some = games[begin:end]
        count = sum(game.codes[: len(choice.line)] == choice.line for game in some)
        dates = f"{(some[0].date or '')[:7]} – {(some[-1].date or '')[:7]}"
        periods.append((dates, Rate(count, len(some))))
    first, last = periods[0][1], periods[-1][1]
    clear = first.high < last.low or last.high < first.low
    label = f"{choice.label} ({choice.name})" if choice.name else choice.label
    return Change(title, label, tuple(periods), clear)


def _plain_first(line: Sequence[int]) -> str | None:
    """What people call a first move of White."""
    return FIRST_MOVES.get(chess.Board().san(move_of(line[0]))) if len(line) == 1 else None


def _codes(moves: str) -> tuple[int, ...]:
    board, codes = chess.Board(), []
    for move in moves.split():
        pushed = board.push_san(move)
        codes.append(move_code(pushed))
    return tuple(codes)
