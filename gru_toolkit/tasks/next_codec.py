"""What the training part says about events: its items, how long people pause, and what comes with an event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.arranging import as_text
from gru_toolkit.sequences.dataset import Dataset, Part
from gru_toolkit.sequences.table import Column

START, OTHER, FIRST = 0, 1, 2
"""Ids that the network reads: before the first event, an item it does not know, and the first of those it knows."""
NO_GAP, TIED = 0, 1
"""Buckets of the time since the event before: there is none before it, and none passed. Others follow."""
GAP_BUCKETS = 12


@dataclass(frozen=True)
class NextCodec:
    """The known items in order of popularity, and how the rest of an event becomes numbers.

    items       (V,) names
    counts      (V,) events of each in the training part
    gap_edges   rising edges between buckets of passed time; empty without times
    numbers     column → (mean, standard deviation)
    categories  column → known values; another value is id 0
    listed      items that a prediction lists
    """

    items: tuple[str, ...]
    counts: tuple[int, ...]
    gap_edges: tuple[float, ...]
    numbers: Mapping[str, tuple[float, float]]
    categories: Mapping[str, tuple[str, ...]]
    listed: int = 20

    @property
    def gaps(self) -> int:
        """Buckets of the time since the event before; 0 without times."""
        return len(self.gap_edges) + 3 if self.gap_edges else 0

    def to_plain(self) -> dict[str, Any]:
        return {
            "items": list(self.items),
            "counts": list(self.counts),
            "gap_edges": list(self.gap_edges),
            "numbers": {name: list(scale) for name, scale in self.numbers.items()},
            "categories": {name: list(values) for name, values in self.categories.items()},
            "listed": self.listed,
        }

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "NextCodec":
        """The codec that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
        try:
            codec = NextCodec(
                tuple(str(item) for item in plain["items"]),
                tuple(int(count) for count in plain["counts"]),
                tuple(float(edge) for edge in plain["gap_edges"]),
                {str(name): (float(mean), float(scale)) for name, (mean, scale) in plain["numbers"].items()},
                {str(name): tuple(map(str, values)) for name, values in plain["categories"].items()},
                int(plain["listed"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a codec of events: {error}") from error
        if len(codec.items) != len(codec.counts):
            raise DamagedRunError("preprocess.json names as many items as it counts, here it does not")
        return codec


def fit_codec(train: Part, least_count: int) -> NextCodec:
    """The codec of a training part.

    Raises DataError when fewer than two items are seen at least `least_count` times.
    """
    dataset = train.dataset
    rows = rows_inside(train)
    column = item_column(dataset)
    counts = np.bincount(column.values[rows], minlength=len(column.levels))
    enough = np.flatnonzero(counts >= least_count).tolist()
    order = sorted(enough, key=lambda code: (-counts[code], column.levels[code]))
    if len(order) < 2:
        raise DataError(
            f"{len(order)} items are seen at least {least_count} times in training, at least 2 are needed",
            hint="lower --least-count, or look at --target",
        )
    numbers, categories = {}, {}
    for name, context in context_columns(dataset).items():
        values = context.values[rows]
        if context.kind == "number":
            scale = float(values.std())
            numbers[name] = (float(values.mean()), scale if scale > 0 else 1.0)
        else:
            categories[name] = tuple(sorted({context.levels[code] for code in np.unique(values).tolist() if code >= 0}))
    return NextCodec(
        items=tuple(column.levels[code] for code in order),
        counts=tuple(int(counts[code]) for code in order),
        gap_edges=_gap_edges(dataset, rows),
        numbers=numbers,
        categories=categories,
    )


def item_column(dataset: Dataset) -> Column:
    """The text column of the items, (N,) codes, none missing."""
    return dataset.steps[dataset.roles.target[0]]


def context_columns(dataset: Dataset) -> dict[str, Column]:
    """What comes with each event, by name, over all N rows: static columns are repeated."""
    roles = dataset.roles
    found = {name: dataset.steps[name] for name in roles.past if name in dataset.steps}
    sequence = np.repeat(np.arange(len(dataset)), dataset.lengths)
    return {**found, **{name: dataset.statics[name].take(sequence) for name in roles.static}}


def item_ids(dataset: Dataset, codec: NextCodec) -> np.ndarray:
    """(N,) int32 id of each event's item, OTHER for an unknown one."""
    return _looked_up(item_column(dataset), codec.items, first=FIRST, other=OTHER)


def context_ids(dataset: Dataset, codec: NextCodec) -> tuple[np.ndarray | None, list[np.ndarray]]:
    """Numbers (N, F) float32, None without any, and ids (N,) int32 of each category, 0 for an unknown value.

    Raises DataError when a column that the model was trained on is not there.
    """
    columns = context_columns(dataset)
    for name in (*codec.numbers, *codec.categories):
        if name not in columns:
            raise DataError(f"there is no column {name}, which the model was trained on")
    scaled = [(columns[name].values - mean) / scale for name, (mean, scale) in codec.numbers.items()]
    numbers = np.stack(scaled, axis=1).astype(np.float32) if scaled else None
    return numbers, [
        _looked_up(as_text(columns[name]), values, first=1, other=0) for name, values in codec.categories.items()
    ]


def gap_buckets(times: np.ndarray, before: np.ndarray, codec: NextCodec) -> np.ndarray:
    """(N,) int32 bucket of the time that passed before each event.

    times   (N,) int64
    before  (N,) int64 time of the event before it
    """
    passed = (times - before).astype(np.float64)
    bucket = np.searchsorted(np.array(codec.gap_edges), passed, side="right") + TIED + 1
    return np.where(passed <= 0, TIED, bucket).astype(np.int32)


def rows_inside(part: Part) -> np.ndarray:
    """(N,) bool, True on the rows inside the part's spans."""
    inside = np.zeros(int(part.dataset.offsets[-1]) + 1, np.int64)
    first = part.dataset.offsets[part.spans[:, 0]]
    np.add.at(inside, first + part.spans[:, 1], 1)
    np.add.at(inside, first + part.spans[:, 2], -1)
    return np.cumsum(inside)[:-1] > 0


def _gap_edges(dataset: Dataset, rows: np.ndarray) -> tuple[float, ...]:
    """Edges that part the pauses of the training part into buckets of equal size; empty without times or pauses."""
    if dataset.times is None:
        return ()
    ticks = dataset.times.view(np.int64)
    within = rows[1:] & rows[:-1]
    within[dataset.offsets[1:-1] - 1] = False
    passed = np.diff(ticks)[within]
    passed = passed[passed > 0]
    if not len(passed):
        return ()
    shares = np.linspace(0, 1, GAP_BUCKETS + 1)[1:-1]
    return tuple(float(edge) for edge in np.unique(np.quantile(passed, shares)))


def _looked_up(column: Column, known: Sequence[str], *, first: int, other: int) -> np.ndarray:
    """(N,) int32 place of each value among the known ones, counted from `first`; `other` for all else."""
    places = {value: place for place, value in enumerate(known, first)}
    table = np.array([places.get(level, other) for level in column.levels] + [other], np.int32)
    found: np.ndarray = table[column.values]  # a missing value is code -1, the last of the table
    return found
