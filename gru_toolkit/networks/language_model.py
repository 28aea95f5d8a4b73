"""The network that reads a text and says at every unit what comes next.

ids ── embedding ── dropout ── recurrent layer ── dropout ── recurrent layer ── … ── dropout ── features ── scores
           └──────────────────────────── the same weights ────────────────────────────────────────────────┘
"""

import math
from dataclasses import dataclass

import keras

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.carried import Carried, Scaled, TiedScores
from gru_toolkit.networks.cells import CELLS


@dataclass(frozen=True)
class LanguageModelConfig:
    """Shape of the network."""

    ids: int
    """Different ids."""
    start: int
    """The id before which everything is forgotten."""
    width: int = 128
    """Numbers that stand for an id, when it is read and when it is scored."""
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int = 512
    """Width of each recurrent layer."""
    layers: int = 2
    """Recurrent layers."""
    lanes: int = 32
    """Rows of a training batch, each with a memory of its own."""
    dropout: float = 0.2
    """Share of features dropped between layers and before the scores in training."""
    input_dropout: float = 0.0
    """Share of embedded features dropped in training."""
    residual: bool = False
    """Add each recurrent layer's input to its output from the second layer on."""
    normalise: bool = False
    """Layer normalisation before every recurrent layer but the first, and after the last."""

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, CELLS)
        for name in ("ids", "width", "units", "layers", "lanes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")


def build_language_model(config: LanguageModelConfig) -> keras.Model:
    """The untrained network.

    inputs   ids (B, T) int32
    outputs  logits (B, T, ids) of the next id, features (B, T, width) from which they are a linear function
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    embedding = keras.layers.Embedding(config.ids, config.width, name="embedding")
    x = Scaled(math.sqrt(config.width), name="scaled")(embedding(ids))
    x = _dropped(x, config.input_dropout, "embedding_dropout")
    for layer in range(config.layers):
        inner = x
        if layer and config.normalise:
            inner = keras.layers.LayerNormalization(name=f"norm_{layer}")(inner)
        if layer:
            inner = _dropped(inner, config.dropout, f"dropout_{layer}")
        inner = Carried(config.cell, config.units, config.lanes, config.start, name=f"recurrent_{layer}")(inner, ids)
        x = keras.layers.Add(name=f"residual_{layer}")([x, inner]) if layer and config.residual else inner
    if config.normalise:
        x = keras.layers.LayerNormalization(name="norm")(x)
    x = _dropped(x, config.dropout, "dropout")
    if config.units != config.width:
        x = keras.layers.Dense(config.width, name="features")(x)
    outputs = {"logits": TiedScores(embedding, name="scores")(x), "features": x}
    return keras.Model({"ids": ids}, outputs, name="language_model")


def _dropped(x: keras.KerasTensor, share: float, name: str) -> keras.KerasTensor:
    return keras.layers.Dropout(share, name=name)(x) if share else x
