"""Scores and baselines, worked by hand."""

import numpy as np
import pytest

from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks.forecast_baselines import naive_points
from gru_toolkit.tasks.forecast_scores import measure, metrics
from gru_toolkit.tasks.forecast_windows import Frame

FRAME = Frame(look_back=4, horizon=2, segment=2, season=3)
LEVELS = (0.1, 0.9)


def arrays_of(truth: np.ndarray) -> Arrays:
    count = len(truth)
    context = {
        "truth": truth,
        "deviation": np.full(count, 2.0),
        "difference": np.full(count, 4.0),
        "sequence": np.zeros(count, np.int64),
        "place": np.arange(count),
    }
    return Arrays({}, {}, np.ones(truth.shape), context)


def scores_of(truth: np.ndarray, forecast: np.ndarray, quantiles: np.ndarray) -> dict[str, object]:
    measures = measure({"forecast": forecast, "quantiles": quantiles}, arrays_of(truth), FRAME, LEVELS)
    return dict(metrics({name: values.sum(axis=0) for name, values in measures.sums.items()}, LEVELS))


def test_scores_of_two_forecasts() -> None:
    truth = np.array([[10.0, 20.0], [30.0, np.nan]])
    forecast = np.array([[12.0, 20.0], [24.0, 99.0]])
    quantiles = np.array([[[9.0, 13.0], [21.0, 22.0]], [[20.0, 25.0], [0.0, 0.0]]])
    scores = scores_of(truth, forecast, quantiles)
    assert scores["mae"] == pytest.approx((2 + 0 + 6) / 3)
    assert scores["mse"] == pytest.approx((4 + 0 + 36) / 3)
    assert scores["mse_scaled"] == pytest.approx((4 + 36) / 4 / 3)
    assert scores["mase"] == pytest.approx(8 / 4 / 3)
    # 200 · |error| / (|truth| + |forecast|): 400/22, 0, 1200/54
    assert scores["smape"] == pytest.approx((400 / 22 + 1200 / 54) / 3)
    assert scores["coverage"] == pytest.approx(1 / 3)
    assert scores["below"] == pytest.approx([1 / 3, 2 / 3])
    assert scores["mase_by_step"] == pytest.approx([1.0, 0.0])
    # Pinball of .1 and .9, averaged: (.1·1 + .1·3)/2, (.9·1 + .1·2)/2, (.1·10 + .9·5)/2; deviation 2.
    assert scores["pinball"] == pytest.approx((0.2 + 0.55 + 2.75) / 3 / 2)


def test_windows_that_share_values_are_resampled_together() -> None:
    truth = np.zeros((8, 2))
    measures = measure({"forecast": truth, "quantiles": np.zeros((8, 2, 2))}, arrays_of(truth), FRAME, LEVELS)
    np.testing.assert_array_equal(measures.groups, [0] * 6 + [1] * 2)


def test_baselines_repeat_the_last_value_and_the_last_season() -> None:
    points = naive_points(np.array([[1.0, 2.0, 3.0, 4.0]]), Frame(4, 5, 1, 3))
    np.testing.assert_array_equal(points["last_value"], [[4, 4, 4, 4, 4]])
    np.testing.assert_array_equal(points["seasonal_naive"], [[2, 3, 4, 2, 3]])
    assert list(naive_points(np.zeros((1, 4)), Frame(4, 5, 1, 1))) == ["last_value"]
