"""Both people are predicted at every ply, and taking back leaves no trace."""

import chess
import numpy as np
import pytest
from father_and_son import sample_games
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_toolkit.chess import learning
from gru_toolkit.chess.next_move import LegalPrior, Setting
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import GamePredictor, Prediction
from gru_toolkit.errors import UsageError


@pytest.fixture(scope="module")
def people() -> dict[str, Player]:
    return {name: learning.learn(name, sample_games()[:80], LegalPrior()) for name in ("Father", "Son")}


@pytest.fixture
def predictor(people: dict[str, Player]) -> GamePredictor:
    return GamePredictor(people["Father"], people["Son"], LegalPrior(), Setting(time_control="900+10"))


def same(one: Prediction, other: Prediction) -> bool:
    return one.moves == other.moves and bool(np.array_equal(one.probabilities, other.probabilities))


def play(predictor: GamePredictor, moves: str) -> None:
    for move in moves.split():
        predictor.push(predictor.board.parse_san(move))


def test_the_habits_of_both_are_predicted(predictor: GamePredictor) -> None:
    assert predictor.predict().name == "Father"
    assert predictor.predict().moves[0].uci() == "e2e4"
    first = predictor.answers()[0]
    assert first.prediction is not None
    assert first.prediction.name == "Son"
    assert first.prediction.moves[0].uci() == "c7c5"


def explained(predictor: GamePredictor) -> str:
    prediction = predictor.predict()
    return prediction.explanation(predictor.board.san(prediction.moves[0]))


def test_the_explanation_tells_the_games_behind_it(predictor: GamePredictor) -> None:
    play(predictor, "e4")
    assert "of the last 15 games of Son here: c5" in explained(predictor)
    play(predictor, "h5")
    assert "Father has no game with this position" in explained(predictor)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30))
def test_probabilities_are_of_the_legal_moves_and_add_up(people: dict[str, Player], choices: list[int]) -> None:
    predictor = GamePredictor(people["Father"], people["Son"], LegalPrior())
    for choice in choices:
        board = predictor.board
        if board.is_game_over():
            return
        prediction = predictor.predict()
        assert set(prediction.moves) == set(board.legal_moves)
        assert prediction.probabilities.sum() == pytest.approx(1)
        assert (np.diff(prediction.probabilities) <= 0).all()
        assert sum(prediction.weights.values()) == pytest.approx(1)
        predictor.push(prediction.moves[choice % len(prediction.moves)])


def test_taking_back_leaves_no_trace(predictor: GamePredictor) -> None:
    play(predictor, "e4 c5 Nf3")
    before, answers = predictor.predict(), predictor.answers()
    play(predictor, "d6 d4 cxd4 Nxd4 a6")
    for _ in range(5):
        predictor.pop()
    assert same(predictor.predict(), before)
    assert [answer.move for answer in predictor.answers()] == [answer.move for answer in answers]


def test_an_answer_is_the_prediction_after_the_move(people: dict[str, Player], predictor: GamePredictor) -> None:
    play(predictor, "e4 c5")
    setting = Setting(time_control="900+10")
    for answer in predictor.answers(4):
        assert answer.prediction is not None
        predictor.push(answer.move)
        assert same(predictor.predict(), answer.prediction)
        fresh = GamePredictor(people["Father"], people["Son"], LegalPrior(), setting, predictor.board)
        assert same(fresh.predict(), answer.prediction)
        predictor.pop()


def test_a_continued_game_is_the_game(people: dict[str, Player]) -> None:
    whole = GamePredictor(people["Father"], people["Son"], LegalPrior())
    play(whole, "d4 Nf6 Bf4 g6")
    continued = GamePredictor(people["Father"], people["Son"], LegalPrior(), board=whole.board)
    assert same(whole.predict(), continued.predict())


def test_a_move_that_ends_the_game_has_no_answer(people: dict[str, Player]) -> None:
    predictor = GamePredictor(people["Father"], people["Son"], LegalPrior())
    play(predictor, "f3 e5 g4")
    mate = [answer for answer in predictor.answers(30) if answer.move == chess.Move.from_uci("d8h4")]
    assert mate[0].prediction is None
    play(predictor, "Qh4#")
    with pytest.raises(UsageError, match="the game is over"):
        predictor.predict()


def test_what_is_not_legal_is_refused(predictor: GamePredictor) -> None:
    with pytest.raises(UsageError, match="e2e5 is not a legal move"):
        predictor.push(chess.Move.from_uci("e2e5"))
    with pytest.raises(UsageError, match="no move to take back"):
        predictor.pop()


def test_two_people_without_games_are_predicted_by_the_network() -> None:
    predictor = GamePredictor(Player("Anna"), Player("Bob"), LegalPrior())
    assert predictor.predict().weights == {"network": 1.0}
    assert predictor.predict().name == "Anna"


def test_learning_a_game_makes_its_moves_likelier(people: dict[str, Player]) -> None:
    predictor = GamePredictor(people["Father"], people["Son"], LegalPrior())
    play(predictor, "a3 a6 h3")
    white, black = predictor.learn()
    before = GamePredictor(people["Father"], people["Son"], LegalPrior()).predict()
    after = GamePredictor(white, black, LegalPrior()).predict()
    move = chess.Move.from_uci("a2a3")
    assert after.probability(move) > before.probability(move)
    assert (white.memory.games, black.memory.games) == (81, 81)


def test_another_person_at_the_table_is_predicted_from_then_on(predictor: GamePredictor) -> None:
    play(predictor, "e4")
    assert predictor.predict().name == "Son"
    predictor.set_player(chess.BLACK, Player("Carl"))
    assert predictor.predict().name == "Carl"
    assert predictor.player(chess.BLACK).name == "Carl"
