"""Detect: how unusual each step of a series is, and alarms at a stated rate; causal, and the same on a stream."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DataError, UsageError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits, everything
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import detect_baselines, detect_decoding, detect_figures, detect_resolving, detect_scores
from gru_toolkit.tasks.detect_codec import DetectCodec, codec_from_plain, fit_codec
from gru_toolkit.tasks.detect_decoding import Memory
from gru_toolkit.tasks.detect_examples import WholeSeries, pieces
from gru_toolkit.tasks.false_alarms import LEAST_STEPS, fit_rarity, rate_of
from gru_toolkit.tasks.figures import Figure, Shown
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Detect:
    """Find the steps of a series that do not fit what came before."""

    preset: str = "good"
    """fast, good or best: how much is spent on units and steps."""
    false_alarms: str = "1/1000"
    """The share of ordinary steps that may raise an alarm, such as 1/1000."""
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int | None = None
    """Width of the recurrent layers; by default what the preset says."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    components: int = 3
    """Logistic distributions that make up the forecast of one step."""
    dropout: float = 0.0
    """Share of features dropped before the output in training."""
    calendar: bool = True
    """Whether the phases of day, week and year are features, where the data have dates and span two of them."""
    stretches: tuple[int, ...] = (10, 20, 40, 80)
    """Steps over which forecast errors are averaged: shorter ones see jumps, longer ones slow changes."""
    memory: int = 1000
    """Steps of the past in which an error has to be the largest to be remarkable."""
    reach: int = 4000
    """Steps of the past whose range a value has to leave to be remarkable."""
    season: int | None = None
    """Steps in a season, for the baseline; by default told from the frequency, 1 for none."""
    interval: float = 0.9
    """Share of the values that the interval of each forecast should hold."""

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, tuple(detect_resolving.BUDGETS))
        require_choice("cell", self.cell, ("gru", "lstm", "rnn", "mingru"))
        for name in ("units", "layers", "components", "memory", "reach", "season"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
        if not self.stretches or min(self.stretches) < 1:
            raise ConfigError(f"stretches are numbers of steps, at least one, got {self.stretches}")
        for name in ("dropout", "interval"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} lies in [0, 1), got {getattr(self, name)}")
        rate_of(self.false_alarms)

    @property
    def rate(self) -> float:
        """The share of steps that may raise an alarm."""
        return rate_of(self.false_alarms)


class DetectTask:
    """The task `detect`; see `Task` for what each method promises."""

    name = "detect"
    settings: type[Any] = Detect
    headline = detect_scores.HEADLINE
    higher_is_better = True

    def wants(self, settings: Detect, *, labelled: bool) -> Wants:
        return Wants(target="step", need_target=True, regular=False, marks="read" if labelled else "ignore")

    def stream_kind(self, settings: Detect) -> StreamKind:
        return "recurrent"

    def look_back(self, settings: Detect) -> int:
        return 1

    def resolve(self, dataset: Dataset, settings: Detect, train: TrainConfig, given: frozenset[str]) -> Resolved:
        return detect_resolving.resolve(dataset, settings, train, given)

    def split(self, dataset: Dataset, settings: Detect, config: SplitConfig) -> Splits:
        return detect_resolving.split(dataset, config)

    def backtest(self, dataset: Dataset, settings: Detect, origins: int) -> Part:
        raise UsageError("detect judges every step as it comes, so there is no backtest", hint="leave --backtest out")

    def fit_codec(self, train: Part, settings: Detect) -> DetectCodec:
        return fit_codec(train, settings)

    def codec(self, plain: Mapping[str, Any]) -> DetectCodec:
        return codec_from_plain(plain)

    def examples(self, part: Part, codec: DetectCodec, settings: Detect) -> Examples:
        if part.name == "training":
            return pieces(part, codec)
        marks = part.dataset.roles.marks
        return WholeSeries(part, codec, marks[0] if marks else None)

    def requests(self, dataset: Dataset, codec: DetectCodec, settings: Detect) -> Examples:
        return WholeSeries(everything(dataset), codec)

    def build(self, codec: DetectCodec, settings: Detect) -> "keras.Model":
        from gru_toolkit.networks.detector import DetectorConfig, detector

        assert settings.units is not None, "resolved settings have units"
        return detector(
            DetectorConfig(
                features=codec.features,
                channels=len(codec.targets),
                components=settings.components,
                cell=settings.cell,
                units=settings.units,
                layers=settings.layers,
                dropout=settings.dropout,
            )
        )

    def loss(self, settings: Detect) -> Loss:
        from gru_toolkit.networks.detector import density_loss

        return density_loss(settings.components)

    def calibrate(
        self, codec: DetectCodec, settings: Detect, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> DetectCodec:
        """The codec with the rate of each level among unmarked validation steps, and the records to beat."""
        ordinary: list[np.ndarray] = []
        series = dict(codec.series)
        for decoded, arrays in validation:
            context = arrays.context
            for row, (start, length) in enumerate(zip(context["start"], context["length"], strict=True)):
                steps = slice(int(start), int(length))
                unmarked = ~(context["marks"][row, steps] > 0)
                ordinary.append(decoded["unusual"][row, steps][unmarked])
                name = str(context["names"][row])
                found = detect_decoding.records(decoded, row, int(length), settings)
                pairs = zip(codec.channels(name), found, strict=True)
                series[name] = tuple(replace(channel, records=record) for channel, record in pairs)
        pooled = np.concatenate(ordinary)
        if len(pooled) < LEAST_STEPS:
            raise DataError(f"the validation part has {len(pooled)} ordinary rows, {LEAST_STEPS} are needed for alarms")
        return replace(codec, series=series, rarity=fit_rarity(pooled))

    def decode(self, outputs: Outputs, arrays: Arrays, codec: DetectCodec, settings: Detect) -> Decoded:
        return {**detect_decoding.decode(outputs["density"], arrays, codec, settings), "interval": np.ones(1)}

    def follow(
        self, outputs: Outputs, arrays: Arrays, codec: DetectCodec, settings: Detect, memory: Memory | None
    ) -> tuple[Decoded, Memory]:
        """`decode` for the next step of a stream, with what has to be remembered of the steps before."""
        return detect_decoding.follow(outputs["density"], arrays, codec, settings, memory)

    def rows(self, decoded: Decoded, arrays: Arrays, codec: DetectCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        return detect_decoding.detect_rows(decoded, arrays, codec, dataset)

    def fit_baselines(self, train: Part, codec: DetectCodec, settings: Detect) -> dict[str, np.ndarray]:
        series = []
        for sequence, start, stop in train.spans.tolist():
            first = int(train.dataset.offsets[sequence])
            channels = codec.channels(train.dataset.ids[sequence])
            series.append((codec.values(train.dataset, slice(first + start, first + stop)), channels))
        return detect_baselines.fit_state(series, settings.season or 1)

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: DetectCodec, settings: Detect
    ) -> dict[str, Decoded]:
        return detect_baselines.naive_alarms(state, arrays, codec, settings.season or 1, settings.rate)

    def measure(self, decoded: Decoded, arrays: Arrays, codec: DetectCodec, settings: Detect) -> Measures:
        return detect_scores.measure(decoded, arrays, max(settings.stretches))

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Detect) -> dict[str, MetricValue]:
        return detect_scores.metrics(sums)

    def figures(self, shown: Shown, codec: DetectCodec, settings: Detect) -> list[Figure]:
        return detect_figures.detect_figures(shown, codec, 1 - settings.rate)


DETECT = DetectTask()
