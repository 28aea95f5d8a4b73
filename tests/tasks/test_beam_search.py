"""Beam search over networks that are small tables: worked by hand, against all texts, greedy, and in batches."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from gru_toolkit.sequences.vocabularies import END, START
from gru_toolkit.tasks.beam_search import Beam, Found, Step, search

A, B, C = 4, 5, 6
IDS = (END, A, B, C)


class Table:
    """A network whose next unit depends on the last one alone: log-probabilities (B sentences, last, next).

    State: how often it was asked.
    """

    def __init__(self, chances: Sequence[dict[int, dict[int, float]]], width: int):
        self._chances = chances
        self._width = width
        self._sentences = np.repeat(np.arange(len(chances)), width)
        self.steps = 0

    def __call__(self, ids: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self.steps += 1
        self._sentences = self._sentences[rows]
        scores = np.full((len(ids), len(IDS)), -50.0)
        for row, (last, sentence) in enumerate(zip(ids.tolist(), self._sentences.tolist(), strict=True)):
            for following, chance in self._chances[sentence][last].items():
                scores[row, IDS.index(following)] = np.log(chance)
        order = np.argsort(-scores, axis=1, kind="stable")[:, : self._width + 1]
        attention = np.stack([ids, np.full(len(ids), self.steps)], axis=1).astype(np.float32)
        return np.take_along_axis(scores, order, axis=1), np.array(IDS, np.int32)[order], attention


def found_in(chances: Sequence[dict[int, dict[int, float]]], beam: Beam, limit: int = 6) -> Found:
    return search(Table(chances, beam.width), np.full(len(chances), limit), beam)


GARDEN_PATH = {
    START: {A: 0.6, B: 0.4},
    A: {A: 0.3, B: 0.3, END: 0.4},
    B: {END: 0.9, A: 0.1},
    C: {END: 1.0},
}
"""A is likelier at first, but B ends at once: p(B) = .36 and p(A) = .24."""


def test_two_beams_find_what_one_misses() -> None:
    greedy = found_in([GARDEN_PATH], Beam(1, 0.0))
    assert greedy.ids[0].tolist() == [A]
    assert greedy.scores[0] == pytest.approx(np.log(0.6 * 0.4))
    wider = found_in([GARDEN_PATH], Beam(2, 0.0))
    assert wider.ids[0].tolist() == [B]
    assert wider.scores[0] == pytest.approx(np.log(0.4 * 0.9))


LONG_OR_SHORT = {START: {A: 0.5, END: 0.5}, A: {B: 0.9, C: 0.06, END: 0.04}, B: {END: 0.9, A: 0.1}, C: {END: 1.0}}
"""The empty text has p = .5, AB has .5 · .9 · .9 = .405."""


def test_the_length_penalty_weighs_long_against_short() -> None:
    short = found_in([LONG_OR_SHORT], Beam(2, 0.0))
    assert short.ids[0].tolist() == []
    assert short.scores[0] == pytest.approx(np.log(0.5))
    long = found_in([LONG_OR_SHORT], Beam(2, 1.0))
    # log .405 over (5 + 3) / 6 is -.678 and beats log .5 over (5 + 1) / 6, which is -.693
    assert long.ids[0].tolist() == [A, B]
    assert long.scores[0] == pytest.approx(np.log(0.405) / (8 / 6))


def random_chances(seed: int) -> dict[int, dict[int, float]]:
    rng = np.random.default_rng(seed)
    end = np.array([0.2, 0, 0, 0])  # texts end before they are cut off
    return {
        last: dict(zip(IDS, (0.8 * rng.dirichlet(np.ones(4)) + end).tolist(), strict=True)) for last in (START, A, B, C)
    }


def best_of_all(chances: dict[int, dict[int, float]], longest: int, penalty: float) -> tuple[list[int], float]:
    """The best of all texts that end within `longest` steps, END counted."""
    texts = (text for count in range(longest) for text in itertools.product(IDS[1:], repeat=count))
    scored = []
    for text in texts:
        chain = [START, *text, END]
        score = sum(np.log(chances[last][following]) for last, following in itertools.pairwise(chain))
        scored.append((score / ((5 + len(chain) - 1) / 6) ** penalty, list(text)))
    score, best = max(scored)
    return best, score


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_beam_as_wide_as_there_are_texts_finds_the_best_of_all(seed: int, penalty: float) -> None:
    chances = random_chances(seed)
    found = found_in([chances], Beam(1 + 3 + 9 + 27, penalty), limit=4)
    best, score = best_of_all(chances, 4, penalty)
    assert found.ids[0].tolist() == best
    assert found.scores[0] == pytest.approx(score)


@pytest.mark.parametrize("seed", range(4))
def test_one_beam_takes_the_most_probable_unit_at_every_step(seed: int) -> None:
    chances = random_chances(seed)
    text, last = [], START
    while len(text) < 6:
        last = max(chances[last], key=chances[last].__getitem__)
        if last == END:
            break
        text.append(last)
    expected = text[:5] if len(text) == 6 else text  # a text cut off at the limit has given out limit - 1 units
    assert found_in([chances], Beam(1, 0.0)).ids[0].tolist() == expected


@pytest.mark.parametrize("width", [1, 2, 3])
def test_many_sentences_at_once_are_each_as_alone(width: int) -> None:
    many = [GARDEN_PATH, LONG_OR_SHORT, *map(random_chances, range(5))]
    together = found_in(many, Beam(width, 0.7))
    for row, chances in enumerate(many):
        alone = found_in([chances], Beam(width, 0.7))
        assert together.ids[row].tolist() == alone.ids[0].tolist()
        assert together.scores[row] == pytest.approx(alone.scores[0])
        np.testing.assert_array_equal(together.attention[row], alone.attention[0])


def test_attention_is_that_of_the_text_that_won() -> None:
    found = found_in([LONG_OR_SHORT], Beam(2, 1.0))
    # a unit was chosen when the network read the one before it: START, then A
    assert found.attention[0].tolist() == [[START, 1], [A, 2]]


def test_a_text_without_an_end_is_cut_off() -> None:
    endless = {last: {A: 1.0} for last in (START, A, B, C)}
    step: Step = Table([endless], 2)
    found = search(step, np.array([4]), Beam(2, 1.0))
    assert set(found.ids[0].tolist()) == {A}
    assert len(found.ids[0]) <= 4


def test_no_sentences_give_no_texts() -> None:
    found = search(Table([], 2), np.zeros(0, np.int64), Beam(2, 1.0))
    assert found.ids == []
