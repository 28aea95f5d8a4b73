"""Noticing training data again."""

from dataclasses import replace

import numpy as np

from gru_toolkit.runs.seen import KEPT, overlap, remember
from gru_toolkit.sequences.dataset import Dataset, Part, Roles, everything
from gru_toolkit.sequences.table import Column


def dataset(values: np.ndarray, lengths: list[int], *, first_time: int = 0, timed: bool = True) -> Dataset:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    times = np.concatenate([first_time + np.arange(length) for length in lengths])
    return Dataset(
        ids=tuple(f"s{i}" for i in range(len(lengths))),
        offsets=offsets,
        steps={"y": Column("y", "number", values.astype(np.float64))},
        statics={},
        roles=Roles(target=("y",)),
        times=times if timed else None,
    )


def test_the_training_rows_are_recognised_and_others_are_not() -> None:
    data = dataset(np.random.default_rng(0).normal(size=200), [120, 80])
    train = Part(data, np.array([[0, 0, 60], [1, 0, 40]]))
    remembered = remember(train)
    assert overlap(remembered, data).share == 0.5
    later = dataset(data.steps["y"].values, [120, 80], first_time=1000)
    assert overlap(remembered, later).share == 0.0


def test_whole_sequences_are_recognised_where_there_are_no_times() -> None:
    data = dataset(np.random.default_rng(0).normal(size=30), [10, 10, 10], timed=False)
    remembered = remember(Part(data, np.array([[0, 0, 10], [2, 0, 10]])))
    found = overlap(remembered, data)
    assert (found.share, found.unit) == (2 / 3, "sequences")
    shifted = dataset(np.roll(data.steps["y"].values, 1), [10, 10, 10], timed=False)
    assert overlap(remembered, shifted).share == 0.0


def test_many_rows_are_recognised_from_a_sample() -> None:
    data = dataset(np.random.default_rng(0).normal(size=4 * KEPT), [4 * KEPT])
    train = Part(data, np.array([[0, 0, 3 * KEPT]]))
    remembered = remember(train)
    assert len(remembered["hashes"]) <= KEPT
    found = overlap(remembered, data)
    assert abs(found.share - 0.75) < 0.02
    assert found.sampled > KEPT


def test_a_changed_value_is_another_row() -> None:
    data = dataset(np.arange(10.0), [10])
    remembered = remember(everything(data))
    changed = replace(data, steps={"y": Column("y", "number", np.arange(10.0) + np.eye(10)[3])})
    assert overlap(remembered, changed).share == 0.6  # the row itself and the three that have it in their context


def test_equal_numbers_on_equal_days_of_other_series_are_not_taken_for_training_rows() -> None:
    rng = np.random.default_rng(0)
    sold = dataset(rng.integers(0, 20, 4000).astype(float), [1000] * 4)
    others = dataset(rng.integers(0, 20, 4000).astype(float), [1000] * 4)
    assert overlap(remember(everything(sold)), others).share < 0.005


def test_sentences_are_known_again_by_their_words() -> None:
    def sentences(words: list[str]) -> Dataset:
        levels = tuple(dict.fromkeys(words))
        column = Column("y", "text", np.array([levels.index(word) for word in words], np.int32), levels)
        return replace(dataset(np.zeros(len(words)), [2] * (len(words) // 2), timed=False), steps={"y": column})

    remembered = remember(everything(sentences(["a", "b", "c", "d"])))
    assert overlap(remembered, sentences(["c", "d", "a", "x", "b", "a"])).share == 1 / 3


def test_rows_of_the_future_do_not_count() -> None:
    values = np.append(np.arange(9.0), np.nan)
    data = dataset(values, [10])
    found = overlap(remember(everything(data)), data)
    assert (found.share, found.sampled) == (1.0, 9)
