"""What a prediction of the next event has to beat: popularity, the item before (Markov), and what a user repeats.

Counts are blended with popularity, p = (count + strength · popularity) / (total + strength), with the strength that
ranks the last event of the training part's users best, which is left out of the counts for this.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Part
from gru_toolkit.tasks import ranking
from gru_toolkit.tasks.next_codec import FIRST, START, NextCodec, item_ids

STRENGTHS = (0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
MOST_USERS = 2_000
"""Users on whose last training event the strengths are chosen."""
_SMOOTHING = 0.5
"""Added to the count of each item, so that none is impossible."""
_TOP = 20
State = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Pairs:
    """How often an item followed another, as rows that are sparse.

    starts  (ids + 1,) int64; what followed id i stands in starts[i]:starts[i + 1]
    items   (M,) int32 in 0 … V - 1, rising within a row
    counts  (M,) int32
    """

    starts: np.ndarray
    items: np.ndarray
    counts: np.ndarray

    def rows(self, ids: np.ndarray, items: int) -> np.ndarray:
        """(N, V) float64 counts behind each of the ids (N,)."""
        dense = np.zeros((len(ids), items))
        for row, start, stop in zip(range(len(ids)), self.starts[ids], self.starts[ids + 1], strict=True):
            dense[row, self.items[start:stop]] = self.counts[start:stop]
        return dense


def fit(train: Part, codec: NextCodec, *, unseen: bool) -> dict[str, np.ndarray]:
    """What the baselines keep of the training part.

    unseen  whether only items are allowed that a user has not had
    """
    ids = item_ids(train.dataset, codec)
    popularity = popularity_of(codec)
    histories = [ids[offset + start : offset + stop] for offset, start, stop in _spans(train)]
    pairs = _pairs(histories, len(codec.items))
    last = [history for history in histories if len(history) > 1 and history[-1] >= FIRST][:MOST_USERS]
    state = {"popularity": popularity, "starts": pairs.starts, "items": pairs.items, "counts": pairs.counts}
    markov, repeats = [], []
    for start in range(0, len(last), 256):
        block = last[start : start + 256]
        truth = np.array([history[-1] for history in block]) - FIRST
        had = np.stack([np.bincount(history[:-1], minlength=FIRST + len(codec.items))[FIRST:] for history in block])
        behind = pairs.rows(np.array([history[-2] for history in block]), len(codec.items))
        behind[np.arange(len(block)), truth] -= 1  # the pair that is to be predicted
        allowed = had == 0 if unseen else np.ones(had.shape, bool)
        markov.append(_qualities(behind, popularity, truth, allowed))
        repeats.append(_qualities(had.astype(np.float64), popularity, truth, allowed))
    state["markov_strength"] = _best(markov)
    if not unseen:
        state["repeats_strength"] = _best(repeats)
    return state


def predict(state: State, arrays: Arrays, had: np.ndarray) -> dict[str, np.ndarray]:
    """The log-probabilities (B, K, V) of every baseline by name, whatever is allowed.

    had  (B, K, V) how often each item stands before the place that is asked for
    """
    popularity = state["popularity"]
    items, steps = arrays.context["items"], arrays.context["steps"]
    shape = (*steps.shape, len(popularity))
    last = np.take_along_axis(items, steps, axis=1)
    pairs = Pairs(state["starts"], state["items"], state["counts"])
    markov = blended(pairs.rows(last.ravel(), len(popularity)), popularity, float(state["markov_strength"][0]))
    found = {"popularity": np.broadcast_to(popularity, shape), "markov": markov.reshape(shape)}
    if "repeats_strength" in state:
        found["repeats"] = blended(had.astype(np.float64), popularity, float(state["repeats_strength"][0]))
    return {name: np.log(probabilities) for name, probabilities in found.items()}


def popularity_of(codec: NextCodec) -> np.ndarray:
    """(V,) float64 probability of each item whatever came before."""
    counts = np.array(codec.counts, np.float64) + _SMOOTHING
    return np.asarray(counts / counts.sum())


def blended(counts: np.ndarray, popularity: np.ndarray, strength: float) -> np.ndarray:
    """(…, V) probabilities from counts (…, V), backed by as many events of the usual popularity as `strength` says."""
    return np.asarray((counts + strength * popularity) / (counts.sum(axis=-1, keepdims=True) + strength))


def _spans(part: Part) -> list[tuple[int, int, int]]:
    return [(int(part.dataset.offsets[sequence]), start, stop) for sequence, start, stop in part.spans.tolist()]


def _pairs(histories: list[np.ndarray], items: int) -> Pairs:
    before = np.concatenate([np.concatenate([[START], history[:-1]]) for history in histories]).astype(np.int64)
    after = np.concatenate(histories).astype(np.int64) - FIRST
    keys, counts = np.unique((before * items + after)[after >= 0], return_counts=True)
    starts = np.searchsorted(keys, np.arange(FIRST + items + 1) * items)
    return Pairs(starts.astype(np.int64), (keys % items).astype(np.int32), counts.astype(np.int32))


def _qualities(counts: np.ndarray, popularity: np.ndarray, truth: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """(strengths, 2) reciprocal ranks and log-probabilities of the truth, added up."""
    found = []
    for strength in STRENGTHS:
        scores = np.where(allowed, np.log(blended(counts, popularity, strength)), -np.inf)
        rank = ranking.ranks(scores, truth)
        possible = np.isfinite(rank)
        own = scores[np.arange(len(truth)), truth][possible]
        found.append((ranking.reciprocal_ranks(rank, _TOP).sum(), own.sum()))
    return np.array(found)


def _best(qualities: list[np.ndarray]) -> np.ndarray:
    """(1,) the strength with the best ranks; among equal ones that with the best log-probability."""
    if not qualities:
        return np.array([STRENGTHS[len(STRENGTHS) // 2]])
    total = np.round(np.sum(qualities, axis=0), 9)
    return np.array([STRENGTHS[max(range(len(STRENGTHS)), key=lambda place: tuple(total[place]))]])
