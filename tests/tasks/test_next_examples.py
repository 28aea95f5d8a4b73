"""What the network reads of events, what it is asked for, and what it never sees."""

import numpy as np
import pytest

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Part
from gru_toolkit.tasks import next_scores
from gru_toolkit.tasks.next_codec import FIRST, NO_GAP, OTHER, START, TIED, NextCodec, fit_codec, gap_buckets
from gru_toolkit.tasks.next_examples import (
    EventExamples,
    asked_windows,
    events_of,
    next_on_stream,
    request_windows,
    training_windows,
)
from gru_toolkit.tasks.next_parts import last_events, remarks, repeats, split_leaving_out
from tests.tasks.event_data import events

USERS = [["a", "b", "c", "a"], ["b", "b"], ["d"]]


def codec_of(users: list[list[str]], times: list[list[int]] | None = None) -> NextCodec:
    dataset = events(users, times)
    return fit_codec(Part(dataset, np.array([[s, 0, len(items)] for s, items in enumerate(users)])), 1)


def test_leaving_out_keeps_one_event_in_training_and_tests_before_it_validates() -> None:
    splits = split_leaving_out(events(USERS), 1)
    assert splits.train.spans.tolist() == [[0, 0, 2], [1, 0, 1], [2, 0, 1]]
    assert splits.validation.spans.tolist() == [[0, 2, 3]]
    assert splits.test.spans.tolist() == [[0, 3, 4], [1, 1, 2]]
    with pytest.raises(DataError, match="no user has two events"):
        split_leaving_out(events([["a"], ["b"]]), 1)


def test_items_stand_in_order_of_popularity_and_only_training_counts() -> None:
    dataset = events(USERS)
    codec = fit_codec(split_leaving_out(dataset, 1).train, 1)
    assert codec.items == ("b", "a", "d")
    assert codec.counts == (2, 1, 1)
    assert NextCodec.from_plain(codec.to_plain()) == codec
    assert "3 events" not in remarks(dataset, codec)[0]
    assert remarks(dataset, codec)[0].startswith("1 events (14.3%) are of 1 items")


def test_a_place_is_asked_for_before_its_event_is_read() -> None:
    codec = codec_of(USERS)
    a, b, c = (FIRST + codec.items.index(item) for item in "abc")
    examples = EventExamples(events_of(events(USERS), codec), codec, np.array([[0, 0, 1, 4], [1, 0, 0, 2]]))
    arrays = examples.arrays(np.array([0, 1]))
    assert arrays.inputs["items"].tolist() == [[START, a, b, c], [START, b, START, START]]
    assert arrays.inputs["steps"].tolist() == [[1, 2, 3], [0, 1, 0]]
    assert (arrays.context["truth"] + FIRST).tolist() == [[b, c, a], [b, b, 1]]
    assert arrays.weights.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert arrays.targets["items"][0, :, 0].tolist() == [b, c, a]


def test_an_unknown_item_is_read_as_other_and_weighs_nothing() -> None:
    codec = codec_of([["a", "b"], ["b", "a"]])
    examples = EventExamples(events_of(events([["a", "x", "b"]]), codec), codec, np.array([[0, 0, 0, 3]]))
    arrays = examples.arrays(np.array([0]))
    assert arrays.inputs["items"][0, 2] == OTHER
    assert arrays.weights.tolist() == [[1, 0, 1]]
    assert arrays.context["truth"][0, 1] == -1


def test_a_place_learns_from_the_events_behind_it_with_falling_shares() -> None:
    codec = codec_of(USERS)
    a, b, c = (FIRST + codec.items.index(item) for item in "abc")
    examples = EventExamples(events_of(events(USERS), codec), codec, np.array([[0, 0, 1, 4]]), ahead=2)
    targets = examples.arrays(np.array([0])).targets
    assert targets["items"].tolist() == [[[b, c], [c, a], [a, 0]]]
    shares = np.array([[1 / 1.7, 0.7 / 1.7], [1 / 1.7, 0.7 / 1.7], [1.0, 0.0]])
    np.testing.assert_allclose(targets["shares"][0], shares, rtol=1e-6)


def test_only_events_of_one_moment_change_places_in_training() -> None:
    users, times = [["a", "b", "c", "d", "e"]], [[1, 2, 2, 2, 3]]
    codec = codec_of(users, times)
    examples = EventExamples(events_of(events(users, times), codec), codec, np.array([[0, 0, 0, 5]]))
    seen = set()
    for seed in range(30):
        arrays = examples.arrays(np.array([0]), np.random.default_rng(seed))
        read = [codec.items[item - FIRST] for item in arrays.inputs["items"][0, 1:]]
        came = [codec.items[item] for item in arrays.context["truth"][0]]
        assert read == came[:-1]
        assert (came[0], sorted(came[1:4]), came[4]) == ("a", ["b", "c", "d"], "e")
        assert arrays.inputs["gaps"].tolist() == examples.arrays(np.array([0])).inputs["gaps"].tolist()
        seen.add(tuple(came))
    assert len(seen) == 6


def test_gaps_tell_first_events_ties_and_longer_pauses() -> None:
    users, times = [["a", "b", "c", "d"], ["a", "b", "c"]], [[0, 0, 10, 1000], [5, 7, 107]]
    codec = codec_of(users, times)
    examples = EventExamples(events_of(events(users, times), codec), codec, np.array([[0, 0, 4, 5]]), labelled=False)
    gaps = examples.arrays(np.array([0])).inputs["gaps"][0].tolist()
    assert gaps[:3] == [NO_GAP, NO_GAP, TIED]
    assert TIED < gaps[3] < gaps[4] < codec.gaps
    assert gap_buckets(np.array([10**12]), np.array([0]), codec)[0] < codec.gaps


def test_windows_cover_every_place_once() -> None:
    dataset = events([[f"i{n % 7}" for n in range(53)], ["i0"] * 3])
    part = Part(dataset, np.array([[0, 5, 50], [1, 0, 3]]))
    for windows in (training_windows(part, 10, 4), asked_windows(part, 20, 7), asked_windows(part, 20, 10**6)):
        places = [(row[0], place) for row in windows for place in range(row[2], row[3])]
        assert sorted(places) == [(0, place) for place in range(5, 50)] + [(1, 0), (1, 1), (1, 2)]
    assert (asked_windows(part, 20, 10**6)[:, 3] - asked_windows(part, 20, 10**6)[:, 2] == 1).all()


def test_what_is_not_read_any_more_still_counts_as_had() -> None:
    dataset = events([["a", "b", "c", "b", "d"]])
    codec = codec_of([["a", "b", "c", "b", "d"]])
    whole = EventExamples(events_of(dataset, codec), codec, request_windows(dataset, 100), labelled=False)
    short = EventExamples(events_of(dataset, codec), codec, request_windows(dataset, 2), labelled=False)
    arrays = [examples.arrays(np.array([0])) for examples in (whole, short)]
    assert arrays[1].inputs["items"].shape[1] < arrays[0].inputs["items"].shape[1]
    counts = [next_scores.history_counts(each, len(codec.items)) for each in arrays]
    assert counts[0][0, 0].tolist() == counts[1][0, 0].tolist() == [2, 1, 1, 1]


def test_a_stream_reads_what_a_file_reads() -> None:
    users, times = [["a", "b", "a", "x"]], [[3, 3, 9, 700]]
    codec = codec_of([["a", "b", "a"], ["c", "a", "b"]], [[0, 4, 90], [1, 1, 500]])
    dataset = events(users, times)
    whole = EventExamples(events_of(dataset, codec), codec, request_windows(dataset, 100), labelled=False)
    wanted = whole.arrays(np.array([0]))
    read: dict[str, list[int]] = {"items": [], "gaps": []}
    past = None
    for item, time in zip(users[0], times[0], strict=True):
        examples, past = next_on_stream(events([[item]], [[time]]), codec, past)
        arrays = examples.arrays(np.array([0]))
        for name, values in read.items():
            values += arrays.inputs[name][0].tolist()
    assert read == {name: wanted.inputs[name][0].tolist() for name in read}
    counts = [next_scores.history_counts(each, len(codec.items)) for each in (arrays, wanted)]
    assert (counts[0] == counts[1]).all()
    with pytest.raises(DataError, match="must not go back"):
        next_on_stream(events([["a"]], [[1]]), codec, past)


def test_repeats_are_counted_without_the_last_event() -> None:
    assert repeats(events([["a", "b", "a"], ["a", "b", "c"]])) == 0
    assert repeats(events([["a", "a", "b"], ["a", "b", "c"]])) == 1
    assert last_events(events(USERS), 2).spans.tolist() == [[0, 2, 4], [1, 0, 2], [2, 0, 1]]
