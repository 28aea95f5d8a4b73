"""The scoring of the Numenta Anomaly Benchmark, written from its description.

Lavin and Ahmad 2015, "Evaluating Real-Time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark", section III.
A detection inside a labelled window earns the more the earlier it is (only the earliest counts), one outside costs
the more the further it lies behind the last window, a window without a detection costs one weight. The first 15 % of a
series (750 rows at most) are not scored. One threshold is chosen for the whole corpus, and the sum is put on a scale
on which the detector that says nothing has 0 and the one that finds each window in its first row has 100.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PROBATION = 0.15
PROBATION_ROWS = 750
PROFILES = {"standard": (1.0, 0.11, 1.0), "low FP rate": (1.0, 0.22, 1.0), "low FN rate": (1.0, 0.11, 2.0)}
"""Weights of a found window, a false alarm and a missed window."""


@dataclass(frozen=True)
class Series:
    """One file of the corpus.

    name     folder and file, such as realTweets/Twitter_volume_KO.csv
    times    (T,) datetime64[us], as they stand in the file
    values   (T,) float64
    windows  (W, 2) datetime64[us] first and last time of each labelled window
    """

    name: str
    times: np.ndarray
    values: np.ndarray
    windows: np.ndarray

    @property
    def probation(self) -> int:
        """Rows at the start that are not scored."""
        return min(int(PROBATION * len(self.values)), int(PROBATION * PROBATION_ROWS / PROBATION))


def read_corpus(folder: Path) -> list[Series]:
    """All series below `folder`/data with their windows, by name."""
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text(encoding="utf-8"))
    return [_read(folder / "data" / name, name, labels[name]) for name in sorted(labels)]


def _read(path: Path, name: str, windows: Sequence[Sequence[str]]) -> Series:
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:] if line]
    times = np.array([row[0] for row in rows], "datetime64[us]")
    edges = np.array(windows, "datetime64[us]").reshape(-1, 2)
    return Series(name, times, np.array([float(row[1]) for row in rows]), edges)


@dataclass(frozen=True)
class Worth:
    """What an alarm at each scored row of a series would be worth.

    gain    (R,) of a detection inside a window, 0 elsewhere
    loss    (R,) of a false alarm, at most 0, before the weight; 0 inside windows
    window  (R,) number of the window a row lies in, -1 outside
    count   windows with at least one scored row
    """

    gain: np.ndarray
    loss: np.ndarray
    window: np.ndarray
    count: int


def sigmoid(position: np.ndarray) -> np.ndarray:
    """The worth of a detection at a position counted in window lengths from the window's end; -1 when far behind."""
    return np.asarray(np.where(position > 3, -1.0, 2 / (1 + np.exp(np.clip(5 * position, -50, 50))) - 1))


def worth(series: Series) -> Worth:
    """What an alarm at each row after the probation is worth."""
    total = len(series.times)
    gain, loss = np.zeros(total), np.full(total, -1.0)
    window = np.full(total, -1)
    row = np.arange(total)
    for number, (first, last) in enumerate(series.windows):
        inside = np.flatnonzero((series.times >= first) & (series.times <= last))
        left, right = int(inside[0]), int(inside[-1])
        size = right - left + 1
        span = row[left : right + 1]
        gain[left : right + 1] = sigmoid(-(right - span + 1) / size) / sigmoid(np.array(-1.0))
        window[left : right + 1] = number
        after = slice(right + 1, None)
        loss[after] = sigmoid((row[after] - right) / max(size - 1, 1))
    loss[window >= 0] = 0.0
    kept = slice(series.probation, None)
    return Worth(gain[kept], loss[kept], window[kept], len(np.unique(window[kept][window[kept] >= 0])))


def total_by_threshold(
    scores: Sequence[np.ndarray], worths: Sequence[Worth], profile: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """The corpus' raw score at every threshold: thresholds (K,) falling, and totals (K,).

    scores  of each series' scored rows; an alarm stands where the score is at least the threshold
    """
    found, false, missed = profile
    flat = np.concatenate(scores)
    order = np.argsort(-flat, kind="stable")
    starts = np.cumsum([0, *(item.count for item in worths)])
    windows = np.concatenate([
        np.where(item.window >= 0, _renumbered(item.window) + start, -1)
        for item, start in zip(worths, starts, strict=False)
    ])[order]  # fmt: skip
    gains = np.concatenate([item.gain for item in worths])[order] * found
    change = np.concatenate([item.loss for item in worths])[order] * false
    best = np.full(int(starts[-1]), -missed)
    for place in np.flatnonzero(windows >= 0).tolist():
        number = windows[place]
        if gains[place] > best[number]:
            change[place] = gains[place] - best[number]
            best[number] = gains[place]
        else:
            change[place] = 0.0
    totals = np.cumsum(change) - missed * starts[-1]
    last = np.flatnonzero(np.append(np.diff(flat[order]) != 0, True))
    return flat[order][last], totals[last]


def _renumbered(window: np.ndarray) -> np.ndarray:
    """Numbers of windows without those that lie wholly in the probation."""
    return np.searchsorted(np.unique(window[window >= 0]), window)


@dataclass(frozen=True)
class Result:
    """A normalised score with the threshold that gave it."""

    score: float
    threshold: float


def nab_score(
    scores: Mapping[str, np.ndarray],
    corpus: Sequence[Series],
    profile: str = "standard",
    threshold: float | None = None,
) -> Result:
    """The normalised score of a detector over these series.

    scores     name → (T,) anomaly score of every row
    threshold  None chooses the best one for these series, as the benchmark does for its corpus
    """
    weights = PROFILES[profile]
    worths = [worth(series) for series in corpus]
    after = [np.asarray(scores[series.name], np.float64)[series.probation :] for series in corpus]
    thresholds, totals = total_by_threshold(after, worths, weights)
    nothing = -weights[2] * sum(item.count for item in worths)
    perfect = weights[0] * sum(item.count for item in worths)
    candidates = np.append(totals, nothing)
    levels = np.append(thresholds, np.inf)
    if threshold is None:
        place = int(np.argmax(candidates))
    else:
        reached = np.flatnonzero(thresholds >= threshold)
        place = int(reached[-1]) if len(reached) else len(totals)
    return Result(100 * float(candidates[place] - nothing) / (perfect - nothing), float(levels[place]))
