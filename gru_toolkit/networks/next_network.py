"""The network that reads what somebody did and scores what comes next, after GRU4Rec (Hidasi et al. 2016).

items ── embedding ──┐
gaps, categories ────┼─ dropout ── recurrent layers ── steps asked for ── dropout ── dense ── norm ── scores
numbers ─────────────┘                                                                              │
          the embedding's weights, and a bias that starts as the items' log-popularity ─────────────┘
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.carried import TiedScores
from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.layers import StepsAt
from gru_toolkit.networks.stacks import StackConfig, recurrent_stack

CONTEXT_WIDTH = 8
"""Numbers that stand for a gap or a category."""


@dataclass(frozen=True)
class NextNetworkConfig:
    """Shape of the network."""

    ids: int
    """Items, with the start and the unknown item."""
    gaps: int = 0
    """Buckets of the time since the event before; 0 leaves the input out."""
    numbers: int = 0
    """Numbers that come with each event; 0 leaves the input out."""
    categories: tuple[int, ...] = ()
    """Different values of each text that comes with an event."""
    width: int = 64
    """Numbers that stand for an item."""
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int = 128
    """Width of each recurrent layer."""
    layers: int = 1
    """Recurrent layers."""
    dropout: float = 0.3
    """Share of features dropped before and after the recurrent layers in training."""
    tied: bool = True
    """Score items with their embeddings instead of weights of their own."""

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, CELLS)
        for name in ("ids", "width", "units", "layers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")


def build_next_network(config: NextNetworkConfig, bias: np.ndarray) -> keras.Model:
    """The untrained network.

    bias     (ids,) what each score starts from

    inputs   items (B, T) int32, steps (B, K) int32: the steps to read out; gaps (B, T) int32, numbers (B, T, numbers),
             category_0 … (B, T) int32 where there are any
    outputs  scores (B, K, ids)
    """
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("items", "steps")}
    embedding = keras.layers.Embedding(config.ids, config.width, name="embedding")
    read = [embedding(inputs["items"]), *_context(inputs, config)]
    x = keras.layers.Concatenate(name="event")(read) if len(read) > 1 else read[0]
    x = _dropped(x, config.dropout, "event_dropout")
    stack = StackConfig(config.cell, config.units, config.layers, dropout=config.dropout)
    x, _ = recurrent_stack(x, None, stack, config.cell)  # (B, T, units)
    x = StepsAt(name="asked")(x, inputs["steps"])  # (B, K, units)
    x = _dropped(x, config.dropout, "dropout")
    if config.tied:
        x = keras.layers.Dense(config.width, name="features")(x)
        x = keras.layers.LayerNormalization(name="norm")(x)
        scorer: Any = TiedScores(embedding, name="scores")
    else:
        scorer = keras.layers.Dense(config.ids, name="scores")
    model = keras.Model(inputs, {"scores": scorer(x)}, name="next")
    scorer.bias.assign(bias)
    return model


def _context(inputs: dict[str, Any], config: NextNetworkConfig) -> Sequence[Any]:
    """What comes with the items, (B, T, …) each; adds its inputs."""
    sizes = {f"category_{place}": size for place, size in enumerate(config.categories)}
    if config.gaps:
        sizes = {"gaps": config.gaps, **sizes}
    read = []
    for name, size in sizes.items():
        inputs[name] = keras.Input((None,), dtype="int32", name=name)
        read.append(keras.layers.Embedding(size, CONTEXT_WIDTH, name=f"{name}_embedding")(inputs[name]))
    if config.numbers:
        inputs["numbers"] = keras.Input((None, config.numbers), name="numbers")
        read.append(keras.layers.Dense(CONTEXT_WIDTH, name="numbers_dense")(inputs["numbers"]))
    return read


def _dropped(x: Any, share: float, name: str) -> Any:
    return keras.layers.Dropout(share, name=name)(x) if share else x
