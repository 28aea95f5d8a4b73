"""Settings that nobody gave are told from the data, and said."""

from dataclasses import replace

import numpy as np
import pytest

from gru_toolkit.config import TrainConfig
from gru_toolkit.errors import ConfigError, HistoryTooShort
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.tasks.forecast import FORECAST, Forecast
from gru_toolkit.tasks.forecast_resolving import BUDGETS, repeating_season
from tests.tasks.forecast_samples import hourly


def resolve(dataset: Dataset, *given: str, train: TrainConfig = TrainConfig(), **settings: object):  # type: ignore[no-untyped-def]
    return FORECAST.resolve(dataset, Forecast(**settings), train, frozenset(given))  # type: ignore[arg-type]


def without_dates(dataset: Dataset) -> Dataset:
    numbers = np.concatenate([np.arange(length) for length in dataset.lengths])
    return replace(dataset, times=numbers, step=1)


def test_hours_have_a_day_of_season_and_horizon_and_a_week_of_look_back() -> None:
    found = resolve(hourly((2_000,)))
    assert (found.settings.season, found.settings.horizon, found.settings.look_back) == (24, 24, 168)
    assert found.settings.segment == 24
    assert sum("assumed" in note for note in found.notes) == 3


def test_without_dates_the_season_is_the_one_that_repeats() -> None:
    assert repeating_season(without_dates(hourly((300, 300)))) == 24


def test_noise_has_no_season_and_then_the_horizon_must_be_told() -> None:
    dataset = without_dates(hourly((300,)))
    noise = replace(dataset.steps["y"], values=np.random.default_rng(0).normal(size=300).cumsum())
    dataset = replace(dataset, steps={"y": noise})
    with pytest.raises(ConfigError, match="how many steps to predict"):
        resolve(dataset)
    assert resolve(dataset, horizon=6).settings.season == 1


def test_the_shortest_series_limit_the_look_back() -> None:
    found = resolve(hourly((2_000, 130)), horizon=24)
    assert found.settings.look_back == 48
    assert any("less than the 168" in note for note in found.notes)


@pytest.mark.parametrize(("look_back", "segment"), [(96, 24), (60, 20), (97, 97), (36, 18)])
def test_a_segment_divides_the_look_back_and_is_near_a_season(look_back: int, segment: int) -> None:
    assert resolve(hourly((2_000,)), look_back=look_back).settings.segment == segment


def test_a_series_that_is_too_short_for_one_window_is_refused() -> None:
    with pytest.raises(HistoryTooShort, match="need 120"):
        resolve(hourly((100,)), look_back=96, horizon=24)


def test_a_preset_spends_its_budget_and_leaves_what_the_user_gave() -> None:
    dataset = hourly((5_000,))
    fast = resolve(dataset, preset="fast")
    assert fast.settings.units == BUDGETS["fast"].units
    windows = 5_000 * 0.7 - 168 - 24
    assert fast.train.epochs * windows / fast.train.batch_size == pytest.approx(BUDGETS["fast"].steps, rel=0.1)
    mine = resolve(dataset, "epochs", preset="best", units=7, train=TrainConfig(epochs=3))
    assert (mine.settings.units, mine.train.epochs) == (7, 3)


def test_resolved_settings_resolve_to_themselves() -> None:
    dataset = hourly((2_000,))
    first = resolve(dataset)
    again = FORECAST.resolve(dataset, first.settings, first.train, frozenset())
    assert again.settings == first.settings
    assert again.train == first.train


@pytest.mark.parametrize(
    "wrong",
    [{"horizon": 0}, {"quantiles": (0.9, 0.1)}, {"quantiles": (0.0, 0.5)}, {"dropout": 1.0}, {"loss": "cubic"}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Forecast(**wrong)  # type: ignore[arg-type]
