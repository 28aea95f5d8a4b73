"""The shipped base network: legal moves only, each player's memory their own, one ply at a time equals whole games."""

import chess
import numpy as np
import pytest

from gru_toolkit.chess.base_network import LEARNED_RATINGS, BaseNetwork, model_card, seconds_before
from gru_toolkit.chess.board_features import FACT, time_control
from gru_toolkit.chess.board_reading import observe
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import boards, move_codes
from gru_toolkit.chess.next_move import Ply, Setting, recent_past
from gru_toolkit.errors import Place
from tests.chess.random_games import random_game


@pytest.fixture(scope="module")
def network() -> BaseNetwork:
    return BaseNetwork.load()


def game_of_promotions() -> Game:
    board = chess.Board()
    for san in ["a4", "h5", "a5", "h4", "a6", "h3", "axb7", "hxg2", "bxa8=N", "gxh1=Q"]:
        board.push_san(san)
    return Game(move_codes(board.move_stack), "a", "b", Place("here"))


def test_one_ply_at_a_time_equals_reading_whole_games(network: BaseNetwork) -> None:
    games = [random_game(seed, plies=30 + 5 * seed) for seed in range(4)] + [game_of_promotions()]
    read = network.read_states(games)
    for game, whole in zip(games, read, strict=True):
        states = network.initial_state()[None]
        setting = Setting(game.white_rating, game.black_rating, game.time_control)
        for ply, (board, _) in enumerate(boards(game.moves)):
            moves = list(board.legal_moves)
            logs, states = network.step(states, [Ply(board, moves, setting, seconds_before(game, ply))])
            codes, expected = whole.expected[ply]
            order, other = np.argsort(codes), np.argsort(move_codes(moves))
            np.testing.assert_array_equal(codes[order], move_codes(moves)[other])
            np.testing.assert_allclose(logs[0][other], expected[order], atol=1e-4)
            np.testing.assert_allclose(states[0], whole.states[ply], atol=1e-4)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("600+5", (600, 5)), ("600", (600, 0)), ("99999+0", (32000, 0))]
    + [(text, (-1, -1)) for text in (None, "", "-", "?", "+5", "600+", "1/86400", "40/7200:3600")],
)
def test_a_time_control_is_seconds_and_increment_or_unknown(text: str | None, seconds: tuple[int, int]) -> None:
    assert time_control(text) == seconds


def test_the_recent_past_is_all_the_network_looks_at(network: BaseNetwork) -> None:
    board, quiet = chess.Board(), ["g1f3", "g8f6", "f3g1", "f6g8"]
    for number, uci in enumerate(["e2e4", "e7e5", *quiet, *quiet, "b1c3", "b8c6", "c3b1", "c6b8"]):
        board.push_uci(uci)
        kept = recent_past(board)
        plies = [Ply(one, list(one.legal_moves)) for one in (board, kept)]
        whole, recent = observe(plies[:1]), observe(plies[1:])
        np.testing.assert_array_equal(whole.recent, recent.recent)
        np.testing.assert_array_equal(whole.facts, recent.facts)
        assert bool(whole.facts[0, FACT["repeated"]]) == (number in (5, 6, 7, 8, 9, 13))


def test_whole_games_read_by_two_threads_are_the_very_same(network: BaseNetwork) -> None:
    games = [random_game(seed, plies=40) for seed in range(6)]
    alone, shared = network.read_states(games), BaseNetwork.load(threads=2).read_states(games)
    for one, other in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(one.states, other.states)
        for (_, logs), (_, same) in zip(one.expected, other.expected, strict=True):
            np.testing.assert_array_equal(logs, same)


def test_one_side_of_a_game_is_read_without_the_other(network: BaseNetwork) -> None:
    games = [random_game(seed, plies=31 + seed) for seed in range(4)] + [game_of_promotions()]
    sides = [chess.WHITE, chess.BLACK, chess.BLACK, chess.WHITE, chess.BLACK]
    for whole, part, side in zip(network.read_states(games), network.read_states(games, sides), sides, strict=True):
        own = slice(0, network.units) if side else slice(network.units, None)
        for ply, ((codes, logs), (same, near)) in enumerate(zip(whole.expected, part.expected, strict=True)):
            if (ply % 2 == 0) == side:
                np.testing.assert_array_equal(codes, same)
                np.testing.assert_allclose(logs, near, atol=1e-4)
                np.testing.assert_allclose(whole.states[ply][own], part.states[ply][own], atol=1e-5)
            else:
                assert len(same) == 0
    assert [len(codes) for codes, _ in network.read([random_game(1, plies=1)], [chess.BLACK])[0]] == [0]


def test_probabilities_of_the_legal_moves_add_up_to_one(network: BaseNetwork) -> None:
    board = chess.Board("1n2k3/P1P5/8/8/8/8/8/4K3 w - - 0 1")
    moves = list(board.legal_moves)
    assert sum(move.promotion is not None for move in moves) == 16
    logs, _ = network.step(network.initial_state()[None], [Ply(board, moves)])
    assert np.exp(logs[0]).sum() == pytest.approx(1)
    queen, knight = (moves.index(chess.Move.from_uci(uci)) for uci in ("c7c8q", "c7c8n"))
    assert logs[0][queen] > logs[0][knight]


def test_a_ply_changes_the_memory_of_its_mover_only(network: BaseNetwork) -> None:
    states = np.tile(network.initial_state(), (2, 1))
    after_e4 = chess.Board()
    after_e4.push_san("e4")
    _, after = network.step(states, [_ply(chess.Board()), _ply(after_e4)])
    half = network.units
    assert after[0, :half].any()
    assert not after[0, half:].any()
    assert after[1, half:].any()
    assert not after[1, :half].any()


def _ply(board: chess.Board) -> Ply:
    return Ply(board, list(board.legal_moves))


def test_mirrored_positions_are_one_position(network: BaseNetwork) -> None:
    board = chess.Board("r1bqkbnr/pppp1ppp/2n5/4p3/2B1P3/5N2/PPPP1PPP/RNBQK2R w KQkq - 0 4")
    mirrored = board.mirror()
    moves = list(board.legal_moves)
    flipped = [chess.Move(m.from_square ^ 56, m.to_square ^ 56, m.promotion) for m in moves]
    states = np.tile(network.initial_state(), (2, 1))
    logs, _ = network.step(states, [Ply(board, moves), Ply(mirrored, flipped)])
    # The colour itself and the ply are facts the network sees, so the two differ a little.
    assert np.corrcoef(logs[0], logs[1])[0, 1] > 0.9


def test_a_game_from_another_position_is_read_board_by_board(network: BaseNetwork) -> None:
    fen = "8/P7/8/8/8/8/8/K1k5 w - - 0 1"
    game = Game(move_codes([chess.Move.from_uci("a7a8q")]), "a", "b", Place("here"), fen=fen)
    ((codes, logs),) = network.read([game, random_game(1, 4)])[0]
    assert len(codes) == len(list(chess.Board(fen).legal_moves))
    assert np.exp(logs).sum() == pytest.approx(1)


def test_it_knows_chess_better_than_chance(network: BaseNetwork) -> None:
    board = chess.Board()
    for san in ("e4", "e5", "Nf3"):
        board.push_san(san)
    moves = list(board.legal_moves)
    logs, _ = network.step(network.initial_state()[None], [Ply(board, moves, Setting(1500, 1500))])
    assert board.san(moves[int(logs[0].argmax())]) in ("Nc6", "d6", "Nf6")


@pytest.mark.parametrize(
    ("rating", "learned"), [(415, LEARNED_RATINGS[0]), (3300, LEARNED_RATINGS[1]), (1700, 1700), (None, None)]
)
def test_ratings_beyond_what_was_learned_from_count_as_the_nearest(
    network: BaseNetwork, rating: int | None, learned: int | None
) -> None:
    board = chess.Board()
    moves = list(board.legal_moves)

    def expected(white: int | None) -> np.ndarray:
        return network.step(network.initial_state()[None], [Ply(board, moves, Setting(white, 1500))])[0][0]

    np.testing.assert_array_equal(expected(rating), expected(learned))
    assert not np.array_equal(expected(rating), expected(2000))


def test_the_card_says_what_the_network_was_made_of() -> None:
    assert "trained" in model_card()
