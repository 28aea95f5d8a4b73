"""Beam search: the texts that a network finds most probable, followed side by side for many sentences at once.

A text's score is its log-probability over ((5 + length) / 6) ** penalty, after Wu et al. 2016, "Google's Neural Machine
Translation System", equation 14.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gru_toolkit.sequences.vocabularies import END, START

_FAR = -1e9


@dataclass(frozen=True)
class Beam:
    """How to search.

    width    texts followed for each sentence; 1 takes the most probable unit at every step
    penalty  0 prefers short texts; the larger, the longer they may be
    """

    width: int = 5
    penalty: float = 1.0


@dataclass(frozen=True)
class Found:
    """The best text of each of B sentences.

    ids        B arrays of ids, without START and END
    scores     (B,) float64: log-probability by length
    attention  B arrays (T, S): how much each unit of the text looked at each unit of the sentence
    """

    ids: list[np.ndarray]
    scores: np.ndarray
    attention: list[np.ndarray]


Step = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""(ids (N,), rows (N,)) → the best log-probabilities (N, k), their ids (N, k), attention (N, S).

`rows` says for each text which of the texts of the step before it goes on from; N may shrink from step to step."""


@dataclass(frozen=True)
class _End:
    """Where a text ended: its score, the step of the search, and its place among the texts of that step."""

    score: float
    step: int
    place: int


@dataclass(frozen=True)
class _Options:
    """What A sentences may go on with, the best first.

    scores   (A, W * (W + 1)) log-probabilities of the texts up to there
    ids      (A, W * (W + 1)) their last units
    parents  (A, W * (W + 1)) which of all texts of this step each goes on from
    """

    scores: np.ndarray
    ids: np.ndarray
    parents: np.ndarray


def search(step: Step, limits: np.ndarray, beam: Beam) -> Found:
    """The best texts for B sentences.

    limits  (B,) units after which a text is cut off
    """
    width = beam.width
    ends: list[list[_End]] = [[] for _ in limits]
    alive = np.arange(len(limits))  # sentences that are still written
    scores = np.full((len(limits), width), _FAR)
    scores[:, 0] = 0.0
    ids, rows = np.full(len(limits) * width, START, np.int32), np.arange(len(limits) * width)
    trail: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # of each step: ids, rows and attention of its texts
    while len(alive):
        best, places, attention = step(ids, rows)
        trail.append((ids, rows, attention))
        options = _options(scores, best[:, : width + 1], places[:, : width + 1])
        length = ((5 + len(trail)) / 6) ** beam.penalty
        _note_ends(ends, alive, options, (width, length, len(trail) - 1))
        chosen = np.argsort(options.ids == END, axis=1, kind="stable")[:, :width]  # the best that go on
        scores, following, parents = (
            np.take_along_axis(values, chosen, axis=1) for values in (options.scores, options.ids, options.parents)
        )
        bound = scores[:, 0] / ((5 + limits[alive]) / 6) ** beam.penalty  # no text that goes on can become better
        best_end = np.array([max((end.score for end in ends[number]), default=-np.inf) for number in alive])
        enough = np.array([len(ends[number]) >= width for number in alive])
        done = (len(trail) >= limits[alive]) | enough | (best_end >= bound)
        for row in np.flatnonzero(done).tolist():
            if not ends[alive[row]]:
                ends[alive[row]].append(_End(float(scores[row, 0]) / length, len(trail) - 1, int(parents[row, 0])))
        alive, scores = alive[~done], scores[~done]
        ids, rows = following[~done].reshape(-1).astype(np.int32), parents[~done].reshape(-1)
    best_ends = [max(found, key=lambda end: end.score) for found in ends]
    traced = [_traced(end, trail) for end in best_ends]
    return Found([ids for ids, _ in traced], np.array([end.score for end in best_ends]), [seen for _, seen in traced])


def _options(scores: np.ndarray, best: np.ndarray, places: np.ndarray) -> _Options:
    """Every way on for the texts (A, W) of A sentences, from the best ways (A * W, W + 1) of each text."""
    count, width = scores.shape
    totals = (scores.reshape(-1, 1) + best).reshape(count, -1)
    order = np.argsort(-totals, axis=1, kind="stable")
    parents = order // best.shape[1] + np.arange(count)[:, None] * width
    ids = np.take_along_axis(places.reshape(count, -1), order, axis=1)
    return _Options(np.take_along_axis(totals, order, axis=1), ids, parents)


def _note_ends(ends: list[list[_End]], alive: np.ndarray, options: _Options, at: tuple[int, float, int]) -> None:
    """Keep the texts that end among the best `width` ways on; at: width, the length's divisor, the step."""
    width, length, step = at
    ended = (options.ids[:, :width] == END) & (options.scores[:, :width] > _FAR / 2)
    for row, place in np.argwhere(ended).tolist():
        score = float(options.scores[row, place]) / length
        ends[alive[row]].append(_End(score, step, int(options.parents[row, place])))


def _traced(end: _End, trail: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The ids (T,) of a text and its attention (T, S), followed back from where it ended."""
    ids, seen = [], []
    place = end.place
    for step in range(end.step, 0, -1):
        ids.append(int(trail[step][0][place]))
        place = int(trail[step][1][place])
        seen.append(trail[step - 1][2][place])
    width = trail[0][2].shape[1]
    return np.array(ids[::-1], np.int32), np.array(seen[::-1], np.float32).reshape(-1, width)
