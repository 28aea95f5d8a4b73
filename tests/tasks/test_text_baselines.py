import numpy as np
import pytest

from gru_toolkit.tasks.text_baselines import Bags, bags, fit_linear, fit_naive_bayes, fit_ridge, scores, weighted
from gru_toolkit.tasks.text_ngrams import Ngrams

NGRAMS = Ngrams(words=1 << 12, letters=0, longest_words=2, spans=(1, 1), lower=True, most=100)
SIZE = NGRAMS.words + 1


def bags_of(found: list[np.ndarray]) -> Bags:
    return bags([NGRAMS.of(" ".join(f"w{word}" for word in words)) for words in found], SIZE)


def texts(rng: np.random.Generator, count: int, *, by_order: bool) -> tuple[list[np.ndarray], np.ndarray]:
    """Texts whose class is a word of theirs, or the order of two words."""
    found, codes = [], rng.integers(0, 2, count)
    for code in codes.tolist():
        words = rng.integers(10, 30, 8)
        if by_order:
            place = int(rng.integers(0, 7))
            words[place : place + 2] = (4, 5) if code else (5, 4)
        else:
            words[int(rng.integers(0, 8))] = 4 + code
        found.append(words)
    return found, codes


@pytest.mark.parametrize("fit", [fit_naive_bayes, fit_linear])
@pytest.mark.parametrize("by_order", [False, True])
def test_words_and_the_order_of_two_are_learned(fit, by_order: bool) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    ids, codes = texts(rng, 400, by_order=by_order)
    state = fit(bags_of(ids), codes, 2, SIZE)
    new, truth = texts(rng, 200, by_order=by_order)
    assert (scores(state, bags_of(new)).argmax(axis=1) == truth).mean() > 0.9


def test_numbers_that_words_add_up_to_are_found() -> None:
    rng = np.random.default_rng(0)
    worth = rng.normal(size=30)
    drawn = [rng.integers(0, 30, 6) for _ in range(500)]
    values = np.array([worth[np.unique(words)].mean() for words in drawn])
    weights, errors = fit_ridge(bags_of(drawn[:400]), values[:400], SIZE)
    found = weighted(weights, bags_of(drawn[400:]))
    assert np.square(found - values[400:]).mean() < 0.1 * values.var()
    assert len(errors) == 40
    assert np.square(errors).mean() < 0.2 * values.var()


def test_naive_bayes_by_hand() -> None:
    """Class 0 saw place a once, class 1 place b twice, of 2 places: 2/3 and 1/3 in class 0, 1/4 and 3/4 in class 1."""
    found = bags([np.array([1]), np.array([2]), np.array([2])], 4)
    first, second = 1, 2
    state = fit_naive_bayes(found, np.array([0, 1, 1]), 2, 4)
    np.testing.assert_allclose(np.exp(state["weights"][first]), [2 / 3, 1 / 4], rtol=1e-5)
    np.testing.assert_allclose(np.exp(state["weights"][second]), [1 / 3, 3 / 4], rtol=1e-5)
    np.testing.assert_allclose(np.exp(state["bias"]), [2 / 5, 3 / 5], rtol=1e-5)
    np.testing.assert_array_equal(state["weights"][[0, 3]], 0)


def test_places_beyond_the_table_do_not_count_and_a_text_without_any_touches_the_first() -> None:
    found = bags([np.array([2, 5]), np.array([7]), np.array([1, 3])], 4)
    assert found.places.tolist() == [2, 0, 1, 3]
    assert found.starts.tolist() == [0, 1, 2]
    assert found.rows.tolist() == [0, 1, 2, 2]
