"""An n-gram model with back-off: interpolated Kneser-Ney, as counts in sorted arrays.

P_k(w | h) = max(c(hw) - D, 0) / c(h) + D · types(h) / c(h) · P_{k-1}(w | h'), where h' is h without its oldest unit.
The longest n-grams are counted as they stand, shorter ones by how many different units stand before them (Kneser and
Ney 1995; Chen and Goodman 1999, section 2.7). D = n1 / (n1 + 2 n2) of each length.
"""

import math
from collections.abc import Mapping

import numpy as np

LONGEST = {"char": 6, "byte": 6, "word": 3, "subword": 4}
"""Units of the longest n-gram, by the kind of unit."""
LARGEST = 62
"""Bits of an n-gram's key."""


def order_for(unit: str, ids: int) -> int:
    """Units of the longest n-gram whose key fits into an integer."""
    return max(1, min(LONGEST[unit], int(LARGEST / math.log2(max(ids, 2)))))


def fit_ngrams(stream: np.ndarray, ids: int, order: int) -> dict[str, np.ndarray]:
    """What the model remembers of a stream of ids (N,), as named arrays.

    ids  how many different ids there may be
    """
    state: dict[str, np.ndarray] = {"discounts": np.full(order, 0.5), "ids": np.array([ids])}
    stream = stream.astype(np.int64)
    order = min(order, len(stream))
    keys, counts = np.unique(_keys(stream, ids, order), return_counts=True)
    for length in range(order, 0, -1):
        state |= _level(keys, counts, ids, length)
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        if once:
            state["discounts"][length - 1] = min(max(once / (once + 2 * twice), 0.1), 0.95)
        keys, counts = np.unique(keys % ids ** (length - 1), return_counts=True)
    return state


def probabilities(state: Mapping[str, np.ndarray], history: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(M,) the probability of each wanted id (M,) after its history (M, n) of any width, oldest first.

    An id 0 in a history (padding) was never counted, so that shorter n-grams answer for it.
    """
    ids = int(state["ids"][0])
    wanted = wanted.astype(np.int64)
    found = np.full(len(wanted), 1 / ids)
    context = np.zeros(len(wanted), np.int64)
    for length, discount in enumerate(state["discounts"].tolist(), 1):
        if f"keys_{length}" not in state or length - 1 > history.shape[1]:
            break
        if length > 1:
            context = context + history[:, history.shape[1] - length + 1].astype(np.int64) * ids ** (length - 2)
        row, known = _looked_up(state[f"contexts_{length}"], context)
        total, types = state[f"totals_{length}"][row], state[f"types_{length}"][row]
        place, seen = _looked_up(state[f"keys_{length}"], context * ids + wanted)
        count = np.where(seen, state[f"counts_{length}"][place], 0)
        here = (np.maximum(count - discount, 0) + discount * types * found) / total
        found = np.where(known, here, found)
    return found


def _keys(stream: np.ndarray, ids: int, length: int) -> np.ndarray:
    """(N - length + 1,) every run of `length` units as one number, its digits the ids, the oldest first."""
    count = len(stream) - length + 1
    keys = np.zeros(count, np.int64)
    for place in range(length):
        keys = keys * ids + stream[place : place + count]
    return keys


def _level(keys: np.ndarray, counts: np.ndarray, ids: int, length: int) -> dict[str, np.ndarray]:
    """The arrays of one length: n-grams with their counts, and contexts with their sums."""
    contexts, first = np.unique(keys // ids, return_index=True)
    return {
        f"keys_{length}": keys,
        f"counts_{length}": counts.astype(np.int32),
        f"contexts_{length}": contexts,
        f"totals_{length}": np.add.reduceat(counts, first).astype(np.int32),
        f"types_{length}": np.diff(np.append(first, len(keys))).astype(np.int32),
    }


def _looked_up(table: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M,) rows of a sorted table, and (M,) whether the key stands there."""
    row = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return row, table[row] == keys
