"""A chess board as lines of text, with Unicode pieces or with letters."""

import chess

_PIECES = dict(zip("KQRBNPkqrbnp", "♔♕♖♗♘♙♚♛♜♝♞♟", strict=True))
FILES = "abcdefgh"


def board_lines(board: chess.Board, *, flipped: bool = False, unicode: bool = True) -> list[str]:
    """The board as ten lines: eight ranks with a dot on empty squares, a rule, and the letters of the files.

    flipped  seen from Black's side
    """
    lines = [f"{rank + 1} {' '.join(_sign(board, rank, file, unicode) for file in files_of(flipped))}"
             for rank in ranks_of(flipped)]  # fmt: skip
    return [*lines, "  " + " ".join(FILES[file] for file in files_of(flipped))]


def ranks_of(flipped: bool) -> range:
    """The ranks from top to bottom."""
    return range(8) if flipped else range(7, -1, -1)


def files_of(flipped: bool) -> range:
    """The files from left to right."""
    return range(7, -1, -1) if flipped else range(8)


def sign_of(piece: chess.Piece, *, unicode: bool) -> str:
    """One character: a chess figure, or the letter of the piece, capital for White."""
    return _PIECES[piece.symbol()] if unicode else piece.symbol()


def _sign(board: chess.Board, rank: int, file: int, unicode: bool) -> str:
    piece = board.piece_at(chess.square(file, rank))
    return sign_of(piece, unicode=unicode) if piece else "." if not unicode else "·"
