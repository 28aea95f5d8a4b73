"""Training, validation and test part of a dataset, without leaks between them."""

from collections.abc import Sequence

import numpy as np

from gru_toolkit.config import SplitConfig
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError
from gru_toolkit.sequences.arranging import as_text, shown_time
from gru_toolkit.sequences.dataset import Dataset, Part, Splits

NAMES = ("training", "validation", "test")
_BINS = 10
_MOMENTS = 1_000_000
"""About as many times decide where all sequences are cut."""


def split_by_time(dataset: Dataset, config: SplitConfig) -> Splits:
    """Each sequence cut in time: first training, then validation, then test.

    Several sequences on one calendar are cut at the same two moments; others each by its own shares. Numbers of rows
    count from the start of each sequence; rows beyond them are left out. Future rows (without target) are in no part.

    Raises DataError when a part that was asked for would be empty.
    """
    lengths = dataset.lengths - future_lengths(dataset)
    counts = in_counts(config.split)
    if counts:
        cuts, how = _count_cuts(dataset, lengths, config.split), "by numbers of rows from the start of each sequence"
    elif len(dataset) > 1 and _one_calendar(dataset, lengths):
        cuts, how = _calendar_cuts(dataset, lengths, config.split)
    else:
        inner = [_cut(lengths, share) for share in _edges(config.split)]
        cuts = np.stack([np.zeros_like(lengths), *inner, lengths], axis=1)
        each = "each sequence by its own length" if len(dataset) > 1 else "in time"
        how = f"by shares, {each}"
    parts = []
    for position, name in enumerate(NAMES):
        spans = np.stack([np.arange(len(dataset)), cuts[:, position], cuts[:, position + 1]], axis=1).astype(np.int64)
        spans = spans[spans[:, 2] > spans[:, 1]]
        if config.split[position] and not len(spans):
            rows = f"{int(lengths.max(initial=0)):,} rows in the longest sequence"
            raise DataError(f"the {name} part would be empty: {rows}", place=_place(dataset), hint="change --split")
        parts.append(Part(dataset, spans, name))
    description = tuple(_described(part) for part in parts)
    return Splits(parts[0], parts[1], parts[2], (f"cut {how}", *description))


def split_by_group(dataset: Dataset, config: SplitConfig, seed: int) -> Splits:
    """Whole sequences parted so that no value of the static column `config.group` stands in two parts.

    Groups are drawn in random order; each goes to the part that lacks most of its share.

    Raises MissingInputError if the column is not static, DataError if there are fewer groups than parts.
    """
    if config.group is None:
        raise UsageError("a split by group needs the name of a static column")
    if config.group not in dataset.statics:
        hint = f"add --static {config.group}"
        raise MissingInputError(f"there is no static column {config.group!r}", place=_place(dataset), hint=hint)
    column = as_text(dataset.statics[config.group])
    wanted = np.array(config.split) / sum(config.split) * len(dataset)
    groups = np.unique(column.values)
    if len(groups) < np.count_nonzero(wanted):
        message = f"`{config.group}` has {len(groups)} values, fewer than the parts asked for"
        raise DataError(message, place=_place(dataset), hint="change --split or --group")
    part_of = np.zeros(len(dataset), dtype=np.int64)
    left = wanted.copy()
    empty = wanted > 0
    for group in np.random.default_rng(seed).permutation(groups):
        members = column.values == group
        choice = int(np.argmax(np.where(empty, left + len(dataset), left) if empty.any() else left))
        part_of[members] = choice
        left[choice] -= members.sum()
        empty[choice] = False
    return _whole_sequences(dataset, part_of, f"by whole groups of `{config.group}`")


def split_stratified(dataset: Dataset, config: SplitConfig, seed: int) -> Splits:
    """Whole sequences parted so that every label has its share in every part (numbers: every tenth of their range).

    Raises DataError when a part that was asked for would be empty.
    """
    rng = np.random.default_rng(seed)
    labels = _strata(dataset)
    rank = np.empty(len(dataset))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        rank[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = np.lexsort((rng.permutation(len(dataset)), rank))
    total = np.array([len(dataset)])
    if in_counts(config.split):
        edges = np.cumsum([int(number) for number in config.split])
        if edges[-1] > len(dataset):
            message = f"{edges[-1]:,} sequences are asked for, there are {len(dataset):,}"
            raise DataError(message, place=_place(dataset), hint="change --split")
    else:
        edges = np.array([*(_cut(total, share)[0] for share in _edges(config.split)), len(dataset)])
    part_of = np.full(len(dataset), -1, dtype=np.int64)
    for part, (start, stop) in enumerate(zip([0, *edges[:-1]], edges, strict=True)):
        part_of[order[start:stop]] = part
        if config.split[part] and start == stop:
            message = f"the {NAMES[part]} part would be empty: there are {len(dataset):,} sequences"
            raise DataError(message, place=_place(dataset), hint="change --split")
    return _whole_sequences(dataset, part_of, "by whole sequences, labels in equal shares")


def in_counts(split: Sequence[float]) -> bool:
    """Whether the three numbers are numbers of rows or sequences; else they are shares."""
    return all(part == 0 or part >= 1 for part in split) and sum(split) > 1


def future_lengths(dataset: Dataset) -> np.ndarray:
    """(S,) int64 rows at the end of each sequence that have no target yet."""
    targets = [dataset.steps[name] for name in dataset.roles.target if name in dataset.steps]
    if not targets:
        return np.zeros(len(dataset), dtype=np.int64)
    known = np.flatnonzero(~np.logical_and.reduce([column.missing() for column in targets]))
    last = np.searchsorted(known, dataset.offsets[1:], side="left") - 1
    position = np.where(last >= 0, known[np.maximum(last, 0)] if len(known) else -1, -1)
    return np.asarray(np.minimum(dataset.offsets[1:] - 1 - position, dataset.lengths))


def _edges(split: Sequence[float]) -> tuple[float, float]:
    """Shares of the rows before the first and the second cut."""
    total = sum(split)
    second = 1.0 if split[2] == 0 else (split[0] + split[1]) / total
    return (second if split[1] == 0 else split[0] / total), second


def _cut(lengths: np.ndarray, share: float) -> np.ndarray:
    return np.rint(lengths * share).astype(np.int64)


def _count_cuts(dataset: Dataset, lengths: np.ndarray, split: Sequence[float]) -> np.ndarray:
    edges = np.concatenate([[0], np.cumsum([int(number) for number in split])])
    if lengths.min(initial=edges[-1]) < edges[-1]:
        short = int(np.argmin(lengths))
        message = f"{edges[-1]:,} rows are asked for, the sequence {dataset.ids[short]!r} has {lengths[short]:,}"
        raise DataError(message, place=_place(dataset), hint="change --split")
    return np.tile(edges, (len(dataset), 1))


def _one_calendar(dataset: Dataset, lengths: np.ndarray) -> bool:
    """Whether all sequences share some stretch of real time."""
    if dataset.times is None or dataset.roles.time is None:
        return False
    first = dataset.times[dataset.offsets[:-1]]
    last = dataset.times[dataset.offsets[:-1] + np.maximum(lengths, 1) - 1]
    return bool(first.max() < last.min())


def _calendar_cuts(dataset: Dataset, lengths: np.ndarray, split: Sequence[float]) -> tuple[np.ndarray, str]:
    """(S, 4) rows at which each sequence is cut, at two moments common to all, and how it was done in words."""
    assert dataset.times is not None, "sequences on one calendar have times"
    known = [slice(start, start + length) for start, length in zip(dataset.offsets[:-1], lengths, strict=True)]
    stride = 1 + len(dataset.times) // _MOMENTS
    pooled = np.concatenate([dataset.times[rows][::stride] for rows in known])
    cuts = [np.zeros_like(lengths)]
    moments = []
    for share in _edges(split):
        position = round(len(pooled) * share)
        if position >= len(pooled):
            cuts.append(lengths.copy())
            continue
        moment = np.partition(pooled, position)[position]
        moments.append(shown_time(moment))
        cuts.append(np.array([np.searchsorted(dataset.times[rows], moment) for rows in known], dtype=np.int64))
    words = f"at the same time for all {len(dataset):,} sequences ({', '.join(dict.fromkeys(moments))})"
    return np.stack([*cuts, lengths], axis=1), words


def _strata(dataset: Dataset) -> np.ndarray:
    """(S,) int64 stratum of each sequence: its label, or the tenth of the labels' order it stands in."""
    if not dataset.roles.target or dataset.roles.target[0] not in dataset.statics:
        return np.zeros(len(dataset), dtype=np.int64)
    column = dataset.statics[dataset.roles.target[0]]
    if column.kind == "text":
        return column.values.astype(np.int64)
    ranks = np.argsort(np.argsort(column.values, kind="stable"), kind="stable")
    bins = min(_BINS, max(1, len(dataset) // _BINS))
    return np.asarray(ranks * bins // len(dataset))


def _whole_sequences(dataset: Dataset, part_of: np.ndarray, how: str) -> Splits:
    parts = []
    for position, name in enumerate(NAMES):
        chosen = np.flatnonzero(part_of == position)
        spans = np.stack([chosen, np.zeros_like(chosen), dataset.lengths[chosen]], axis=1).astype(np.int64)
        parts.append(Part(dataset, spans, name))
    return Splits(parts[0], parts[1], parts[2], (f"parted {how}", *(_described(part) for part in parts)))


def _described(part: Part) -> str:
    """Size and dates of a part, in one line."""
    if not len(part):
        return f"{part.name}: empty"
    sequences = len(np.unique(part.spans[:, 0]))
    text = f"{part.name}: {part.rows:,} rows of {sequences:,} {'sequence' if sequences == 1 else 'sequences'}"
    times = part.dataset.times
    if times is None or part.dataset.roles.time is None:
        return text
    begin = part.dataset.offsets[part.spans[:, 0]]
    first, last = times[begin + part.spans[:, 1]].min(), times[begin + part.spans[:, 2] - 1].max()
    return f"{text}, {shown_time(first)} to {shown_time(last)}"


def _place(dataset: Dataset) -> Place | None:
    return Place(", ".join(dataset.sources)) if dataset.sources else None
