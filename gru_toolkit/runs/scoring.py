"""Scores of a network beside its naive baselines on the same examples."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gru_toolkit.runs import bootstrap
from gru_toolkit.runs.bootstrap import MOST_GROUPS
from gru_toolkit.sequences.dataset import Arrays, Examples, batches
from gru_toolkit.tasks.task import Decoded, Measures, MetricValue, Task

NETWORK = "network"
Predictor = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
"""A batch of inputs to the network's outputs, by name."""


@dataclass(frozen=True)
class Scored:
    """One predictor's metrics, with the bootstrap interval of each single-number metric."""

    metrics: Mapping[str, MetricValue]
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Comparison:
    """The network beside its baselines on one part.

    headline  the metric the verdict is about
    scores    by predictor name; the network's name is `NETWORK`
    rival     the best baseline on the headline metric
    """

    part: str
    examples: int
    headline: str
    scores: Mapping[str, Scored]
    rival: str
    wins: bool | None
    verdict: str

    def to_plain(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "examples": self.examples,
            "headline": self.headline,
            "scores": {
                name: {
                    "metrics": {name: _plain(value) for name, value in scored.metrics.items()},
                    "intervals": {metric: list(interval) for metric, interval in scored.intervals.items()},
                }
                for name, scored in self.scores.items()
            },
            "rival": self.rival,
            "wins": self.wins,
            "verdict": self.verdict,
        }


class Tally:
    """Sums of measures by resampling group; its state is one growing array a quantity.

    More than MOST_GROUPS groups are dealt in turn into so many rows: whole groups stay together, so the bootstrap may
    draw rows, and memory is bounded whatever the number of sequences.
    """

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._sums: dict[str, np.ndarray] = {}

    def add(self, measures: Measures) -> None:
        """Add a batch's contributions to the groups they belong to."""
        groups, inverse = np.unique(measures.groups, return_inverse=True)
        rows = np.array(
            [self._rows.setdefault(group, len(self._rows) % MOST_GROUPS) for group in groups.tolist()], np.int64
        )
        for name, values in measures.sums.items():
            sums = self._room(name, values.shape[1:])
            np.add.at(sums, rows[inverse], values)

    def rows(self) -> np.ndarray:
        """(G,) the numbers of the rows, each the sums of one group, or of every MOST_GROUPS-th."""
        return np.arange(min(len(self._rows), MOST_GROUPS))

    def sums(self) -> dict[str, np.ndarray]:
        """Quantity → (G, …) sums of each row, in the order of first sight."""
        return {name: values[: len(self.rows())] for name, values in self._sums.items()}

    def total(self) -> dict[str, np.ndarray]:
        """Quantity → (…) sums over all groups."""
        return {name: values.sum(axis=0) for name, values in self.sums().items()}

    def _room(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        needed = len(self.rows())
        held = self._sums.get(name)
        if held is None or len(held) < needed:
            grown = np.zeros((max(needed, 2 * len(held) if held is not None else 0), *shape))
            if held is not None:
                grown[: len(held)] = held
            self._sums[name] = grown
        return self._sums[name]


@dataclass(frozen=True)
class Scoring:
    """What is needed to score a network: the task with its codec and settings, its baselines, and the network.

    between  called before each batch; may raise to give up
    beside   other scores of the network on a batch, under names that begin with the network's
    """

    task: Task
    codec: Any
    settings: Any
    baselines: Mapping[str, np.ndarray]
    predictor: Predictor
    seed: int = 0
    batch_size: int = 256
    between: Callable[[], None] = lambda: None
    beside: Callable[[Arrays], Mapping[str, Decoded]] = lambda arrays: {}

    def decoded(self, examples: Examples) -> Iterator[tuple[Decoded, Arrays]]:
        """The network's predictions of all examples in the user's units, batch by batch."""
        for arrays in batches(examples, self.batch_size):
            self.between()
            yield self.task.decode(self.predictor(arrays.inputs), arrays, self.codec, self.settings), arrays

    def compare(self, examples: Examples, part: str) -> Comparison:
        """Score the network and every baseline on the examples, each read once."""
        tallies: dict[str, Tally] = {}
        for decoded, arrays in self.decoded(examples):
            rivals = self.task.baselines(self.baselines, arrays, self.codec, self.settings)
            for name, prediction in {NETWORK: decoded, **self.beside(arrays), **rivals}.items():
                measures = self.task.measure(prediction, arrays, self.codec, self.settings)
                tallies.setdefault(name, Tally()).add(measures)
        return self._judge(tallies, part, len(examples))

    def _judge(self, tallies: Mapping[str, Tally], part: str, examples: int) -> Comparison:
        def metrics(sums: Mapping[str, np.ndarray]) -> dict[str, MetricValue]:
            return self.task.metrics(sums, self.settings)

        scores = {
            name: Scored(
                metrics(tally.total()),
                bootstrap.intervals(tally.rows(), tally.sums(), metrics, seed=self.seed),
            )
            for name, tally in tallies.items()
        }
        headline, higher = self.task.headline, self.task.higher_is_better
        others = {name: scored for name, scored in scores.items() if not name.startswith(NETWORK)}
        rivals = {name: _number(scored.metrics[headline]) for name, scored in others.items()}
        rival = (max if higher else min)(rivals, key=rivals.__getitem__)
        verdict = bootstrap.verdict(
            bootstrap.Contest(
                metric=headline,
                higher_is_better=higher,
                network=_number(scores[NETWORK].metrics[headline]),
                rival=rivals[rival],
                rival_name=rival,
                difference=bootstrap.paired_difference(
                    tallies[NETWORK].sums(),
                    tallies[rival].sums(),
                    lambda sums: _number(metrics(sums)[headline]),
                    seed=self.seed,
                ),
            )
        )
        return Comparison(part, examples, headline, scores, rival, verdict.wins, verdict.sentence)


def _plain(value: MetricValue) -> MetricValue | None:
    """The metric as JSON holds it: None where it is undefined, such as a share of nothing."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _number(value: MetricValue) -> float:
    assert isinstance(value, float), "the headline metric is one number"
    return value
