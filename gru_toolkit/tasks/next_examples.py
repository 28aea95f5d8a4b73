"""Events as batches: what somebody did, and the places at which the next event is asked for.

Place p of a sequence is before its event p: the network has read the start and the events 0 … p - 1. A window is a
stretch of places that are asked for, together with the events before it that are read.
"""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Part
from gru_toolkit.tasks.next_codec import (
    FIRST,
    NO_GAP,
    OTHER,
    START,
    NextCodec,
    context_ids,
    gap_buckets,
    item_ids,
)

FADE = 0.7
"""What an event further ahead is worth beside the one before it, where a step learns from several."""
_SCORES_AT_ONCE = 4_000_000
"""Scores of a batch of predictions that stand in memory."""
_BATCH, _MOST_PLACES = 256, 16


@dataclass(frozen=True)
class Events:
    """A dataset as ids over its N rows.

    items       (N,) int32
    times       (N,) int64, None without times
    numbers     (N, F) float32 or None
    categories  (N,) int32 each
    offsets     (S + 1,)
    """

    items: np.ndarray
    times: np.ndarray | None
    numbers: np.ndarray | None
    categories: list[np.ndarray]
    offsets: np.ndarray


def events_of(dataset: Dataset, codec: NextCodec) -> Events:
    """The dataset as the codec reads it. Raises DataError when a column that the model was trained on is not there."""
    numbers, categories = context_ids(dataset, codec)
    times = None if dataset.times is None or not codec.gaps else dataset.times.view(np.int64)
    return Events(item_ids(dataset, codec), times, numbers, categories, dataset.offsets)


@dataclass(frozen=True)
class Past:
    """What a stream remembers of a user whose next event is the only one at hand.

    time    of the event before, None without times
    counts  (ids,) int32 how often each id came
    """

    time: int | None
    counts: np.ndarray


@dataclass(frozen=True)
class EventExamples:
    """Windows of events, cut when they are asked for.

    windows   (W, 4) int64: sequence, first place that is read, first and last + 1 place that is asked for
    labelled  whether the events that came are known
    dropped   share of items that are read as unknown in training
    ahead     events that each place learns from
    past      what came before the events, of a single sequence
    """

    events: Events
    codec: NextCodec
    windows: np.ndarray
    labelled: bool = True
    dropped: float = 0.0
    ahead: int = 1
    past: Past | None = None

    def __len__(self) -> int:
        return len(self.windows)

    def lengths(self) -> np.ndarray | None:
        read: np.ndarray = self.windows[:, 3] - self.windows[:, 1]
        return read

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        windows = self.windows[indices]
        sequence, first, start, stop = windows.T
        rows = self._rows(sequence, first, stop)  # (B, T + 1): read at one place, to be told at the place before
        order = rows if rng is None else self._shuffled(rows, rng)
        padding = np.arange(rows.shape[1] - 1) >= (stop - first)[:, None]
        inputs = self._inputs(np.where(padding, -1, rows[:, :-1]), order[:, :-1], rng)
        asked = start[:, None] + np.arange(int((stop - start).max()))  # (B, K)
        known = asked < stop[:, None]
        steps = np.where(known, asked - first[:, None], 0)
        inputs["steps"] = steps.astype(np.int32)
        read = {name: inputs[name] for name in ("items", "steps")}
        context = {"sequence": sequence, "place": asked, "known": known, **read}
        if self.past is not None:
            context["earlier"] = self.past.counts[None]
        elif rng is None and (first > 1).any():
            context["earlier"] = self._earlier(sequence, first)
        if not self.labelled:
            return Arrays(inputs, {}, known.astype(np.float32), context)
        truth = self.events.items[np.take_along_axis(order, steps + 1, axis=1)]
        weights = (known & (truth >= FIRST)).astype(np.float32)
        context["truth"] = np.where(known, truth.astype(np.int64) - FIRST, -1)
        return Arrays(inputs, _soft_targets(truth, weights, self.ahead), weights, context)

    def _rows(self, sequence: np.ndarray, first: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """(B, T + 1) int64 row of the event before each place and behind the last; -1 where there is none."""
        offsets = self.events.offsets
        event = first[:, None] - 1 + np.arange(int((stop - first).max()) + 1)
        there = (event >= 0) & (event < np.minimum(stop, np.diff(offsets)[sequence])[:, None])
        return np.where(there, offsets[sequence][:, None] + event, -1)

    def _earlier(self, sequence: np.ndarray, first: np.ndarray) -> np.ndarray:
        """(B, ids) int32 how often each id stands among the events that are not read any more."""
        ids = FIRST + len(self.codec.items)
        counts = np.zeros((len(sequence), ids), np.int32)
        for row, (start, stop) in enumerate(zip(self.events.offsets[sequence], first - 1, strict=True)):
            counts[row] = np.bincount(self.events.items[start : start + max(stop, 0)], minlength=ids)
        return counts

    def _inputs(self, rows: np.ndarray, order: np.ndarray, rng: np.random.Generator | None) -> dict[str, np.ndarray]:
        """What the network reads at each place (B, T); `order` holds the events, `rows` their moments, -1 for none."""
        events, there = self.events, rows >= 0
        items = np.where(there, events.items[order], START)
        if rng is not None and self.dropped:
            items = np.where(there & (rng.random(items.shape) < self.dropped), OTHER, items)
        inputs = {"items": items.astype(np.int32)}
        for place, category in enumerate(events.categories):
            inputs[f"category_{place}"] = np.where(there, category[order], 0).astype(np.int32)
        if events.numbers is not None:
            inputs["numbers"] = np.where(there[:, :, None], events.numbers[order], np.float32(0))
        if self.codec.gaps:
            inputs["gaps"] = self._gaps(rows)
        return inputs

    def _gaps(self, rows: np.ndarray) -> np.ndarray:
        """(B, T) int32 bucket of the time before the event of each row; NO_GAP for the first of a sequence."""
        if self.events.times is None:
            return np.full(rows.shape, NO_GAP, np.int32)
        times, before = self.events.times[rows], self.events.times[np.maximum(rows - 1, 0)]
        begins = np.isin(rows, self.events.offsets[:-1])
        if self.past is not None and self.past.time is not None:
            before, begins = np.where(begins, self.past.time, before), np.zeros_like(begins)
        later = (rows >= 0) & ~begins
        return np.where(later, gap_buckets(times, before, self.codec), NO_GAP).astype(np.int32)

    def _shuffled(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The rows with events of one moment in random order, because theirs in the file says nothing."""
        if self.events.times is None:
            return rows
        there = rows >= 0
        behind = np.cumsum(there, axis=1) > 0
        limits = np.where(behind, np.iinfo(np.int64).max, np.iinfo(np.int64).min)
        moments = np.where(there, self.events.times[rows], limits)
        return np.take_along_axis(rows, np.lexsort((rng.random(rows.shape), moments), axis=1), axis=1)


def next_on_stream(dataset: Dataset, codec: NextCodec, past: Past | None) -> tuple[EventExamples, Past]:
    """The place behind one more event of a user, and what is remembered for the one after it.

    dataset  one sequence of one event
    past     None for the user's first event

    Raises DataError when the event's time lies before that of the one before.
    """
    events = events_of(dataset, codec)
    time = None if events.times is None else int(events.times[0])
    if past is not None and past.time is not None and time is not None and time < past.time:
        assert dataset.times is not None, "events with times come from a dataset with times"
        earlier = np.array(past.time).astype(dataset.times.dtype)
        raise DataError(f"{dataset.roles.time!r} must not go back, got {dataset.times[0]} after {earlier}")
    first = 0 if past is None else 1  # the network reads the start before the first event
    examples = EventExamples(events, codec, np.array([[0, first, 1, 2]]), labelled=False, past=past)
    counts = np.zeros(FIRST + len(codec.items), np.int32) if past is None else past.counts
    return examples, Past(time, counts + np.bincount(events.items, minlength=len(counts)).astype(np.int32))


def training_windows(part: Part, width: int, warmup: int) -> np.ndarray:
    """(W, 4) windows of at most `width` places that cover the spans of a part, each after `warmup` events if it can."""
    return _windows(part, width, warmup)


def asked_windows(part: Part, history: int, items: int) -> np.ndarray:
    """(W, 4) windows of few places that cover the spans of a part, each after at most `history` events.

    So few that the scores of all items fit into memory.
    """
    width = int(np.clip(_SCORES_AT_ONCE // (_BATCH * items), 1, _MOST_PLACES))
    return _windows(part, width, history)


def request_windows(dataset: Dataset, history: int) -> np.ndarray:
    """(S, 4) the place behind the last event of each sequence, after at most `history` events."""
    length = dataset.lengths
    return np.stack([np.arange(len(dataset)), np.maximum(length - history, 0), length, length + 1], axis=1)


def _windows(part: Part, width: int, before: int) -> np.ndarray:
    """(W, 4) windows of at most `width` places over the spans of a part, each after at most `before` events."""
    found = [np.zeros((0, 4), np.int64)]
    for sequence, start, stop in part.spans.tolist():
        starts = np.arange(start, stop, width)
        first = np.maximum(starts - before, 0)
        found.append(np.stack([np.full_like(starts, sequence), first, starts, np.minimum(starts + width, stop)], 1))
    return np.concatenate(found).astype(np.int64)


def _soft_targets(truth: np.ndarray, weights: np.ndarray, ahead: int) -> dict[str, np.ndarray]:
    """What the loss compares with: ids (B, K, A) int32 and their shares (B, K, A) float32, which add up to 1.

    truth    (B, K) id of the event that came
    weights  (B, K) 1 where it is known
    ahead    A: a place also learns from the A - 1 events behind it, each worth FADE of the one before
    """
    if ahead == 1:
        shares = np.ones((*truth.shape, 1), np.float32)
        return {"items": (truth * (weights > 0))[:, :, None].astype(np.int32), "shares": shares}
    padded = np.pad(truth * (weights > 0), ((0, 0), (0, ahead - 1)))
    worth = np.pad(weights, ((0, 0), (0, ahead - 1)))
    ids = np.stack([padded[:, step : step + truth.shape[1]] for step in range(ahead)], axis=2)
    shares = np.stack([worth[:, step : step + truth.shape[1]] * FADE**step for step in range(ahead)], axis=2)
    total = shares.sum(axis=2, keepdims=True)
    return {"items": ids.astype(np.int32), "shares": (shares / np.where(total > 0, total, 1)).astype(np.float32)}
