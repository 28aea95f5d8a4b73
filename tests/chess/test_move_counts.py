"""Counts as predictions."""

import chess
import numpy as np
import pytest

from gru_toolkit.chess import move_counts
from gru_toolkit.chess.board_reading import observe
from gru_toolkit.chess.move_examples import CELLS, Games, MoveExamples
from gru_toolkit.chess.moves import move_codes
from gru_toolkit.chess.next_move import Ply


def games(*lines: str) -> Games:
    codes = []
    for line in lines:
        board = chess.Board()
        for san in line.split():
            board.push_san(san)
        codes.append(move_codes(board.move_stack))
    count = len(lines)
    offsets = np.cumsum([0, *map(len, codes)])
    unknown = np.full((count, 2), -1, np.int16)
    return Games(np.concatenate(codes), np.full(offsets[-1], -1, np.int16), unknown, unknown, offsets)


def cell(uci: str) -> int:
    move = chess.Move.from_uci(uci)
    return 64 * move.from_square + move.to_square


def test_what_was_played_here_outweighs_what_is_played_anywhere() -> None:
    played = games("e4 e5 Nf3", "e4 c5", "e4 e5", "d4 d5")
    state = move_counts.fit(MoveExamples(played, np.array([(game, colour) for game in range(4) for colour in (0, 1)])))
    observations = observe([Ply(chess.Board(), [])])
    logs = move_counts.predict(state, observations.pieces, observations.facts[:, :4], observations.sets().legal)
    shares = np.exp(logs[0].astype(np.float64))
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    assert shares[cell("e2e4")] > shares[cell("d2d4")] > shares[cell("a2a3")] > 0
    assert shares[cell("e2e5")] == 0
    # Three of four games, and what is played anywhere counts for two games: (3 + 2 q) / 6 with q < 1.
    assert 3 / 6 < shares[cell("e2e4")] < 5 / 6


def test_both_colours_share_what_they_know() -> None:
    played = games("e4 e5")
    examples = MoveExamples(played, np.array([(0, 1)]))
    state = move_counts.fit(examples)
    assert state["cells"].tolist() == [cell("e2e4")]
    assert state["popularity"].shape == (CELLS,)
