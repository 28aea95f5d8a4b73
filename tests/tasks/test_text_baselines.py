import numpy as np
import pytest

from gru_toolkit.tasks.text_baselines import bags, fit_linear, fit_naive_bayes, places_for, scores, softmax

SIZE = 1 << 12


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
    state = fit(bags(ids, 2, SIZE), codes, 2, SIZE)
    new, truth = texts(rng, 200, by_order=by_order)
    assert (scores(state, bags(new, 2, SIZE)).argmax(axis=1) == truth).mean() > 0.9


def test_naive_bayes_by_hand() -> None:
    """Class 0 saw place a once, class 1 place b twice, of 4 places: 2/5 and 1/5 in class 0, 1/6 and 3/6 in class 1."""
    found = bags([np.array([7]), np.array([8]), np.array([8])], 1, 4)
    first, second = found.places[0], found.places[1]
    assert first != second
    state = fit_naive_bayes(found, np.array([0, 1, 1]), 2, 4)
    np.testing.assert_allclose(np.exp(state["weights"][first]), [2 / 5, 1 / 6], rtol=1e-5)
    np.testing.assert_allclose(np.exp(state["weights"][second]), [1 / 5, 3 / 6], rtol=1e-5)
    np.testing.assert_allclose(np.exp(state["bias"]), [2 / 5, 3 / 5], rtol=1e-5)


def test_a_text_is_a_set_of_its_n_grams() -> None:
    once, twice = bags([np.array([4, 5])], 1, SIZE), bags([np.array([4, 5, 4, 5])], 1, SIZE)
    np.testing.assert_array_equal(once.places, twice.places)
    assert len(bags([np.array([4, 5])], 2, SIZE).places) == 3


def test_many_classes_get_fewer_places() -> None:
    assert places_for(2) > places_for(50)
    assert softmax(np.array([[0.0, 0.0]])).tolist() == [[0.5, 0.5]]
