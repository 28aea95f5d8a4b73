"""Counts as predictions: what was played in this very position, over what is played anywhere."""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.chess.bitboards import unpack
from gru_toolkit.chess.move_examples import CELLS, MoveExamples

Array = np.ndarray

_KEYS = np.random.default_rng(21).integers(0, 2**64, (13, 64), np.uint64)
_RIGHTS = np.random.default_rng(22).integers(0, 2**64, (4, 2), np.uint64)
_AT_ONCE = 256
PRIOR = 2.0
"""How many games what is played anywhere counts for."""


def position_keys(pieces: Array, castling: Array) -> Array:
    """pieces (…, 64) codes and castling (…, 4) → (…,) uint64, the same for the same position of the mover's."""
    keys: Array = np.bitwise_xor.reduce(_KEYS[pieces, np.arange(64)], axis=-1)
    keys ^= np.bitwise_xor.reduce(_RIGHTS[np.arange(4), (castling > 0).astype(np.intp)], axis=-1)
    return keys


def fit(examples: MoveExamples) -> dict[str, Array]:
    """What the training games hold: keys (K,), their cells and counts, sorted by key, and the cells' popularity."""
    keys, cells = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for start in range(0, len(examples), _AT_ONCE):
        arrays = examples.arrays(np.arange(start, min(start + _AT_ONCE, len(examples))))
        real = arrays.context["asked"]
        keys.append(position_keys(arrays.context["pieces"][real], arrays.context["castling"][real]))
        cells.append(arrays.context["cells"][real].astype(np.int64))
    key, cell = np.concatenate(keys), np.concatenate(cells)
    order = np.lexsort((cell, key))
    key, cell = key[order], cell[order]
    fresh = np.flatnonzero(np.concatenate([[True], (key[1:] != key[:-1]) | (cell[1:] != cell[:-1])])[: len(key)])
    counts = np.diff(np.append(fresh, len(key)))
    popularity = np.bincount(cell, minlength=CELLS) + 0.5
    return {"keys": key[fresh], "cells": cell[fresh], "counts": counts, "popularity": popularity / popularity.sum()}


def predict(state: Mapping[str, Array], pieces: Array, castling: Array, legal: Array) -> Array:
    """(N, CELLS) float32 log-probabilities over legal moves, minus infinity elsewhere.

    pieces (N, 64), castling (N, 4), legal (N, 64) sets
    """
    allowed = unpack(legal).reshape(len(legal), CELLS) > 0
    shares = np.where(allowed, state["popularity"], 0.0)
    shares *= PRIOR / np.maximum(shares.sum(axis=1, keepdims=True), 1e-30)
    keys = position_keys(pieces, castling)
    first = np.searchsorted(state["keys"], keys, side="left")
    count = np.searchsorted(state["keys"], keys, side="right") - first
    row = np.repeat(np.arange(len(keys)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    np.add.at(shares, (row, state["cells"][place]), state["counts"][place])
    shares = np.where(allowed, shares, 0.0)
    total = shares.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        logs: Array = np.log(shares / np.maximum(total, 1e-30)).astype(np.float32)
    return logs
