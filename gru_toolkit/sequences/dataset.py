"""Sequences with typed columns, their parts, and the arrays a network sees.

file → Table → Dataset → Splits of Parts → Examples → Arrays
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from gru_toolkit.sequences.table import Column, Reject


@dataclass(frozen=True)
class Roles:
    """Which columns mean what; every name stands in one role only."""

    id: str | None = None
    time: str | None = None
    target: tuple[str, ...] = ()
    """Step columns to forecast, or the one static column (the label) to classify or regress."""
    inputs: tuple[str, ...] = ()
    """Step columns of a series to classify or regress (its channels)."""
    known: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    """The step column of 0 and 1 that says which rows are anomalies; only scores look at it."""


@dataclass(frozen=True)
class Document:
    """The text of a file of tagged tokens around its tags, so that predictions can be written in the file's own form.

    lines   (N,) the line of each token
    before  (N,) the lines before a token that are none (comments, ranges of words), None without
    after   (S,) the lines behind the last token of a sentence, None without
    column  the place of the tag among the columns of a line, which may be one behind the last
    """

    lines: tuple[str, ...]
    before: tuple[str | None, ...]
    after: tuple[str | None, ...]
    column: int


@dataclass(frozen=True)
class Dataset:
    """S sequences of unequal length, stored end to end: N steps in all.

    ids       (S,) names of the sequences
    offsets   (S + 1,) int64; sequence s is the rows offsets[s]:offsets[s + 1]
    steps     columns over the N rows, ordered by time within each sequence
    statics   columns over the S sequences
    times     (N,) datetime64[us] or int64 step numbers, strictly rising within a sequence unless a task takes the rows
              as they stand (`Wants.regular`); None if unordered
    step      the regular distance between times in microseconds (or step numbers); None if irregular or no times
    sources   the files, as the user named them
    fingerprint  SHA-256 over ids, offsets, times and all values
    notes     what was assumed or changed while reading, for the user to see
    document  the text around the tokens of tagged text
    """

    ids: tuple[str, ...]
    offsets: np.ndarray
    steps: Mapping[str, Column]
    statics: Mapping[str, Column]
    roles: Roles
    times: np.ndarray | None = None
    step: int | None = None
    sources: tuple[str, ...] = ()
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    document: Document | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> np.ndarray:
        """(S,) int64 number of steps of each sequence."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Part:
    """A part of a dataset: spans of rows that may be predicted.

    spans  (K, 3) int64 rows of (sequence, start, stop), counted within the sequence. What is predicted lies in
           start:stop; a window may look back before start, never beyond stop.
    """

    dataset: Dataset
    spans: np.ndarray
    name: str = "all"

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def rows(self) -> int:
        """Steps inside the spans."""
        return int((self.spans[:, 2] - self.spans[:, 1]).sum())


def everything(dataset: Dataset) -> Part:
    """All rows of all sequences as one part."""
    sequence = np.arange(len(dataset), dtype=np.int64)
    return Part(dataset, np.stack([sequence, np.zeros_like(sequence), dataset.lengths], axis=1))


@dataclass(frozen=True)
class Splits:
    """Training, validation and test part; validation and test may be empty (no spans)."""

    train: Part
    validation: Part
    test: Part
    description: tuple[str, ...] = ()
    """One line a part: sizes, dates, how it was cut."""


@dataclass(frozen=True)
class Arrays:
    """One batch of B examples as numbers.

    inputs   what the network reads, by input name; first axis B, padding on the right
    targets  what the loss compares with, by name; empty when only predicting
    weights  (B,) or (B, T) float32, 1 on real examples or steps, 0 on padding
    context  what decoding needs beside the network's outputs (levels, scales, row numbers, the truth)
    """

    inputs: Mapping[str, np.ndarray]
    targets: Mapping[str, np.ndarray]
    weights: np.ndarray
    context: Mapping[str, np.ndarray] = field(default_factory=dict)


class Examples(Protocol):
    """Examples that are cut from a part one batch at a time; nothing is copied before it is asked for."""

    def __len__(self) -> int: ...

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The examples at `indices` (B,); a generator is given only in training, for augmentation."""
        ...

    def lengths(self) -> np.ndarray | None:
        """(len(self),) steps of each example when they differ, so that batches can hold similar ones."""
        ...


@runtime_checkable
class Consecutive(Protocol):
    """Examples whose batches follow each other, because the network carries its state from one to the next."""

    def order(self, batch_size: int) -> np.ndarray:
        """(number of batches, batch_size) indices: each row of a batch goes on in the same row of the next."""
        ...


@runtime_checkable
class Large(Protocol):
    """Examples that are so large that only few may stand in a batch where nothing is learned."""

    @property
    def at_once(self) -> int:
        """Examples in a batch at most."""
        ...


def evaluation_batch_size(examples: Examples, batch_size: int) -> int:
    """`batch_size`, or less for large examples."""
    return min(batch_size, examples.at_once) if isinstance(examples, Large) else batch_size


def batches(examples: Examples, batch_size: int) -> Iterator[Arrays]:
    """All examples in order, `batch_size` at a time; the last batch may be smaller."""
    batch_size = evaluation_batch_size(examples, batch_size)
    for start in range(0, len(examples), batch_size):
        yield examples.arrays(np.arange(start, min(start + batch_size, len(examples))))
