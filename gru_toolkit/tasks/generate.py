"""Generate: a language model, which says at every unit of a text what comes next."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DamagedRunError, UsageError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits, everything
from gru_toolkit.sequences.running_text import split_text, text_blocks
from gru_toolkit.sequences.vocabularies import (
    START,
    UNITS,
    Vocabulary,
    VocabularyConfig,
    fit_vocabulary,
    unknown_share,
    vocabulary,
)
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import ngrams
from gru_toolkit.tasks.figures import Figure, Shown
from gru_toolkit.tasks.generate_presets import PRESETS, fill_in
from gru_toolkit.tasks.passages import surprises
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind
from gru_toolkit.tasks.text_windows import Lanes, Windows, encoded

if TYPE_CHECKING:
    import keras

USUAL_SPLIT = SplitConfig(split=(0.9, 0.1, 0.0))
MOST_VALIDATION = 1_000_000
"""Bytes of the validation part at most where the user does not say: it is scored whole after every epoch."""
COUNTED = 2_000_000
"""Units at the end of the training part that the n-gram baseline counts."""
BASELINE = "n-grams"
_SAMPLED_BLOCKS = 16


@dataclass(frozen=True)
class Generate:
    """Learn a language model from running text, to continue it and to say how surprising a text is."""

    preset: str = "good"
    """fast, good or best: size of the network and passes over the text."""
    unit: str = "char"
    """char, byte, word or subword: what the text is a sequence of."""
    vocabulary: int | None = None
    """Different units at most; by default what is usual for the unit."""
    least_count: int = 1
    """Characters and words seen less often in training are unknown."""
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int | None = None
    """Width of each recurrent layer; by default what the preset says."""
    layers: int | None = None
    """Recurrent layers on top of each other; by default what the preset says."""
    width: int | None = None
    """Numbers that stand for a unit of text, where it is read and where it is predicted; by default by the preset."""
    dropout: float | None = None
    """Share of features dropped between layers in training; by default what preset and length of the text say."""
    input_dropout: float = 0.0
    """Share of embedded features dropped in training."""
    residual: bool = False
    """Add each recurrent layer's input to its output from the second layer on."""
    normalise: bool = False
    """Layer normalisation before every recurrent layer but the first, and after the last."""
    steps: int | None = None
    """Units between two updates in training, over which the gradient flows back; the memory goes on beyond."""
    lanes: int | None = None
    """Places of the text that are read side by side in training, each a row of the batch."""

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, tuple(PRESETS))
        require_choice("unit", self.unit, UNITS)
        for name in ("vocabulary", "least_count", "units", "layers", "width", "steps", "lanes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
        if not 0 <= (self.dropout or 0) < 1 or not 0 <= self.input_dropout < 1:
            raise ConfigError(f"dropout lies in [0, 1), got {self.dropout} and {self.input_dropout}")


@dataclass(frozen=True)
class GenerateCodec:
    """How text becomes ids.

    several  whether the training part had several texts, so that the model knows how one ends
    """

    vocabulary: Vocabulary
    several: bool = False

    def to_plain(self) -> dict[str, Any]:
        return {"vocabulary": self.vocabulary.to_plain(), "several": self.several}


class GenerateTask:
    """The task `generate`; see `Task` for what each method promises."""

    name = "generate"
    settings: type[Any] = Generate
    headline = "nats_per_unit"
    higher_is_better = False

    def wants(self, settings: Generate, *, labelled: bool) -> Wants:
        return Wants(target="text", need_target=False)

    def stream_kind(self, settings: Generate) -> StreamKind:
        return "recurrent"

    def look_back(self, settings: Generate) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: Generate, origins: int) -> Part:
        raise UsageError("generate scores every unit of a text, so there is nothing to backtest")

    def resolve(self, dataset: Dataset, settings: Generate, train: TrainConfig, given: frozenset[str]) -> Resolved:
        size = int(dataset.offsets[-1])
        resolved = fill_in(settings, size, train, given)
        if {"split", "validation", "test", "group"} & given:
            return resolved
        if size * USUAL_SPLIT.split[1] <= MOST_VALIDATION:
            return replace(resolved, split=USUAL_SPLIT)
        note = f"the last {MOST_VALIDATION:,} bytes are the validation part, the rest is learned; override with --split"
        parted = SplitConfig(split=(size - MOST_VALIDATION, MOST_VALIDATION, 0))
        return replace(resolved, split=parted, notes=(*resolved.notes, note))

    def split(self, dataset: Dataset, settings: Generate, config: SplitConfig) -> Splits:
        if config.group is not None:
            raise UsageError("running text has no groups: --group does not go with it")
        return split_text(dataset, config)

    def fit_codec(self, train: Part, settings: Generate) -> GenerateCodec:
        config = VocabularyConfig(settings.unit, settings.vocabulary, settings.least_count, spaces=True)
        learned = fit_vocabulary((text for _, text in text_blocks(train)), config)
        return GenerateCodec(learned, several=len(train) > 1)

    def codec(self, plain: Mapping[str, Any]) -> GenerateCodec:
        try:
            return GenerateCodec(vocabulary(plain["vocabulary"]), bool(plain["several"]))
        except (KeyError, TypeError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a language model's codec: {error}") from error

    def coverage(self, splits: Splits, codec: GenerateCodec, settings: Generate) -> tuple[str, ...]:
        lines = [f"{len(codec.vocabulary):,} different ids of unit {settings.unit}"]
        for part in (splits.train, splits.validation, splits.test):
            share = _unknown(part, codec.vocabulary)
            if share:
                lines.append(f"{part.name}: {share:.2%} of the units are unknown")
        return tuple(lines)

    def examples(self, part: Part, codec: GenerateCodec, settings: Generate) -> Examples:
        if part.name == "training":
            assert settings.lanes is not None, "resolve fills in the lanes"
            assert settings.steps is not None, "resolve fills in the steps"
            return Lanes(encoded(part, codec.vocabulary), settings.lanes, settings.steps)
        return Windows(encoded(part, codec.vocabulary), unit_bytes(codec.vocabulary))

    def requests(self, dataset: Dataset, codec: GenerateCodec, settings: Generate) -> Examples:
        return self.examples(everything(dataset), codec, settings)

    def build(self, codec: GenerateCodec, settings: Generate) -> "keras.Model":
        from gru_toolkit.networks.language_model import LanguageModelConfig, build_language_model

        shared = (
            "width", "cell", "units", "layers", "lanes", "dropout", "input_dropout", "residual", "normalise",
        )  # fmt: skip
        values = {name: getattr(settings, name) for name in shared}
        return build_language_model(LanguageModelConfig(ids=len(codec.vocabulary), start=START, **values))

    def loss(self, settings: Generate) -> Loss:
        def cross_entropy(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            nats = ops.sparse_categorical_crossentropy(targets["next"], outputs["logits"], from_logits=True)
            return ops.sum(nats * weights) / ops.sum(weights)

        return cross_entropy

    def calibrate(
        self, codec: GenerateCodec, settings: Generate, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> GenerateCodec:
        return codec

    def decode(self, outputs: Outputs, arrays: Arrays, codec: GenerateCodec, settings: Generate) -> Decoded:
        return {"nats": surprise(outputs["logits"], arrays.context["wanted"])}

    def rows(self, decoded: Decoded, arrays: Arrays, codec: GenerateCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        real = arrays.context["weights"] > 0
        sequence = np.broadcast_to(arrays.context["sequence"][:, None], real.shape)[real]
        shown = codec.vocabulary
        pieces = [shown.piece_bytes(piece).decode("utf-8", "replace") for piece in arrays.context["wanted"][real]]
        return {
            "text": np.array([dataset.ids[number] for number in sequence.tolist()], dtype=object),
            "position": arrays.context["position"][real],
            "unit": np.array(pieces, dtype=object),
            "bits": decoded["nats"][real] / math.log(2),
            "probability": np.exp(-decoded["nats"][real]),
        }

    def fit_baselines(self, train: Part, codec: GenerateCodec, settings: Generate) -> dict[str, np.ndarray]:
        order = ngrams.order_for(settings.unit, len(codec.vocabulary))
        return ngrams.fit_ngrams(encoded(train, codec.vocabulary).ids[-COUNTED:], len(codec.vocabulary), order)

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: GenerateCodec, settings: Generate
    ) -> dict[str, Decoded]:
        real = arrays.context["weights"] > 0
        before = arrays.context["history"]  # (B, T): the id before each one that is wanted
        longest = len(state["discounts"]) - 1
        padded = np.pad(before, [(0, 0), (max(longest - 1, 0), 0)])
        history = np.lib.stride_tricks.sliding_window_view(padded, max(longest, 1), axis=1)[real]
        nats = np.zeros(real.shape)
        nats[real] = -np.log(ngrams.probabilities(state, history, arrays.context["wanted"][real]))
        return {BASELINE: {"nats": nats}}

    def measure(self, decoded: Decoded, arrays: Arrays, codec: GenerateCodec, settings: Generate) -> Measures:
        real = arrays.context["weights"] > 0
        sums = {
            "nats": decoded["nats"] * real,
            "units": real.astype(np.float64),
            "bytes": arrays.context["bytes"] * real,
            "unknown": arrays.context["unknown"] & real,
        }
        return Measures(
            arrays.context["window"], {name: values.sum(axis=1, dtype=np.float64) for name, values in sums.items()}
        )

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Generate) -> dict[str, MetricValue]:
        nats = float(sums["nats"] / sums["units"])
        return {
            "nats_per_unit": nats,
            "bits_per_unit": nats / math.log(2),
            "bits_per_byte": float(sums["nats"] / max(float(sums["bytes"]), 1.0)) / math.log(2),
            "perplexity": math.exp(min(nats, 700.0)),
            "unknown_share": float(sums["unknown"] / sums["units"]),
        }

    def figures(self, shown: Shown, codec: GenerateCodec, settings: Generate) -> list[Figure]:
        return [surprises(shown, codec.vocabulary)]


GENERATE = GenerateTask()


def surprise(logits: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(B, T) float64 nats: minus the logarithm of the probability of each wanted id, from scores (B, T, V)."""
    highest = logits.max(axis=-1)
    total = np.exp(logits - highest[..., None]).sum(axis=-1, dtype=np.float64)
    score = np.take_along_axis(logits, wanted[..., None], axis=-1)[..., 0]
    return np.asarray(np.log(total) + highest - score)


def unit_bytes(known: Vocabulary) -> np.ndarray:
    """(V,) UTF-8 bytes of each id's text."""
    return np.array([len(known.piece_bytes(piece)) for piece in range(len(known))])


def _unknown(part: Part, known: Vocabulary) -> float:
    """The share of unknown units in the first blocks of a part."""
    blocks = (known.encode(text) for place, (_, text) in enumerate(text_blocks(part)) if place < _SAMPLED_BLOCKS)
    return unknown_share(blocks) if len(part) and known.config.unit in ("char", "word") else 0.0
