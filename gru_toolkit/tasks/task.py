"""What a task is: the one seam between data, networks and runs.

A task is an object without state. Everything it learned from the training part is its codec (plain data), its baselines
(named arrays) and the network's weights; a run folder holds these three and the settings.

    Part --examples--> Examples --network--> outputs --decode--> decoded --rows--> table of predictions
                                                        |--measure--> Measures --metrics--> scores
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits
from gru_toolkit.tasks.figures import Figure, Shown

if TYPE_CHECKING:
    import keras

    from gru_toolkit.sequences.reading import Wants

StreamKind = Literal["recurrent", "window", "none"]
Outputs = Mapping[str, np.ndarray]
"""What the network returns for a batch, by output name, in network units."""
Decoded = Mapping[str, np.ndarray]
"""Predictions of a batch in the user's units, by name; models and baselines give the same names and shapes."""
Loss = Callable[[Mapping[str, Any], Mapping[str, Any], Any], Any]
"""(targets, outputs, weights) as backend tensors → scalar: the weighted mean over the batch. Uses keras.ops."""
MetricValue = float | list[float] | list[list[float]]


@dataclass(frozen=True)
class Measures:
    """What a batch of B predictions got right and wrong, so that sums over examples give every metric.

    groups  (B,) int64: the unit that is resampled in the bootstrap (a sequence, or a block of one)
    sums    name → (B, …) float64 contributions that add up over examples (squared error, count, confusion cell, …)
    """

    groups: np.ndarray
    sums: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Resolved:
    """Settings with everything inferred filled in, and what was assumed to get there."""

    settings: Any
    train: TrainConfig
    notes: tuple[str, ...] = ()
    split: SplitConfig | None = None
    """How the task parts the data where the user did not say; None for the usual shares."""


@runtime_checkable
class Recalling(Protocol):
    """A task on a recurrent stream whose examples depend on more of the past than the network's state holds."""

    def recall(self, dataset: Dataset, codec: Any, settings: Any, memory: Any) -> tuple[Examples, Any]:
        """`requests` for one more record, and the memory for the next; the memory is None at the first record.

        Raises DataError when the record cannot follow what is remembered.
        """
        ...


@runtime_checkable
class Remarking(Protocol):
    """A task that has something to say about data given to a finished run."""

    def remarks(self, dataset: Dataset, codec: Any, settings: Any) -> tuple[str, ...]:
        """Lines for the user: what in the data the model does not know."""
        ...


@runtime_checkable
class Covering(Protocol):
    """A task whose codec may leave some of the data out of sight."""

    def coverage(self, splits: Splits, codec: Any, settings: Any) -> tuple[str, ...]:
        """Lines for the user: size of the vocabulary, share of units that are unknown, share of sequences cut."""
        ...


@runtime_checkable
class Following(Protocol):
    """A task on a recurrent stream that remembers more than the network's state from one step to the next."""

    def follow(self, outputs: Outputs, arrays: Arrays, codec: Any, settings: Any, memory: Any) -> tuple[Decoded, Any]:
        """`decode` for one step (1, 1), and the memory for the next one; the memory is None at the first step."""
        ...


@runtime_checkable
class Borrowing(Protocol):
    """A task whose network can begin with a part of another task's network."""

    lenders: tuple[str, ...]
    """Names of the tasks whose runs can lend something."""

    def settle(self, settings: Any, lender: Any, lender_codec: Any) -> Any:
        """The settings with all that comes with the lender's. Raises ConfigError for one that differs from it."""
        ...

    def take_over(self, codec: Any, lender_codec: Any) -> Any:
        """The codec learned from the training part, with what it takes over from the lender's."""
        ...

    def lent(self, weights: Mapping[str, np.ndarray], settings: Any) -> dict[str, np.ndarray]:
        """Weights of the task's network, by path, that the lender's weights give."""
        ...


@runtime_checkable
class Searching(Protocol):
    """A task whose network is saved as several graphs, because its predictions are searched for step by step."""

    def graphs(self, model: "keras.Model") -> dict[str, bytes]:
        """The ONNX graphs by the names of their files."""
        ...

    def forced(self, graphs: Mapping[str, bytes], inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs of the network as the graphs compute them for inputs of training, to compare with Keras."""
        ...

    def answering(
        self, graphs: Mapping[str, bytes], settings: Any, threads: int | None
    ) -> Callable[[Mapping[str, np.ndarray]], Outputs]:
        """A batch of inputs to what `decode` reads, by name."""
        ...


class Codec(Protocol):
    """What a task learned from the training part in order to turn examples into numbers and back."""

    def to_plain(self) -> dict[str, Any]:
        """Plain JSON data from which `Task.codec` makes an equal codec."""
        ...


class Task(Protocol):
    """One kind of prediction. `C` below is the task's own codec class, `S` its frozen settings dataclass."""

    name: str
    settings: type[Any]
    """The settings dataclass; flags, the Python call and config.toml derive from it. It has a field `preset`."""
    headline: str
    """The metric that stands first in reports; lower is better unless `higher_is_better`."""
    higher_is_better: bool

    def wants(self, settings: Any, *, labelled: bool) -> "Wants":
        """What the reader must find in a file; `labelled` is False when the truth may be absent (predict, stream)."""
        ...

    def stream_kind(self, settings: Any) -> StreamKind:
        """How the task lives on a stream."""
        ...

    def look_back(self, settings: Any) -> int:
        """Steps of history a prediction needs; 1 when any length will do."""
        ...

    def backtest(self, dataset: Dataset, settings: Any, origins: int) -> Part:
        """The last `origins` places of each sequence from which to predict, for a rolling-origin evaluation.

        Raises UsageError when the task does not predict forward in time.
        """
        ...

    def resolve(self, dataset: Dataset, settings: Any, train: TrainConfig, given: frozenset[str]) -> Resolved:
        """Fill in what the data tells (horizon, look-back, season) and what the preset implies.

        given  names of the train and split settings that the user set; a preset never overrides these

        Raises DataError or ConfigError when the data cannot serve the task, naming the flag that would help.
        """
        ...

    def split(self, dataset: Dataset, settings: Any, config: SplitConfig) -> Splits:
        """Part the dataset without leaks."""
        ...

    def fit_codec(self, train: Part, settings: Any) -> Any:
        """Learn vocabularies and scalers from the training part only."""
        ...

    def codec(self, plain: Mapping[str, Any]) -> Any:
        """The codec that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
        ...

    def examples(self, part: Part, codec: Any, settings: Any) -> Examples:
        """Examples with targets, for training and evaluation.

        Raises HistoryTooShort when no example fits, with the number of rows needed.
        """
        ...

    def requests(self, dataset: Dataset, codec: Any, settings: Any) -> Examples:
        """Examples without targets: what `predict` answers (one for each sequence, or its latest window).

        Raises HistoryTooShort for a sequence that is too short, with the rows found and needed.
        """
        ...

    def build(self, codec: Any, settings: Any) -> "keras.Model":
        """The untrained functional network, with named layers; inputs and outputs are dicts named as in Arrays."""
        ...

    def loss(self, settings: Any) -> Loss:
        """The training loss."""
        ...

    def calibrate(self, codec: Any, settings: Any, validation: Iterable[tuple[Decoded, Arrays]]) -> Any:
        """The codec with intervals calibrated on validation predictions; unchanged if the task has none."""
        ...

    def decode(self, outputs: Outputs, arrays: Arrays, codec: Any, settings: Any) -> Decoded:
        """Predictions in the user's units."""
        ...

    def rows(self, decoded: Decoded, arrays: Arrays, codec: Any, dataset: Dataset) -> dict[str, np.ndarray]:
        """Predictions as columns of equal length (ids and times first) for the output table."""
        ...

    def fit_baselines(self, train: Part, codec: Any, settings: Any) -> dict[str, np.ndarray]:
        """What the naive baselines need to remember of the training part, as named arrays."""
        ...

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: Any, settings: Any
    ) -> dict[str, Decoded]:
        """The naive predictions for a batch, by baseline name, in the same form as `decode`."""
        ...

    def measure(self, decoded: Decoded, arrays: Arrays, codec: Any, settings: Any) -> Measures:
        """How good a batch of predictions is; the truth is in `arrays.context`."""
        ...

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Any) -> dict[str, MetricValue]:
        """Scores from contributions summed over any set of examples."""
        ...

    def figures(self, shown: Shown, codec: Any, settings: Any) -> list[Figure]:
        """What a report shows beside the scores."""
        ...
