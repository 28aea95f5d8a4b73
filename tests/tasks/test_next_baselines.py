"""The baselines of next, worked by hand."""

import numpy as np
import pytest

from gru_toolkit.sequences.dataset import Part
from gru_toolkit.tasks import next_baselines, next_scores
from gru_toolkit.tasks.next_codec import fit_codec
from gru_toolkit.tasks.next_examples import EventExamples, events_of, request_windows
from tests.tasks.event_data import events

USERS = [["a", "b", "a", "b"], ["a", "b", "c"], ["c", "a", "b"]]


def whole(users: list[list[str]]) -> Part:
    return Part(events(users), np.array([[user, 0, len(items)] for user, items in enumerate(users)]))


def predicted(state: dict[str, np.ndarray], user: list[str]) -> dict[str, np.ndarray]:
    codec = fit_codec(whole(USERS), 1)
    dataset = events([user])
    examples = EventExamples(events_of(dataset, codec), codec, request_windows(dataset, 100), labelled=False)
    arrays = examples.arrays(np.array([0]))
    found = next_baselines.predict(state, arrays, next_scores.history_counts(arrays, len(codec.items)))
    return {name: np.exp(values[0, 0]) for name, values in found.items()}


def test_popularity_and_the_pairs_of_training() -> None:
    codec = fit_codec(whole(USERS), 1)
    assert codec.items == ("a", "b", "c")
    state = next_baselines.fit(whole(USERS), codec, unseen=False)
    popularity = np.array([4.5, 4.5, 2.5]) / 11.5  # counts 4, 4 and 2, half a one added
    state["markov_strength"] = np.array([1.0])
    state["repeats_strength"] = np.array([2.0])
    found = predicted(state, ["c", "a", "a"])
    np.testing.assert_allclose(found["popularity"], popularity)
    np.testing.assert_allclose(found["markov"], (np.array([0, 4, 0]) + popularity) / 5)  # a was followed by b 4 times
    np.testing.assert_allclose(found["repeats"], (np.array([2, 0, 1]) + 2 * popularity) / 5)


def test_after_an_unknown_item_markov_is_popularity() -> None:
    codec = fit_codec(whole(USERS), 1)
    found = predicted(next_baselines.fit(whole(USERS), codec, unseen=False), ["a", "unheard of"])
    np.testing.assert_allclose(found["markov"], found["popularity"])


def test_repeats_are_no_rival_where_they_are_not_allowed() -> None:
    state = next_baselines.fit(whole(USERS), fit_codec(whole(USERS), 1), unseen=True)
    assert "repeats_strength" not in state


def test_the_strength_is_the_one_that_ranks_best() -> None:
    # Everything that follows is told by the item before: the less popularity, the better.
    chain = [[f"i{(start + step) % 5}" for step in range(6)] for start in range(5) for _ in range(4)]
    state = next_baselines.fit(whole(chain), fit_codec(whole(chain), 1), unseen=False)
    assert state["markov_strength"][0] == min(next_baselines.STRENGTHS)


def test_blending_is_a_probability() -> None:
    rng = np.random.default_rng(0)
    popularity = rng.dirichlet(np.ones(7))
    for strength in next_baselines.STRENGTHS:
        assert next_baselines.blended(rng.integers(0, 9, (3, 7)), popularity, strength).sum(axis=1) == pytest.approx(1)


def test_the_pair_that_is_predicted_is_no_help_in_choosing_the_strength() -> None:
    # What follows q is told by nothing but popularity; the last pair itself would speak for trusting pairs.
    users = [[f"q{user}", f"junk{user}", f"q{user}", "hit"] for user in range(20)]
    state = next_baselines.fit(whole(users), fit_codec(whole(users), 1), unseen=False)
    assert state["markov_strength"][0] >= 10
