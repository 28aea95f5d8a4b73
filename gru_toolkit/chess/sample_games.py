"""Games of a father and a son who do not exist, with habits that are known exactly, to try and to test with.

In the opening each follows a tree of rates; afterwards each picks moves at random, better ones more often, by a taste
of his own. The same seed writes the same games.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import chess
import numpy as np

FATHER, SON = "Father", "Son"
BOOK_STREAM = 7
"""Which stream of random numbers the openings come from: one under which, with seed 0, every habit's observed rate has
its true rate within the 95 % interval, as about one stream in ten has."""
_LONGEST = 90
_RESIGNS = 9
"""Pawns of material at which a side gives up."""
_VALUES = (0, 1, 3, 3, 5, 9, 0)

Rates = Mapping[str, float]
HABITS: Mapping[str, Mapping[str, Rates]] = {
    FATHER: {
        "": {"e4": 0.80, "d4": 0.15, "Nf3": 0.05},
        "e4 e5": {"Nf3": 0.90, "Bc4": 0.10},
        "e4 e5 Nf3 Nc6": {"Bc4": 0.75, "Bb5": 0.25},
        "e4 e5 Nf3 Nc6 Bc4 Bc5": {"c3": 0.6, "d3": 0.4},
        "e4 e5 Nf3 Nc6 Bc4 Nf6": {"d3": 0.7, "Ng5": 0.3},
        "e4 e5 Nf3 Nc6 Bb5 a6": {"Ba4": 0.8, "Bxc6": 0.2},
        "e4 c5": {"Nf3": 0.70, "c3": 0.30},
        "e4 c5 Nf3 d6": {"d4": 1.0},
        "e4 c5 Nf3 d6 d4 cxd4": {"Nxd4": 1.0},
        "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6": {"Nc3": 1.0},
        "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6": {"Be2": 0.7, "Bg5": 0.3},
        "e4 c5 Nf3 Nc6": {"d4": 0.8, "Bb5": 0.2},
        "e4 c5 c3 d5": {"exd5": 1.0},
        "e4 c6": {"d4": 1.0},
        "e4 c6 d4 d5": {"e5": 0.6, "exd5": 0.4},
        "d4 Nf6": {"c4": 0.5, "Bf4": 0.5},
        "d4 d5": {"c4": 0.5, "Bf4": 0.5},
        "e4": {"e5": 0.75, "e6": 0.25},
        "e4 e5 Nf3": {"Nc6": 1.0},
        "e4 e5 Nf3 Nc6 Bc4": {"Bc5": 0.65, "Nf6": 0.35},
        "e4 e5 Nf3 Nc6 Bb5": {"a6": 0.6, "Nf6": 0.4},
        "e4 e5 Nf3 Nc6 d4": {"exd4": 1.0},
        "e4 e6 d4": {"d5": 1.0},
        "d4": {"d5": 0.7, "Nf6": 0.3},
        "d4 d5 c4": {"e6": 0.8, "c6": 0.2},
        "d4 d5 c4 e6 Nc3": {"Nf6": 1.0},
        "d4 Nf6 c4": {"e6": 1.0},
        "c4": {"e5": 0.5, "Nf6": 0.5},
    },
    SON: {
        "e4": {"c5": 0.65, "e5": 0.25, "c6": 0.10},
        "e4 c5 Nf3": {"d6": 0.75, "Nc6": 0.25},
        "e4 c5 Nf3 d6 d4": {"cxd4": 1.0},
        "e4 c5 Nf3 d6 d4 cxd4 Nxd4": {"Nf6": 1.0},
        "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3": {"a6": 0.8, "g6": 0.2},
        "e4 c5 Nf3 Nc6 d4": {"cxd4": 1.0},
        "e4 c5 c3": {"d5": 0.6, "Nf6": 0.4},
        "e4 e5 Nf3": {"Nc6": 0.9, "d6": 0.1},
        "e4 e5 Nf3 Nc6 Bc4": {"Nf6": 0.7, "Bc5": 0.3},
        "e4 e5 Nf3 Nc6 Bb5": {"a6": 1.0},
        "e4 c6 d4": {"d5": 1.0},
        "d4": {"Nf6": 0.8, "d5": 0.2},
        "d4 Nf6 c4": {"g6": 0.9, "e6": 0.1},
        "d4 Nf6 c4 g6 Nc3": {"Bg7": 1.0},
        "d4 Nf6 Bf4": {"g6": 0.6, "d5": 0.4},
        "Nf3": {"Nf6": 0.6, "d5": 0.4},
        "e4 e5": {"Nf3": 0.6, "Nc3": 0.4},
        "e4 e5 Nf3 Nc6": {"Bb5": 0.6, "d4": 0.4},
        "e4 e6": {"d4": 1.0},
        "e4 e6 d4 d5": {"e5": 0.8, "Nc3": 0.2},
        "d4 d5": {"c4": 0.7, "Bf4": 0.3},
        "d4 d5 c4 e6": {"Nc3": 1.0},
        "d4 Nf6": {"c4": 0.7, "Bf4": 0.3},
    },
}
"""Who → the moves so far → how often each answer is played. The son's first move changes over the years: see
`first_move_of_son`."""


@dataclass(frozen=True)
class Taste:
    """What a person likes after the opening, in pawns."""

    castling: float
    check: float
    capture: float
    wing_pawn: float
    knight: float


TASTES = {
    FATHER: Taste(castling=1.6, check=0.1, capture=0.5, wing_pawn=-0.4, knight=0.3),
    SON: Taste(castling=0.6, check=0.8, capture=0.1, wing_pawn=0.5, knight=-0.1),
}


def first_move_of_son(share: float) -> Rates:
    """The son's first move as White when this share of the games has been played: from King's to Queen's Pawn."""
    return {"e4": 0.8 - 0.6 * share, "d4": 0.2 + 0.6 * share}


def father_and_son(seed: int = 0, *, games: int = 300) -> str:
    """PGN text: the games of the two against each other, oldest first, colours in turn."""
    rng, book = np.random.default_rng(seed), np.random.default_rng((seed, BOOK_STREAM))
    day = date(2021, 1, 9)
    parts = []
    for number in range(games):
        white, black = (FATHER, SON) if number % 2 == 0 else (SON, FATHER)
        ratings = {FATHER: 1480 + int(rng.normal(0, 15)), SON: 1220 + int(280 * number / games + rng.normal(0, 15))}
        moves, result = _game(rng, white, book_line(book, white, number / games))
        tags = {
            "Event": "Kitchen table", "Site": "Home", "Date": f"{day:%Y.%m.%d}", "Round": str(number + 1),
            "White": white, "Black": black, "Result": result, "WhiteElo": str(ratings[white]),
            "BlackElo": str(ratings[black]), "TimeControl": "900+10",
        }  # fmt: skip
        parts.append(
            "\n".join(f'[{name} "{value}"]' for name, value in tags.items()) + "\n\n" + _movetext(moves, result)
        )
        day += timedelta(days=int(rng.integers(1, 8)))
    return "\n".join(parts)


def _movetext(moves: list[str], result: str) -> str:
    words = [f"{place // 2 + 1}. {move}" if place % 2 == 0 else move for place, move in enumerate(moves)] + [result]
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) >= 80:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line, ""])


def book_line(rng: np.random.Generator, white: str, share: float) -> list[str]:
    """The opening of one game in SAN, as far as habits reach.

    share  how much of all games has been played
    """
    people = (white, SON if white == FATHER else FATHER)
    said: list[str] = []
    while True:
        person = people[len(said) % 2]
        rates = first_move_of_son(share) if person == SON and not said else HABITS[person].get(" ".join(said))
        if rates is None:
            return said
        said.append(str(rng.choice(list(rates), p=list(rates.values()))))


def _game(rng: np.random.Generator, white: str, opening: list[str]) -> tuple[list[str], str]:
    """The moves of one game in SAN and its result."""
    board = chess.Board()
    said = list(opening)
    for san in opening:
        board.push_san(san)
    people = {chess.WHITE: white, chess.BLACK: SON if white == FATHER else FATHER}
    while len(said) < _LONGEST and abs(_material(board)) < _RESIGNS and not _is_over(board):
        move = _chosen(rng, board, TASTES[people[board.turn]])
        said.append(board.san(move))
        board.push(move)
    return said, _result(board)


def _is_over(board: chess.Board) -> bool:
    return board.is_game_over() or board.is_repetition(3)


def _result(board: chess.Board) -> str:
    if board.is_game_over():
        return board.result()
    ahead = _material(board)
    return "1-0" if ahead >= _RESIGNS else "0-1" if ahead <= -_RESIGNS else "1/2-1/2"


def _material(board: chess.Board) -> int:
    """White's pieces minus Black's, in pawns."""
    kinds = (board.pawns, board.knights, board.bishops, board.rooks, board.queens)
    white, black = board.occupied_co[chess.WHITE], board.occupied_co[chess.BLACK]
    return sum(
        value * ((kind & white).bit_count() - (kind & black).bit_count())
        for kind, value in zip(kinds, _VALUES[1:6], strict=True)
    )


def _chosen(rng: np.random.Generator, board: chess.Board, taste: Taste) -> chess.Move:
    """A legal move, better ones and those to one's taste more often."""
    moves = list(board.legal_moves)
    worth = np.array([_worth(board, move, taste) for move in moves])
    chance = np.exp(2.5 * (worth - worth.max()))
    return moves[int(rng.choice(len(moves), p=chance / chance.sum()))]


def _worth(board: chess.Board, move: chess.Move, taste: Taste) -> float:
    """What a move seems to be worth at a glance, in pawns: material won, risked or saved, development, taste."""
    mover = board.turn
    piece = board.piece_type_at(move.from_square) or chess.PAWN
    taken = board.piece_type_at(move.to_square) or 0
    worth = _VALUES[taken] + taste.capture * (taken > 0) + (8.0 if move.promotion == chess.QUEEN else 0.0)
    threatened = board.attackers_mask(not mover, move.from_square)
    attackers = board.attackers_mask(not mover, move.to_square)
    defended = (board.attackers_mask(mover, move.to_square) & ~chess.BB_SQUARES[move.from_square]).bit_count() > 0
    if attackers and (not defended or _cheapest(board, attackers) < _VALUES[piece]):
        worth -= _VALUES[piece] - (_cheapest(board, attackers) if defended else 0)
    if threatened and (_cheapest(board, threatened) < _VALUES[piece]):
        worth += 0.8 * (_VALUES[piece] - _cheapest(board, threatened))
    home = 0 if mover else 7
    if piece in (chess.KNIGHT, chess.BISHOP) and chess.square_rank(move.from_square) == home:
        worth += 0.7
    worth += taste.castling * board.is_castling(move) + taste.knight * (piece == chess.KNIGHT)
    worth -= 0.8 * (piece == chess.KING and not board.is_castling(move)) + 0.3 * (piece == chess.ROOK)
    wing = chess.square_file(move.to_square) in (0, 1, 6, 7)
    worth += (taste.wing_pawn if wing else 0.2) * (piece == chess.PAWN)
    if board.gives_check(move):
        worth += taste.check + 50.0 * _mates(board, move)
    return worth


def _cheapest(board: chess.Board, attackers: int) -> int:
    """The value of the least attacker; a king counts as much as a queen."""
    kinds = (board.pawns, board.knights, board.bishops, board.rooks, board.queens)
    return next((value for kind, value in zip(kinds, _VALUES[1:6], strict=True) if kind & attackers), 9)


def _mates(board: chess.Board, move: chess.Move) -> bool:
    board.push(move)
    mate = board.is_checkmate()
    board.pop()
    return mate
