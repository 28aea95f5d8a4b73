"""Ranks and their metrics, worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.tasks import ranking

SCORES = np.log(np.array([[0.5, 0.3, 0.2], [0.25, 0.25, 0.5], [0.2, 0.2, 0.6]]))


def test_the_rank_counts_what_is_higher_and_half_of_what_is_equal() -> None:
    assert ranking.ranks(SCORES, np.array([1, 0, 2])).tolist() == [2.0, 2.5, 1.0]


def test_an_unknown_or_forbidden_truth_has_no_rank() -> None:
    scores = np.array([[0.0, -np.inf], [0.0, -1.0]])
    rank = ranking.ranks(scores, np.array([1, -1]))
    assert np.isinf(rank).all()
    for metric in (ranking.hits, ranking.reciprocal_ranks, ranking.discounted_gains):
        assert metric(rank, 20).tolist() == [0, 0]


def test_metrics_at_a_cut() -> None:
    rank = np.array([1.0, 3.0, 4.0])
    assert ranking.hits(rank, 3).tolist() == [1, 1, 0]
    assert ranking.reciprocal_ranks(rank, 3).tolist() == [1, 1 / 3, 0]
    assert ranking.discounted_gains(rank, 3).tolist() == [1, 0.5, 0]  # 1 / log2(4)


def test_constant_scores_are_worth_what_chance_is() -> None:
    rank = ranking.ranks(np.zeros((40, 40)), np.arange(40))
    assert set(rank) == {20.5}


def test_the_loss_is_cut_and_unknown_truths_have_none() -> None:
    scores = np.array([[math.log(0.25), -np.inf]])
    assert ranking.log_losses(scores, np.array([0]), 1e-3)[0] == pytest.approx(math.log(4))
    assert ranking.log_losses(scores, np.array([1]), 1e-3)[0] == pytest.approx(math.log(1000))
    assert np.isnan(ranking.log_losses(scores, np.array([-1]), 1e-3)[0])


def test_calibration_error_is_the_distance_in_bins() -> None:
    # Two predictions of .8 of which one came (distance .3 each), one of .2 that came (distance .8): 1.4 / 3.
    sums = ranking.calibration_sums(np.array([0.8, 0.8, 0.2]), np.array([True, False, True])).sum(axis=0)
    assert ranking.calibration_error(sums) == pytest.approx((abs(1.6 - 1) + abs(0.2 - 1)) / 3)


@given(st.integers(1, 12), st.integers(1, 15), st.integers(0, 2**31))
def test_the_top_is_the_start_of_the_whole_order(items: int, top: int, seed: int) -> None:
    scores = np.random.default_rng(seed).permutation(items)[None].astype(float)
    found = ranking.top_items(scores, top)
    assert found.tolist() == [np.argsort(-scores[0])[:top].tolist()]
