"""A running text as examples: lanes for training, windows with context for everything else.

The text of a part is one stream of ids, END between its files. Every id is predicted from those before it; the first
one from START. In training the stream is cut into `lanes` equal lanes that are read side by side, `steps` ids at a
time, each in its own row of the batch, so that the network's memory goes on from batch to batch. Elsewhere it is cut
into windows that stand alone: each is read from `context` ids before its first scored id.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Arrays, Part
from gru_toolkit.sequences.running_text import text_blocks
from gru_toolkit.sequences.vocabularies import END, PADDING, START, UNKNOWN, Vocabulary

IN_MEMORY = 32 << 20
"""Bytes of ids up to which they are kept in memory; longer ones lie in an unnamed temporary file."""
WINDOW = 768
"""Ids scored in a window."""
CONTEXT = 256
"""Ids read before them."""
FORGOTTEN = 0.01
"""Share of rows in training that begin with an empty memory, so that the network knows how to begin."""
AT_ONCE = 64 << 20
"""Scores that a batch of windows may have."""


@dataclass(frozen=True)
class Stream:
    """A part's text as ids.

    ids        (N,) unsigned integers, END between sequences
    starts     (K,) where each sequence begins
    sequences  (K,) which sequence of the dataset it is
    """

    ids: np.ndarray
    starts: np.ndarray
    sequences: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def encoded(part: Part, vocabulary: Vocabulary) -> Stream:
    """The part's text as ids. Raises DataError when there is none."""
    dtype = np.min_scalar_type(len(vocabulary) - 1)
    with closing(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)) as file:
        starts, sequences, count = [], [], 0
        for sequence, ids in _pieces(part, vocabulary):
            if sequence is not None:
                starts.append(count)
                sequences.append(sequence)
            file.write(ids.astype(dtype).tobytes())
            count += len(ids)
        if not count:
            raise DataError(f"the {part.name} part holds no text")
        file.seek(0)
        if count * dtype.itemsize <= IN_MEMORY:
            ids = np.frombuffer(file.read(), dtype)
        else:
            # The mapping keeps the unnamed file alive after it is closed.
            file.rollover()
            file.flush()
            ids = np.memmap(file._file, dtype, mode="r")
    return Stream(ids, np.array(starts), np.array(sequences))


def _pieces(part: Part, vocabulary: Vocabulary) -> Iterator[tuple[int | None, np.ndarray]]:
    """Ids block by block; with the number of a sequence where one begins, else None."""
    before = None
    for sequence, text in text_blocks(part):
        if before not in (None, sequence):
            yield None, np.array([END])
        yield (sequence if sequence != before else None), vocabulary.encode(text)
        before = sequence


@dataclass(frozen=True)
class Lanes:
    """Examples of `steps` ids, `lanes` of which are read side by side; see `Consecutive`."""

    stream: Stream
    lanes: int
    steps: int

    def __len__(self) -> int:
        return self.lanes * self._windows

    def lengths(self) -> None:
        return None

    def order(self, batch_size: int) -> np.ndarray:
        """(windows, lanes) indices: the first window of every lane, the second, and so on."""
        assert batch_size == self.lanes, f"a batch has a row a lane: {self.lanes}, got {batch_size}"
        return np.arange(len(self)).reshape(self.lanes, -1).T

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The windows at `indices`; at the beginning of a lane, and at random, a row forgets what came before."""
        lane, window = np.divmod(indices, self._windows)
        begin = lane * self._lane + window * self.steps
        end = np.minimum(np.minimum((lane + 1) * self._lane, begin + self.steps), len(self.stream))
        fresh = window == 0
        if rng is not None:
            fresh |= rng.random(len(indices)) < FORGOTTEN
        return _arrays(self.stream, begin, end, fresh, self.steps)

    @property
    def _lane(self) -> int:
        """Ids of a lane."""
        return -(-len(self.stream) // self.lanes)

    @property
    def _windows(self) -> int:
        """Windows of a lane."""
        return -(-self._lane // self.steps)


@dataclass(frozen=True)
class Windows:
    """Examples of `WINDOW` scored ids, each read with `CONTEXT` ids before them.

    unit_bytes  (V,) UTF-8 bytes of each id
    """

    stream: Stream
    unit_bytes: np.ndarray

    def __len__(self) -> int:
        return (len(self.stream) + WINDOW - 1) // WINDOW

    @property
    def at_once(self) -> int:
        """Examples in a batch at most, so that the scores of all ids fit."""
        return max(1, AT_ONCE // ((WINDOW + CONTEXT) * len(self.unit_bytes)))

    def lengths(self) -> None:
        return None

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The windows at `indices`; only the scored ids have a weight."""
        scored = indices * WINDOW
        begin = np.maximum(scored - CONTEXT, 0)
        end = np.minimum(scored + WINDOW, len(self.stream))
        arrays = _arrays(self.stream, begin, end, np.ones(len(indices), bool), int((end - begin).max()))
        place = np.arange(arrays.weights.shape[1])[None, :]
        arrays.weights[place < (scored - begin)[:, None]] = 0
        wanted = arrays.targets["next"]
        context = {
            "window": indices,
            "wanted": wanted,
            "position": begin[:, None] + place,
            "sequence": self.stream.sequences[np.searchsorted(self.stream.starts, begin, side="right") - 1],
            "bytes": self.unit_bytes[wanted],
            "unknown": wanted == UNKNOWN,
            "weights": arrays.weights,
            "history": arrays.inputs["ids"],
        }
        return Arrays(arrays.inputs, arrays.targets, arrays.weights, context)


def _arrays(stream: Stream, begin: np.ndarray, end: np.ndarray, fresh: np.ndarray, width: int) -> Arrays:
    """Rows of the stream: ids begin:end to predict, each from the one before; START where a row is fresh."""
    before = np.full((len(begin), width), PADDING, np.int32)
    wanted = np.full((len(begin), width), PADDING, np.int32)
    weights = np.zeros((len(begin), width), np.float32)
    for row, (first, last) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
        count = last - first
        if count <= 0:
            continue
        wanted[row, :count] = stream.ids[first:last]
        before[row, 1:count] = stream.ids[first : last - 1]
        before[row, 0] = START if fresh[row] or first == 0 else stream.ids[first - 1]
        weights[row, :count] = 1
    return Arrays({"ids": before}, {"next": wanted}, weights)
