"""Batches are a pure function of seed, epoch and position."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_training import ToyExamples

from gru_toolkit.runs import data_order
from gru_toolkit.sequences.dataset import Arrays

orders = {"count": st.integers(1, 300), "batch_size": st.integers(1, 40), "varying": st.booleans()}


def batches_of(order: data_order.EpochOrder) -> list[np.ndarray]:
    return [order.batch(step) for step in range(len(order))]


@given(**orders, seed=st.integers(-5, 2**64), epoch=st.integers(0, 100))
def test_an_epoch_holds_every_example_once(count: int, batch_size: int, varying: bool, seed: int, epoch: int) -> None:
    examples = ToyExamples(count, varying=varying)
    order = data_order.epoch_order(examples, batch_size, seed=seed, epoch=epoch)
    batches = batches_of(order)
    assert len(batches) == data_order.steps_per_epoch(count, batch_size) == len(order)
    assert sorted(np.concatenate(batches)) == list(range(count))
    assert sorted(map(len, batches), reverse=True)[:-1] == [batch_size] * (len(batches) - 1)
    again = data_order.epoch_order(examples, batch_size, seed=seed, epoch=epoch)
    assert all(np.array_equal(left, right) for left, right in zip(batches, batches_of(again), strict=True))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    examples = ToyExamples(100)
    seen = {tuple(data_order.epoch_order(examples, 10, seed=s, epoch=e).examples) for s in range(5) for e in range(5)}
    assert len(seen) == 25


def test_batches_hold_similar_lengths_in_mixed_order() -> None:
    examples = ToyExamples(1000, varying=True)
    lengths = examples.lengths()
    assert lengths is not None
    batches = batches_of(data_order.epoch_order(examples, 10, seed=1, epoch=0))
    spreads = [np.ptp(lengths[batch]) for batch in batches]
    assert max(spreads) <= 2  # of 7 possible
    first = [lengths[batch].mean() for batch in batches]
    assert first != sorted(first)


def test_augmentation_depends_on_the_position_only() -> None:
    examples = ToyExamples(50)
    order = data_order.epoch_order(examples, 8, seed=3, epoch=1)
    whole = list(data_order.training_batches(examples, order, first=0, seed=3, epoch=1))
    rest = list(data_order.training_batches(examples, order, first=4, seed=3, epoch=1))
    assert len(whole) == 7
    assert len(rest) == 3
    for left, right in zip(whole[4:], rest, strict=True):
        assert left.inputs["x"].tobytes() == right.inputs["x"].tobytes()
    other = next(iter(data_order.training_batches(examples, order, first=0, seed=3, epoch=2)))
    assert other.inputs["x"].tobytes() != whole[0].inputs["x"].tobytes()


@pytest.mark.parametrize("varying", [False, True])
def test_evaluation_sees_every_example_once_and_unchanged(varying: bool) -> None:
    examples = ToyExamples(50, varying=varying)
    batches = list(data_order.evaluation_batches(examples, 8))
    found = np.sort(np.concatenate([batch.targets["y"] for batch in batches]), axis=0)
    assert np.array_equal(found, np.sort(examples.arrays(np.arange(50)).targets["y"], axis=0)) or varying
    assert sum(len(batch.weights) for batch in batches) == 50


class Failing(ToyExamples):
    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        if 17 in indices:
            raise ValueError("example 17")
        return super().arrays(indices, rng)


def test_an_error_while_preparing_a_batch_is_raised_where_the_batch_is_used() -> None:
    found: Iterator[Arrays] = data_order.evaluation_batches(Failing(40), 8)
    assert len(next(found).weights) == 8
    next(found)
    with pytest.raises(ValueError, match="example 17"):
        next(found)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_giving_up_early_leaves_no_thread() -> None:
    found = data_order.evaluation_batches(ToyExamples(400), 8)
    next(found)
    del found
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]
