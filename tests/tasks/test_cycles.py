"""Seasons, phases and following times agree with the calendar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.tasks.cycles import DAY, HOUR, cycle_features, cycles_in, following_times, season_of


@pytest.mark.parametrize(
    ("step", "season"),
    [
        (HOUR // 4, 96),
        (HOUR, 24),
        (6 * HOUR, 4),
        (DAY, 7),
        (7 * DAY, 52),
        (30 * DAY, 12),
        (31 * DAY, 12),
        (91 * DAY, 4),
        (365 * DAY, 1),
        (11 * HOUR, 2),
    ],
)
def test_a_season_is_the_next_longer_cycle_in_steps(step: int, season: int) -> None:
    assert season_of(step) == season


def test_a_cycle_counts_when_it_is_passed_twice() -> None:
    def hours(count: int) -> np.ndarray:
        return np.datetime64("2024-01-01", "us") + np.arange(count) * np.timedelta64(1, "h")

    assert cycles_in(hours(47), HOUR) == ()
    assert cycles_in(hours(48), HOUR) == ("day",)
    assert cycles_in(hours(24 * 14), HOUR) == ("day", "week")


def test_the_phase_of_monday_noon_is_half_a_day_and_a_fourteenth_of_a_week() -> None:
    noon = np.array(["2024-01-01T12:00"], "datetime64[us]")  # a Monday
    day_sin, day_cos, week_sin, week_cos = cycle_features(noon, ("day", "week"))[0]
    assert day_sin == pytest.approx(0, abs=1e-6)
    assert day_cos == pytest.approx(-1)
    assert week_sin == pytest.approx(np.sin(2 * np.pi / 14))
    assert week_cos == pytest.approx(np.cos(2 * np.pi / 14))


def test_new_year_is_where_the_year_starts() -> None:
    start = np.array(["1999-01-01", "2024-01-01"], "datetime64[us]")
    np.testing.assert_allclose(cycle_features(start, ("year",)), [[0, 1], [0, 1]], atol=1e-6)


def test_months_follow_the_calendar_and_end_where_they_end() -> None:
    last = np.array(["2023-12-31T06:00", "2024-01-15"], "datetime64[us]")
    expected = np.array(
        [["2024-01-31T06:00", "2024-02-29T06:00", "2024-03-31T06:00"], ["2024-02-15", "2024-03-15", "2024-04-15"]],
        "datetime64[us]",
    )
    np.testing.assert_array_equal(following_times(last, 30 * DAY, 3), expected)


@given(st.integers(1, 10**6), st.integers(1, 50))
def test_regular_steps_follow_at_their_distance(step: int, count: int) -> None:
    numbers = following_times(np.array([7]), step, count)[0]
    np.testing.assert_array_equal(np.diff(np.concatenate([[7], numbers])), step)
    times = following_times(np.array([np.datetime64(0, "us")]), step, count)[0]
    np.testing.assert_array_equal(times.astype(np.int64), numbers - 7)
