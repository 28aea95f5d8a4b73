"""Whole sequences as examples: one a span, cut, changed and padded when a batch asks for it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Arrays, Examples, Part, batches
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks import series_baselines
from gru_toolkit.tasks.augmentation import read_at, time_map
from gru_toolkit.tasks.sound_codec import SoundCodec, WholeCodec
from gru_toolkit.tasks.sound_variety import Variation, variation

BASELINE_BATCH = 256
SMALL_PART = 1000
WIDTH_STEPS = 8
"""Batches are padded to one of about so many widths, so that a compiled step is reused."""


class Augmented(Protocol):
    """The settings that change a sequence in training."""

    @property
    def warp(self) -> float: ...
    @property
    def crop(self) -> float: ...


@dataclass(frozen=True)
class WholeSequences:
    """Examples of whole sequences: one a span of the part.

    targets  what the loss compares with, by name, (K, …) float32, one row a span; empty when only predicting
    truth    (K,) what `measure` compares with; None when only predicting
    statics  (S, …) numbers of the static columns, one row a sequence of the dataset
    steps    (K,) steps of each span after averaging
    """

    part: Part
    series: WholeCodec
    targets: Mapping[str, np.ndarray]
    truth: np.ndarray | None
    statics: np.ndarray
    steps: np.ndarray
    warp: float
    crop: float
    variety: float = 0.0

    def __len__(self) -> int:
        return len(self.part)

    @functools.cached_property
    def longest(self) -> int:
        """Steps of the longest example."""
        return int(self.steps.max())

    def lengths(self) -> np.ndarray | None:
        """(len(self),) steps of each example after averaging; None for a small part, whose batches stay fully random.

        Batches of similar length save padding, but in a small part they would hold the same examples every epoch. Of
        recordings only the width counts to which a batch is padded: some voices are slower, and batches of one voice
        would be normalised by that voice.
        """
        if len(self) <= SMALL_PART:
            return None
        return self._width(self.steps) if isinstance(self.series, SoundCodec) else self.steps

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The sequences at `indices`; with a generator, each read at a randomly warped and cropped pace."""
        rows, statistics = [], []
        change = variation(self.variety, rng) if rng is not None and isinstance(self.series, SoundCodec) else None
        for index in indices.tolist():
            scaled = self._scaled(index)
            sequence = int(self.part.spans[index, 0])
            statistics.append(self.series.statistics(scaled, self.statics[sequence]))
            if rng is not None and (self.warp or self.crop):
                positions = time_map(len(scaled[0]), rng, warp=self.warp, crop=self.crop)
                scaled = [read_at(values, positions) for values in scaled]
            rows.append(self._features(scaled, change, rng))
        lengths = np.array([len(row) for row in rows], dtype=np.int32)
        inputs = {"values": padded(rows, self._width(int(lengths.max()))), "lengths": lengths}
        if len(statistics[0]):
            inputs["statistics"] = np.stack(statistics)
        context = {"sequence": self.part.spans[indices, 0]}
        if self.truth is not None:
            context["truth"] = self.truth[indices]
        targets = {name: values[indices] for name, values in self.targets.items()}
        return Arrays(inputs, targets, np.ones(len(indices), dtype=np.float32), context)

    def _features(
        self, scaled: list[np.ndarray], change: Variation | None, rng: np.random.Generator | None
    ) -> np.ndarray:
        """(T', width) features of one sequence; of a recording in training, as another voice might have said it."""
        if change is not None and rng is not None and isinstance(self.series, SoundCodec):
            return self.series.varied(scaled, change, rng)
        return self.series.features(scaled)

    def _scaled(self, index: int) -> list[np.ndarray]:
        """Each channel of one sequence on the training scale, (T, 1) or (T, levels)."""
        dataset = self.part.dataset
        sequence, start, stop = self.part.spans[index].tolist()
        first = int(dataset.offsets[sequence])
        return self.series.scaled(dataset, slice(first + start, first + stop))

    def _width(self, longest: Any) -> Any:
        """`longest`, a number or an array of them, rounded up so that few different widths occur."""
        step = max(1, self.longest // WIDTH_STEPS)
        return -(-longest // step) * step


def padded(rows: list[np.ndarray], width: int) -> np.ndarray:
    """(B, width, F) float32 with each (T, F) row at the left and zeros after it."""
    values = np.zeros((len(rows), width, rows[0].shape[1]), dtype=np.float32)
    for index, row in enumerate(rows):
        values[index, : len(row)] = row
    return values


def whole_sequences(
    part: Part,
    series: WholeCodec,
    settings: Augmented,
    targets: Mapping[str, np.ndarray],
    truth: np.ndarray | None,
) -> WholeSequences:
    """Examples of the part's sequences, after a look at every value.

    Raises DataError for an empty part, an empty sequence, a missing value or a column of another kind than in training.
    """
    if not len(part):
        raise DataError(f"the {part.name} part has no sequences")
    empty = np.flatnonzero(part.spans[:, 2] <= part.spans[:, 1])
    if len(empty):
        raise DataError(f"sequence {part.dataset.ids[int(part.spans[empty[0], 0])]} has no steps")
    for channel in series.channels:
        channel.check(_column(part.dataset.steps, channel.name))
    for channel in series.statics:
        channel.check(_column(part.dataset.statics, channel.name))
    statics = series.static_numbers(part.dataset)
    steps = -(-(part.spans[:, 2] - part.spans[:, 1]) // series.stride)
    variety = float(getattr(settings, "variety", 0.0))
    return WholeSequences(part, series, targets, truth, statics, steps, settings.warp, settings.crop, variety)


def truth_of(examples: Examples) -> np.ndarray:
    """(K,) the truth of all examples."""
    return np.concatenate([arrays.context["truth"] for arrays in batches(examples, BASELINE_BATCH)])


def baseline_features(examples: Examples, series: WholeCodec) -> tuple[np.ndarray, np.ndarray]:
    """`batch_features` of all examples."""
    parts = [batch_features(arrays, series) for arrays in batches(examples, BASELINE_BATCH)]
    simple, points = zip(*parts, strict=True)
    return np.concatenate(simple), np.concatenate(points)


def batch_features(arrays: Arrays, series: WholeCodec) -> tuple[np.ndarray, np.ndarray]:
    """What the baselines see of a batch: simple features (B, P), and the resampled sequences (B, GRID · levels)."""
    levels, lengths = arrays.inputs["values"][:, :, series.levels], arrays.inputs["lengths"]
    return simple_features(arrays, series), series_baselines.resampled(levels, lengths)


def simple_features(arrays: Arrays, series: WholeCodec) -> np.ndarray:
    """(B, P) summaries of each sequence of a batch, and its statistics."""
    levels, lengths = arrays.inputs["values"][:, :, series.levels], arrays.inputs["lengths"]
    simple = series_baselines.simple_features(levels, lengths)
    return np.concatenate([simple, arrays.inputs["statistics"]], axis=1) if "statistics" in arrays.inputs else simple


def _column(columns: Mapping[str, Column], name: str) -> Column:
    if name not in columns:
        raise DataError(f"there is no column {name}, which the model was trained on")
    return columns[name]
