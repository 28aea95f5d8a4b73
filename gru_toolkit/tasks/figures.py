"""What a report shows beside its numbers: plain data, drawn as SVG by `drawings` and as text by the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Dataset

NETWORK = "network"
BINS = 10
"""Bins of predicted probability in a calibration figure."""
_Z = 1.96


@dataclass(frozen=True)
class LearningCurve:
    """The losses of each epoch.

    training, validation  (E,); validation may be empty
    rate                  (E,) learning rate; may be empty
    best                  the epoch, counted from 0, whose weights were kept
    """

    training: np.ndarray
    validation: np.ndarray
    rate: np.ndarray = field(default_factory=lambda: np.empty(0))
    best: int | None = None
    loss: str = "loss"


@dataclass(frozen=True)
class Forecast:
    """One forecast beside what came.

    times    (T + H,) datetime64 or step numbers, of the history and then of the horizon
    history  (T,) what the network saw last
    truth    (H,) what came; NaN where nobody knows
    median   (H,)
    low, high  (H,) the interval that should hold `level` of all values; empty without intervals
    place    why this one is shown: best, median or worst by error
    of       how many forecasts it was chosen from; 0 if it is the only one
    """

    series: str
    times: np.ndarray
    history: np.ndarray
    truth: np.ndarray
    median: np.ndarray
    low: np.ndarray = field(default_factory=lambda: np.empty(0))
    high: np.ndarray = field(default_factory=lambda: np.empty(0))
    level: float | None = None
    place: str = ""
    of: int = 0
    target: str = ""


@dataclass(frozen=True)
class ByHorizon:
    """A metric at each step ahead, the network's (named NETWORK) beside the baselines'.

    values  predictor → (H,)
    """

    metric: str
    values: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Coverage:
    """The share of true values inside the interval at each step ahead, beside the share that should be.

    shares  (H,)
    """

    shares: np.ndarray
    wanted: float


@dataclass(frozen=True)
class Confusion:
    """How often each true label (down) got each predicted label (across).

    counts  (K, K)
    """

    labels: tuple[str, ...]
    counts: np.ndarray


@dataclass(frozen=True)
class ByLabel:
    """A metric of each label, the network's (named NETWORK) beside the baselines'.

    values  predictor → (K,)
    counts  (K,) how often each label is true
    noun    what the labels name
    """

    metric: str
    labels: tuple[str, ...]
    values: Mapping[str, np.ndarray]
    counts: np.ndarray
    noun: str = "label"


@dataclass(frozen=True)
class Calibration:
    """Predicted probability beside how often the prediction was right, in bins; empty bins are left out.

    predicted, observed, count  (bins,)
    low, high                   (bins,) 95 % interval of `observed`
    """

    predicted: np.ndarray
    observed: np.ndarray
    count: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance between the two, weighted by count."""
        return float((np.abs(self.predicted - self.observed) * self.count).sum() / self.count.sum())


@dataclass(frozen=True)
class Scatter:
    """Predicted beside true numbers.

    truth, predicted  (N,)
    """

    truth: np.ndarray
    predicted: np.ndarray
    target: str = ""


@dataclass(frozen=True)
class Watch:
    """A series that was watched for anomalies.

    times    (T,) datetime64 or step numbers, as they stand
    values   (T,)
    low, high  (T,) the interval of each step's forecast
    score    (T,) in 0..1: 1 - the share of steps that are as unusual
    alarms   (T,) bool
    marks    (T,) bool, rows that are known to be anomalies; empty where nobody knows
    threshold  the score at which an alarm stands
    """

    series: str
    times: np.ndarray
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    score: np.ndarray
    alarms: np.ndarray
    threshold: float
    marks: np.ndarray = field(default_factory=lambda: np.empty(0, bool))
    target: str = ""


@dataclass(frozen=True)
class Rarities:
    """The scores of a watched series, drawn as how seldom a step is so unusual."""

    watch: Watch


@dataclass(frozen=True)
class Passage:
    """A piece of text whose units weigh differently.

    pieces   the units as people read them
    weights  (n,) from 0 to 1
    gap      characters between two pieces
    """

    heading: str
    pieces: tuple[str, ...]
    weights: np.ndarray
    gap: int = 1


@dataclass(frozen=True)
class Passages:
    """Some passages, and in the caption what their weights mean."""

    title: str
    passages: tuple[Passage, ...]
    caption: str


@dataclass(frozen=True)
class Alignment:
    """What each piece of a translation looked at.

    source       (S,) the pieces of the sentence
    translation  (T,) the pieces of its translation
    weights      (T, S) in 0..1; every row adds up to 1
    """

    source: tuple[str, ...]
    translation: tuple[str, ...]
    weights: np.ndarray


@dataclass(frozen=True)
class Shown:
    """What a task may draw its figures from.

    network   the name under which the network's scores stand
    scores    metrics by predictor
    sample    some of the examples, spread evenly: predictions and what they were made from
    """

    dataset: Dataset
    network: str
    scores: Mapping[str, Mapping[str, Any]]
    sample: Sequence[tuple[Mapping[str, np.ndarray], Arrays]]


Figure = (
    LearningCurve
    | Forecast
    | ByHorizon
    | Coverage
    | Confusion
    | ByLabel
    | Calibration
    | Scatter
    | Watch
    | Rarities
    | Passages
    | Alignment
)


def spread(errors: np.ndarray) -> dict[str, int]:
    """Which examples to show so that a report does not flatter: the best, the median and the worst by error.

    errors   (N,) at least one; NaN is passed over
    returns  place → index; fewer where examples coincide
    """
    order = np.argsort(errors, kind="stable")[: int(np.isfinite(errors).sum())]
    if not len(order):
        return {}
    chosen = {"best": order[0], "median": order[(len(order) - 1) // 2], "worst": order[-1]}
    wanted = {1: ("median",), 2: ("best", "worst")}.get(len(order), tuple(chosen))
    return {place: int(chosen[place]) for place in wanted}


def calibration(confidence: np.ndarray, correct: np.ndarray) -> Calibration:
    """Bins of equal width of the probability given to the predicted label.

    confidence  (N,) in 0..1
    correct     (N,) bool
    """
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    kept = count > 0
    count = count[kept].astype(np.float64)
    predicted = np.bincount(place, confidence, BINS)[kept] / count
    observed = np.bincount(place, correct.astype(np.float64), BINS)[kept] / count
    low, high = _wilson(observed, count)
    return Calibration(predicted, observed, count, low, high)


def _wilson(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % score interval of shares (Wilson 1927)."""
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
