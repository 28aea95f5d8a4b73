"""Series as examples: pieces to learn from, and whole series to watch."""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import HistoryTooShort
from gru_toolkit.sequences.dataset import Arrays, Part
from gru_toolkit.tasks.detect_codec import DetectCodec

PIECE = 128
"""Steps of a piece that is learned from."""
UNLEARNED = 8
"""First steps of a piece whose predictions do not count: the memory is still empty."""
FEWEST = 32
"""Rows that a series must have in training."""
TOGETHER = 1 << 18
"""Steps of whole series that stand in one batch, about."""
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Pieces:
    """Overlapping pieces of the training part: what a step reads and the change that follows it.

    first  (N,) row of the dataset where each piece begins
    steps  (N,) its steps; one more row follows them
    """

    part: Part
    codec: DetectCodec
    sequence: np.ndarray
    first: np.ndarray
    steps: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def lengths(self) -> None:
        """Nearly all pieces are equally long."""

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The pieces at `indices` (B,), each padded to the longest of all."""
        width, dataset = int(self.steps.max()), self.part.dataset
        inputs = np.zeros((len(indices), width, self.codec.features), np.float32)
        changes = np.zeros((len(indices), width, len(self.codec.targets)), np.float32)
        weights = np.zeros((len(indices), width), np.float32)
        for row, index in enumerate(indices.tolist()):
            begin, steps = int(self.first[index]), int(self.steps[index])
            channels = self.codec.channels(dataset.ids[int(self.sequence[index])])
            read = self.codec.inputs(dataset, slice(begin, begin + steps + 1), channels)
            inputs[row, :steps] = read[:-1]
            changes[row, :steps] = self.codec.changes(read, channels)
            weights[row, min(UNLEARNED, steps - 1) : steps] = 1.0
        return Arrays({"values": inputs}, {"change": changes}, weights)


def pieces(part: Part, codec: DetectCodec) -> Pieces:
    """The training part in pieces that overlap by half. Raises HistoryTooShort when no series is long enough."""
    found: list[tuple[int, int, int]] = []
    for sequence, start, stop in part.spans.tolist():
        if stop - start < FEWEST:
            continue
        begin = int(part.dataset.offsets[sequence])
        steps = min(PIECE, stop - start - 1)
        starts = np.unique([*range(start, stop - steps, PIECE // 2), stop - steps - 1])
        found += [(sequence, begin + place, steps) for place in starts.tolist()]
    if not found:
        longest = int((part.spans[:, 2] - part.spans[:, 1]).max(initial=0))
        raise HistoryTooShort(f"the longest series has {longest:,} rows in training, and {FEWEST} are needed")
    sequences, first, steps = (np.array(column, np.int64) for column in zip(*found, strict=True))
    return Pieces(part, codec, sequences, first, steps)


@dataclass(frozen=True)
class WholeSeries:
    """Each span of a part with all rows of its series before it, so that the memory is what it would be live.

    marks  the column that says which rows are anomalies, or None
    """

    part: Part
    codec: DetectCodec
    marks: str | None = None

    def __len__(self) -> int:
        return len(self.part)

    def lengths(self) -> np.ndarray:
        """(len(self),) rows of each example."""
        return np.asarray(self.part.spans[:, 2])

    @property
    def at_once(self) -> int:
        """Examples in a batch."""
        return max(1, TOGETHER // max(1, int(self.part.spans[:, 2].max(initial=1))))

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The series at `indices` (B,); see the context's names for what decoding finds there.

        start, length  (B,) the rows start:length are predicted and scored
        values, scaled (B, T, targets); marks (B, T), NaN where nobody knows; days (B, T) since the row before
        """
        spans = self.part.spans[indices]
        shape = (len(indices), int(spans[:, 2].max()))
        inputs = np.zeros((*shape, self.codec.features), np.float32)
        values = np.zeros((*shape, len(self.codec.targets)))
        change = np.zeros(values.shape, np.float32)
        marks, days = np.full(shape, np.nan), np.zeros(shape)
        dataset = self.part.dataset
        for row, (sequence, _, stop) in enumerate(spans.tolist()):
            first = int(dataset.offsets[sequence])
            rows = slice(first, first + stop)
            channels = self.codec.channels(dataset.ids[sequence])
            inputs[row, :stop] = self.codec.inputs(dataset, rows, channels)
            change[row, : stop - 1] = self.codec.changes(inputs[row, :stop], channels)
            values[row, :stop] = self.codec.values(dataset, rows)
            days[row, :stop] = _days(dataset.times, rows)
            if self.marks is not None:
                marks[row, :stop] = dataset.steps[self.marks].values[rows] > 0
        place = np.arange(shape[1])[None, :] + 1  # the step that follows
        scored = (place >= spans[:, 1:2]) & (place < spans[:, 2:])
        context = {
            "sequence": spans[:, 0], "start": spans[:, 1], "length": spans[:, 2],
            "values": values, "marks": marks, "days": days,
            "names": np.array([dataset.ids[sequence] for sequence in spans[:, 0].tolist()], dtype=object),
        }  # fmt: skip
        return Arrays({"values": inputs}, {"change": change}, scored.astype(np.float32), context)


def _days(times: np.ndarray | None, rows: slice) -> np.ndarray:
    """(T,) days from each row to the one before; 0 at the first, where time goes back, and without dates."""
    if times is None or times.dtype.kind != "M":
        return np.zeros(rows.stop - rows.start)
    ticks = times[rows].astype(np.int64)
    return np.asarray(np.maximum(np.diff(ticks, prepend=ticks[:1]), 0) / _DAY)
