"""Short names of positions: numbers that stay the same between versions and machines.

A position's key is that of its transposition: two orders of the same moves lead to one key. A plan's key knows the
mover's own pieces only, so that it is met again whatever the opponent did.
"""

import struct
from hashlib import blake2b

import chess

_FACTS = struct.Struct("<9Q2b")
_NO_SQUARE = -1


def position_key(board: chess.Board) -> int:
    """64 bits that name the position: pieces, side to move, castling rights, and en passant where it is legal."""
    square = board.ep_square if board.ep_square is not None and board.has_legal_en_passant() else _NO_SQUARE
    facts = _FACTS.pack(
        board.pawns,
        board.knights,
        board.bishops,
        board.rooks,
        board.queens,
        board.kings,
        board.occupied_co[chess.WHITE],
        board.occupied_co[chess.BLACK],
        board.clean_castling_rights(),
        square,
        board.turn,
    )
    return _digest(facts)


def plan_key(board: chess.Board) -> int:
    """64 bits that name the mover's colour, own pieces and own castling rights, whatever the opponent has."""
    own = board.occupied_co[board.turn]
    rank = chess.BB_RANK_1 if board.turn else chess.BB_RANK_8
    facts = _FACTS.pack(
        board.pawns & own,
        board.knights & own,
        board.bishops & own,
        board.rooks & own,
        board.queens & own,
        board.kings & own,
        own,
        0,
        board.clean_castling_rights() & rank,
        _NO_SQUARE,
        board.turn,
    )
    return _digest(facts)


def _digest(facts: bytes) -> int:
    return int.from_bytes(blake2b(facts, digest_size=8).digest(), "little")
