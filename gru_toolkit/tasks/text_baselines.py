"""Baselines for texts with a label or a number on their n-grams: naive Bayes, linear classifier and ridge, in NumPy.

An n-gram has one of `size` places (`text_ngrams`); a text is the set of places it touches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

SMOOTHING = 1.0
_ROUNDS = 150
_RATE = 0.3
_RIDGES = (0.01, 0.1, 1.0, 10.0)
_STEPS = 100
_PENALTIES = (1e-3, 1e-4, 1e-5)
"""Weights of the squared norm that are tried; a tenth of the training texts decides."""


@dataclass(frozen=True)
class Bags:
    """The n-grams of some texts.

    places  (M,) int64, each text's own next to each other, without repeats
    starts  (N,) where each text's begin; every text has one at least
    """

    places: np.ndarray
    starts: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """(M,) the text that each place belongs to."""
        return np.repeat(np.arange(len(self.starts)), np.diff(np.append(self.starts, len(self.places))))


def bags(texts: Iterable[np.ndarray], size: int) -> Bags:
    """Texts given as different places, of which those below `size` count; a text without any touches place 0."""
    counted = [places[places < size] for places in texts]
    found = [places if len(places) else np.zeros(1, np.int64) for places in counted]
    lengths = [len(places) for places in found]
    return Bags(np.concatenate(found).astype(np.int64), np.cumsum([0, *lengths[:-1]]))


def fit_naive_bayes(texts: Bags, codes: np.ndarray, classes: int, size: int) -> dict[str, np.ndarray]:
    """Multinomial naive Bayes on sets of n-grams (Wang and Manning 2012): log-weights (size, classes), prior.

    The vocabulary is the places that training touches; the others say nothing.
    """
    counts = np.stack([np.bincount(texts.places[codes[texts.rows] == k], minlength=size) for k in range(classes)], 1)
    smooth = counts + SMOOTHING
    prior = np.bincount(codes, minlength=classes) + SMOOTHING
    seen = counts.sum(axis=1, keepdims=True) > 0
    weights = np.where(seen, np.log(smooth / np.sum(smooth, axis=0, where=seen)), 0.0)
    return {"weights": weights.astype(np.float32), "bias": np.log(prior / prior.sum()).astype(np.float32)}


def fit_linear(texts: Bags, codes: np.ndarray, classes: int, size: int) -> dict[str, np.ndarray]:
    """Logistic regression with the penalty that a held-out tenth likes best."""
    held_out = np.arange(len(codes)) % 10 == 0
    if len(codes) < 50:
        return _descend(texts, codes, classes, size, _PENALTIES[1])
    inner, outer = _subset(texts, ~held_out), _subset(texts, held_out)
    losses = []
    for penalty in _PENALTIES:
        chance = softmax(scores(_descend(inner, codes[~held_out], classes, size, penalty), outer))
        losses.append(-np.log(np.maximum(chance[np.arange(len(chance)), codes[held_out]], 1e-9)).mean())
    return _descend(texts, codes, classes, size, _PENALTIES[int(np.argmin(losses))])


def fit_ridge(texts: Bags, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression of numbers (N,) on n-grams: weights (size,), and errors on texts that were held out.

    A text's n-grams have the norm 1 together. The penalty is the one that a held-out tenth likes best.
    """
    held_out = np.arange(len(values)) % 10 == 0
    if len(values) < 50:
        weights = _least_squares(texts, values, size, 1.0)
        return weights.astype(np.float32), values - weighted(weights, texts)
    inner, outer = _subset(texts, ~held_out), _subset(texts, held_out)
    tried = [_least_squares(inner, values[~held_out], size, penalty) for penalty in _RIDGES]
    errors = [values[held_out] - weighted(weights, outer) for weights in tried]
    best = int(np.argmin([np.square(error).mean() for error in errors]))
    return _least_squares(texts, values, size, _RIDGES[best]).astype(np.float32), errors[best]


def weighted(weights: np.ndarray, texts: Bags) -> np.ndarray:
    """(N,) the sum of the weights of each text's n-grams over the root of their number."""
    number = np.diff(np.append(texts.starts, len(texts.places)))
    return np.asarray(np.add.reduceat(weights[texts.places].astype(np.float64), texts.starts) / np.sqrt(number))


def _least_squares(texts: Bags, values: np.ndarray, size: int, penalty: float) -> np.ndarray:
    """(size,) the weights of least squared error and `penalty` times their squared norm, by conjugate gradients."""
    rows = texts.rows
    shares = 1 / np.sqrt(np.bincount(rows))

    def gathered(residual: np.ndarray) -> np.ndarray:
        return np.bincount(texts.places, (residual * shares)[rows], size)

    weights = np.zeros(size)
    slope = gathered(values)
    direction, length = slope, float(slope @ slope)
    first = length
    for _ in range(_STEPS):
        if length <= 1e-12 * first:
            break
        bent = gathered(weighted(direction, texts)) + penalty * direction
        step = length / float(direction @ bent)
        weights, slope = weights + step * direction, slope - step * bent
        following = float(slope @ slope)
        direction, length = slope + following / length * direction, following
    return weights


def scores(state: Mapping[str, np.ndarray], texts: Bags) -> np.ndarray:
    """(N, classes) the sum of the weights of each text's n-grams, and the bias."""
    weights = state["weights"]
    summed = [np.add.reduceat(weights[texts.places, k], texts.starts) for k in range(weights.shape[1])]
    return np.asarray(np.stack(summed, axis=1).astype(np.float64) + state["bias"])


def softmax(values: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _descend(texts: Bags, codes: np.ndarray, classes: int, size: int, penalty: float) -> dict[str, np.ndarray]:
    """Adam on the whole set; only places that occur have weights while learning."""
    used, places = np.unique(texts.places, return_inverse=True)
    local = Bags(places, texts.starts)
    rows = local.rows
    wanted = np.eye(classes)[codes]
    weights, bias = np.zeros((len(used), classes)), np.zeros(classes)
    first, second = np.zeros((len(used) + 1, classes)), np.zeros((len(used) + 1, classes))
    for turn in range(1, _ROUNDS + 1):
        error = (softmax(scores({"weights": weights, "bias": bias}, local)) - wanted) / len(codes)
        slope = np.stack([np.bincount(places, error[rows, k], len(used)) for k in range(classes)], axis=1)
        gradient = np.vstack([slope + penalty * weights, error.sum(axis=0)])
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        step = _RATE * (1 - turn / (_ROUNDS + 1)) * (first / (1 - 0.9**turn))
        step = step / (np.sqrt(second / (1 - 0.99**turn)) + 1e-8)
        weights, bias = weights - step[:-1], bias - step[-1]
    full = np.zeros((size, classes), np.float32)
    full[used] = weights
    return {"weights": full, "bias": bias.astype(np.float32)}


def _subset(texts: Bags, chosen: np.ndarray) -> Bags:
    lengths = np.diff(np.append(texts.starts, len(texts.places)))
    kept = lengths[chosen]
    starts = np.concatenate([[0], np.cumsum(kept)[:-1]])
    return Bags(texts.places[chosen[texts.rows]], starts)
