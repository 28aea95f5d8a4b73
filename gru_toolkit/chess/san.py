"""Moves in standard algebraic notation, played out on a small board made for reading many games.

It accepts what python-chess accepts in a game of standard chess and finds the same moves, several times faster: it
keeps only what a move's meaning and legality need, and generates no other moves. Tests hold the two against each other.
"""

import re
from dataclasses import dataclass

import chess
from chess import (
    BB_ALL,
    BB_DIAG_ATTACKS,
    BB_DIAG_MASKS,
    BB_FILE_ATTACKS,
    BB_FILE_MASKS,
    BB_FILES,
    BB_KING_ATTACKS,
    BB_KNIGHT_ATTACKS,
    BB_PAWN_ATTACKS,
    BB_RANK_ATTACKS,
    BB_RANK_MASKS,
    BB_RANKS,
    BB_SQUARES,
    BISHOP,
    KING,
    KNIGHT,
    PAWN,
    QUEEN,
    ROOK,
)

SAN = re.compile(r"([NBKRQ])?([a-h])?([1-8])?[-x:]?([a-h])([1-8])(?:=?([nbrqNBRQ]))?(?:\+\+?|#)?")
CASTLING = re.compile(r"(?:O-O|0-0)(-O|-0)?(?:\+\+?|#)?")
NULL_MOVES = ("--", "Z0", "0000", "@@@@")
LAST_RANKS = BB_RANKS[0] | BB_RANKS[7]
_PIECES = {None: PAWN, "N": KNIGHT, "B": BISHOP, "R": ROOK, "Q": QUEEN, "K": KING}
_PROMOTIONS = {None: 0, "N": KNIGHT, "B": BISHOP, "R": ROOK, "Q": QUEEN}
_STRAIGHT = [BB_RANK_ATTACKS[square][0] | BB_FILE_ATTACKS[square][0] for square in chess.SQUARES]
_SLANTED = [BB_DIAG_ATTACKS[square][0] for square in chess.SQUARES]
"""What a rook or a bishop reaches from each square of an empty board."""
_TAKEN = (PAWN, KNIGHT, BISHOP, ROOK, QUEEN)
_REMEMBERED = 50_000


class UnreadableMove(Exception):
    """A text that is no move in algebraic notation, or a move that is not legal; the reason is its message."""


@dataclass(frozen=True)
class Wanted:
    """What a text says of a move.

    piece      its kind, 1 pawn … 6 king
    sources    the squares it may come from, as a bitboard
    target     the square it goes to
    promotion  the kind it becomes, or 0
    castling   0, 1 towards the king's rook, 2 towards the queen's
    """

    piece: int
    sources: int
    target: int
    promotion: int = 0
    castling: int = 0


_known: dict[str, Wanted] = {}


def wanted_move(text: str) -> Wanted:
    """What the text says. Raises UnreadableMove if it is no algebraic notation."""
    found = _known.get(text)
    if found is None:
        found = _read(text)
        if len(_known) >= _REMEMBERED:
            _known.clear()
        _known[text] = found
    return found


def _read(text: str) -> Wanted:
    match = SAN.fullmatch(text)
    if match is None:
        castling = CASTLING.fullmatch(text)
        if castling is None:
            raise UnreadableMove("null moves are no moves of a game" if text in NULL_MOVES else "it is no move")
        return Wanted(KING, 0, 0, castling=2 if castling[1] else 1)
    piece = _PIECES[match[1]]
    sources = BB_ALL
    if match[2]:
        sources &= BB_FILES[ord(match[2]) - 97]
    elif piece == PAWN:
        sources &= BB_FILES[ord(match[4]) - 97]  # A pawn that changes its file says from where.
    if match[3]:
        sources &= BB_RANKS[int(match[3]) - 1]
    target = ord(match[4]) - 97 + 8 * (int(match[5]) - 1)
    return Wanted(piece, sources, target, _PROMOTIONS[match[6] and match[6].upper()])


class Replay:
    """A game being read. Its state: where the pieces stand, who moves, castling rights, the en passant square."""

    __slots__ = ("colours", "passing", "pieces", "rights", "turn")

    def __init__(self, board: chess.Board | None = None):
        """Start from a board of standard chess, by default the usual position."""
        start = board or chess.Board()
        self.pieces = [0, start.pawns, start.knights, start.bishops, start.rooks, start.queens, start.kings]
        self.colours = [start.occupied_co[chess.BLACK], start.occupied_co[chess.WHITE]]
        self.turn = int(start.turn)
        self.rights = start.clean_castling_rights()
        self.passing = start.ep_square

    def play(self, text: str) -> int:
        """Make the move that the text says and return its code. Raises UnreadableMove."""
        wanted = wanted_move(text)
        if wanted.castling:
            return self._castle(wanted.castling)
        target = wanted.target
        if self.colours[self.turn] & BB_SQUARES[target]:
            raise UnreadableMove("it is not legal")
        if wanted.piece == PAWN:
            sources = self._pawns(target, wanted)
        else:
            sources = self._reaching(wanted.piece, target) & wanted.sources
            if wanted.promotion:
                sources = 0
        source = -1
        while sources:
            square = sources.bit_length() - 1
            sources ^= BB_SQUARES[square]
            if self._is_safe(wanted.piece, square, target):
                if source >= 0:
                    raise UnreadableMove("it is ambiguous")
                source = square
        if source < 0:
            raise UnreadableMove("it is not legal")
        self._move(wanted, source)
        return source | target << 6 | wanted.promotion << 12

    def _pawns(self, target: int, wanted: Wanted) -> int:
        """Own pawns that can go to the square, whatever becomes of their king."""
        goal = BB_SQUARES[target]
        if bool(goal & LAST_RANKS) != bool(wanted.promotion):
            raise UnreadableMove("the promotion is missing" if goal & LAST_RANKS else "a promotion is not legal there")
        pawns = self.pieces[PAWN] & self.colours[self.turn] & wanted.sources
        occupied = self.colours[0] | self.colours[1]
        if wanted.sources & BB_FILES[target & 7]:
            if occupied & goal:
                return 0
            step = goal >> 8 if self.turn else goal << 8
            double = BB_RANKS[3] if self.turn else BB_RANKS[4]
            if not step & pawns and goal & double and not step & occupied:
                step = step >> 8 if self.turn else step << 8
            return step & pawns
        if self.colours[1 - self.turn] & goal or target == self.passing:
            return BB_PAWN_ATTACKS[1 - self.turn][target] & pawns
        return 0

    def _reaching(self, piece: int, target: int) -> int:
        """Own pieces of a kind that can go to the square, whatever becomes of their king."""
        own = self.pieces[piece] & self.colours[self.turn]
        if piece == KNIGHT:
            return BB_KNIGHT_ATTACKS[target] & own
        if piece == KING:
            return BB_KING_ATTACKS[target] & own
        occupied = self.colours[0] | self.colours[1]
        reach = 0
        if piece != ROOK:
            reach = BB_DIAG_ATTACKS[target][BB_DIAG_MASKS[target] & occupied]
        if piece != BISHOP:
            reach |= BB_RANK_ATTACKS[target][BB_RANK_MASKS[target] & occupied]
            reach |= BB_FILE_ATTACKS[target][BB_FILE_MASKS[target] & occupied]
        return reach & own

    def _is_safe(self, piece: int, source: int, target: int) -> bool:
        """Whether the own king is not attacked after the move."""
        goal = BB_SQUARES[target]
        occupied = (self.colours[0] | self.colours[1]) & ~BB_SQUARES[source] | goal
        enemies = self.colours[1 - self.turn] & ~goal
        if piece == KING:
            return not self._attacked(target, occupied, enemies)
        if piece == PAWN and target == self.passing and (source ^ target) & 7:
            taken = BB_SQUARES[target - 8 if self.turn else target + 8]
            occupied &= ~taken
            enemies &= ~taken
        king = self.pieces[KING] & self.colours[self.turn]
        return not self._attacked(king.bit_length() - 1, occupied, enemies)

    def _attacked(self, square: int, occupied: int, enemies: int) -> bool:
        """Whether one of the enemies attacks the square."""
        pieces = self.pieces
        if enemies & (
            BB_KNIGHT_ATTACKS[square] & pieces[KNIGHT]
            | BB_PAWN_ATTACKS[self.turn][square] & pieces[PAWN]
            | BB_KING_ATTACKS[square] & pieces[KING]
        ):
            return True
        straight = enemies & (pieces[ROOK] | pieces[QUEEN])
        if straight & _STRAIGHT[square] and straight & (
            BB_RANK_ATTACKS[square][BB_RANK_MASKS[square] & occupied]
            | BB_FILE_ATTACKS[square][BB_FILE_MASKS[square] & occupied]
        ):
            return True
        slanted = enemies & (pieces[BISHOP] | pieces[QUEEN]) & _SLANTED[square]
        return bool(slanted and slanted & BB_DIAG_ATTACKS[square][BB_DIAG_MASKS[square] & occupied])

    def _move(self, wanted: Wanted, source: int) -> None:
        """Make a legal move that is not castling."""
        start, goal, pieces, turn = BB_SQUARES[source], BB_SQUARES[wanted.target], self.pieces, self.turn
        taken = goal
        if wanted.piece == PAWN and wanted.target == self.passing and (source ^ wanted.target) & 7:
            taken = goal >> 8 if turn else goal << 8
        if self.colours[1 - turn] & taken:
            self.colours[1 - turn] ^= taken
            for kind in _TAKEN:
                if pieces[kind] & taken:
                    pieces[kind] ^= taken
                    break
        pieces[wanted.piece] ^= start
        pieces[wanted.promotion or wanted.piece] |= goal
        self.colours[turn] ^= start | goal
        self.passing = None
        if self.rights:
            self.rights &= ~(start | goal)
            if wanted.piece == KING:
                self.rights &= ~BB_RANKS[0 if turn else 7]
        if wanted.piece == PAWN and abs(source - wanted.target) == 16:
            self.passing = (source + wanted.target) // 2
        self.turn = 1 - turn

    def _castle(self, side: int) -> int:
        """Castle: side 1 towards the king's rook, 2 towards the queen's."""
        home = 0 if self.turn else 56
        king, corner, between, crossed, landing = _CASTLINGS[side]
        occupied = self.colours[0] | self.colours[1]
        enemies = self.colours[1 - self.turn]
        if not self.rights & BB_SQUARES[corner + home] or occupied & between << home:
            raise UnreadableMove("it is not legal")
        if any(self._attacked(square + home, occupied, enemies) for square in crossed):
            raise UnreadableMove("it is not legal")
        hop = BB_SQUARES[4 + home] | BB_SQUARES[king + home]
        jump = BB_SQUARES[corner + home] | BB_SQUARES[landing + home]
        self.pieces[KING] ^= hop
        self.pieces[ROOK] ^= jump
        self.colours[self.turn] ^= hop | jump
        self.rights &= ~BB_RANKS[0 if self.turn else 7]
        self.passing = None
        self.turn = 1 - self.turn
        return 4 + home | king + home << 6


_CASTLINGS = {1: (6, 7, 0x60, (4, 5, 6), 5), 2: (2, 0, 0x0E, (4, 3, 2), 3)}
"""For each side, on the first rank: the king's square after, the rook's corner, the squares that must be empty, those
the king crosses, and the rook's square after."""
