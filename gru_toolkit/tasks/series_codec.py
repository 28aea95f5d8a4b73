"""From the columns of a whole sequence to the numbers a network reads, fitted on the training part.

A number column gives three features a step: its value on the scale of the training part, its value on the sequence's
own scale (shape without level), and the change since the previous step. A text column gives one feature a level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, Part
from gru_toolkit.sequences.table import Column

HEAVY_TAIL = 10.0
"""A column with values further than this many standard deviations from its mean is compressed by asinh."""
LARGEST_STATISTIC = 4.0
"""Statistics of a sequence are cut to this many standard deviations, so that an outlier cannot decide alone."""


@dataclass(frozen=True)
class Channel:
    """How one column becomes numbers.

    levels  what a text column may hold, one feature each (an unseen level is all zeros); empty for a number column
    unit    a number column becomes asinh(value / unit) before scaling; 0 leaves it as it is
    change  standard deviation of the change a step, after scaling to the sequence
    """

    name: str
    levels: tuple[str, ...] = ()
    centre: float = 0.0
    scale: float = 1.0
    unit: float = 0.0
    change: float = 1.0

    def check(self, column: Column) -> None:
        """Raise DataError where a value is missing or the column is of another kind than in training."""
        if column.missing().any():
            raise DataError(
                f"column {self.name} has a missing value at row {int(np.argmax(column.missing())) + 1}",
                hint="choose how to fill it: --missing forward, interpolate or indicator",
            )
        if (column.kind == "text") != bool(self.levels):
            raise DataError(f"column {self.name} was {'text' if self.levels else 'numbers'} in training")

    def numbers(self, column: Column) -> np.ndarray:
        """(N, 1) float64 values on the training scale of numbers, or (N, levels) zeros and ones of text."""
        if self.levels:
            known = {level: code for code, level in enumerate(self.levels)}
            place = np.array([known.get(level, -1) for level in column.levels] or [-1])[column.values]
            return np.asarray(place[:, None] == np.arange(len(self.levels)), dtype=np.float64)
        values = np.asarray(column.values, dtype=np.float64)
        if self.unit:
            values = np.arcsinh(values / self.unit)
        return np.asarray((values - self.centre) / self.scale)[:, None]


@dataclass(frozen=True)
class SeriesCodec:
    """What was learned about the columns of the training part.

    channels   the step columns
    statics    the static columns beside the target
    stride     steps averaged into one
    causal     only features that are known at each step: no sequence-wide scale, no statistics
    centre, scale   of the sequence statistics, one each
    """

    channels: tuple[Channel, ...]
    statics: tuple[Channel, ...]
    stride: int
    causal: bool
    centre: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def width(self) -> int:
        """Features a step."""
        return sum(len(channel.levels) or (1 if self.causal else 3) for channel in self.channels)

    @property
    def levels(self) -> list[int]:
        """The features that hold a value on the training scale: one of a number column, all of a text column."""
        columns: list[int] = []
        start = 0
        for channel in self.channels:
            count = len(channel.levels) or 1
            columns += range(start, start + count)
            start += count if channel.levels or self.causal else 3
        return columns

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "SeriesCodec":
        """The codec that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
        try:
            channels, statics = (
                tuple(Channel(**{**item, "levels": tuple(item["levels"])}) for item in plain[name])
                for name in ("channels", "statics")
            )
            centre, scale = tuple(map(float, plain["centre"])), tuple(map(float, plain["scale"]))
            return SeriesCodec(channels, statics, int(plain["stride"]), bool(plain["causal"]), centre, scale)
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a series codec: {error}") from error

    def scaled(self, dataset: Dataset, rows: slice) -> list[np.ndarray]:
        """Each channel of some rows on the training scale: (N, 1) or (N, levels) float64."""
        return [channel.numbers(dataset.steps[channel.name].take(rows)) for channel in self.channels]

    def features(self, scaled: Sequence[np.ndarray]) -> np.ndarray:
        """(T', width) float32 features of one sequence from its rows of `scaled`, T' = ceil(T / stride)."""
        columns = []
        for channel, values in zip(self.channels, scaled, strict=True):
            level = block_means(values, self.stride)
            columns.append(level)
            if not channel.levels and not self.causal:
                shape = own_scale(level)
                columns += [shape, changes_of(shape) / channel.change]
        return np.concatenate(columns, axis=1).astype(np.float32)

    def statistics(self, scaled: Sequence[np.ndarray], statics: np.ndarray) -> np.ndarray:
        """(S,) float32 level, spread and length of one sequence, then its static columns."""
        raw = raw_statistics(self.channels, scaled) if not self.causal else np.zeros(0)
        row = (np.concatenate([raw, statics]) - self.centre) / self.scale
        return np.clip(row, -LARGEST_STATISTIC, LARGEST_STATISTIC).astype(np.float32)

    def static_numbers(self, dataset: Dataset) -> np.ndarray:
        """(S, features of the static columns) float64, one row a sequence."""
        columns = [channel.numbers(dataset.statics[channel.name]) for channel in self.statics]
        return np.concatenate([np.zeros((len(dataset), 0)), *columns], axis=1)


def fit_series(train: Part, *, stride: int, causal: bool) -> SeriesCodec:
    """Learn scales, levels and statistics from the training part only."""
    dataset = train.dataset
    roles = dataset.roles
    rows = np.concatenate([np.arange(start, stop) for start, stop in row_ranges(train)])
    channels = tuple(_fit_channel(dataset.steps[name].take(rows)) for name in roles.inputs)
    statics = tuple(_fit_channel(dataset.statics[name].take(train.spans[:, 0])) for name in roles.static)
    codec = SeriesCodec(channels, statics, stride, causal, (), ())
    fixed = codec.static_numbers(dataset)
    changes: list[list[float]] = [[] for _ in channels]
    table = []
    for (start, stop), sequence in zip(row_ranges(train), train.spans[:, 0], strict=True):
        part = codec.scaled(dataset, slice(start, stop))
        for spread, values in zip(changes, part, strict=True):
            spread.append(float(np.square(changes_of(own_scale(block_means(values, stride)))).mean()))
        table.append(np.concatenate([np.zeros(0) if causal else raw_statistics(channels, part), fixed[sequence]]))
    channels = tuple(
        channel if channel.levels else _with_change(channel, float(np.sqrt(np.mean(spread))))
        for channel, spread in zip(channels, changes, strict=True)
    )
    statistics = np.asarray(table)
    scale = np.where(statistics.std(axis=0) > 1e-6, statistics.std(axis=0), 1.0)
    centre = statistics.mean(axis=0)
    return SeriesCodec(channels, statics, stride, causal, tuple(centre.tolist()), tuple(scale.tolist()))


def row_ranges(part: Part) -> list[tuple[int, int]]:
    """(first row, row after the last) of each span in the dataset's columns."""
    first = part.dataset.offsets[part.spans[:, 0]]
    return list(zip((first + part.spans[:, 1]).tolist(), (first + part.spans[:, 2]).tolist(), strict=True))


def block_means(values: np.ndarray, stride: int) -> np.ndarray:
    """(ceil(T / stride), F) means of blocks of `stride` rows of (T, F); the last block may be shorter."""
    if stride == 1:
        return values
    starts = np.arange(0, len(values), stride)
    counts = np.diff(np.append(starts, len(values)))
    return np.asarray(np.add.reduceat(values, starts, axis=0) / counts[:, None])


def own_scale(values: np.ndarray) -> np.ndarray:
    """(T, F) values with the sequence's own mean 0 and deviation 1; a constant column becomes zeros."""
    deviation = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.maximum(deviation, 1e-4) * (deviation > 1e-8))


def changes_of(values: np.ndarray) -> np.ndarray:
    """(T, F) change since the previous step; zero at the first."""
    return np.diff(values, axis=0, prepend=values[:1])


def raw_statistics(channels: Sequence[Channel], scaled: Sequence[np.ndarray]) -> np.ndarray:
    """(2 a number column + 1,) mean and log deviation of each number column, and the log of the length."""
    numbers = [values for channel, values in zip(channels, scaled, strict=True) if not channel.levels]
    levels = [float(values.mean()) for values in numbers]
    spreads = [float(np.log(values.std() + 1e-3)) for values in numbers]
    return np.array([*levels, *spreads, np.log(len(scaled[0]))])


def _fit_channel(column: Column) -> Channel:
    if column.kind == "time":
        raise DataError(f"column {column.name} holds times, which cannot be an input", hint=f"--ignore {column.name}")
    if column.kind == "text":
        used = np.unique(column.values[~column.missing()])
        return Channel(column.name, levels=tuple(column.levels[code] for code in used))
    values = column.values[~column.missing()].astype(np.float64)
    deviation = float(values.std())
    unit = 0.0
    if deviation > 0 and float(np.abs(values - values.mean()).max()) > HEAVY_TAIL * deviation:
        unit = float(np.quantile(np.abs(values[values != 0]), 0.25))
        values = np.arcsinh(values / unit)
        deviation = float(values.std())
    return Channel(column.name, centre=float(values.mean()), scale=deviation if deviation > 0 else 1.0, unit=unit)


def _with_change(channel: Channel, change: float) -> Channel:
    return Channel(**{**asdict(channel), "change": change if change > 1e-6 else 1.0})
