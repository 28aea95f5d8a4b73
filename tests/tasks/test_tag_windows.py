"""Facts about what stands around a token: the same surroundings give the same facts, others do not, padding none."""

import numpy as np

from gru_toolkit.tasks import tag_windows

WORDS = np.array([[5, 6, 7, 8, 9, 5, 6, 7, 8, 9], [6, 7, 8, 0, 0, 0, 0, 0, 0, 0]])
REAL = WORDS > 0
PLACES = 1 << 16


def test_each_token_has_the_promised_number_of_facts() -> None:
    found = tag_windows.facts(WORDS, [WORDS, WORDS], REAL, PLACES)
    assert found.shape == (2, 10, tag_windows.count(2))
    assert found[REAL].min() > 0
    assert found.max() < PLACES
    assert not found[~REAL].any()


def test_the_same_surroundings_give_the_same_facts_wherever_they_stand() -> None:
    found = tag_windows.facts(WORDS, [], REAL, PLACES)
    np.testing.assert_array_equal(found[0, 2], found[0, 7])
    at = dict(zip(tag_windows.WORDS, found[0, 1].tolist(), strict=True))
    elsewhere = dict(zip(tag_windows.WORDS, found[1, 0].tolist(), strict=True))
    same = {where for where in at if at[where] == elsewhere[where]}
    assert same == {(-2,), (0,), (1,), (2,), (0, 1)}  # two before either begins, no word stands


def test_a_fact_says_where_its_words_stand_and_of_which_column_they_are() -> None:
    same = np.full((1, 5), 7)
    found = tag_windows.facts(same, [same], same > 0, PLACES)[0, 2]
    assert len(set(found.tolist())) == len(found)


def test_many_tags_have_fewer_places() -> None:
    assert tag_windows.places_for(5) == tag_windows.MOST_PLACES
    for tags in (100, 1000):
        assert tag_windows.MOST_WEIGHTS / 2 < tag_windows.places_for(tags) * tags <= tag_windows.MOST_WEIGHTS
