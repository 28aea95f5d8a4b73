"""How unusual a step is: records of the past only, the same from the whole series and from its end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gru_toolkit.tasks.unusualness import Seed, Voices, averages, largest_before, unusual_now, unusualness

VOICES = Voices(stretches=(2, 3), memory=10, reach=20)
SEED = Seed(np.array([0.5, 0.4]), -1.0, 1.0)


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-9, 9)), st.integers(1, 12))
def test_the_largest_before_is_the_largest_before(values: np.ndarray, width: int) -> None:
    found = largest_before(values, width)
    wanted = [values[max(0, row - width) : row].max(initial=-np.inf) for row in range(len(values))]
    np.testing.assert_array_equal(found, wanted)


def test_averages_wait_until_there_are_enough_steps() -> None:
    rows = averages(np.array([0.0, 1.0, 3.0, 5.0]), VOICES)
    np.testing.assert_allclose(rows, [[0, 0, 2, 4], [0, 0, 0, 3]])  # the first step has no forecast and does not count


def test_a_value_at_the_edge_of_the_range_is_worth_nothing_and_twice_as_far_the_logarithm_of_two() -> None:
    values = np.array([1.0, 2.0])  # the range before is -1 to 1: its middle 0, its half 1
    found = unusualness(np.zeros(2), values, VOICES, SEED)
    np.testing.assert_allclose(found, [0.0, np.log(2)])


def test_records_of_several_voices_add_up() -> None:
    errors = np.array([0.0, 1.0, 1.0, 1.0])
    found = unusualness(errors, np.zeros(4), VOICES, SEED)
    # Row 2: two errors of 1 against the seed's 0.5. Row 3: as much again, no record; three of 1 against 0.4.
    assert found[2] == pytest.approx(VOICES.weight * np.log(2))
    assert found[3] == pytest.approx(VOICES.weight * np.log(2.5))


@given(st.integers(0, 2**32 - 1), st.integers(1, 118))
def test_the_future_changes_no_step_before_it(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    errors, values = np.abs(rng.normal(size=120)), rng.normal(size=120)
    before = unusualness(errors, values, VOICES, SEED)
    errors[cut:], values[cut:] = 50.0, -50.0
    np.testing.assert_array_equal(unusualness(errors, values, VOICES, SEED)[:cut], before[:cut])


@given(st.integers(0, 2**32 - 1), st.integers(2, 60))
def test_the_last_step_by_itself_is_the_last_of_all(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    errors, values = np.abs(rng.normal(size=rows)), rng.normal(size=rows)
    whole = unusualness(errors, values, VOICES, SEED)
    assert unusual_now(errors, values, VOICES, SEED)[0] == pytest.approx(whole[-1], rel=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_the_last_steps_alone_say_what_the_whole_series_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    errors, values = np.abs(rng.normal(size=120)), rng.normal(size=120)
    whole = unusualness(errors, values, VOICES, SEED)[-1]
    kept = VOICES.steps + 1
    assert unusualness(errors[-kept:], values[-kept:], VOICES, None)[-1] == pytest.approx(whole, rel=1e-9)
    assert unusual_now(errors[-kept:], values[-kept:], VOICES, None)[0] == pytest.approx(whole, rel=1e-9)
