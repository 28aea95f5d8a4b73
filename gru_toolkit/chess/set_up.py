"""Positions that are set up by hand: read strictly, and refused with the reason."""

import chess

_REASONS = {
    chess.STATUS_EMPTY: "the board is empty",
    chess.STATUS_NO_WHITE_KING: "White has no king",
    chess.STATUS_NO_BLACK_KING: "Black has no king",
    chess.STATUS_TOO_MANY_KINGS: "a side has more than one king",
    chess.STATUS_TOO_MANY_WHITE_PAWNS: "White has more than eight pawns",
    chess.STATUS_TOO_MANY_BLACK_PAWNS: "Black has more than eight pawns",
    chess.STATUS_PAWNS_ON_BACKRANK: "a pawn stands on the first or the last rank",
    chess.STATUS_TOO_MANY_WHITE_PIECES: "White has more than sixteen pieces",
    chess.STATUS_TOO_MANY_BLACK_PIECES: "Black has more than sixteen pieces",
    chess.STATUS_BAD_CASTLING_RIGHTS: "a side may castle without its king or rook at home",
    chess.STATUS_INVALID_EP_SQUARE: "no pawn has just moved past the square for en passant",
    chess.STATUS_OPPOSITE_CHECK: "the side that is not to move is in check",
    chess.STATUS_TOO_MANY_CHECKERS: "more than two pieces give check",
    chess.STATUS_IMPOSSIBLE_CHECK: "no last move leads to this check",
}


def board_of(fen: str | None) -> chess.Board:
    """The position of a FEN; None is the usual first one.

    Raises ValueError with the reason for a text that is no FEN and for a position that no game of standard chess
    reaches.
    """
    board = chess.Board() if fen is None else chess.Board(fen)
    status = board.status()
    if status:
        raise ValueError("; ".join(reason for one, reason in _REASONS.items() if status & one))
    return board
