import numpy as np

from gru_toolkit.tasks.text_pooling import EQUAL, LEAST, fit_powers, fit_shares, pooled


def opinions(count: int, *, seed: int = 0) -> np.ndarray:
    """(count, 2, 3) random probabilities."""
    drawn = np.random.default_rng(seed).dirichlet(np.ones(3), (count, 2))
    return np.asarray(drawn)


def test_equal_powers_are_the_geometric_mean_by_hand() -> None:
    """√(.9 · .4) and √(.1 · .6) are .6 and .245, together .845."""
    found = pooled(np.array([[[0.9, 0.1], [0.4, 0.6]]]), EQUAL)
    np.testing.assert_allclose(found, [[0.6 / 0.844949, 0.244949 / 0.844949]], rtol=1e-5)


def test_no_opinion_forbids_a_label() -> None:
    found = pooled(np.array([[[1.0, 0.0], [0.0, 1.0]]]), EQUAL)
    np.testing.assert_allclose(found, [[0.5, 0.5]])
    assert np.isfinite(np.log(found)).all()
    assert LEAST > 0


def test_powers_that_made_the_labels_are_found() -> None:
    seen = opinions(20_000)
    rng = np.random.default_rng(1)
    chances = pooled(seen, (0.4, 1.3))
    truth = (rng.random((len(seen), 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    np.testing.assert_allclose(fit_powers(seen, truth), (0.4, 1.3), atol=0.05)


def test_an_opinion_that_is_worse_than_none_is_left_out() -> None:
    seen = opinions(5000)
    first, second = fit_powers(seen, seen[:, 1].argmin(axis=1))
    assert second == 0
    assert first >= 0


def test_few_texts_cannot_make_anything_certain() -> None:
    seen = opinions(3)
    powers = fit_powers(seen, seen[:, 0].argmax(axis=1))
    assert max(powers) < 2


def test_shares_that_made_the_numbers_are_found_and_none_is_negative() -> None:
    rng = np.random.default_rng(0)
    said = rng.normal(size=(5000, 2))
    wanted = said @ np.array([0.3, 0.9]) + 0.1 * rng.normal(size=5000)
    np.testing.assert_allclose(fit_shares(said, wanted), (0.3, 0.9), atol=0.01)
    first, second = fit_shares(said, said[:, 0] - 0.5 * said[:, 1])
    assert second == 0
    np.testing.assert_allclose(first, 1, atol=0.03)
