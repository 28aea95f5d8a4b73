"""Whole games played in NumPy show what the boards of python-chess show, ply by ply."""

import chess
import numpy as np

from gru_toolkit.chess.base_network import replay_of, seconds_before
from gru_toolkit.chess.board_features import FACT, MARKS, NO_SQUARE, SCALARS, marks, planes, scalars
from gru_toolkit.chess.board_reading import observe
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.game_replay import observe_games
from gru_toolkit.chess.moves import boards, move_codes
from gru_toolkit.chess.next_move import Ply, Setting
from gru_toolkit.errors import Place
from tests.chess.random_games import random_game


def plies_of(game: Game) -> list[Ply]:
    setting = Setting(game.white_rating, game.black_rating, game.time_control)
    steps = enumerate(boards(game.moves, game.fen))
    return [Ply(board.copy(), [], setting, seconds_before(game, ply)) for ply, (board, _) in steps]


def clocked(game: Game) -> Game:
    seconds = np.linspace(180, 3, len(game)).astype(np.float32)
    seconds[4] = np.nan
    return Game(game.moves, "a", "b", game.place, 1400, None, time_control="180+2", clocks=seconds)


def test_both_ways_of_observing_a_game_agree() -> None:
    games = [random_game(seed, plies=40 + 9 * seed) for seed in range(8)] + [clocked(random_game(9))]
    replayed, moves = observe_games(replay_of(games))
    read = observe([ply for game in games for ply in plies_of(game)])
    np.testing.assert_array_equal(replayed.pieces, read.pieces)
    np.testing.assert_array_equal(replayed.recent, read.recent)
    np.testing.assert_array_equal(replayed.facts, read.facts)
    legal = replayed.sets().legal
    start, end = (moves & 63).astype(np.intp), (moves >> 6 & 63).astype(np.uint64)
    assert (legal[np.arange(len(moves)), start] >> end & np.uint64(1)).all()


def test_a_position_that_came_before_is_known_as_repeated() -> None:
    board = chess.Board()
    for san in ("Nf3", "Nf6", "Ng1", "Ng8", "e4"):
        board.push_san(san)
    game = Game(move_codes(board.move_stack), "a", "b", Place("here"))
    observations, _ = observe_games(replay_of([game]))
    assert observations.facts[:, FACT["repeated"]].tolist() == [0, 0, 0, 0, 1]


def test_recent_moves_are_marked_from_the_movers_side() -> None:
    board = chess.Board()
    board.push_san("e4")
    observations = observe([Ply(board, [])])
    assert observations.recent[0, :4].tolist() == [chess.E7, chess.E5, NO_SQUARE, NO_SQUARE]
    sets = observations.sets()
    marked = marks(observations.recent, planes(sets), sets.checkers, observations.facts)
    assert marked.shape == (1, 64, MARKS)
    assert marked[0, :, 0].nonzero()[0].tolist() == [chess.E7]
    assert marked[0, :, MARKS - 1].nonzero()[0].tolist() == [chess.E6]


def test_what_is_not_known_is_zero_beside_a_column_that_says_so() -> None:
    known = scalars(observe([Ply(chess.Board(), [], Setting(1600, 1600, "60+0"), 60.0)]).facts, np.zeros(1, np.uint64))
    unknown = scalars(observe([Ply(chess.Board(), [])]).facts, np.zeros(1, np.uint64))
    assert known.shape == (1, SCALARS)
    differing = np.flatnonzero(known != unknown)
    # Both "known" columns of the ratings at the value itself (1600 is 0), and the clock's and time control's columns.
    assert (unknown[0, differing] == 0).all()
    assert {11, 13} <= set(differing.tolist())
