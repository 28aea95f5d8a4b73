"""Mixtures of logistics: distribution, quantiles and density agree with each other."""

import numpy as np
import pytest

from gru_toolkit.tasks.logistic_mixture import below, log_likelihood, mixtures, quantiles

MIXTURE = mixtures(np.random.default_rng(0).normal(size=(20, 9)), 3)


def test_one_standard_logistic_is_the_logistic() -> None:
    one = mixtures(np.zeros((1, 3)), 1)
    assert below(one, np.array([np.log(3.0)]))[0] == pytest.approx(0.75)  # 1 / (1 + exp(-log 3)) = 3 / 4
    assert log_likelihood(one, np.zeros(1))[0] == pytest.approx(np.log(0.25))  # p (1 - p) at p = 1 / 2


def test_weights_add_up_to_one() -> None:
    np.testing.assert_allclose(MIXTURE.weight.sum(axis=1), 1.0)


@pytest.mark.parametrize("level", [0.01, 0.5, 0.95])
def test_the_quantile_inverts_the_distribution(level: float) -> None:
    np.testing.assert_allclose(below(MIXTURE, quantiles(MIXTURE, (level,))[0]), level, atol=1e-6)


def test_the_density_is_the_slope_of_the_distribution() -> None:
    place = np.random.default_rng(1).normal(size=20)
    slope = (below(MIXTURE, place + 1e-5) - below(MIXTURE, place - 1e-5)) / 2e-5
    np.testing.assert_allclose(np.exp(log_likelihood(MIXTURE, place)), slope, rtol=1e-5)


def test_a_value_far_away_is_finite() -> None:
    far = np.full(20, 1e9)
    assert np.isfinite(log_likelihood(MIXTURE, far)).all()
    np.testing.assert_allclose(below(MIXTURE, far), 1.0)
