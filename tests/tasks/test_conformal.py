"""Calibrated quantiles are exceeded as often as they should be, on data like those they were calibrated on."""

import numpy as np
import pytest

from gru_toolkit.tasks.conformal import fit_offsets, moved, sample

LEVELS = (0.1, 0.5, 0.9)


def forecasts(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and quantiles far too narrow, of a spread that differs between rows and steps."""
    rng = np.random.default_rng(seed)
    spread = rng.uniform(0.5, 5, size=(rows, 1)) * np.array([1.0, 2.0, 4.0])
    truth = 1 + rng.normal(size=(rows, 3)) * spread
    return truth, np.stack([-0.3 * spread, 0 * spread, 0.3 * spread], axis=-1)


def test_calibration_repairs_quantiles_at_every_step() -> None:
    truth, quantiles = forecasts(2_000, 1)
    offsets = fit_offsets(truth, quantiles, LEVELS)
    later, later_quantiles = forecasts(20_000, 2)
    below = (later[..., None] <= moved(later_quantiles, offsets)).mean(axis=0)
    np.testing.assert_allclose(below, np.tile(LEVELS, (3, 1)), atol=0.025)


def test_the_order_statistic_is_the_one_that_leaves_room_for_the_next() -> None:
    # Truths 1 … 98, an interval of width 1: level .9 takes truth ⌈99 · .9⌉ = 90, level .1 takes ⌊99 · .1⌋ = 9.
    truth = np.arange(1.0, 99.0)[:, None]
    quantiles = np.tile([-0.5, 0.0, 0.5], (98, 1, 1))
    np.testing.assert_allclose(fit_offsets(truth, quantiles, LEVELS), [[9.5, 50, 89.5]])


def test_few_forecasts_share_one_correction_over_all_steps() -> None:
    truth, quantiles = forecasts(20, 3)
    offsets = fit_offsets(truth, quantiles, LEVELS)
    assert len(np.unique(offsets[:, 0])) == 1


def test_unknown_truth_teaches_nothing() -> None:
    truth, quantiles = forecasts(200, 4)
    holes = truth.copy()
    holes[::2] = np.nan
    np.testing.assert_array_equal(
        fit_offsets(holes, quantiles, LEVELS), fit_offsets(truth[1::2], quantiles[1::2], LEVELS)
    )


def test_moved_quantiles_rise() -> None:
    _, quantiles = forecasts(50, 5)
    assert (np.diff(moved(quantiles, np.array([[3.0, 0.0, -3.0]] * 3)), axis=-1) >= 0).all()


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_sample_is_as_large_as_asked_and_does_not_depend_on_batches(size: int) -> None:
    truth, quantiles = forecasts(100, 6)
    batches = [(truth[start : start + size], quantiles[start : start + size]) for start in range(0, 100, size)]
    chosen, spread = sample(batches, 30)
    assert chosen.shape == (30, 3)
    assert spread.shape == (30, 3, 3)
    whole, _ = sample([(truth, quantiles)], 30)
    np.testing.assert_array_equal(chosen, whole)


def test_no_forecasts_make_an_empty_sample() -> None:
    truth, _ = sample([], 5)
    assert len(truth) == 0
