"""Regress on texts: one number, with an interval, for each text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits, everything
from gru_toolkit.sequences.vocabularies import Vocabulary, vocabulary
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import lent_text, text_baselines, text_pooling, whole_sequence, whole_text
from gru_toolkit.tasks.figures import Figure, Shown
from gru_toolkit.tasks.regress import REGRESS, interval_around
from gru_toolkit.tasks.regress_codec import conformal_quantile
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind
from gru_toolkit.tasks.text_examples import Texts
from gru_toolkit.tasks.text_ngrams import Ngrams

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class RegressText:
    """Predict one number for each text."""

    preset: str = "good"
    """fast, good or best: how much is spent on networks, width and steps."""
    unit: str | None = None
    """char, byte, word or subword: what a text is a sequence of; by default told from the texts."""
    vocabulary: int | None = None
    """Different units at most; by default what is usual for the unit."""
    least_count: int | None = None
    """Characters and words seen less often in training are unknown; by default 2 for words."""
    lower: bool | None = None
    """Whether letters lose their case; by default they do where words are read."""
    longest: int = 400
    """Units of a text that are read; longer ones are cut, which is counted."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling to see what the network does without recurrence."""
    units: int | None = None
    """Width of each recurrent layer and direction; by default what the preset says."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    width: int | None = None
    """Numbers that stand for a unit; by default what the preset says."""
    members: int | None = None
    """Networks trained side by side and averaged; by default what the preset says."""
    dropout: float | None = None
    """Share of features dropped after the embedding and before the answer in training; by default half of them where
    words or subwords are read, and a quarter of a letter's."""
    word_dropout: float | None = None
    """Share of units that training replaces by the unknown one; by default 0.1 of words and 0.02 of letters."""
    ngrams: bool = True
    """Whether a linear regression on runs of words and letters is learned beside the networks and asked with them."""
    interval: float = 0.8
    """Share of new values that the interval around a prediction should hold."""

    def __post_init__(self) -> None:
        whole_text.check_settings(self)
        if not 0 < self.interval < 1:
            raise ConfigError(f"interval lies between 0 and 1, got {self.interval}")


@dataclass(frozen=True)
class RegressTextCodec:
    """How texts become ids and places of n-grams, and numbers become what the network says.

    centre, scale  of the target in the training part
    shares         of the networks' deviation from the centre and of the n-grams' that are added to it
    half_width     of the interval in the target's units; None before calibration
    """

    vocabulary: Vocabulary
    ngrams: Ngrams
    centre: float
    scale: float
    shares: tuple[float, float] = text_pooling.EQUAL
    half_width: float | None = None

    def to_plain(self) -> dict[str, Any]:
        parts = {"vocabulary": self.vocabulary.to_plain(), "ngrams": self.ngrams.to_plain()}
        scalars = {name: getattr(self, name) for name in ("centre", "scale", "half_width")}
        return {**parts, **scalars, "shares": list(self.shares)}


class RegressTextTask:
    """The task `regress-text`; see `Task` for what each method promises."""

    name = "regress-text"
    settings: type[Any] = RegressText
    headline = "rmse"
    higher_is_better = False
    lenders = lent_text.LENDERS

    def wants(self, settings: RegressText, *, labelled: bool) -> Wants:
        return Wants(target="labelled text", label="number", need_target=labelled)

    def stream_kind(self, settings: RegressText) -> StreamKind:
        return "none"

    def look_back(self, settings: RegressText) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: RegressText, origins: int) -> Part:
        return whole_sequence.refuse_backtest(self.name)

    def resolve(self, dataset: Dataset, settings: RegressText, train: TrainConfig, given: frozenset[str]) -> Resolved:
        return whole_text.resolve(dataset, settings, train, given)

    def split(self, dataset: Dataset, settings: RegressText, config: SplitConfig) -> Splits:
        return whole_sequence.split(dataset, config)

    def fit_codec(self, train: Part, settings: RegressText) -> RegressTextCodec:
        values = _numbers(train)
        if not values.std() > 0:
            raise DataError(f"every target of the training part is {values[0]:g}: there is nothing to learn")
        reading = whole_text.fit_reading(train, settings, answers=1)
        return RegressTextCodec(*reading, centre=float(values.mean()), scale=float(values.std()))

    def codec(self, plain: Mapping[str, Any]) -> RegressTextCodec:
        try:
            first, second = map(float, plain["shares"])
            return RegressTextCodec(
                vocabulary(plain["vocabulary"]),
                Ngrams.from_plain(plain["ngrams"]),
                centre=float(plain["centre"]),
                scale=float(plain["scale"]),
                shares=(first, second),
                half_width=None if plain["half_width"] is None else float(plain["half_width"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a text regressor's codec: {error}") from error

    def settle(self, settings: RegressText, lender: Any, lender_codec: Any) -> RegressText:
        settled: RegressText = lent_text.settle(settings, lender, lender_codec)
        return settled

    def take_over(self, codec: RegressTextCodec, lender_codec: Any) -> RegressTextCodec:
        own: RegressTextCodec = lent_text.take_over(codec, lender_codec)
        return own

    def lent(self, weights: Mapping[str, np.ndarray], settings: RegressText) -> dict[str, np.ndarray]:
        return lent_text.lent(weights, settings)

    def coverage(self, splits: Splits, codec: RegressTextCodec, settings: RegressText) -> tuple[str, ...]:
        return whole_text.coverage(splits, codec.vocabulary, settings)

    def examples(self, part: Part, codec: RegressTextCodec, settings: RegressText) -> Examples:
        values = _numbers(part)
        wanted = ((values - codec.centre) / codec.scale).astype(np.float32)[:, None]
        return whole_text.examples(part, codec, settings, {"value": wanted}, values)

    def requests(self, dataset: Dataset, codec: RegressTextCodec, settings: RegressText) -> Examples:
        return whole_text.examples(everything(dataset), codec, settings, {}, None)

    def build(self, codec: RegressTextCodec, settings: RegressText) -> "keras.Model":
        return whole_text.build(codec, settings, outputs=1)

    def loss(self, settings: RegressText) -> Loss:
        def error(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            losses = ops.mean(ops.square(outputs["scores"] - targets["value"]), axis=1)  # (B,) over members
            if settings.ngrams:
                said = ops.cast(outputs["ngram_scores"], losses.dtype)
                losses = (losses + ops.square(said - targets["value"])[:, 0]) / 2
            return ops.sum(losses * weights) / ops.sum(weights)

        return error

    def calibrate(
        self, codec: RegressTextCodec, settings: RegressText, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> RegressTextCodec:
        """The codec with shares and interval (split-conformal, Vovk 2005) from the validation part."""
        columns = [(decoded["opinions"], arrays.context["truth"]) for decoded, arrays in validation]
        opinions, truth = (np.concatenate(column) for column in zip(*columns, strict=True))
        deviations, wanted = opinions - codec.centre, truth - codec.centre
        shares = text_pooling.fit_shares(deviations, wanted)
        errors = np.abs(wanted - deviations @ np.array(shares))
        return replace(codec, shares=shares, half_width=conformal_quantile(errors, settings.interval))

    def decode(self, outputs: Outputs, arrays: Arrays, codec: RegressTextCodec, settings: RegressText) -> Decoded:
        read = outputs["scores"].astype(np.float64).mean(axis=1)
        looked_up = outputs["ngram_scores"].astype(np.float64)[:, 0] if settings.ngrams else read
        deviations = np.stack([read, looked_up], axis=1) * codec.scale
        value = codec.centre + deviations @ np.array(codec.shares)
        return {**interval_around(value, codec.half_width), "opinions": codec.centre + deviations}

    def rows(
        self, decoded: Decoded, arrays: Arrays, codec: RegressTextCodec, dataset: Dataset
    ) -> dict[str, np.ndarray]:
        said = {name: values for name, values in decoded.items() if name != "opinions"}
        return {**whole_sequence.id_column(arrays, dataset), **said}

    def fit_baselines(self, train: Part, codec: RegressTextCodec, settings: RegressText) -> dict[str, np.ndarray]:
        examples = self.examples(train, codec, settings)
        assert isinstance(examples, Texts)
        assert examples.truth is not None, "training texts have numbers"
        deviations = examples.truth - codec.centre
        size = (codec.ngrams.words or codec.ngrams.letters) + 1
        weights, errors = text_baselines.fit_ridge(text_baselines.bags(examples.ngrams, size), deviations, size)
        left = {"mean": deviations, "linear": errors}
        widths = {
            f"{name}_half_width": np.array([conformal_quantile(np.abs(found), settings.interval)])
            for name, found in left.items()
        }
        return {"linear_weights": weights, **widths}

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: RegressTextCodec, settings: RegressText
    ) -> dict[str, Decoded]:
        found = [row[row > 0] for row in arrays.context["ngrams"]]
        texts = text_baselines.bags(found, len(state["linear_weights"]))
        values = {
            "mean": np.full(len(found), codec.centre),
            "linear": codec.centre + text_baselines.weighted(state["linear_weights"], texts),
        }
        known = codec.half_width is not None
        return {
            name: interval_around(value, float(state[f"{name}_half_width"][0]) if known else None)
            for name, value in values.items()
        }

    def measure(self, decoded: Decoded, arrays: Arrays, codec: RegressTextCodec, settings: RegressText) -> Measures:
        return REGRESS.measure(decoded, arrays, codec, settings)  # type: ignore[arg-type]

    def metrics(self, sums: Mapping[str, np.ndarray], settings: RegressText) -> dict[str, MetricValue]:
        return REGRESS.metrics(sums, settings)  # type: ignore[arg-type]

    def figures(self, shown: Shown, codec: RegressTextCodec, settings: RegressText) -> list[Figure]:
        return REGRESS.figures(shown, codec, settings)  # type: ignore[arg-type]


REGRESS_TEXT = RegressTextTask()


def _numbers(part: Part) -> np.ndarray:
    """(K,) float64 the numbers of a part's texts, which the reader has checked."""
    column = whole_sequence.target_column(part.dataset).take(part.spans[:, 0])
    return np.array([float(column.levels[code]) for code in column.values.tolist()])
