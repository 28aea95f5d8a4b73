import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.tasks.text_ngrams import ROOM, Ngrams, fit_ngrams

WORDS = Ngrams(words=1 << 20, letters=0, longest_words=2, spans=(1, 1), lower=True, most=100)
LETTERS = Ngrams(words=0, letters=1 << 20, longest_words=0, spans=(1, 3), lower=False, most=100)


def test_runs_of_words_are_counted_by_hand() -> None:
    """a b c has three words and two pairs; a b a b has a, b, a b and b a."""
    assert len(WORDS.of("a b c")) == 5
    assert len(WORDS.of("a b a b")) == 4
    np.testing.assert_array_equal(WORDS.of("Not  GOOD"), WORDS.of("not good"))
    assert set(WORDS.of("good")) < set(WORDS.of("not good"))


def test_runs_of_letters_are_counted_by_hand_and_stay_inside_a_word() -> None:
    """ab has a, b, ␣a, ab, b␣, ␣ab and ab␣; a second word adds what it has itself."""
    assert len(LETTERS.of("ab")) == 7
    together = set(LETTERS.of("ab")) | set(LETTERS.of("cd"))
    assert set(LETTERS.of("ab cd")) == together
    assert len(LETTERS.of("A a")) == 8


def test_a_word_and_the_same_letters_have_places_of_their_own() -> None:
    both = Ngrams(words=1 << 20, letters=1 << 20, longest_words=2, spans=(3, 6), lower=True, most=100)
    found = both.of("cat")
    assert (found <= both.words).sum() == 1
    assert (found > both.words).sum() == 6  # ␣ca cat at␣ ␣cat cat␣ ␣cat␣
    assert found.min() >= 1
    assert found.max() <= both.places


@given(st.text(max_size=60))
def test_any_text_has_places_in_order_and_without_repeats(text: str) -> None:
    for unit in ("word", "char"):
        ngrams = fit_ngrams([text], unit, 3, lower=True, most=10)
        found = ngrams.of(text)
        assert len(found)
        assert (np.diff(found) > 0).all()
        assert found.min() >= 0
        assert found.max() <= ngrams.places
        assert len(found) == 1 or found.min() > 0


def test_no_more_of_a_text_is_read_than_was_asked_for() -> None:
    short = Ngrams(words=1 << 20, letters=0, longest_words=2, spans=(1, 1), lower=True, most=2)
    np.testing.assert_array_equal(short.of("a b c d"), WORDS.of("a b"))
    few = Ngrams(words=0, letters=1 << 20, longest_words=0, spans=(1, 3), lower=False, most=2)
    np.testing.assert_array_equal(few.of("abcd"), LETTERS.of("ab"))


def test_there_are_places_for_what_training_holds_and_some_more() -> None:
    """a b has three runs of words and ␣a␣ and ␣b␣; each place of a few times as many is found by few others."""
    small = fit_ngrams(["a b"], "word", 2, lower=True, most=9)
    assert 3 * ROOM <= small.words < 6 * ROOM
    assert 2 * ROOM <= small.letters < 4 * ROOM
    assert fit_ngrams(["a b"], "char", 2, lower=True, most=9).words == 0
    texts = [f"word{n} word{n + 1}" for n in range(3000)]
    few, many = (fit_ngrams(texts, "word", labels, lower=True, most=9) for labels in (2, 2000))
    assert many.places < few.places
    assert fit_ngrams(["", "."], "char", 2, lower=True, most=9).letters >= ROOM


@pytest.mark.parametrize("unit", ["word", "char"])
def test_ngrams_come_back_from_plain_data(unit: str) -> None:
    ngrams = fit_ngrams(["some text"], unit, 5, lower=True, most=20)
    assert Ngrams.from_plain(json.loads(json.dumps(ngrams.to_plain()))) == ngrams
