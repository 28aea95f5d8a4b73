"""Which examples stand in which batch: a pure function of seed, epoch and position, so that resuming costs nothing."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Consecutive, Examples, evaluation_batch_size

SORTED_BATCHES = 50
"""Batches whose examples are sorted by length together."""
AHEAD = 2
"""Batches prepared while a step runs."""
_ORDER, _AUGMENTATION = 1, 2


@dataclass(frozen=True)
class EpochOrder:
    """The order of one epoch over N examples.

    examples  (N,) indices, batch after batch
    starts    (number of batches,) where each batch begins in `examples`
    """

    examples: np.ndarray
    starts: np.ndarray
    batch_size: int

    def __len__(self) -> int:
        return len(self.starts)

    def batch(self, step: int) -> np.ndarray:
        """(B,) indices of a step's examples; B is smaller in the one batch that holds the rest."""
        start = self.starts[step]
        return self.examples[start : start + self.batch_size]


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Batches that `count` examples fill."""
    return -(-count // batch_size)


def epoch_order(examples: Examples, batch_size: int, *, seed: int, epoch: int) -> EpochOrder:
    """The order of an epoch; batches hold examples of similar length when lengths differ.

    With lengths: shuffled, sorted by length inside chunks of `SORTED_BATCHES` batches, then the batches are shuffled.
    Consecutive examples stand in their own order.
    """
    count = len(examples)
    if isinstance(examples, Consecutive):
        order = examples.order(batch_size).ravel()
        return EpochOrder(order, np.arange(0, count, batch_size), batch_size)
    rng = generator(seed, epoch, 0, _ORDER)
    order = rng.permutation(count)
    starts = np.arange(0, count, batch_size)
    lengths = examples.lengths()
    if lengths is not None:
        for start in range(0, count, batch_size * SORTED_BATCHES):
            chunk = order[start : start + batch_size * SORTED_BATCHES]
            chunk[:] = chunk[np.argsort(lengths[chunk], kind="stable")]
        starts = rng.permutation(starts)
    return EpochOrder(order, starts, batch_size)


def generator(seed: int, epoch: int, step: int, purpose: int) -> np.random.Generator:
    """Random numbers of their own for each seed, epoch, step and purpose (Philox: a key and a counter)."""
    counter = np.array([0, 0, step, purpose], np.uint64)
    return np.random.Generator(np.random.Philox(counter=counter, key=np.array([seed % 2**64, epoch], np.uint64)))


def training_batches(examples: Examples, order: EpochOrder, *, first: int, seed: int, epoch: int) -> Iterator[Arrays]:
    """The batches of an epoch from step `first` on, prepared by another thread while the step before runs."""

    def prepared(step: int) -> Arrays:
        return examples.arrays(order.batch(step), generator(seed, epoch, step, _AUGMENTATION))

    return _ahead(prepared, first, len(order))


def evaluation_batches(examples: Examples, batch_size: int) -> Iterator[Arrays]:
    """All examples once; sorted by length when lengths differ, so that little is padded."""
    batch_size = evaluation_batch_size(examples, batch_size)
    lengths = examples.lengths()
    order = np.arange(len(examples)) if lengths is None else np.argsort(lengths, kind="stable")

    def prepared(step: int) -> Arrays:
        return examples.arrays(order[step * batch_size : (step + 1) * batch_size])

    return _ahead(prepared, 0, steps_per_epoch(len(examples), batch_size))


def _ahead(prepare: Callable[[int], Arrays], first: int, last: int) -> Iterator[Arrays]:
    """prepare(first), …, prepare(last - 1), computed ahead in one thread; its errors are raised here."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as pool:
        waiting: deque[Future[Arrays]] = deque()
        for step in range(first, last):
            while len(waiting) <= AHEAD and step + len(waiting) < last:
                waiting.append(pool.submit(prepare, step + len(waiting)))
            yield waiting.popleft().result()
