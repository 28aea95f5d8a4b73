"""Scores of a person's held-out moves, worked by hand where they are ours."""

import numpy as np
import pytest
from father_and_son import game, sample_games

from gru_toolkit.chess import player_evaluation
from gru_toolkit.chess.next_move import LegalPrior
from gru_toolkit.chess.player_evaluation import (
    BANDS,
    MODELS,
    Scores,
    calibration_error,
    perfect_calibration,
    rows_by_band,
    seconds_before,
)
from gru_toolkit.errors import DataError


def scores(ranks: list[list[int]], ply: list[int], games: list[int], seconds: float = float("nan")) -> Scores:
    count = len(ply)
    chance = np.full((count, len(MODELS)), 0.5)
    clocks = np.full(count, seconds)
    return Scores(np.array(ranks), -np.log(chance), chance, np.array(ply), clocks, np.array(games))


def test_top_k_counts_the_ranks() -> None:
    found = rows_by_band(scores([[1, 2, 1], [4, 1, 1], [6, 3, 2], [1, 9, 1]], [0, 12, 24, 44], [0, 1, 2, 3]))
    counts, network, player = found["all moves"]
    assert counts.top == {1: 0.5, 3: 0.5, 5: 0.75}
    assert network.top == {1: 0.25, 3: 0.75, 5: 0.75}
    assert player.top == {1: 0.75, 3: 1.0, 5: 1.0}
    assert player.loss == pytest.approx(np.log(2))
    assert [row.moves for row in found["moves 1-10"]] == [2, 2, 2]
    assert found["moves 21+"][2].top[1] == 1.0


def test_the_protocols_leave_out_what_they_say() -> None:
    plies = np.arange(60)
    some = scores([[1, 1, 1]] * 60, plies.tolist(), [0] * 60, seconds=10.0)
    assert BANDS["ply > 10, 30 s left"](some).sum() == 0
    unknown = scores([[1, 1, 1]] * 60, plies.tolist(), [0] * 60)
    assert BANDS["ply > 10, 30 s left"](unknown).sum() == 50
    parts = [BANDS[band](some) for band in ("moves 1-5", "moves 6-10", "moves 11-20", "moves 21+")]
    assert np.sum(parts, axis=0).tolist() == [1] * 60


def test_the_clock_before_a_move_is_the_one_after_the_movers_last() -> None:
    clocks = np.array([300, 299, 280, 250], np.float32)
    timed = game("e4 e5 Nf3 Nc6", clocks=clocks)
    assert [seconds_before(timed, ply) for ply in (2, 3)] == [300, 299]
    assert np.isnan(seconds_before(timed, 0))
    assert np.isnan(seconds_before(game("e4 e5 Nf3"), 2))


def test_calibration_is_the_gap_between_confidence_and_frequency() -> None:
    # Ten moves at .8 of which 6 came: one bin a move, each off by .2 or .8; in bins of five with 3 right each, .2.
    confidence = np.repeat(0.8, 50)
    right = np.tile([1.0, 1.0, 1.0, 0.0, 0.0], 10)
    assert calibration_error(confidence, right) == pytest.approx(0.2)
    assert calibration_error(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0


def test_a_perfect_forecaster_stays_below_its_bound() -> None:
    rng = np.random.default_rng(5)
    confidence = rng.uniform(0.2, 0.9, 1000)
    bound = perfect_calibration(confidence)
    errors = [calibration_error(confidence, (rng.random(1000) < confidence).astype(float)) for _ in range(100)]
    assert 0.9 <= np.mean(np.array(errors) <= bound) <= 1.0
    assert calibration_error(confidence, (rng.random(1000) < confidence - 0.15).astype(float)) > bound


def test_the_newest_games_are_held_out() -> None:
    found = player_evaluation.evaluate("Father", sample_games()[:30], LegalPrior(), held_out=6)
    assert (found.earlier, found.held_out) == (24, 6)
    moves = sum((len(one) + (one.white == "Father")) // 2 for one in sample_games()[24:30])
    assert found.bands["all moves"][0].moves == moves
    assert [row.model for row in found.bands["moves 1-10"]] == list(MODELS)


def test_too_few_games_are_an_error() -> None:
    with pytest.raises(DataError, match="Anna has 2 games"):
        player_evaluation.evaluate("Anna", [game("e4 e5"), game("d4 d5")], LegalPrior())


def test_people_together_have_intervals_over_people() -> None:
    rng = np.random.default_rng(0)
    people = []
    for number in range(6):
        ranks = [[int(rank) for rank in rng.integers(1, 4, 3)] for _ in range(50)]
        some = scores(ranks, [4] * 50, [0] * 50)
        people.append(player_evaluation.Evaluation(str(number), 1, 1, rows_by_band(some), some))
    [counts, _, _] = player_evaluation.over_people(people)["moves 1-10"]
    assert counts.moves == 300
    assert counts.top_interval is not None
    assert people[0].bands["moves 1-10"][0].top_interval is None
    assert set(people[0].to_plain()) == {"name", "earlier", "held_out", "bands"}
