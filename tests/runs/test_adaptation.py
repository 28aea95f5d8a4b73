import math

import numpy as np
import pytest

from gru_toolkit.runs.adaptation import Mixture, OutputLayer


def layer(rate: float, back: float = 0.0) -> OutputLayer:
    rng = np.random.default_rng(0)
    return OutputLayer(rng.normal(0, 0.1, (5, 3)).astype(np.float32), np.zeros(5, np.float32), rate=rate, back=back)


FEATURES = np.array([[1.0, 0.0, 0.5]] * 4, np.float32)
WANTED = np.array([2, 2, 2, 2])


def test_a_unit_is_scored_before_it_is_learned_from() -> None:
    still, moving = layer(0.0), layer(5.0)
    np.testing.assert_allclose(moving.nats(FEATURES, WANTED), still.nats(FEATURES, WANTED))
    assert moving.nats(FEATURES, WANTED).mean() < still.nats(FEATURES, WANTED).mean() - 0.1


def test_surprise_of_a_uniform_layer_by_hand() -> None:
    flat = OutputLayer(np.zeros((4, 2)), np.zeros(4), rate=0.0, back=0.0)
    np.testing.assert_allclose(flat.nats(np.ones((3, 2)), np.array([0, 1, 3])), math.log(4))


def test_one_step_goes_along_the_gradient() -> None:
    """One unit, one feature of 2, two ids: p = .5, error (1/2, -1/2) / 4, table moves by rate * error * 2."""
    moving = OutputLayer(np.zeros((2, 1)), np.zeros(2), rate=1.0, back=0.0)
    moving.nats(np.array([[2.0]]), np.array([1]))
    np.testing.assert_allclose(moving.table[:, 0], [-0.25, 0.25])
    np.testing.assert_allclose(moving.bias, [-0.125, 0.125])


def test_the_weights_come_back_to_what_was_trained() -> None:
    moving = layer(5.0, back=0.5)
    trained = moving.table.copy()
    moving.nats(FEATURES, WANTED)
    away = np.abs(moving.table - trained).max()
    moving._rate = 0.0
    for _ in range(20):
        moving.nats(FEATURES, WANTED)
    assert np.abs(moving.table - trained).max() < away * 1e-3


def test_a_mixture_is_nearly_as_good_as_its_best_layer_and_never_much_worse() -> None:
    rng = np.random.default_rng(0)
    wanted = rng.integers(0, 4, (200, 8))
    features = rng.normal(size=(200, 8, 2))
    layers = [OutputLayer(np.zeros((4, 2)), np.zeros(4), rate=rate, back=0.0) for rate in (0.0, 500.0)]
    mixture = Mixture(layers)
    still, mixed = zip(*(mixture.nats(f, w) for f, w in zip(features, wanted, strict=True)), strict=True)
    assert np.concatenate(mixed).mean() < np.concatenate(still).mean() + 0.01


def test_a_mixture_of_one_layer_is_that_layer() -> None:
    alone, mixture = layer(5.0), Mixture([layer(5.0)])
    for _ in range(3):
        still, mixed = mixture.nats(FEATURES, WANTED)
        np.testing.assert_allclose(mixed, alone.nats(FEATURES, WANTED), atol=1e-6)
        np.testing.assert_allclose(mixed, still, atol=1e-6)


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_one_rate_serves_features_of_any_scale(scale: float) -> None:
    moving = OutputLayer(np.zeros((4, 2)), np.zeros(4), rate=1.0, back=0.0)
    features = np.full((8, 2), scale)
    for _ in range(50):
        nats = moving.nats(features, np.zeros(8, np.int64))
    assert nats.mean() < 0.7
