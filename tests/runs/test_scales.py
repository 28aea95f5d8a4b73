"""Ticks stand on round values and say which."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.runs import scales

FINITE = st.floats(-1e12, 1e12, allow_nan=False)


def texts(axis: scales.Axis) -> list[str]:
    return [text for _, text in axis.ticks]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.31, 0.97], ["0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([1.0, 7.0], ["0", "2", "4", "6", "8"]),
        ([-3e-7, 4e-7], ["−4e−07", "−2e−07", "0", "2e−07", "4e−07"]),
        ([1e9, 1e9 + 4], ["1,000,000,000", "1,000,000,001", "1,000,000,002", "1,000,000,003", "1,000,000,004"]),
        ([2e7, 8e7], ["2e+07", "4e+07", "6e+07", "8e+07"]),
        ([5.0, 5.0], ["2", "4", "6", "8"]),
        ([0.0, 0.0], ["−1.0", "−0.5", "0", "0.5", "1.0"]),
        ([np.nan, np.inf], ["0", "0.5", "1.0"]),
    ],
)
def test_linear_ticks(values: list[float], expected: list[str]) -> None:
    assert texts(scales.linear(np.array(values))) == expected


@given(st.lists(FINITE, min_size=1, max_size=20))
def test_a_linear_axis_holds_all_values_and_has_distinct_rising_ticks(values: list[float]) -> None:
    axis = scales.linear(np.array(values))
    places = axis.place(np.array(values))
    assert ((places > -1e-6) & (places < 1 + 1e-6)).all()
    marks = [value for value, _ in axis.ticks]
    assert 2 <= len(marks) <= 12
    assert marks == sorted(set(marks))
    assert len(set(texts(axis))) == len(marks)


def test_an_axis_of_counts_has_whole_ticks() -> None:
    assert texts(scales.within(1, 3, whole=True)) == ["1", "2", "3"]
    assert texts(scales.linear(np.array([1.0, 2.0]), whole=True)) == ["1", "2"]


@pytest.mark.parametrize(
    ("values", "log", "expected"),
    [
        ([0.01, 3.0], True, ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"]),
        ([1e-6, 1.0], True, ["1e−06", "1e−05", "0.0001", "0.001", "0.01", "0.1", "1"]),
        ([1.0, 3.0], False, ["1.0", "1.5", "2.0", "2.5", "3.0"]),
        ([-1.0, 300.0], False, ["−100", "0", "100", "200", "300"]),
        ([np.nan], False, ["0", "0.5", "1.0"]),
    ],
)
def test_losses_over_many_sizes_get_a_logarithmic_axis(values: list[float], log: bool, expected: list[str]) -> None:
    axis = scales.positive(np.array(values))
    assert axis.log == log
    assert texts(axis) == expected


def test_places_on_a_logarithmic_axis() -> None:
    axis = scales.positive(np.array([0.01, 1.0]))
    assert axis.place(np.array([0.01, 0.1, 1.0])).tolist() == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (("2020-01-01T00:00", "2020-01-02T03:00"), ["1 Jan", "06:00", "12:00", "18:00", "2 Jan"]),
        (("2020-01-31", "2020-03-04"), ["3 Feb", "10 Feb", "17 Feb", "24 Feb", "2 Mar"]),
        (("1949-01-01", "1961-03-01"), ["1950", "1955", "1960"]),
        (("2020-01-01T00:00", "2020-01-01T00:07"), ["00:00", "00:02", "00:04", "00:06"]),
        (("2020-01-01T00:00:00", "2020-01-01T00:00:20"), ["00:00:00", "00:00:05", "00:00:10", "00:00:15", "00:00:20"]),
        (("2019-11-01", "2020-07-01"), ["Jan 2020", "Apr 2020", "Jul 2020"]),
        (("0500-01-01", "2020-01-01"), ["0500", "1000", "1500", "2000"]),
        (("2020-01-01", "2020-01-01"), ["00:00:00", "00:00:01"]),
        (("-9000-01-01", "9000-01-01"), ["-8000", "-4000", "0000", "4000", "8000"]),
    ],
)
def test_ticks_of_times_stand_on_the_calendar(ends: tuple[str, str], expected: list[str]) -> None:
    assert texts(scales.times(np.array(ends, "M8[us]"))) == expected


def test_numbers_of_times_and_of_steps() -> None:
    assert scales.seconds_of(np.array(["1970-01-01T00:01"], "M8[us]")).tolist() == [60]
    assert scales.seconds_of(np.array([7])).tolist() == [7]
