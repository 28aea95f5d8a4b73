"""Facts about the words and columns around a token, each a place in one table.

Which of them tell chunks apart: Sha and Pereira 2003.
"""

from collections.abc import Sequence

import numpy as np

MOST_PLACES = 1 << 16
"""Places that facts are hashed into at most."""
MOST_WEIGHTS = 1 << 21
"""Weights of all facts at most: many tags leave fewer places."""
WORDS = ((-2,), (-1,), (0,), (1,), (2,), (-1, 0), (0, 1))
"""Where the words of a fact stand, seen from the token."""
COLUMNS = (*WORDS, (-2, -1), (1, 2), (-2, -1, 0), (-1, 0, 1), (0, 1, 2))
"""The same for the values of another column, which are fewer."""
_REACH = 2
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def places_for(tags: int) -> int:
    """How many places facts are hashed into, each with a weight a tag; place 0 is left for no fact."""
    return min(MOST_PLACES, 1 << int(np.log2(MOST_WEIGHTS / tags)))


def facts(words: np.ndarray, columns: Sequence[np.ndarray], real: np.ndarray, places: int) -> np.ndarray:
    """(B, T, K) int32 facts of each token, below `places`; 0 on padding.

    words    (B, T) ids, 0 on padding
    columns  (B, T) ids of the token's values in other columns, 0 on padding
    real     (B, T) whether a token is there
    """
    found = [_hashed(words, where, 0, places) for where in WORDS]
    for number, column in enumerate(columns, 1):
        found += [_hashed(column, where, number, places) for where in COLUMNS]
    return np.where(real[:, :, None], np.stack(found, axis=2), 0).astype(np.int32)


def count(columns: int) -> int:
    """How many facts a token has."""
    return len(WORDS) + columns * len(COLUMNS)


def _hashed(ids: np.ndarray, where: tuple[int, ...], column: int, places: int) -> np.ndarray:
    """(B, T) the place of one fact; beyond a sentence stands id 0."""
    steps = ids.shape[1]
    beyond = np.pad(ids.astype(np.uint64), ((0, 0), (_REACH, _REACH)))
    mixed = np.full(ids.shape, np.uint64(1 + column)) * _PRIME
    for offset in where:
        start = _REACH + offset
        mixed = (mixed ^ (beyond[:, start : start + steps] * np.uint64(8) + np.uint64(offset + _REACH))) * _PRIME
        mixed ^= mixed >> np.uint64(29)
    return 1 + (mixed % np.uint64(places - 1)).astype(np.int64)
