"""Rates of alarms: counted where there are enough steps, extrapolated beyond, and asked for in words people use."""

import numpy as np
import pytest

from gru_toolkit.errors import ConfigError
from gru_toolkit.tasks.false_alarms import fit_rarity, rate_of, score

STEPS = np.random.default_rng(0).exponential(size=20_000)
RARITY = fit_rarity(STEPS)


@pytest.mark.parametrize("rate", [0.3, 0.1, 0.05])
def test_as_many_steps_reach_a_score_as_it_says(rate: float) -> None:
    assert (score(STEPS, RARITY) >= 1 - rate).mean() == pytest.approx(rate, rel=0.02)


@pytest.mark.parametrize("rate", [1e-3, 1e-4])
def test_the_extrapolated_tail_of_an_exponential_is_right(rate: float) -> None:
    level = -np.log(rate)  # an exponential exceeds this once in 1 / rate
    assert 1 - score(np.array(level), RARITY) == pytest.approx(rate, rel=0.35)


def test_the_score_rises_and_stays_in_its_bounds() -> None:
    unusual = np.linspace(-5, 60, 2_000)
    found = score(unusual, RARITY)
    assert (np.diff(found) >= 0).all()
    assert found.min() == 0.0
    assert found.max() <= 1.0


def test_equal_steps_are_all_as_usual_as_can_be() -> None:
    rarity = fit_rarity(np.zeros(60))
    assert score(np.array(0.0), rarity) == 0.0
    assert score(np.array(1.0), rarity) > 0.999


@pytest.mark.parametrize(("text", "rate"), [("1/1000", 1e-3), ("0.01", 0.01), ("1 / 50", 0.02)])
def test_a_rate_is_a_fraction_or_a_share(text: str, rate: float) -> None:
    assert rate_of(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["often", "1/0", "2", "0", "-1/3"])
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"false_alarms"):
        rate_of(text)
