import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.errors import UsageError
from gru_toolkit.tasks.decoding import Sampling, choose

LOGITS = np.log(np.array([0.5, 0.25, 0.15, 0.1], np.float32))
ALL = np.ones(4, bool)


def shares(sampling: Sampling, allowed: np.ndarray = ALL) -> np.ndarray:
    rng = np.random.default_rng(0)
    drawn = [choose(LOGITS, allowed=allowed, sampling=sampling, rng=rng) for _ in range(4000)]
    return np.bincount(drawn, minlength=4) / 4000


def test_ids_are_drawn_by_their_probability() -> None:
    np.testing.assert_allclose(shares(Sampling()), [0.5, 0.25, 0.15, 0.1], atol=0.03)


def test_temperature_squares_the_odds_at_one_half() -> None:
    wanted = np.array([0.25, 0.0625, 0.0225, 0.01])
    np.testing.assert_allclose(shares(Sampling(temperature=0.5)), wanted / wanted.sum(), atol=0.03)


def test_temperature_zero_takes_the_likeliest_that_is_allowed() -> None:
    assert shares(Sampling(temperature=0))[0] == 1
    assert shares(Sampling(temperature=0), np.array([False, True, True, True]))[1] == 1


def test_top_k_and_top_p_leave_out_the_tail() -> None:
    np.testing.assert_allclose(shares(Sampling(top_k=2)), [2 / 3, 1 / 3, 0, 0], atol=0.03)
    np.testing.assert_allclose(shares(Sampling(top_p=0.6)), [2 / 3, 1 / 3, 0, 0], atol=0.03)
    assert shares(Sampling(top_p=0.01))[0] == 1


@given(st.lists(st.booleans(), min_size=4, max_size=4).filter(any), st.sampled_from([None, 1, 3]), st.floats(0.01, 1))
def test_only_allowed_ids_are_drawn(allowed: list[bool], top_k: int | None, top_p: float) -> None:
    rng = np.random.default_rng(0)
    sampling = Sampling(temperature=2.0, top_k=top_k, top_p=top_p)
    assert allowed[choose(LOGITS, allowed=np.array(allowed), sampling=sampling, rng=rng)]


@pytest.mark.parametrize("values", [{"temperature": -1}, {"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_impossible_settings_are_refused(values: dict) -> None:
    with pytest.raises(UsageError):
        Sampling(**values)
