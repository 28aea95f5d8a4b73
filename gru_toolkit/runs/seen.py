"""Noticing data that a run was trained on.

Every row (with times) or every whole sequence (without) gets a 64-bit hash. A row's hash covers the `CONTEXT` rows
before it too, because one whole number on one day is soon met by chance. The hashes below a threshold are kept, at
most `KEPT`. A later dataset's hashes below the same threshold are a sample of its rows, and the share of them found
again estimates the share of rows seen in training (bottom-k sketch; Cohen and Kaplan 2007).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gru_toolkit.sequences.dataset import Dataset, Part

KEPT = 65_536
CONTEXT = 3
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
    hashes = np.unique(_hashes(train.dataset, _rows_of(train) & ~_unknown(train.dataset)))
    if len(hashes) <= KEPT:
        return {"hashes": hashes, "threshold": np.array([0xFFFFFFFFFFFFFFFF], np.uint64)}
    return {"hashes": hashes[:KEPT], "threshold": hashes[KEPT - 1 : KEPT]}


def overlap(remembered: Mapping[str, np.ndarray], dataset: Dataset) -> Overlap:
    """How much of the dataset was in the training part."""
    hashes = _hashes(dataset, ~_unknown(dataset))
    sampled = hashes[hashes <= remembered["threshold"][0]]
    unit = "sequences" if dataset.times is None else "rows"
    if not len(sampled):
        return Overlap(0.0, 0, unit)
    return Overlap(float(np.isin(sampled, remembered["hashes"]).mean()), len(sampled), unit)


def _rows_of(part: Part) -> np.ndarray:
    """(N,) bool, True on the rows inside the part's spans."""
    inside = np.zeros(int(part.dataset.offsets[-1]), bool)
    for sequence, start, stop in part.spans.tolist():
        first = int(part.dataset.offsets[sequence])
        inside[first + start : first + stop] = True
    return inside


def _hashes(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """(M,) uint64: one a row where there are times, otherwise one a sequence that lies wholly inside."""
    mixed = np.zeros(int(dataset.offsets[-1]), np.uint64)
    for name in (*dataset.roles.target, *dataset.roles.inputs):
        column = dataset.steps.get(name)
        if column is not None and column.kind == "number":
            mixed = _mix(mixed + _mix(column.values.astype(np.float64).view(np.uint64)))
    if dataset.times is not None:
        in_context = _in_context(_mix(mixed + _mix(dataset.times.astype(np.int64).view(np.uint64))), dataset)
        return np.asarray(in_context[rows])
    place = np.arange(len(mixed), dtype=np.uint64) - np.repeat(dataset.offsets[:-1], dataset.lengths).astype(np.uint64)
    mixed = _mix(mixed + _mix(place))
    whole = np.logical_and.reduceat(rows, dataset.offsets[:-1]) if len(rows) else np.zeros(0, bool)
    return _mix(np.add.reduceat(mixed, dataset.offsets[:-1])[whole])


def _in_context(mixed: np.ndarray, dataset: Dataset) -> np.ndarray:
    """(N,) uint64 hashes of rows and of the rows before them in their sequence, as far as there are any."""
    place = np.arange(len(mixed)) - np.repeat(dataset.offsets[:-1], dataset.lengths)
    together: np.ndarray = mixed.copy()
    for back in range(1, CONTEXT + 1):
        inside = place >= back
        together[inside] = _mix(together[inside] + mixed[np.flatnonzero(inside) - back])
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
