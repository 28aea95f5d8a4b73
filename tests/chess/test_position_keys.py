"""Keys of positions: the same for transpositions, different for anything that matters."""

import chess

from gru_toolkit.chess.position_keys import plan_key, position_key


def after(moves: str) -> chess.Board:
    board = chess.Board()
    for move in moves.split():
        board.push_san(move)
    return board


def test_transpositions_share_a_key() -> None:
    assert position_key(after("Nf3 d5 d4 Nf6")) == position_key(after("d4 Nf6 Nf3 d5"))


def test_the_side_to_move_the_rights_and_a_real_en_passant_count() -> None:
    assert position_key(after("Nf3 Nf6 Ng1")) != position_key(chess.Board())
    assert position_key(after("e4 e5 Ke2 Ke7 Ke1 Ke8")) != position_key(after("e4 e5"))
    assert position_key(after("e4 a6 e5 d5")) != position_key(after("e4 d5 e5 a6"))


def test_an_en_passant_that_nobody_can_take_does_not_count() -> None:
    board = after("e4")
    board.ep_square = None
    assert position_key(board) == position_key(after("e4"))


def test_a_plan_does_not_know_the_opponent() -> None:
    assert plan_key(after("d4 d5 Bf4 Nf6")) == plan_key(after("d4 g6 Bf4 Bg7"))
    assert plan_key(after("d4 d5 Bf4 Nf6")) != plan_key(after("d4 d5 c4 Nf6"))


def test_a_key_is_the_same_in_every_version() -> None:
    assert f"{position_key(chess.Board()):016x}" == "61b2020edb4fb3ba"
