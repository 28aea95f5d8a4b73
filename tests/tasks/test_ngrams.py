import numpy as np
import pytest

from gru_toolkit.tasks.ngrams import fit_ngrams, order_for, probabilities


@pytest.mark.parametrize("order", [1, 2, 4])
def test_probabilities_sum_to_one_after_any_history(order: int) -> None:
    rng = np.random.default_rng(0)
    stream = rng.integers(4, 12, 500)
    state = fit_ngrams(stream, 15, order)
    for history in (stream[:3], [14, 13, 12], [0, 0, 5], [0, 0, 0]):
        rows = np.tile(history, (15, 1))
        assert probabilities(state, rows, np.arange(15)).sum() == pytest.approx(1)


def test_a_bigram_by_hand() -> None:
    """Stream a b a b a c with a, b, c = 4, 5, 6 of 7 ids.

    Bigrams ab 2, ba 2, ac 1: n1 = 1, n2 = 2, D2 = 1 / 5 = .2. Before a stand {b}, before b {a}, before c {a}: each one,
    so n1 = 3, n2 = 0, D1 is cut to .95, and P1 = .05 / 3 + .95 / 7. P(b | a) = 1.8 / 3 + .2 * 2 / 3 * P1.
    """
    state = fit_ngrams(np.array([4, 5, 4, 5, 4, 6]), 7, 2)
    single = 0.05 / 3 + 0.95 / 7
    found = probabilities(state, np.array([[4], [6], [0]]), np.array([5, 5, 5]))
    np.testing.assert_allclose(found, [1.8 / 3 + 0.2 * 2 / 3 * single, single, single])


def test_longer_contexts_help_where_the_text_has_a_rule() -> None:
    stream = np.tile([4, 5, 4, 6], 100)
    history = np.array([[5, 4], [6, 4]])
    short, long = (probabilities(fit_ngrams(stream, 8, order), history, np.array([6, 5])) for order in (2, 3))
    assert (short < 0.6).all()
    assert (long > 0.9).all()


def test_the_order_fits_into_an_integer() -> None:
    assert order_for("char", 70) == 6
    assert order_for("char", 20_000) == 4
    assert order_for("word", 2) == 3
