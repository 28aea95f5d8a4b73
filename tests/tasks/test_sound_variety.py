"""Random changes of recordings: what they keep, and that nothing is changed where nothing should be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.tasks.sound_variety import (
    HIDDEN_BANDS,
    HIDDEN_TIME,
    MOST_TIMES,
    Variation,
    hidden,
    variation,
    varied,
)

BANDS = 40
HERTZ = np.geomspace(60, 3900, BANDS)


@given(st.integers(1, 60), st.integers(0, 2**32 - 1), st.floats(0.1, 3.0))
def test_changed_recordings_stay_finite_and_of_bounded_length(steps: int, seed: int, variety: float) -> None:
    rng = np.random.default_rng(seed)
    found = varied(rng.normal(-10, 3, (steps, BANDS)), HERTZ, variation(variety, rng), rng)
    assert found.shape[1] == BANDS
    assert 1 <= len(found) <= MOST_TIMES * steps
    assert np.isfinite(found).all()


def test_the_generator_decides_and_variety_0_changes_nothing() -> None:
    bands = np.random.default_rng(0).normal(-10, 3, (30, BANDS))
    one, same, other = (varied(bands, HERTZ, Variation(1.0, 1.2), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert len(one) == 36
    assert np.abs(one - other).max() > 0.1
    rng = np.random.default_rng(0)
    assert varied(bands, HERTZ, variation(0.0, rng), rng) is bands
    assert hidden(bands, BANDS, 0.0, rng) is bands


def test_voices_move_a_peak_up_and_down() -> None:
    bands = np.full((20, BANDS), -20.0)
    bands[:, 20] = 0.0
    peaks = {
        int(varied(bands, HERTZ, Variation(1.0, 1.2), np.random.default_rng(seed)).mean(axis=0).argmax())
        for seed in range(40)
    }
    assert min(peaks) < 20 < max(peaks)
    assert min(peaks) > 10
    assert max(peaks) < 30


@pytest.mark.parametrize("steps", [1, 4, 50])
def test_what_is_hidden_is_zero_in_every_view_and_the_rest_is_untouched(steps: int) -> None:
    features = np.random.default_rng(0).normal(size=(steps, 2 * BANDS)).astype(np.float32)
    seen = set()
    for seed in range(60):
        found = hidden(features, BANDS, 1.0, np.random.default_rng(seed))
        gone = found == 0
        np.testing.assert_array_equal(gone[:, :BANDS], gone[:, BANDS:])
        np.testing.assert_array_equal(found[~gone], features[~gone])
        assert gone.all(axis=1).sum() <= HIDDEN_TIME * steps
        assert gone.all(axis=0).sum() <= 2 * 2 * HIDDEN_BANDS
        seen |= set(np.flatnonzero(gone.any(axis=0)).tolist())
    assert seen == set(range(2 * BANDS))
