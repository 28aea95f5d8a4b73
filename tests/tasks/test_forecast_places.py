"""Where forecasts start: splits, backtests and the latest place, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from gru_toolkit.config import SplitConfig
from gru_toolkit.errors import DataError, HistoryTooShort
from gru_toolkit.sequences.dataset import Part, everything
from gru_toolkit.tasks.forecast import FORECAST
from tests.tasks.forecast_samples import hourly, numbers, resolved


def test_shares_cut_in_time() -> None:
    dataset = hourly((1000,))
    splits = FORECAST.split(dataset, resolved(dataset), SplitConfig())
    assert [part.spans.tolist() for part in (splits.train, splits.validation, splits.test)] == [
        [[0, 0, 700]],
        [[0, 700, 800]],
        [[0, 800, 1000]],
    ]


def test_a_holdout_keeps_the_last_horizons_of_each_series() -> None:
    dataset = hourly((200, 150, 50))
    splits = FORECAST.split(dataset, resolved(dataset, holdout=1), SplitConfig())
    np.testing.assert_array_equal(splits.train.spans, [[0, 0, 152], [1, 0, 102], [2, 0, 2]])
    np.testing.assert_array_equal(splits.validation.spans, [[0, 152, 176], [1, 102, 126], [2, 2, 26]])
    np.testing.assert_array_equal(splits.test.spans, [[0, 176, 200], [1, 126, 150], [2, 26, 50]])
    assert "1 of 3 series" in splits.description[-1]


def test_shares_below_a_horizon_become_a_holdout_and_say_so() -> None:
    dataset = hourly((200, 200))
    splits = FORECAST.split(dataset, resolved(dataset), SplitConfig())
    assert splits.test.rows == 2 * 24
    assert "less than a horizon" in splits.description[0]


def test_a_backtest_has_one_place_for_each_origin_a_horizon_apart() -> None:
    dataset = hourly((130, 72, 71))
    settings = resolved(dataset)
    part = FORECAST.backtest(dataset, settings, 3)
    examples = FORECAST.examples(part, FORECAST.fit_codec(everything(dataset), settings), settings)
    context = examples.arrays(np.arange(len(examples))).context
    found = list(zip(context["sequence"].tolist(), context["place"].tolist(), strict=True))
    assert found == [(0, 58), (0, 82), (0, 106), (1, 48)]


def test_a_request_starts_where_the_values_end() -> None:
    dataset = hourly((48, 100))
    settings = resolved(hourly())
    codec = FORECAST.fit_codec(everything(dataset), settings)
    arrays = FORECAST.requests(dataset, codec, settings).arrays(np.array([0, 1]))
    np.testing.assert_array_equal(arrays.context["place"], [48, 100])
    assert np.isnan(arrays.context["truth"]).all()


def test_a_request_with_known_covariates_starts_where_the_target_ends() -> None:
    length = 100
    dataset = hourly((length,), price=np.arange(float(length)))
    settings = resolved(dataset)
    codec = FORECAST.fit_codec(everything(dataset), settings)
    values = dataset.steps["y"].values.copy()
    values[76:] = np.nan
    open_end = replace(dataset, steps={**dataset.steps, "y": numbers("y", values)})
    arrays = FORECAST.requests(open_end, codec, settings).arrays(np.array([0]))
    assert arrays.context["place"].tolist() == [76]
    with pytest.raises(DataError, match=r"0 future rows with price, and a forecast needs 24"):
        FORECAST.requests(dataset, codec, settings)


def test_too_short_a_history_is_refused_with_the_rows_needed() -> None:
    dataset = hourly((100, 47))
    settings = resolved(hourly())
    codec = FORECAST.fit_codec(everything(dataset), settings)
    with pytest.raises(HistoryTooShort, match=r"'s1' has 47 rows of history, and a forecast needs 48"):
        FORECAST.requests(dataset, codec, settings)


def test_a_part_without_a_window_is_refused_with_the_rows_needed() -> None:
    dataset = hourly((71,))
    settings = resolved(hourly())
    codec = FORECAST.fit_codec(everything(dataset), settings)
    with pytest.raises(HistoryTooShort, match=r"has 71 rows .* need 72"):
        FORECAST.examples(everything(dataset), codec, settings)
    part = Part(hourly(), np.array([[0, 100, 120]]), "test")
    with pytest.raises(HistoryTooShort, match=r"the test part has 20 rows .* one forecast needs 24"):
        FORECAST.examples(part, codec, settings)


def test_a_part_without_a_share_takes_nothing_from_a_holdout() -> None:
    dataset = hourly((200,))
    splits = FORECAST.split(dataset, resolved(dataset, holdout=1), SplitConfig(split=(0.9, 0.1, 0.0)))
    assert splits.train.spans.tolist() == [[0, 0, 176]]
    assert splits.validation.spans.tolist() == [[0, 176, 200]]
    assert len(splits.test) == 0
