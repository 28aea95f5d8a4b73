"""The best path through scores of tags: Viterbi's algorithm in NumPy, around the network's emissions."""

import numpy as np

ROWS = 32
"""Sequences decoded together: few enough that a step's (rows, K, K) scores stay in the processor's cache."""


def best_paths(emissions: np.ndarray, transitions: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The tags of highest score for each sequence, -1 on padding: (B, T) int64.

    emissions    (B, T, K)
    transitions  (K + 2, K): tag after tag, row K from the start, row K + 1 to the end
    lengths      (B,) at least 1
    """
    paths = np.full(emissions.shape[:2], -1, np.int64)
    order = np.argsort(-lengths, kind="stable")
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        longest = int(lengths[rows[0]])
        paths[rows, :longest] = _best_paths(emissions[rows, :longest], transitions, lengths[rows])
    return paths


def _best_paths(emissions: np.ndarray, transitions: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """`best_paths` for rows sorted from long to short, the longest filling all T steps."""
    count, steps, size = emissions.shape
    before = np.ascontiguousarray(transitions[:size].T)  # (K, K): row is the tag, column the tag before it
    score = emissions[:, 0] + transitions[size]
    origins = np.zeros((steps, count, size), np.int32)
    for step in range(1, steps):
        alive = int(np.searchsorted(-lengths, -step, side="left"))  # rows with more than `step` steps
        reached = score[:alive, None, :] + before  # (alive, K, K)
        origin = reached.argmax(axis=2)
        best = np.take_along_axis(reached, origin[:, :, None], axis=2)[:, :, 0]
        score[:alive] = best + emissions[:alive, step]
        origins[step, :alive] = origin
    tag = (score + transitions[size + 1]).argmax(axis=1)
    paths = np.full((count, steps), -1, np.int64)
    row = np.arange(count)
    paths[row, lengths - 1] = tag
    for step in range(steps - 1, 0, -1):
        alive = int(np.searchsorted(-lengths, -step, side="left"))
        tag[:alive] = origins[step, row[:alive], tag[:alive]]
        paths[:alive, step - 1] = tag[:alive]
    return paths
