"""Legal moves, checks and pins of many positions at once are those of python-chess."""

import chess
import numpy as np
import pytest

from gru_toolkit.chess.board_reading import observe
from gru_toolkit.chess.next_move import Ply
from gru_toolkit.chess.position_sets import Sets
from tests.chess.random_games import random_line

# En passant that uncovers the king along the rank, en passant that takes the checking pawn, a king that may not step
# back along a rook's line, castling through an attacked square, double check, promotions with capture, castling away
# from an attacked rook, a knight that is pinned.
POSITIONS = [
    "8/8/8/K2pP2r/8/8/8/7k w - d6 0 1",
    "8/8/8/2k5/3Pp3/8/8/4K3 b - d3 0 1",
    "4r2k/8/8/8/8/8/4K3/8 w - - 0 1",
    "r3k2r/8/8/8/8/5r2/8/R3K2R w KQkq - 0 1",
    "4k3/8/5N2/8/8/8/8/K3R3 b - - 0 1",
    "1n2k3/P1P5/8/8/8/8/8/4K3 w - - 0 1",
    "4k3/8/8/8/8/8/1r6/R3K3 w Q - 0 1",
    "4k3/4r3/8/8/8/4N3/8/4K3 w - - 0 1",
    "rnbqkbnr/1ppppppp/8/8/pP6/8/P1PPPPPP/RNBQKBNR b KQkq b3 0 1",
]


def sets_of(boards: list[chess.Board]) -> Sets:
    return observe([Ply(board, []) for board in boards]).sets()


def seen_by_mover(board: chess.Board) -> chess.Board:
    return board if board.turn else board.mirror()


def legal_squares(board: chess.Board) -> list[int]:
    ends = [0] * 64
    for move in seen_by_mover(board).legal_moves:
        ends[move.from_square] |= 1 << move.to_square
    return ends


@pytest.mark.parametrize("fen", POSITIONS)
def test_the_hard_rules_are_those_of_python_chess(fen: str) -> None:
    for board in (chess.Board(fen), chess.Board(fen).mirror()):
        assert sets_of([board]).legal[0].tolist() == legal_squares(board)


def test_a_random_game_has_the_legal_moves_checkers_and_pins_of_python_chess() -> None:
    boards = []
    for seed in range(25):
        board = chess.Board()
        for move in random_line(seed, 140):
            boards.append(board.copy(stack=False))
            board.push(move)
    sets = sets_of(boards)
    for row, board in enumerate(boards):
        seen = seen_by_mover(board)
        assert sets.legal[row].tolist() == legal_squares(board), board.fen()
        assert int(sets.checkers[row]) == seen.checkers_mask()
        pinned = sum(1 << s for s in chess.SquareSet(seen.occupied_co[True]) if seen.is_pinned(True, s))
        assert int(sets.pinned[row]) == pinned


def test_sight_runs_to_the_first_piece_and_includes_it() -> None:
    sets = sets_of([chess.Board("4k3/8/8/8/P2R3p/8/8/4K3 w - - 0 1")])
    seen = chess.SquareSet(int(sets.rook_sight[0, chess.D4]))
    along = chess.SquareSet([chess.A4, chess.B4, chess.C4, chess.E4, chess.F4, chess.G4, chess.H4])
    assert seen == along | (chess.SquareSet(chess.BB_FILE_D) - chess.SquareSet([chess.D4]))
    assert not np.bitwise_and(sets.bishop_sight[0, chess.D4], np.uint64(1 << chess.D5))


def test_discoverers_and_squares_that_give_check() -> None:
    sets = sets_of([chess.Board("k7/8/8/3N4/4B3/8/8/K7 w - - 0 1")])
    assert int(sets.discoverers[0]) == 1 << chess.D5
    assert int(sets.check_knight[0]) == int(chess.SquareSet([chess.B6, chess.C7]))
    assert int(sets.check_pawn[0]) == 1 << chess.B7
