"""The naive predictions are what their names say."""

import numpy as np
import pytest

from gru_toolkit.tasks import series_baselines as naive


def test_simple_features_by_hand_and_whatever_the_padding_holds() -> None:
    values = np.array([[[1.0], [3.0], [2.0], [99.0]]])
    row = naive.simple_features(values, np.array([3]))[0]
    # mean, deviation, least, greatest, first, last, slope (-1·1 + 0·3 + 1·2) / 3, roughness (0 + 2 + 1) / 3, log 3
    np.testing.assert_allclose(row, [2, np.sqrt(2 / 3), 1, 3, 1, 2, 1 / 3, 1, np.log(3)])


def test_a_sequence_is_resampled_between_its_ends() -> None:
    found = naive.resampled(np.array([[[0.0], [10.0], [77.0]]]), np.array([2]))[0]
    np.testing.assert_allclose(found, np.linspace(0, 10, naive.GRID), rtol=1e-6)


def test_the_nearest_point_and_not_itself_when_left_out() -> None:
    points = np.array([[0.0, 0], [1, 0], [5, 0]])
    assert naive.nearest(points, np.array([[4.0, 1]])).tolist() == [2]
    assert naive.nearest(points, points, leave_out=True).tolist() == [1, 0, 1]


def test_no_more_neighbours_are_kept_than_allowed_and_they_are_spread() -> None:
    kept = naive.kept(10 * naive.MOST_NEIGHBOURS)
    assert len(kept) == naive.MOST_NEIGHBOURS
    assert kept[0] == 0
    assert kept[-1] == 10 * naive.MOST_NEIGHBOURS - 1


def test_ridge_residuals_are_those_of_leaving_each_row_out() -> None:
    rng = np.random.default_rng(0)
    design = np.concatenate([rng.normal(size=(12, 2)), np.ones((12, 1))], axis=1)
    targets = design @ [1.0, -2.0, 3.0] + rng.normal(size=12)
    _, residuals = naive.fit_ridge(design, targets)
    penalty = np.diag([naive.RIDGES[0], naive.RIDGES[0], 1e-8])
    others = np.arange(12) != 4
    solved = np.linalg.solve(design[others].T @ design[others] + penalty, design[others].T @ targets[others])
    assert residuals[4] == pytest.approx(targets[4] - design[4] @ solved)


def test_logistic_regression_ends_where_the_gradient_is_zero() -> None:
    rng = np.random.default_rng(0)
    design = np.concatenate([rng.normal(size=(60, 2)), np.ones((60, 1))], axis=1)
    codes = (design[:, 0] + 0.5 * rng.normal(size=60) > 0).astype(np.int64) + (design[:, 1] > 1)
    weights = naive.fit_logistic(design, codes, 3)
    wrong = np.eye(3)[codes] - naive.softmax(design @ weights)
    np.testing.assert_allclose(design.T @ wrong, np.array([1.0, 1.0, 1e-8])[:, None] * weights, atol=0.05)
    assert (naive.softmax(design @ weights).argmax(axis=1) == codes).mean() > 0.8
