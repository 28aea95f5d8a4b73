"""Regress: one number, with an interval, for each sequence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits, everything
from gru_toolkit.sequences.table import Column
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import sequence_examples, series_baselines, whole_sequence
from gru_toolkit.tasks.figures import Figure, Scatter, Shown
from gru_toolkit.tasks.linear_start import fit_linear_start
from gru_toolkit.tasks.regress_codec import RegressCodec, conformal_quantile, simple_features_of, tempered_trust
from gru_toolkit.tasks.series_codec import fit_series
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind
from gru_toolkit.tasks.whole_sequence import Budget

if TYPE_CHECKING:
    import keras

BUDGETS = {
    "fast": Budget(members=1, filters=16, steps=300, learning_rate=1e-3, weight_decay=0.05),
    "good": Budget(members=4, filters=16, steps=300, learning_rate=1e-3, weight_decay=0.05),
    "best": Budget(members=8, filters=16, steps=600, learning_rate=1e-3, weight_decay=0.05),
}


@dataclass(frozen=True)
class Regress:
    """Predict one number for each sequence."""

    preset: str = "good"
    """fast, good or best: how much is spent on networks, channels and steps."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling to see what the network does without recurrence."""
    units: int = 16
    """Width of each recurrent layer and direction."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    filters: int | None = None
    """Channels of each convolution; by default what the preset says."""
    blocks: int = 0
    """Residual blocks of three convolutions before the recurrent layers; 0 reads the sequence as it is."""
    members: int | None = None
    """Networks trained side by side and averaged; by default what the preset says."""
    dropout: float = 0.5
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
    loss: str = "squared"
    """squared, or huber to be less moved by outliers."""
    interval: float = 0.8
    """Share of new values that the interval around a prediction should hold."""
    temper: bool = True
    """Trust the network only as far as the validation part advises, beside the line or the mean it starts from."""
    linear: bool = True
    """Start from a ridge on simple features, which the network corrects; not in a causal network."""

    def __post_init__(self) -> None:
        whole_sequence.check_settings(self)
        require_choice("loss", self.loss, ("squared", "huber"))
        if not 0 < self.interval < 1:
            raise ConfigError(f"interval lies between 0 and 1, got {self.interval}")


class RegressTask:
    """The task `regress`; see `Task` for what each method promises."""

    name = "regress"
    settings: type[Any] = Regress
    headline = "rmse"
    higher_is_better = False

    def wants(self, settings: Regress, *, labelled: bool) -> Wants:
        return whole_sequence.wants("number", labelled=labelled)

    def stream_kind(self, settings: Regress) -> StreamKind:
        return whole_sequence.stream_kind(settings)

    def look_back(self, settings: Regress) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: Regress, origins: int) -> Part:
        return whole_sequence.refuse_backtest(self.name)

    def resolve(self, dataset: Dataset, settings: Regress, train: TrainConfig, given: frozenset[str]) -> Resolved:
        target_values(whole_sequence.target_column(dataset))
        return whole_sequence.resolve(dataset, settings, train, given, BUDGETS)

    def split(self, dataset: Dataset, settings: Regress, config: SplitConfig) -> Splits:
        return whole_sequence.split(dataset, config)

    def fit_codec(self, train: Part, settings: Regress) -> RegressCodec:
        values = target_values(whole_sequence.target_column(train.dataset).take(train.spans[:, 0]))
        if not values.std() > 0:
            raise DataError(f"every target of the training part is {values[0]:g}: there is nothing to learn")
        assert settings.stride is not None, "resolve fills in the stride"
        series = fit_series(train, stride=settings.stride, causal=settings.causal)
        centre = float(values.mean())
        if not settings.linear or settings.causal:
            return RegressCodec(series, centre, float(values.std()))
        simple = simple_features_of(sequence_examples.whole_sequences(train, series, settings, {}, None), series)
        linear = fit_linear_start(simple, values - centre)
        left = (values - centre - linear.values(simple)).std()
        # A line that leaves next to nothing leaves the network nothing to learn, but a scale must not be zero.
        return RegressCodec(series, centre, float(max(left, 1e-3 * values.std())), linear)

    def codec(self, plain: Mapping[str, Any]) -> RegressCodec:
        return RegressCodec.from_plain(plain)

    def examples(self, part: Part, codec: RegressCodec, settings: Regress) -> Examples:
        values = target_values(whole_sequence.target_column(part.dataset).take(part.spans[:, 0]))
        examples = sequence_examples.whole_sequences(part, codec.series, settings, {}, values)
        left = values - codec.centre
        if codec.linear.weights:
            left = left - codec.linear.values(simple_features_of(examples, codec.series))
        return replace(examples, targets={"value": (left / codec.scale).astype(np.float32)[:, None]})

    def requests(self, dataset: Dataset, codec: RegressCodec, settings: Regress) -> Examples:
        return sequence_examples.whole_sequences(everything(dataset), codec.series, settings, {}, None)

    def build(self, codec: RegressCodec, settings: Regress) -> "keras.Model":
        return whole_sequence.build(codec.series, settings, outputs=1)

    def loss(self, settings: Regress) -> Loss:
        def error(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            wrong = ops.abs(outputs["scores"] - targets["value"])  # (B, heads)
            losses = ops.square(wrong)
            if settings.loss == "huber":  # squared up to one standard deviation of the target, linear beyond
                losses = ops.where(wrong < 1, losses, 2 * wrong - 1)
            return ops.sum(ops.mean(losses, axis=1) * weights) / ops.sum(weights)

        return error

    def calibrate(
        self, codec: RegressCodec, settings: Regress, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> RegressCodec:
        """The codec with trust and interval from the validation part.

        The half width is the split-conformal quantile of the absolute errors that remain (Vovk 2005).
        """
        columns = [(decoded["value"], arrays.context["truth"], codec.start(arrays)) for decoded, arrays in validation]
        value, wanted, start = (np.concatenate(column) for column in zip(*columns, strict=True))
        deviation, truth = value - start, wanted - start
        trust = tempered_trust(deviation, truth) if settings.temper else 1.0
        errors = np.abs(truth - trust * deviation)
        return replace(codec, trust=codec.trust * trust, half_width=conformal_quantile(errors, settings.interval))

    def decode(self, outputs: Outputs, arrays: Arrays, codec: RegressCodec, settings: Regress) -> Decoded:
        deviation = outputs["scores"].astype(np.float64).mean(axis=1) * codec.scale
        return interval_around(codec.start(arrays) + codec.trust * deviation, codec.half_width)

    def rows(self, decoded: Decoded, arrays: Arrays, codec: RegressCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        return {**whole_sequence.id_column(arrays, dataset), **decoded}

    def fit_baselines(self, train: Part, codec: RegressCodec, settings: Regress) -> dict[str, np.ndarray]:
        examples = self.examples(train, codec, settings)
        simple, points = sequence_examples.baseline_features(examples, codec.series)
        truth = sequence_examples.truth_of(examples)
        standard = series_baselines.fit_standardiser(simple)
        weights, residuals = series_baselines.fit_ridge(
            series_baselines.standardised(simple, standard), truth - codec.centre
        )
        kept = series_baselines.kept(len(truth))
        neighbours = series_baselines.nearest(points[kept], points[kept], leave_out=True) if len(kept) > 1 else kept * 0
        errors = {
            "mean": truth - codec.centre,
            "linear": residuals,
            "nearest": truth[kept][neighbours] - truth[kept],
        }
        return {
            **{f"linear_{name}": values for name, values in standard.items()},
            "linear_weights": weights,
            "nearest_points": points[kept],
            "nearest_values": truth[kept],
            **{
                f"{name}_half_width": np.array([conformal_quantile(np.abs(values), settings.interval)])
                for name, values in errors.items()
            },
        }

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: RegressCodec, settings: Regress
    ) -> dict[str, Decoded]:
        simple, points = sequence_examples.batch_features(arrays, codec.series)
        standard = {name: state[f"linear_{name}"] for name in ("centre", "scale")}
        values = {
            "mean": np.full(len(simple), codec.centre),
            "linear": codec.centre + series_baselines.standardised(simple, standard) @ state["linear_weights"],
            "nearest": state["nearest_values"][series_baselines.nearest(state["nearest_points"], points)],
        }
        with_interval = codec.half_width is not None
        names = {"mean": "mean", "linear": "linear", "nearest": "nearest neighbour"}
        return {
            names[name]: interval_around(value, float(state[f"{name}_half_width"][0]) if with_interval else None)
            for name, value in values.items()
        }

    def measure(self, decoded: Decoded, arrays: Arrays, codec: RegressCodec, settings: Regress) -> Measures:
        truth = arrays.context["truth"]
        error = decoded["value"] - truth
        from_centre = truth - codec.centre
        sums = {
            "count": np.ones(len(truth)),
            "squared": np.square(error),
            "absolute": np.abs(error),
            "centred": from_centre,
            "centred_squared": np.square(from_centre),
        }
        if "lower" in decoded:
            sums["covered"] = ((decoded["lower"] <= truth) & (truth <= decoded["upper"])).astype(np.float64)
            sums["width"] = decoded["upper"] - decoded["lower"]
        return Measures(arrays.context["sequence"], sums)

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Regress) -> dict[str, MetricValue]:
        count = sums["count"]
        spread = sums["centred_squared"] - np.square(sums["centred"]) / count  # sum of squares about the part's mean
        scores: dict[str, MetricValue] = {
            "rmse": float(np.sqrt(sums["squared"] / count)),
            "mae": float(sums["absolute"] / count),
            "r2": float(1 - sums["squared"] / spread) if spread > 0 else 0.0,
        }
        if "covered" in sums:
            scores["coverage"] = float(sums["covered"] / count)
            scores["interval_width"] = float(sums["width"] / count)
        return scores

    def figures(self, shown: Shown, codec: RegressCodec, settings: Regress) -> list[Figure]:
        truth = np.concatenate([arrays.context["truth"] for _, arrays in shown.sample])
        predicted = np.concatenate([decoded["value"] for decoded, _ in shown.sample])
        return [Scatter(truth, predicted, shown.dataset.roles.target[0])]


REGRESS = RegressTask()


def target_values(column: Column) -> np.ndarray:
    """(N,) float64 targets. Raises DataError for a missing one, or a column that is not numbers."""
    if column.kind != "number":
        raise DataError(
            f"column {column.name} holds {column.kind}, a number is wanted", hint="use --task classify for labels"
        )
    if column.missing().any():
        raise DataError(f"column {column.name} has no value for sequence {int(np.argmax(column.missing())) + 1}")
    return np.asarray(column.values, dtype=np.float64)


def interval_around(value: np.ndarray, half_width: float | None) -> dict[str, np.ndarray]:
    """Predictions (N,) and, where the half width is known, the interval around each."""
    if half_width is None:
        return {"value": value}
    return {"value": value, "lower": value - half_width, "upper": value + half_width}
