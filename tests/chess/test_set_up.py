"""Positions set up by hand: possible ones are read, others are refused with every reason there is."""

import chess
import pytest

from gru_toolkit.chess.set_up import board_of


def test_a_possible_position_is_read_and_none_is_the_first_one() -> None:
    fen = "4k3/8/8/8/8/8/8/R3K3 w Q - 3 20"
    assert board_of(fen).fen() == fen
    assert board_of(None) == chess.Board()


@pytest.mark.parametrize(
    ("fen", "reason"),
    [
        ("4k3/8/8/8/8/8/8/8 w - - 0 1", "White has no king"),
        ("8/8/8/8/8/8/8/4K3 w - - 0 1", "Black has no king"),
        ("4k3/8/8/8/8/8/8/3KK3 w - - 0 1", "a side has more than one king"),
        ("4k3/8/8/P7/8/8/PPPPPPPP/4K3 w - - 0 1", "White has more than eight pawns"),
        ("4k3/pppppppp/8/p7/8/8/8/4K3 w - - 0 1", "Black has more than eight pawns"),
        ("P3k3/8/8/8/8/8/8/4K3 w - - 0 1", "a pawn stands on the first or the last rank"),
        ("7k/8/8/8/8/N7/NNNNNNNN/NNNNNNNK b - - 0 1", "White has more than sixteen pieces"),
        ("nnnnnnnk/nnnnnnnn/n7/8/8/8/8/7K w - - 0 1", "Black has more than sixteen pieces"),
        ("4k3/8/8/8/8/8/8/4K3 w K - 0 1", "a side may castle without its king or rook at home"),
        ("4k3/8/8/8/8/8/8/4K3 w - e6 0 1", "no pawn has just moved past the square for en passant"),
        ("4k3/8/8/8/4R3/8/8/4K3 w - - 0 1", "the side that is not to move is in check"),
        ("4k3/8/8/1b6/8/8/3p4/r3K2r w - - 0 1", "more than two pieces give check"),
        ("4k3/8/8/8/8/8/8/r3K2r w - - 0 1", "no last move leads to this check"),
        ("", "empty fen"),
        ("8/8/8", "expected 8 rows"),
    ],
)
def test_an_impossible_position_is_refused_with_the_reason(fen: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        board_of(fen)
