import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_toolkit.errors import ConfigError, DamagedRunError
from gru_toolkit.sequences.vocabularies import (
    SPECIALS,
    UNITS,
    UNKNOWN,
    VocabularyConfig,
    fit_vocabulary,
    unknown_share,
    vocabulary,
)

TEXT = "The cat sat on the mat.\nIt's a fine day, isn't it?  Größe 漢字 ❤\n" * 3
words_of_text = st.text(alphabet=sorted(set(TEXT)), max_size=40)


@pytest.mark.parametrize("unit", UNITS)
def test_a_text_comes_back_from_its_ids(unit: str) -> None:
    learned = fit_vocabulary([TEXT], VocabularyConfig(unit, size=400, spaces=True))
    assert learned.decode(learned.encode(TEXT)) == TEXT
    assert "".join(learned.shown("The cat sat.")) == "The cat sat."


@pytest.mark.parametrize("unit", ["byte", "subword"])
@given(st.text(max_size=30))
@settings(max_examples=30, deadline=None)
def test_bytes_and_subwords_know_every_text(unit: str, text: str) -> None:
    learned = _LEARNED[unit]
    ids = learned.encode(text)
    assert learned.decode(ids) == text
    assert len(ids) == 0 or (ids.min() >= SPECIALS and ids.max() < len(learned))


@given(words_of_text)
@settings(max_examples=30, deadline=None)
def test_characters_of_the_training_text_come_back(text: str) -> None:
    assert _LEARNED["char"].decode(_LEARNED["char"].encode(text)) == text


_LEARNED = {unit: fit_vocabulary([TEXT], VocabularyConfig(unit, size=400)) for unit in ("byte", "subword", "char")}


@pytest.mark.parametrize("unit", UNITS)
def test_plain_data_make_an_equal_vocabulary(unit: str) -> None:
    import json

    learned = fit_vocabulary([TEXT], VocabularyConfig(unit, size=300, lower=True))
    again = vocabulary(json.loads(json.dumps(learned.to_plain())))
    assert again == learned
    np.testing.assert_array_equal(again.encode(TEXT), learned.encode(TEXT))


def test_what_was_not_seen_is_unknown_and_counted() -> None:
    learned = fit_vocabulary(["a b a"], VocabularyConfig("word"))
    ids = learned.encode("a c b")
    assert ids.tolist() == [SPECIALS, UNKNOWN, SPECIALS + 1]
    assert unknown_share([ids]) == pytest.approx(1 / 3)
    assert learned.decode(ids) == "a � b"


def test_rare_words_are_left_out_and_the_most_frequent_come_first() -> None:
    learned = fit_vocabulary(["b b a c c c"], VocabularyConfig("word", least_count=2))
    assert learned.pieces == ("c", "b")
    assert fit_vocabulary(["b b a c c c"], VocabularyConfig("word", size=1)).pieces == ("c",)


def test_subwords_are_learned_the_same_way_twice() -> None:
    config = VocabularyConfig("subword", size=300)
    assert fit_vocabulary([TEXT], config) == fit_vocabulary([TEXT], config)


@pytest.mark.parametrize("change", [{"pieces": ["ab"]}, {"merges": [["a"]]}, {"unit": "letter"}, {"pieces": 3}])
def test_damaged_plain_data_are_refused(change: dict) -> None:
    plain = fit_vocabulary(["ab"], VocabularyConfig("char")).to_plain()
    with pytest.raises(DamagedRunError):
        vocabulary({**plain, **change})


def test_a_subword_vocabulary_needs_room_for_all_bytes() -> None:
    with pytest.raises(ConfigError, match="257"):
        VocabularyConfig("subword", size=100)
