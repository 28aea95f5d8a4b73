"""The network that reads a text in one language and writes it in another.

source ── embedding ── bidirectional layers ── memory ── keys
                                  │ state         └──────┴───────────┐
target ── embedding ──────── recurrent layer ── query ── attention over the memory
                                  └───────────────┬──────────────────┘
                                          recurrent layer ── readout ── scores (tied to the embedding)

All steps of a known translation are computed at once, because nothing that is attended to flows back into the first
layer. For a translation that is being written the network is cut in two: what is done once for a text, and one step.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.attention import MOST_BEAMS, BestScores, DotAttention, Recurrence
from gru_toolkit.networks.carried import Scaled, TiedScores
from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.layers import LastStep, ReverseByLength
from gru_toolkit.networks.onnx_graph import convert


@dataclass(frozen=True)
class TranslatorConfig:
    """Shape of the network."""

    source_ids: int
    """Different ids of the text that is read."""
    target_ids: int
    """Different ids of the text that is written."""
    joint: bool = True
    """Whether both languages share their ids and embeddings."""
    width: int = 256
    """Numbers that stand for an id."""
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int = 256
    """Width of each recurrent layer and direction."""
    layers: int = 1
    """Recurrent layers that read the source, each in both directions."""
    dropout: float = 0.3
    """Share of features dropped between layers in training."""

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, CELLS)
        for name in ("source_ids", "target_ids", "width", "units", "layers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.joint and self.source_ids != self.target_ids:
            raise ConfigError(f"joint vocabularies have one size, got {self.source_ids} and {self.target_ids}")


def build_translator(config: TranslatorConfig) -> keras.Model:
    """The untrained network.

    inputs   source (B, S) int32 and its source_lengths (B,), target (B, T) int32: the translation so far at every step
    outputs  log_probabilities (B, T, target_ids) of what comes next, attention (B, T, S)
    """
    source = keras.Input((None,), dtype="int32", name="source")
    lengths = keras.Input((), dtype="int32", name="source_lengths")
    target = keras.Input((None,), dtype="int32", name="target")
    embedding = keras.layers.Embedding(config.target_ids, config.width, name="embedding")
    reading = embedding if config.joint else _embedding(config.source_ids, config.width, "source_embedding")
    size = math.sqrt(config.width)
    x = Scaled(size, name="source_scaled")(reading(source))
    x, last = _encoded(_dropped(x, config.dropout, "source_dropout"), lengths, config)
    memory = keras.layers.Identity(name="memory")(x)
    keys = keras.layers.Dense(config.units, use_bias=False, name="keys")(memory)
    state = None
    if config.cell != "lstm":  # its second memory has nothing to start from
        state = keras.layers.Dense(config.units, activation="tanh", name="state")(last)
    decoder = _Decoder(config, embedding, size)
    told, attention = decoder.scores(target, (keys, memory, lengths), state)
    inputs = {"source": source, "source_lengths": lengths, "target": target}
    model = keras.Model(inputs, {"log_probabilities": told, "attention": attention}, name="translator")
    model.decoder = decoder
    return model


class _Decoder:
    """The layers that write. State: the Keras layers, so that two networks can be put together from them."""

    def __init__(self, config: TranslatorConfig, embedding: Any, size: float):
        self.embedding = embedding
        self.scaled = Scaled(size, name="scaled")
        self.dropouts = [keras.layers.Dropout(config.dropout, name=f"dropout_{n}") for n in range(3)]
        self.first = Recurrence(config.cell, config.units, name="decoder_0")
        self.query = keras.layers.Dense(config.units, use_bias=False, name="query")
        self.attention = DotAttention(name="attention")
        self.seen = keras.layers.Concatenate(name="seen")
        self.second = Recurrence(config.cell, config.units, name="decoder_1")
        self.said = keras.layers.Concatenate(name="said")
        self.readout = keras.layers.Dense(config.width, activation="tanh", name="readout")
        self.score = TiedScores(embedding, name="scores")
        self.told = keras.layers.Activation("log_softmax", dtype="float32", name="log_probabilities")

    def scores(self, target: Any, looked_at: tuple[Any, Any, Any], state: Any) -> tuple[Any, Any]:
        """Log-probabilities (B, T, V) and attention (B, T, S) for a target (B, T).

        looked_at  the source's keys, values and lengths

        Scores mean nothing but their differences, and float32 knows one near zero no better than its row's largest.
        """
        x = self.dropouts[0](self.scaled(self.embedding(target)))
        hidden = self.first(x) if state is None else self.first(x, state)
        seen, weights = self.attention(self.query(hidden), *looked_at)
        inner = self.second(self.dropouts[1](self.seen([hidden, seen])))
        out = self.readout(self.said([inner, seen, x]))
        return self.told(self.score(self.dropouts[2](out))), weights


def graphs(model: keras.Model) -> tuple[bytes, bytes]:
    """The encoder and the step of a translator as ONNX graphs.

    encoder  source (B, S), source_lengths (B,) → memory (B, S, F), keys (B, S, A), state (B, units) but for lstm
    step     target (B, 1), keys, memory, source_lengths, state_decoder_… → log_probabilities (B, 1, V),
             attention (B, 1, S), best_scores and best_ids (B, 1, k), next_state_decoder_…
    """
    names = [name for name in ("memory", "keys", "state") if any(layer.name == name for layer in model.layers)]
    values = {name: model.get_layer(name).output for name in names}
    reading = {name: model.input[name] for name in ("source", "source_lengths")}
    encoder = keras.Model(reading, values, name="encoder")
    target = keras.Input((None,), dtype="int32", name="target")
    keys = keras.Input(values["keys"].shape[1:], name="keys")
    memory = keras.Input(values["memory"].shape[1:], name="memory")
    lengths = keras.Input((), dtype="int32", name="source_lengths")
    told, attention = model.decoder.scores(target, (keys, memory, lengths), None)
    best_scores, best_ids = BestScores(MOST_BEAMS + 1, name="best")(told)
    step = keras.Model(
        {"target": target, "keys": keys, "memory": memory, "source_lengths": lengths},
        {"log_probabilities": told, "attention": attention, "best_scores": best_scores, "best_ids": best_ids},
        name="step",
    )
    return convert(encoder).SerializeToString(), convert(step, state=True).SerializeToString()


def _encoded(x: Any, lengths: Any, config: TranslatorConfig) -> tuple[Any, Any]:
    """The source as (B, S, 2 · units), and what its last layer knows at the ends (B, 2 · units)."""
    last = None
    for layer in range(config.layers):
        name = f"encoder_{layer}"
        if layer:
            x = _dropped(x, config.dropout, f"{name}_dropout")
        forward = Recurrence(config.cell, config.units, name=name)(x)
        turned = ReverseByLength(name=f"{name}_reverse")(x, lengths)
        backward = Recurrence(config.cell, config.units, name=f"{name}_backward")(turned)
        ends = [LastStep(name=f"{name}_last")(forward, lengths), LastStep(name=f"{name}_first")(backward, lengths)]
        last = keras.layers.Concatenate(name=f"{name}_ends")(ends)
        restored = ReverseByLength(name=f"{name}_restore")(backward, lengths)
        x = keras.layers.Concatenate(name=f"{name}_both")([forward, restored])
    return _dropped(x, config.dropout, "memory_dropout"), last


def _embedding(ids: int, width: int, name: str) -> Any:
    return keras.layers.Embedding(ids, width, name=name)


def _dropped(x: Any, share: float, name: str) -> Any:
    return keras.layers.Dropout(share, name=name)(x) if share else x
