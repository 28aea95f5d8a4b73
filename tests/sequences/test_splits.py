"""Parts that do not leak: cut at one time, by whole groups, or by whole sequences in equal shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_toolkit.config import SplitConfig
from gru_toolkit.errors import DataError, MissingInputError, UsageError
from gru_toolkit.sequences.dataset import Dataset, Splits
from gru_toolkit.sequences.splits import future_lengths, split_by_group, split_by_time, split_stratified
from tests.sequences.test_roles import CLASS, NUMBER, read


def on_calendar(*spans: tuple[int, int], **settings: object) -> Dataset:
    """Sequences a, b, … that have a row each day from start to stop."""
    ids = [name for name, (start, stop) in zip("abcdef", spans, strict=False) for _ in range(start, stop)]
    days = [np.datetime64("2020-01-01") + day for start, stop in spans for day in range(start, stop)]
    return read({"id": ids, "date": days, "value": np.arange(len(ids), dtype=float)}, id="id", **settings)


def rows(splits: Splits) -> list[int]:
    return [part.rows for part in (splits.train, splits.validation, splits.test)]


def test_one_series_is_cut_by_shares() -> None:
    splits = split_by_time(on_calendar((0, 10)), SplitConfig())
    assert [part.spans.tolist() for part in (splits.train, splits.validation, splits.test)] == [
        [[0, 0, 7]], [[0, 7, 8]], [[0, 8, 10]],
    ]  # fmt: skip
    assert splits.description == (
        "cut by shares, in time",
        "training: 7 rows of 1 sequence, 2020-01-01 to 2020-01-07",
        "validation: 1 rows of 1 sequence, 2020-01-08 to 2020-01-08",
        "test: 2 rows of 1 sequence, 2020-01-09 to 2020-01-10",
    )


def test_numbers_of_rows_leave_the_rest_out() -> None:
    splits = split_by_time(on_calendar((0, 10), (2, 11)), SplitConfig((5, 2, 1)))
    assert rows(splits) == [10, 4, 2]
    assert splits.test.spans.tolist() == [[0, 7, 8], [1, 7, 8]]
    assert "numbers of rows" in splits.description[0]
    with pytest.raises(DataError, match="12 rows are asked for, the sequence 'b' has 9"):
        split_by_time(on_calendar((0, 20), (2, 11)), SplitConfig((8, 2, 2)))


def test_series_on_one_calendar_are_cut_at_the_same_time() -> None:
    dataset = on_calendar((0, 20), (5, 20), (18, 20))
    splits = split_by_time(dataset, SplitConfig())
    assert dataset.times is not None
    last = max(dataset.times[dataset.offsets[s] + stop - 1] for s, _, stop in splits.train.spans.tolist())
    first = min(dataset.times[dataset.offsets[s] + start] for s, start, _ in splits.validation.spans.tolist())
    assert last < first
    assert "at the same time for all 3 sequences" in splits.description[0]
    assert sum(rows(splits)) == 37


def test_series_of_other_times_are_cut_each_by_itself() -> None:
    splits = split_by_time(on_calendar((0, 10), (100, 120)), SplitConfig())
    assert splits.train.spans.tolist() == [[0, 0, 7], [1, 0, 14]]
    assert "each sequence by its own length" in splits.description[0]
    untimed = read({"id": ["a"] * 10 + ["b"] * 10, "value": range(20)}, id="id")
    splits = split_by_time(untimed, SplitConfig())
    assert splits.description[1] == "training: 14 rows of 2 sequences"


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(5, 40)), min_size=1, max_size=4),
    st.sampled_from([(0.7, 0.1, 0.2), (0.6, 0.2, 0.2), (0.8, 0, 0.2), (0.8, 0.2, 0), (1, 0, 0)]),
)
def test_parts_are_disjoint_and_whole(spans: list[tuple[int, int]], shares: tuple[float, float, float]) -> None:
    dataset = on_calendar(*[(start, start + length) for start, length in spans])
    try:
        splits = split_by_time(dataset, SplitConfig(shares))
    except DataError:
        assert min(length for _, length in spans) < 12, "a long sequence has rows for every part"
        return
    seen = np.zeros(int(dataset.offsets[-1]), dtype=int)
    for part in (splits.train, splits.validation, splits.test):
        for sequence, start, stop in part.spans.tolist():
            assert 0 <= start < stop <= dataset.lengths[sequence]
            seen[dataset.offsets[sequence] + start : dataset.offsets[sequence] + stop] += 1
    assert (seen == 1).all()
    assert (len(splits.validation) == 0) == (shares[1] == 0)
    assert (len(splits.test) == 0) == (shares[2] == 0)


def test_a_part_that_would_be_empty_is_refused_but_none_may_be_asked_for() -> None:
    with pytest.raises(DataError, match="the test part would be empty: 2 rows"):
        split_by_time(on_calendar((0, 2)), SplitConfig())
    splits = split_by_time(on_calendar((0, 10)), SplitConfig((1, 0, 0)))
    assert rows(splits) == [10, 0, 0]
    assert splits.description[3] == "test: empty"


def test_future_rows_are_in_no_part() -> None:
    columns = {"t": range(12), "value": [*map(float, range(10)), np.nan, np.nan], "price": range(12)}
    dataset = read(columns, target=("value",), known=("price",))
    assert future_lengths(dataset).tolist() == [2]
    assert rows(split_by_time(dataset, SplitConfig())) == [7, 1, 2]
    assert future_lengths(on_calendar((0, 3), (0, 5))).tolist() == [0, 0]


def labelled(labels: list[object], wants: object = CLASS, **more: list[object]) -> Dataset:
    columns = {"id": [f"s{number}" for number in range(len(labels)) for _ in range(2)], "x": [1.0, 2.0] * len(labels)}
    columns |= {"label": [label for label in labels for _ in range(2)]}
    columns |= {name: [value for value in values for _ in range(2)] for name, values in more.items()}
    return read(columns, wants, id="id", target=("label",), inputs=("x",), static=tuple(more))  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(10, 40), min_size=2, max_size=3), st.integers(0, 5))
def test_every_label_has_its_share_in_every_part(counts: list[int], seed: int) -> None:
    labels = [name for name, count in zip("abcd", counts, strict=False) for _ in range(count)]
    dataset = labelled(list(labels))
    splits = split_stratified(dataset, SplitConfig(), seed)
    chosen = [part.spans[:, 0].tolist() for part in (splits.train, splits.validation, splits.test)]
    assert sorted(number for part in chosen for number in part) == list(range(len(labels)))
    for part, share in zip(chosen, (0.7, 0.1, 0.2), strict=True):
        assert abs(len(part) - share * len(labels)) <= 1
        for name, count in zip("abcd", counts, strict=False):
            assert abs(sum(labels[number] == name for number in part) - share * count) <= 2
    assert "labels in equal shares" in splits.description[0]


def test_the_seed_decides_the_draw() -> None:
    dataset = labelled(["a", "b"] * 20)
    draws = [split_stratified(dataset, SplitConfig(), seed).test.spans.tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_sequences_can_be_counted_and_numbers_are_stratified() -> None:
    dataset = labelled(list(map(float, range(40))), NUMBER)
    splits = split_stratified(dataset, SplitConfig((20, 4, 8)), 0)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [20, 4, 8]
    quarters = np.bincount(splits.train.spans[:, 0] // 10, minlength=4)
    assert quarters.min() >= 4
    with pytest.raises(DataError, match="50 sequences are asked for, there are 40"):
        split_stratified(dataset, SplitConfig((40, 5, 5)), 0)
    with pytest.raises(DataError, match="the test part would be empty: there are 2 sequences"):
        split_stratified(labelled(["a", "b"]), SplitConfig(), 0)
    unlabelled = read({"id": list("aabb"), "value": range(4)}, id="id")
    assert len(split_stratified(unlabelled, SplitConfig((0.5, 0, 0.5)), 0).train) == 1


def test_no_group_stands_in_two_parts() -> None:
    people = [f"p{number % 7}" for number in range(70)]
    dataset = labelled(["a", "b"] * 35, person=list(people))
    splits = split_by_group(dataset, SplitConfig((0.6, 0.2, 0.2), group="person"), 3)
    sets = [{people[number] for number in part.spans[:, 0]} for part in (splits.train, splits.validation, splits.test)]
    assert sum(map(len, sets)) == len(set(people))
    assert all(sets)
    assert len(sets[0]) == 4
    assert "whole groups of `person`" in splits.description[0]
    numeric = labelled(["a", "b"] * 3, person=[1, 2, 3, 1, 2, 3])
    assert len(split_by_group(numeric, SplitConfig((0.5, 0, 0.5), group="person"), 0).validation) == 0


def test_groups_must_be_static_and_enough() -> None:
    dataset = labelled(["a", "b"] * 3, person=["x", "y"] * 3)
    with pytest.raises(MissingInputError, match="no static column 'town'"):
        split_by_group(dataset, SplitConfig(group="town"), 0)
    with pytest.raises(DataError, match="has 2 values, fewer than the parts"):
        split_by_group(dataset, SplitConfig(group="person"), 0)
    with pytest.raises(UsageError, match="name of a static column"):
        split_by_group(dataset, SplitConfig(), 0)
