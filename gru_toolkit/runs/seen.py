"""Noticing data that a run was trained on.

Every row (with times) or every whole sequence (without) gets a 64-bit hash. A row's hash covers the `CONTEXT` rows
before it too, because one whole number on one day is soon met by chance. The hashes below a threshold are kept, at
most `KEPT`. A later dataset's hashes below the same threshold are a sample of its rows, and the share of them found
again estimates the share of rows seen in training (bottom-k sketch; Cohen and Kaplan 2007).
"""

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gru_toolkit.runs.seen_text import is_running_text, line_hashes
from gru_toolkit.sequences.dataset import Dataset, Part, everything

KEPT = 65_536
CONTEXT = 3
BLOCK = 1 << 18
"""Rows hashed at a time, so that the work needs little memory beside the data."""
_ODD = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15], np.uint64)


@dataclass(frozen=True)
class Overlap:
    """How much of a dataset was in the training part.

    share    estimated share of its rows or sequences
    sampled  how many of them the estimate rests on
    unit     what was counted: rows or sequences
    """

    share: float
    sampled: int
    unit: str


def remember(train: Part) -> dict[str, np.ndarray]:
    """What has to be kept of the training part: a threshold and the hashes below it."""
    kept, cut = np.zeros(0, np.uint64), False
    running = is_running_text(train)
    for hashes in line_hashes(train) if running else _hashes(train.dataset, _rows_of(train) & ~_unknown(train.dataset)):
        kept = np.unique(np.concatenate([kept, hashes]))
        kept, cut = kept[:KEPT], cut or len(kept) > KEPT
    return {"hashes": kept, "threshold": kept[-1:] if cut else np.array([0xFFFFFFFFFFFFFFFF], np.uint64)}


def overlap(remembered: Mapping[str, np.ndarray], dataset: Dataset) -> Overlap:
    """How much of the dataset was in the training part."""
    sampled = found = 0
    running = is_running_text(everything(dataset))
    for hashes in line_hashes(everything(dataset)) if running else _hashes(dataset, ~_unknown(dataset)):
        sample = hashes[hashes <= remembered["threshold"][0]]
        sampled += len(sample)
        found += int(np.isin(sample, remembered["hashes"]).sum())
    unit = "lines" if running else "sequences" if dataset.times is None else "rows"
    return Overlap(found / max(sampled, 1), sampled, unit)


def _rows_of(part: Part) -> np.ndarray:
    """(N,) bool, True on the rows inside the part's spans."""
    inside = np.zeros(int(part.dataset.offsets[-1]), bool)
    for sequence, start, stop in part.spans.tolist():
        first = int(part.dataset.offsets[sequence])
        inside[first + start : first + stop] = True
    return inside


def _hashes(dataset: Dataset, rows: np.ndarray) -> Iterator[np.ndarray]:
    """(M,) uint64 at a time: one a row where there are times, otherwise one a sequence that lies wholly inside."""
    total = int(dataset.offsets[-1])
    sums = np.zeros(len(dataset), np.uint64)
    whole = np.ones(len(dataset), bool)
    for start in range(0, total, BLOCK):
        stop = min(start + BLOCK, total)
        before = min(start, CONTEXT) if dataset.times is not None else 0
        sequence = np.searchsorted(dataset.offsets, np.arange(start - before, stop), side="right") - 1
        place = np.arange(start - before, stop) - dataset.offsets[sequence]
        mixed = _of_rows(dataset, slice(start - before, stop), place)
        if dataset.times is not None:
            yield _in_context(mixed, place)[before:][rows[start:stop]]
            continue
        first = np.flatnonzero(np.diff(sequence, prepend=-1))
        sums[sequence[first]] += np.add.reduceat(mixed, first)
        whole[sequence[~rows[start:stop]]] = False
    if dataset.times is None:
        yield _mix(sums[whole])


def _of_rows(dataset: Dataset, rows: slice, place: np.ndarray) -> np.ndarray:
    """(M,) uint64 hashes of the values of some rows, and of their time or their place in the sequence."""
    mixed = np.zeros(len(place), np.uint64)
    for name in (*dataset.roles.target, *dataset.roles.inputs):
        column = dataset.steps.get(name)
        if column is not None and column.kind == "number":
            mixed = _mix(mixed + _mix(column.values[rows].astype(np.float64).view(np.uint64)))
        elif column is not None and column.kind == "text":
            mixed = _mix(mixed + _of_texts(column.levels)[column.values[rows]])
    when = place if dataset.times is None else dataset.times[rows]
    return _mix(mixed + _mix(when.astype(np.int64).view(np.uint64)))


@functools.lru_cache(maxsize=8)
def _of_texts(levels: tuple[str, ...]) -> np.ndarray:
    """(V + 1,) uint64 hashes of texts; the last is that of a missing one, whose code is -1."""
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in levels)
    return np.append(np.frombuffer(digests, "<u8").astype(np.uint64), np.uint64(0))


def _in_context(mixed: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(M,) uint64 hashes of rows and of the rows before them in their sequence, as far as there are any."""
    together: np.ndarray = mixed.copy()
    for back in range(1, CONTEXT + 1):
        inside = np.flatnonzero(place[back:] >= back) + back
        together[inside] = _mix(together[inside] + mixed[inside - back])
    return together


def _unknown(dataset: Dataset) -> np.ndarray:
    """(N,) bool, True on rows of the future, whose target nobody knows yet."""
    unknown = np.zeros(int(dataset.offsets[-1]), bool)
    for name in dataset.roles.target:
        if name in dataset.steps:
            unknown |= dataset.steps[name].missing()
    return unknown


def _mix(values: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014), which spreads every bit over all bits."""
    mixed = values + _ODD[2]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _ODD[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _ODD[1]
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
