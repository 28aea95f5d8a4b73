"""Classify texts: one label for each text."""

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
from gru_toolkit.tasks.classify import CLASSIFY, label_texts
from gru_toolkit.tasks.figures import Figure, Shown
from gru_toolkit.tasks.passages import attended
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind
from gru_toolkit.tasks.text_baselines import softmax
from gru_toolkit.tasks.text_examples import Texts
from gru_toolkit.tasks.text_ngrams import Ngrams

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ClassifyText:
    """Predict one label for each text."""

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
    label_smoothing: float = 0.05
    """Share of each label's probability spread over all labels in training."""
    ngrams: bool = True
    """Whether a linear classifier of runs of words and letters is learned beside the networks and asked with them."""

    def __post_init__(self) -> None:
        whole_text.check_settings(self)
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(f"label_smoothing lies in [0, 1), got {self.label_smoothing}")


@dataclass(frozen=True)
class ClassifyTextCodec:
    """The labels in the order of the network's scores, and how texts become ids and places of n-grams.

    powers  how much the networks' opinion and that of the n-grams count, as `text_pooling` has it
    """

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    ngrams: Ngrams
    powers: tuple[float, float] = text_pooling.EQUAL

    def to_plain(self) -> dict[str, Any]:
        parts = {"vocabulary": self.vocabulary.to_plain(), "ngrams": self.ngrams.to_plain()}
        return {"labels": list(self.labels), **parts, "powers": list(self.powers)}


class ClassifyTextTask:
    """The task `classify-text`; see `Task` for what each method promises."""

    name = "classify-text"
    settings: type[Any] = ClassifyText
    headline = "accuracy"
    higher_is_better = True
    lenders = lent_text.LENDERS

    def wants(self, settings: ClassifyText, *, labelled: bool) -> Wants:
        return Wants(target="labelled text", label="text", need_target=labelled)

    def stream_kind(self, settings: ClassifyText) -> StreamKind:
        return "none"

    def look_back(self, settings: ClassifyText) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: ClassifyText, origins: int) -> Part:
        return whole_sequence.refuse_backtest(self.name)

    def resolve(self, dataset: Dataset, settings: ClassifyText, train: TrainConfig, given: frozenset[str]) -> Resolved:
        labels = label_texts(whole_sequence.target_column(dataset))
        counts = dict(zip(*np.unique(np.array(labels), return_counts=True), strict=True))
        if len(counts) < 2:
            raise DataError(f"at least two different labels are needed, found only {next(iter(counts))!r}")
        resolved = whole_text.resolve(dataset, settings, train, given)
        alone = [str(label) for label, count in counts.items() if count == 1]
        note = (f"labels of one text only, which cannot be learned and checked: {', '.join(alone[:5])}",)
        return replace(resolved, notes=(*resolved.notes, *(note if alone else ())))

    def split(self, dataset: Dataset, settings: ClassifyText, config: SplitConfig) -> Splits:
        return whole_sequence.split(dataset, config)

    def fit_codec(self, train: Part, settings: ClassifyText) -> ClassifyTextCodec:
        labels = sorted(set(label_texts(whole_sequence.target_column(train.dataset).take(train.spans[:, 0]))))
        return ClassifyTextCodec(tuple(labels), *whole_text.fit_reading(train, settings, answers=len(labels)))

    def codec(self, plain: Mapping[str, Any]) -> ClassifyTextCodec:
        if "vocabulary" in plain and "ngrams" not in plain:
            raise DamagedRunError(
                "the run is of an earlier version, whose text classifiers knew no n-grams", hint="train it again"
            )
        try:
            labels, ngrams = tuple(str(label) for label in plain["labels"]), Ngrams.from_plain(plain["ngrams"])
            first, second = map(float, plain["powers"])
            return ClassifyTextCodec(labels, vocabulary(plain["vocabulary"]), ngrams, (first, second))
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a text classifier's codec: {error}") from error

    def settle(self, settings: ClassifyText, lender: Any, lender_codec: Any) -> ClassifyText:
        settled: ClassifyText = lent_text.settle(settings, lender, lender_codec)
        return settled

    def take_over(self, codec: ClassifyTextCodec, lender_codec: Any) -> ClassifyTextCodec:
        own: ClassifyTextCodec = lent_text.take_over(codec, lender_codec)
        return own

    def lent(self, weights: Mapping[str, np.ndarray], settings: ClassifyText) -> dict[str, np.ndarray]:
        return lent_text.lent(weights, settings)

    def coverage(self, splits: Splits, codec: ClassifyTextCodec, settings: ClassifyText) -> tuple[str, ...]:
        return whole_text.coverage(splits, codec.vocabulary, settings)

    def examples(self, part: Part, codec: ClassifyTextCodec, settings: ClassifyText) -> Examples:
        labels = label_texts(whole_sequence.target_column(part.dataset).take(part.spans[:, 0]))
        known = {label: code for code, label in enumerate(codec.labels)}
        strange = next((row for row, label in enumerate(labels) if label not in known), None)
        if strange is not None:
            raise DataError(
                f"text {part.dataset.ids[int(part.spans[strange, 0])]} has the label {labels[strange]!r}, "
                "which the training part does not have",
                hint=f"the model knows {', '.join(codec.labels[:10])}",
            )
        codes = np.array([known[label] for label in labels], np.int64)
        targets = {"label": np.eye(len(known), dtype=np.float32)[codes]}
        return whole_text.examples(part, codec, settings, targets, codes)

    def requests(self, dataset: Dataset, codec: ClassifyTextCodec, settings: ClassifyText) -> Examples:
        return whole_text.examples(everything(dataset), codec, settings, {}, None)

    def build(self, codec: ClassifyTextCodec, settings: ClassifyText) -> "keras.Model":
        return whole_text.build(codec, settings, outputs=len(codec.labels))

    def loss(self, settings: ClassifyText) -> Loss:
        def cross_entropy(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            classes = outputs["scores"].shape[-1] // settings.members
            wanted = targets["label"] * (1 - settings.label_smoothing) + settings.label_smoothing / classes
            scores = ops.reshape(outputs["scores"], (-1, settings.members, classes))
            losses = ops.mean(-ops.sum(wanted[:, None] * ops.log_softmax(scores, axis=-1), axis=-1), axis=1)  # (B,)
            if settings.ngrams:
                said = ops.cast(ops.log_softmax(outputs["ngram_scores"], axis=-1), losses.dtype)
                losses = (losses - ops.sum(wanted * said, axis=-1)) / 2
            return ops.sum(losses * weights) / ops.sum(weights)

        return cross_entropy

    def calibrate(
        self, codec: ClassifyTextCodec, settings: ClassifyText, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> ClassifyTextCodec:
        seen = [(decoded["opinions"], arrays.context["truth"]) for decoded, arrays in validation]
        opinions, truth = (np.concatenate(values) for values in zip(*seen, strict=True))
        return replace(codec, powers=text_pooling.fit_powers(opinions, truth))

    def decode(self, outputs: Outputs, arrays: Arrays, codec: ClassifyTextCodec, settings: ClassifyText) -> Decoded:
        scores = outputs["scores"].astype(np.float64).reshape(len(outputs["scores"]), -1, len(codec.labels))
        read = softmax(scores).mean(axis=1)
        looked_up = softmax(outputs["ngram_scores"].astype(np.float64)) if settings.ngrams else read
        opinions = np.stack([read, looked_up], axis=1)
        pooled = text_pooling.pooled(opinions, codec.powers)
        return {"probabilities": pooled, "attention": outputs["attention"], "opinions": opinions}

    def rows(
        self, decoded: Decoded, arrays: Arrays, codec: ClassifyTextCodec, dataset: Dataset
    ) -> dict[str, np.ndarray]:
        return CLASSIFY.rows(decoded, arrays, codec, dataset)  # type: ignore[arg-type]

    def fit_baselines(self, train: Part, codec: ClassifyTextCodec, settings: ClassifyText) -> dict[str, np.ndarray]:
        examples = self.examples(train, codec, settings)
        assert isinstance(examples, Texts)
        assert examples.truth is not None, "training texts have labels"
        classes, size = len(codec.labels), (codec.ngrams.words or codec.ngrams.letters) + 1
        texts = text_baselines.bags(examples.ngrams, size)
        found = {
            "bayes": text_baselines.fit_naive_bayes(texts, examples.truth, classes, size),
            "linear": text_baselines.fit_linear(texts, examples.truth, classes, size),
        }
        state = {f"{name}_{part}": values for name, parts in found.items() for part, values in parts.items()}
        return {**state, "majority": np.bincount(examples.truth, minlength=classes) / len(examples)}

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: ClassifyTextCodec, settings: ClassifyText
    ) -> dict[str, Decoded]:
        found = [row[row > 0] for row in arrays.context["ngrams"]]
        texts = text_baselines.bags(found, len(state["bayes_weights"]))
        guesses = {
            name: softmax(text_baselines.scores({part: state[f"{key}_{part}"] for part in ("weights", "bias")}, texts))
            for name, key in (("naive Bayes", "bayes"), ("linear", "linear"))
        }
        guesses["majority"] = np.tile(state["majority"], (len(found), 1))
        return {name: {"probabilities": values} for name, values in guesses.items()}

    def measure(self, decoded: Decoded, arrays: Arrays, codec: ClassifyTextCodec, settings: ClassifyText) -> Measures:
        return CLASSIFY.measure(decoded, arrays, codec, settings)  # type: ignore[arg-type]

    def metrics(self, sums: Mapping[str, np.ndarray], settings: ClassifyText) -> dict[str, MetricValue]:
        return CLASSIFY.metrics(sums, settings)  # type: ignore[arg-type]

    def figures(self, shown: Shown, codec: ClassifyTextCodec, settings: ClassifyText) -> list[Figure]:
        usual: list[Figure] = CLASSIFY.figures(shown, codec, settings)  # type: ignore[arg-type]
        return [*usual, attended(shown, codec.labels, codec.vocabulary)]


CLASSIFY_TEXT = ClassifyTextTask()
