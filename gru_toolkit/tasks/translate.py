"""Translate: sentences of one language into another, learned from sentences and their translations."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DamagedRunError, UsageError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits, everything
from gru_toolkit.sequences.vocabularies import Vocabulary, VocabularyConfig, fit_vocabulary, vocabulary
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import translate_scores, word_dictionary
from gru_toolkit.tasks.beam_search import Beam
from gru_toolkit.tasks.figures import Alignment, Figure, Shown
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind
from gru_toolkit.tasks.translate_examples import (
    Sentences,
    read_ids,
    sources_of,
    split_pairs,
    translations_of,
    written_ids,
)
from gru_toolkit.tasks.translating import ENCODER, STEP, Translator

if TYPE_CHECKING:
    import keras

WIDEST = 8
"""Texts that a search may follow; the graph gives out as many ways on, and one more."""
_PICTURED = (6, 24)
"""Units of a sentence, at least and at most, whose attention is drawn."""


@dataclass(frozen=True)
class Budget:
    """What a preset spends."""

    width: int
    units: int
    layers: int
    updates: int


BUDGETS = {
    "fast": Budget(width=128, units=128, layers=1, updates=1_400),
    "good": Budget(width=256, units=256, layers=1, updates=3_600),
    "best": Budget(width=384, units=512, layers=1, updates=6_000),
}


@dataclass(frozen=True)
class Translate:
    """Translate sentences, learned from parallel text."""

    preset: str = "good"
    """fast, good or best: size of the network and steps of training."""
    vocabulary: int | None = None
    """Different subwords at most; by default from the number of sentences."""
    joint: bool = True
    """Both languages share their subwords and embeddings; otherwise each has its own."""
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int | None = None
    """Width of each recurrent layer and direction; by default what the preset says."""
    layers: int | None = None
    """Recurrent layers that read, on top of each other; by default what the preset says."""
    width: int | None = None
    """Numbers that stand for a subword; by default what the preset says."""
    dropout: float = 0.3
    """Share of features dropped between layers in training."""
    label_smoothing: float = 0.1
    """Share of each subword's probability spread over all subwords in training."""
    longest: int = 120
    """Pairs with more subwords than this on a side are left out of training, which is counted."""
    beam: int = 5
    """Translations followed side by side; 1 takes the most probable subword at every step."""
    length_penalty: float = 1.0
    """How much longer translations are favoured when the best is chosen; 0 does nothing for them."""

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, tuple(BUDGETS))
        for name in ("vocabulary", "units", "layers", "width", "longest", "beam"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
        if self.beam > WIDEST:
            raise ConfigError(f"beam must be at most {WIDEST}, got {self.beam}")
        for name in ("dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} lies in [0, 1), got {getattr(self, name)}")
        if not math.isfinite(self.length_penalty):
            raise ConfigError(f"length_penalty must be a finite number, got {self.length_penalty}")


@dataclass(frozen=True)
class TranslateCodec:
    """How the sentences of both languages become ids; of joint vocabularies the two are equal."""

    source: Vocabulary
    target: Vocabulary

    def to_plain(self) -> dict[str, Any]:
        both = {"source": self.source.to_plain()}
        return both if self.target == self.source else {**both, "target": self.target.to_plain()}


class TranslateTask:
    """The task `translate`; see `Task` for what each method promises."""

    name = "translate"
    settings: type[Any] = Translate
    headline = "bleu"
    higher_is_better = True

    def wants(self, settings: Translate, *, labelled: bool) -> Wants:
        return Wants(target="translation", label="text", need_target=labelled)

    def stream_kind(self, settings: Translate) -> StreamKind:
        return "none"

    def look_back(self, settings: Translate) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: Translate, origins: int) -> Part:
        raise UsageError("translate does not predict forward in time, so there is nothing to backtest")

    def resolve(self, dataset: Dataset, settings: Translate, train: TrainConfig, given: frozenset[str]) -> Resolved:
        translate_scores.library()
        budget = BUDGETS[settings.preset]
        filled = {name: getattr(settings, name) or getattr(budget, name) for name in ("width", "units", "layers")}
        size = settings.vocabulary or max(500, min(8_000, len(dataset) // 6))
        chosen = replace(settings, vocabulary=size, **filled)
        note = f"preset {settings.preset}: {chosen.units} units, {size:,} subwords at most"
        return Resolved(chosen, _schedule(len(dataset), budget, train, given), (note,))

    def split(self, dataset: Dataset, settings: Translate, config: SplitConfig) -> Splits:
        return split_pairs(dataset, config)

    def fit_codec(self, train: Part, settings: Translate) -> TranslateCodec:
        config = VocabularyConfig("subword", settings.vocabulary)
        sources, translations = sources_of(train), translations_of(train)
        if settings.joint:
            both = fit_vocabulary((text for pair in zip(sources, translations, strict=True) for text in pair), config)
            return TranslateCodec(both, both)
        return TranslateCodec(fit_vocabulary(sources, config), fit_vocabulary(translations, config))

    def codec(self, plain: Mapping[str, Any]) -> TranslateCodec:
        try:
            source = vocabulary(plain["source"])
            return TranslateCodec(source, vocabulary(plain["target"]) if "target" in plain else source)
        except (KeyError, TypeError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a translator's codec: {error}") from error

    def coverage(self, splits: Splits, codec: TranslateCodec, settings: Translate) -> tuple[str, ...]:
        known = self._sentences(splits.train, codec)
        left_out = sum(length > settings.longest for length in known.units())
        sizes = f"{len(codec.target):,} subwords"
        if not settings.joint:
            sizes = f"{len(codec.source):,} subwords that are read, {len(codec.target):,} that are written"
        lines = [f"{sizes}, in the mean {np.mean(known.units()):.1f} in a sentence"]
        if left_out:
            lines.append(f"training: {left_out:,} pairs of more than {settings.longest} subwords are left out")
        return tuple(lines)

    def examples(self, part: Part, codec: TranslateCodec, settings: Translate) -> Examples:
        found = self._sentences(part, codec)
        return found.within(settings.longest) if part.name == "training" else found

    def _sentences(self, part: Part, codec: TranslateCodec) -> Sentences:
        texts, truths = sources_of(part), translations_of(part)
        return Sentences(
            part.spans[:, 0], read_ids(texts, codec.source), written_ids(truths, codec.target), (texts, truths)
        )

    def requests(self, dataset: Dataset, codec: TranslateCodec, settings: Translate) -> Examples:
        part = everything(dataset)
        texts = sources_of(part)
        return Sentences(part.spans[:, 0], read_ids(texts, codec.source), None, (texts, None))

    def build(self, codec: TranslateCodec, settings: Translate) -> "keras.Model":
        from gru_toolkit.networks.translator import TranslatorConfig, build_translator

        names = ("joint", "width", "cell", "units", "layers", "dropout")
        shared: dict[str, Any] = {name: getattr(settings, name) for name in names}
        return build_translator(TranslatorConfig(len(codec.source), len(codec.target), **shared))

    def graphs(self, model: "keras.Model") -> dict[str, bytes]:
        from gru_toolkit.networks import translator

        return dict(zip((ENCODER, STEP), translator.graphs(model), strict=True))

    def forced(self, graphs: Mapping[str, bytes], inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return Translator(graphs, threads=1).forced(inputs)

    def answering(self, graphs: Mapping[str, bytes], settings: Translate, threads: int | None) -> Any:
        translator, beam = Translator(graphs, threads), Beam(settings.beam, settings.length_penalty)
        return lambda inputs: translator.translate(inputs, beam)

    def loss(self, settings: Translate) -> Loss:
        def cross_entropy(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            told = outputs["log_probabilities"]
            wanted = ops.take_along_axis(told, ops.expand_dims(ops.cast(targets["next"], "int32"), -1), axis=-1)
            smooth = settings.label_smoothing
            nats = -(1 - smooth) * wanted[..., 0] - smooth * ops.mean(told, axis=-1)
            return ops.sum(nats * weights) / ops.sum(weights)

        return cross_entropy

    def calibrate(
        self, codec: TranslateCodec, settings: Translate, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> TranslateCodec:
        return codec

    def decode(self, outputs: Outputs, arrays: Arrays, codec: TranslateCodec, settings: Translate) -> Decoded:
        lengths = outputs["lengths"].tolist()
        texts = [
            codec.target.decode(ids[:length]) for ids, length in zip(outputs["ids"].tolist(), lengths, strict=True)
        ]
        said = arrays.context["text"].tolist()
        kept = [text if before.strip() else "" for text, before in zip(texts, said, strict=True)]
        return {**outputs, "translation": np.array(kept, dtype=object)}

    def rows(self, decoded: Decoded, arrays: Arrays, codec: TranslateCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        ids = [dataset.ids[number] for number in arrays.context["sequence"].tolist()]
        return {
            "id": np.array(ids, dtype=object),
            "text": arrays.context["text"],
            "translation": decoded["translation"],
            "score": decoded["scores"],
        }

    def fit_baselines(self, train: Part, codec: TranslateCodec, settings: Translate) -> dict[str, np.ndarray]:
        return word_dictionary.learn(sources_of(train), translations_of(train))

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: TranslateCodec, settings: Translate
    ) -> dict[str, Decoded]:
        texts = arrays.context["text"]
        word_for_word = word_dictionary.translations(state, texts.tolist())
        return {"copy": {"translation": texts}, "dictionary": {"translation": np.array(word_for_word, dtype=object)}}

    def measure(self, decoded: Decoded, arrays: Arrays, codec: TranslateCodec, settings: Translate) -> Measures:
        found, truth = decoded["translation"].tolist(), arrays.context["truth"].tolist()
        return Measures(arrays.context["sequence"], translate_scores.sums(found, truth))

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Translate) -> dict[str, MetricValue]:
        return dict(translate_scores.scores(sums))

    def figures(self, shown: Shown, codec: TranslateCodec, settings: Translate) -> list[Figure]:
        for decoded, arrays in shown.sample:
            for row, length in enumerate(decoded["lengths"].tolist()):
                if _PICTURED[0] <= length <= _PICTURED[1] and arrays.inputs["source_lengths"][row] <= _PICTURED[1]:
                    return [alignment(decoded, arrays, codec, row)]
        return []


TRANSLATE = TranslateTask()


def alignment(decoded: Decoded, arrays: Arrays, codec: TranslateCodec, row: int) -> Alignment:
    """What each piece of a translation looked at."""
    ids = decoded["ids"][row, : int(decoded["lengths"][row])].tolist()
    read = arrays.inputs["source"][row, : int(arrays.inputs["source_lengths"][row])].tolist()
    return Alignment(
        source=tuple(_piece(codec.source, piece) for piece in read),
        translation=tuple(_piece(codec.target, piece) for piece in ids),
        weights=decoded["attention"][row, : len(ids), : len(read)],
    )


def _piece(known: Vocabulary, piece: int) -> str:
    """A subword as people read it; the end of a sentence is shown as a mark."""
    return known.piece_bytes(piece).decode("utf-8", "replace").strip() or "∎"


def _schedule(count: int, budget: Budget, train: TrainConfig, given: frozenset[str]) -> TrainConfig:
    """Batches and passes for so many pairs."""
    batch_size = train.batch_size if "batch_size" in given else 32 if count <= 2_000 else 128
    preset: dict[str, Any] = {
        "epochs": min(60, max(8, math.ceil(budget.updates * batch_size / max(count, 1)))),
        "batch_size": batch_size,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.1,
        "average": 0.995,
        "patience": 8,
    }
    return replace(train, **{name: value for name, value in preset.items() if name not in given})
