"""The network that reads a text and answers once: embedding → (Bi)GRU → attention and maximum → answer.

    ids ── embedding ── dropout ── (Bi)GRU ─┬─ attention ─┬─ dropout ── scores
                │                           └─ maximum ───┤
                └───────────── mean ──────────────────────┘
    n-grams ─────────────── linear ─────────────────────────────────── scores of n-grams

Members differ in their initial weights and are trained side by side; the task averages them. The n-grams have an
answer of their own, which the task pools with the members' (Cheng et al. 2016, "Wide & Deep Learning", but with a loss
for each part, so that neither learns less where the other is right already).
"""

from dataclasses import dataclass
from typing import Any

import keras

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.layers import MaxPooling, MeanPooling
from gru_toolkit.networks.ngram_scores import NgramScores
from gru_toolkit.networks.stacks import StackConfig, recurrent_stack
from gru_toolkit.networks.word_attention import WordAttention

POOLING = "pooling"
"""In the place of a cell: the embeddings go to the pooling as they are."""


@dataclass(frozen=True)
class TextClassifierConfig:
    """Shape of the network."""

    ids: int
    """Different ids."""
    outputs: int
    """Numbers a member gives for a text."""
    width: int = 100
    """Numbers that stand for an id."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling for none."""
    units: int = 100
    """Width of each recurrent layer and direction."""
    layers: int = 1
    """Recurrent layers."""
    dropout: float = 0.5
    """Share of features dropped after the embedding and before the scores in training."""
    members: int = 1
    """Networks trained side by side."""
    places: int = 0
    """Places of n-grams that have an answer of their own; 0 for none."""
    ngram_rate: float = 15.0
    """How many times faster than the rest what n-grams say is learned."""

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, (*CELLS, POOLING))
        for name in ("ids", "outputs", "width", "units", "layers", "members"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.places < 0:
            raise ConfigError(f"places must be at least 0, got {self.places}")


def build_text_classifier(config: TextClassifierConfig) -> keras.Model:
    """The untrained network.

    inputs   ids (B, T) int32 padded on the right, lengths (B,) int32, and ngrams (B, K) int32 where they have places
    outputs  scores (B, members · outputs), attention (B, T): how much each step weighed, over all members, and
             ngram_scores (B, outputs)
    """
    inputs = {
        "ids": keras.Input((None,), dtype="int32", name="ids"),
        "lengths": keras.Input((), dtype="int32", name="lengths"),
    }
    answers = [_member(inputs["ids"], inputs["lengths"], config, f"member_{n}") for n in range(config.members)]
    scores, weights = zip(*answers, strict=True)
    joined = keras.layers.Concatenate(name="scores")(list(scores)) if len(scores) > 1 else scores[0]
    attention = keras.layers.Average(name="attention")(list(weights)) if len(weights) > 1 else weights[0]
    outputs = {"scores": joined, "attention": attention}
    if config.places:
        inputs["ngrams"] = keras.Input((None,), dtype="int32", name="ngrams")
        linear = NgramScores(config.places, config.outputs, rate=config.ngram_rate, name="ngrams_scores")
        outputs["ngram_scores"] = linear(inputs["ngrams"])
    return keras.Model(inputs, outputs, name="text_classifier")


def _member(ids: Any, lengths: Any, config: TextClassifierConfig, name: str) -> tuple[Any, Any]:
    """Scores (B, outputs) and attention (B, T) of one network."""
    embedded = keras.layers.Embedding(config.ids, config.width, name=f"{name}_embedding")(ids)
    x = _dropped(embedded, config.dropout, f"{name}_embedding_dropout")
    mean = MeanPooling(name=f"{name}_mean")(x, lengths)
    if config.cell != POOLING:
        stack = StackConfig(config.cell, config.units, config.layers, bidirectional=True, dropout=config.dropout)
        x, _ = recurrent_stack(x, lengths, stack, f"{name}_{config.cell}")
    attended, weights = WordAttention(config.units, name=f"{name}_attention")(x, lengths)
    highest = MaxPooling(name=f"{name}_maximum")(x, lengths)
    joined = keras.layers.Concatenate(name=f"{name}_pooled")([attended, highest, mean])
    joined = _dropped(joined, config.dropout, f"{name}_dropout")
    return keras.layers.Dense(config.outputs, name=f"{name}_scores")(joined), weights


def _dropped(x: Any, share: float, name: str) -> Any:
    return keras.layers.Dropout(share, name=name)(x) if share else x
