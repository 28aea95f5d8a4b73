"""Classify: one label for each sequence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits, everything
from gru_toolkit.sequences.table import Column
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import sequence_examples, series_baselines, whole_sequence
from gru_toolkit.tasks.figures import Confusion, Figure, Shown, calibration
from gru_toolkit.tasks.series_baselines import softmax
from gru_toolkit.tasks.series_codec import fit_series
from gru_toolkit.tasks.sound_codec import WholeCodec, fit_sound, read_codec
from gru_toolkit.tasks.sound_resolving import SOUND_BUDGETS, hears, with_steps
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind
from gru_toolkit.tasks.whole_sequence import Budget

if TYPE_CHECKING:
    import keras

BUDGETS = {
    "fast": Budget(members=1, filters=32, steps=300),
    "good": Budget(members=2, filters=32, steps=500),
    "best": Budget(members=5, filters=48, steps=800),
}
LEAST_PROBABILITY = 1e-9
"""Where the log-loss is cut, so that one confident mistake does not make it infinite."""


@dataclass(frozen=True)
class Classify:
    """Predict one label for each sequence."""

    preset: str = "good"
    """fast, good or best: how much is spent on networks, channels and steps."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling to see what the network does without recurrence."""
    units: int = 32
    """Width of each recurrent layer and direction."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    filters: int | None = None
    """Channels of each convolution; by default what the preset says."""
    blocks: int = 2
    """Residual blocks of three convolutions before the recurrent layers; 0 leaves them out."""
    members: int | None = None
    """Networks trained side by side and averaged; by default what the preset says."""
    dropout: float = 0.2
    """Share of features dropped before the output in training."""
    causal: bool = False
    """Read forward only, step by step, so that the model can follow a stream."""
    longest: int = 128
    """Longer sequences are averaged over blocks of steps until they are at most this long."""
    stride: int | None = None
    """Steps averaged into one; by default what `longest` asks for."""
    shrink: int | None = None
    """Steps joined into one between stem and recurrent layers; by default as many as leave at most 24 of them."""
    warp: float = 0.0
    """Random changes of pace in training, as the standard deviation of its logarithm."""
    crop: float = 0.0
    """Largest share cut from the ends of a sequence in training."""
    label_smoothing: float = 0.1
    """Share of each label's probability spread over all labels in training."""
    sound: bool | None = None
    """Read recordings by convolutions over time and frequency; by default where recordings are all that is read."""
    variety: float = 1.0
    """How much the voices, pace, microphones and noise of recordings are varied in training; 0 leaves them."""

    def __post_init__(self) -> None:
        whole_sequence.check_settings(self)
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(f"label_smoothing lies in [0, 1), got {self.label_smoothing}")
        if self.variety < 0:
            raise ConfigError(f"variety is at least 0, got {self.variety}")
        if self.sound and self.causal:
            raise ConfigError("a causal network hears step by step: leave out sound or causal")


@dataclass(frozen=True)
class ClassifyCodec:
    """The labels in the order of the network's scores, and how sequences become numbers."""

    labels: tuple[str, ...]
    series: WholeCodec

    def to_plain(self) -> dict[str, Any]:
        return {"labels": list(self.labels), "series": self.series.to_plain()}


class ClassifyTask:
    """The task `classify`; see `Task` for what each method promises."""

    name = "classify"
    settings: type[Any] = Classify
    headline = "accuracy"
    higher_is_better = True

    def wants(self, settings: Classify, *, labelled: bool) -> Wants:
        return whole_sequence.wants("text", labelled=labelled)

    def stream_kind(self, settings: Classify) -> StreamKind:
        return whole_sequence.stream_kind(settings)

    def look_back(self, settings: Classify) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: Classify, origins: int) -> Part:
        return whole_sequence.refuse_backtest(self.name)

    def resolve(self, dataset: Dataset, settings: Classify, train: TrainConfig, given: frozenset[str]) -> Resolved:
        labels = np.array(label_texts(whole_sequence.target_column(dataset)))
        counts = dict(zip(*np.unique(labels, return_counts=True), strict=True))
        if len(counts) < 2:
            raise DataError(f"at least two different labels are needed, found only {next(iter(counts))!r}")
        settings = with_steps(replace(settings, sound=hears(dataset, settings)), dataset)
        resolved = whole_sequence.resolve(dataset, settings, train, given, SOUND_BUDGETS if settings.sound else BUDGETS)
        alone = [str(label) for label, count in counts.items() if count == 1]
        note = (f"labels of one sequence only, which cannot be learned and checked: {', '.join(alone[:5])}",)
        return replace(resolved, notes=(*resolved.notes, *(note if alone else ())))

    def split(self, dataset: Dataset, settings: Classify, config: SplitConfig) -> Splits:
        return whole_sequence.split(dataset, config)

    def fit_codec(self, train: Part, settings: Classify) -> ClassifyCodec:
        texts = label_texts(whole_sequence.target_column(train.dataset).take(train.spans[:, 0]))
        assert settings.stride is not None, "resolve fills in the stride"
        labels = tuple(sorted(set(texts), key=_natural))
        if settings.sound:
            return ClassifyCodec(labels, fit_sound(train, stride=settings.stride))
        return ClassifyCodec(labels, fit_series(train, stride=settings.stride, causal=settings.causal))

    def codec(self, plain: Mapping[str, Any]) -> ClassifyCodec:
        try:
            labels = tuple(str(label) for label in plain["labels"])
            return ClassifyCodec(labels, read_codec(plain["series"]))
        except (KeyError, TypeError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a classifier's codec: {error}") from error

    def examples(self, part: Part, codec: ClassifyCodec, settings: Classify) -> Examples:
        texts = label_texts(whole_sequence.target_column(part.dataset).take(part.spans[:, 0]))
        known = {label: code for code, label in enumerate(codec.labels)}
        unseen = sorted(set(texts) - set(known))
        if unseen:
            raise DataError(
                f"labels that the training part does not have: {', '.join(unseen[:5])}",
                hint=f"the model knows {', '.join(codec.labels[:10])}",
            )
        codes = np.array([known[text] for text in texts], dtype=np.int64)
        targets = {"label": np.eye(len(known), dtype=np.float32)[codes]}
        return sequence_examples.whole_sequences(part, codec.series, settings, targets, codes)

    def requests(self, dataset: Dataset, codec: ClassifyCodec, settings: Classify) -> Examples:
        return sequence_examples.whole_sequences(everything(dataset), codec.series, settings, {}, None)

    def build(self, codec: ClassifyCodec, settings: Classify) -> "keras.Model":
        return whole_sequence.build(codec.series, settings, outputs=len(codec.labels))

    def loss(self, settings: Classify) -> Loss:
        def cross_entropy(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            heads = whole_sequence.heads(settings)
            classes = outputs["scores"].shape[-1] // heads
            wanted = targets["label"]  # (B, K)
            wanted = wanted * (1 - settings.label_smoothing) + settings.label_smoothing / classes
            scores = ops.reshape(outputs["scores"], (-1, heads, classes))
            losses = -ops.sum(wanted[:, None] * ops.log_softmax(scores, axis=-1), axis=-1)  # (B, heads)
            return ops.sum(ops.mean(losses, axis=1) * weights) / ops.sum(weights)

        return cross_entropy

    def calibrate(
        self, codec: ClassifyCodec, settings: Classify, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> ClassifyCodec:
        return codec

    def decode(self, outputs: Outputs, arrays: Arrays, codec: ClassifyCodec, settings: Classify) -> Decoded:
        scores = outputs["scores"].astype(np.float64).reshape(len(outputs["scores"]), -1, len(codec.labels))
        return {"probabilities": softmax(scores).mean(axis=1)}

    def rows(self, decoded: Decoded, arrays: Arrays, codec: ClassifyCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        probabilities = decoded["probabilities"]
        best = probabilities.argmax(axis=1)
        labels = np.array(codec.labels, dtype=object)
        return {
            **whole_sequence.id_column(arrays, dataset),
            "label": labels[best],
            "probability": probabilities.max(axis=1),
            **{f"p_{label}": probabilities[:, code] for code, label in enumerate(codec.labels)},
        }

    def fit_baselines(self, train: Part, codec: ClassifyCodec, settings: Classify) -> dict[str, np.ndarray]:
        examples = self.examples(train, codec, settings)
        simple, points = sequence_examples.baseline_features(examples, codec.series)
        codes = sequence_examples.truth_of(examples)
        classes = len(codec.labels)
        standard = series_baselines.fit_standardiser(simple)
        kept = series_baselines.kept(len(codes))
        neighbours = series_baselines.nearest(points[kept], points[kept], leave_out=True) if len(kept) > 1 else kept * 0
        hits = float((codes[kept][neighbours] == codes[kept]).sum())
        weights = series_baselines.fit_logistic(series_baselines.standardised(simple, standard), codes, classes)
        return {
            "majority": np.bincount(codes, minlength=classes) / len(codes),
            **{f"linear_{name}": values for name, values in standard.items()},
            "linear_weights": weights,
            "nearest_points": points[kept],
            "nearest_codes": codes[kept],
            # One correct and one wrong neighbour more keep the share away from 0 and 1; its label stays the likeliest.
            "nearest_trust": np.array([max((hits + 1) / (len(kept) + 2), 1.01 / classes)]),
        }

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: ClassifyCodec, settings: Classify
    ) -> dict[str, Decoded]:
        simple, points = sequence_examples.batch_features(arrays, codec.series)
        standard = {name: state[f"linear_{name}"] for name in ("centre", "scale")}
        classes, count = len(codec.labels), len(simple)
        found = state["nearest_codes"][series_baselines.nearest(state["nearest_points"], points)]
        trust = float(state["nearest_trust"][0])
        nearest = np.full((count, classes), (1 - trust) / max(1, classes - 1))
        nearest[np.arange(count), found] = trust
        linear = softmax(series_baselines.standardised(simple, standard) @ state["linear_weights"])
        return {
            "majority": {"probabilities": np.tile(state["majority"], (count, 1))},
            "linear": {"probabilities": linear},
            "nearest neighbour": {"probabilities": nearest},
        }

    def measure(self, decoded: Decoded, arrays: Arrays, codec: ClassifyCodec, settings: Classify) -> Measures:
        probabilities, truth = decoded["probabilities"], arrays.context["truth"]
        row, classes = np.arange(len(truth)), len(codec.labels)
        confusion = np.zeros((len(truth), classes, classes))
        confusion[row, truth, probabilities.argmax(axis=1)] = 1.0
        log_loss = -np.log(np.maximum(probabilities[row, truth], LEAST_PROBABILITY))
        return Measures(arrays.context["sequence"], {"log_loss": log_loss, "confusion": confusion})

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Classify) -> dict[str, MetricValue]:
        confusion = sums["confusion"]  # (K, K): true label down, predicted label across
        count, right = confusion.sum(), np.diagonal(confusion)
        both = confusion.sum(axis=0) + confusion.sum(axis=1)
        present = both > 0
        return {
            "accuracy": float(right.sum() / count),
            "macro_f1": float((2 * right[present] / both[present]).mean()),
            "log_loss": float(sums["log_loss"] / count),
            "confusion": confusion.tolist(),
        }

    def figures(self, shown: Shown, codec: ClassifyCodec, settings: Classify) -> list[Figure]:
        probabilities = np.concatenate([decoded["probabilities"] for decoded, _ in shown.sample])
        truth = np.concatenate([arrays.context["truth"] for _, arrays in shown.sample])
        correct = probabilities.argmax(axis=1) == truth
        counts = np.array(shown.scores[shown.network]["confusion"])
        return [Confusion(codec.labels, counts), calibration(probabilities.max(axis=1), correct)]


CLASSIFY = ClassifyTask()


def label_texts(column: Column) -> list[str]:
    """The labels of a column as texts; whole numbers without a decimal point.

    Raises DataError for a missing label, a time, or a number that is not whole.
    """
    if column.missing().any():
        raise DataError(f"column {column.name} has no label for sequence {int(np.argmax(column.missing())) + 1}")
    if column.kind == "text":
        return [column.levels[code] for code in column.values.tolist()]
    if column.kind == "time" or not np.all(column.values == np.round(column.values)):
        raise DataError(
            f"column {column.name} holds {'times' if column.kind == 'time' else 'fractions'}, which cannot be labels",
            hint="use --task regress to predict a number",
        )
    return [str(int(value)) for value in column.values.tolist()]


def _natural(label: str) -> tuple[Literal[0, 1], float, str]:
    """Sort numbers by value before other labels by text."""
    return (0, float(label), label) if label.lstrip("-").isdecimal() else (1, 0.0, label)
