"""Algebraic notation: the same moves as python-chess, and refused where python-chess refuses."""

import itertools

import chess
import numpy as np
import pytest

from gru_toolkit.chess.moves import boards, move_code, move_codes, move_of, moves_of
from gru_toolkit.chess.san import Replay, UnreadableMove

PERFT_POSITIONS = (
    "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1",
    "8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1",
    "r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq - 0 1",
    "rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8",
    "8/8/8/K2pP2r/8/8/8/4k3 w - d6 0 1",
    "4r2k/8/8/q6b/4N3/2N3N1/3B4/r1N1K1NR w - - 0 1",
)
"""Positions made to catch mistakes: castling, promotions, an en passant capture that opens a rank, pins from the edge
of the board along every kind of line."""


def played(replay: Replay, text: str) -> int | None:
    """The code of the move, or None if it is refused."""
    try:
        return replay.play(text)
    except UnreadableMove:
        return None


def python_chess(board: chess.Board, text: str) -> int | None:
    try:
        return move_code(board.parse_san(text))
    except ValueError:
        return None


def random_game(
    rng: np.random.Generator, fen: str | None = None, plies: int = 60
) -> tuple[list[str], list[chess.Move]]:
    board = chess.Board(fen) if fen else chess.Board()
    texts, moves = [], []
    while len(moves) < 60 and (legal := list(board.legal_moves)):
        move = legal[int(rng.integers(len(legal)))]
        texts.append(board.san(move))
        moves.append(move)
        board.push(move)
    return texts, moves


@pytest.mark.parametrize("fen", [None, *PERFT_POSITIONS])
def test_random_games_are_played_as_python_chess_plays_them(fen: str | None) -> None:
    for seed in range(8):
        texts, moves = random_game(np.random.default_rng(seed), fen)
        replay = Replay(chess.Board(fen) if fen else None)
        assert [replay.play(text) for text in texts] == list(move_codes(moves))


@pytest.mark.parametrize("fen", PERFT_POSITIONS)
def test_every_conceivable_text_means_what_python_chess_says_or_is_refused(fen: str) -> None:
    squares = [file + rank for file in "abcdefgh" for rank in "12345678"]
    texts = [piece + square for piece in ("", "N", "B", "R", "Q", "K") for square in squares]
    texts += [f"{file}x{square}" for file in "abcdefgh" for square in squares]
    texts += [f"{square}={piece}" for square in squares for piece in "NBRQK"]
    texts += [f"{file}x{square}={piece}" for file in "abcdefgh" for square in squares for piece in "QN"]
    texts += [piece + source + square for piece in "NR" for source in "abcdefgh" + "12345678" for square in squares]
    texts += ["O-O", "O-O-O", "0-0", "0-0-0"]
    rng = np.random.default_rng(0)
    board = chess.Board(fen)
    for _ in range(2):
        for text in texts:
            assert played(Replay(board), text) == python_chess(board, text), (board.fen(), text)
        legal = list(board.legal_moves)
        board.push(legal[int(rng.integers(len(legal)))])


@pytest.mark.parametrize("fen", PERFT_POSITIONS)
def test_a_refused_move_changes_nothing(fen: str) -> None:
    replay = Replay(chess.Board(fen))
    for text in ("Kh9", "Qa1", "O-O-O-O", "--", "e9", "", "axb9=Q", "Nf3e5d4"):
        assert played(replay, text) is None
    board = chess.Board(fen)
    first = board.san(next(iter(board.legal_moves)))
    assert replay.play(first) == python_chess(board, first)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("Ke2", "not legal"), ("--", "null move"), ("Z0", "null move"), ("Banana", "no move"), ("e5", "not legal")],
)
def test_the_reason_of_a_refusal_is_told(text: str, reason: str) -> None:
    with pytest.raises(UnreadableMove, match=reason):
        Replay().play(text)


def test_two_pieces_that_could_go_make_a_move_ambiguous() -> None:
    replay = Replay(chess.Board("4k3/8/8/8/8/8/8/N3K1N1 w - - 0 1"))
    with pytest.raises(UnreadableMove, match="no move"):
        replay.play("N")
    replay = Replay(chess.Board("4k3/8/8/8/2N3N1/8/8/4K3 w - - 0 1"))
    with pytest.raises(UnreadableMove, match="ambiguous"):
        replay.play("Ne5")
    assert replay.play("Nce5") == chess.C4 | chess.E5 << 6


def test_a_pinned_piece_makes_no_move_ambiguous() -> None:
    replay = Replay()
    for text in ("d4", "e6", "Nc3", "Bb4", "e4", "h6"):
        replay.play(text)
    assert move_of(replay.play("Ne2")).from_square == chess.G1
    edge = Replay(chess.Board("4k3/8/8/q7/8/2N5/8/4K1N1 w - - 0 1"))
    assert move_of(edge.play("Ne2")).from_square == chess.G1


@pytest.mark.parametrize("squares", [(chess.A1, chess.H8), (chess.E7, chess.E8), (chess.H2, chess.G1)])
@pytest.mark.parametrize("promotion", [None, chess.KNIGHT, chess.BISHOP, chess.ROOK, chess.QUEEN])
def test_a_move_is_its_code_and_back(squares: tuple[int, int], promotion: int | None) -> None:
    move = chess.Move(*squares, promotion=promotion)
    assert move_of(move_code(move)) == move
    assert move_code(move) < 1 << 16


def test_codes_are_unique() -> None:
    all_moves = [
        chess.Move(source, target, promotion)
        for source, target in itertools.product(range(64), repeat=2)
        for promotion in (None, chess.KNIGHT, chess.QUEEN)
    ]
    assert len({move_code(move) for move in all_moves}) == len(all_moves)
    assert moves_of(move_codes(all_moves)) == all_moves


def test_boards_stand_before_their_moves() -> None:
    texts, moves = random_game(np.random.default_rng(3))
    found = [(board.san(move), move) for board, move in boards(move_codes(moves))]
    assert found == list(zip(texts, moves, strict=True))
