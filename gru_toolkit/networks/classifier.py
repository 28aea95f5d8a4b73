"""The network that reads a whole sequence: convolutional stem → (Bi)GRU → pooling, each read out, several members.

    values ── residual convolution blocks ─┬─────────────── mean ──────────────┬─ dropout ─┬─ scores of the stem
                                           │                                   │           │
                                           └─ stride ── (Bi)GRU ─┬─ mean ──────┼─ dropout ─┼─ scores of the GRU
                                                                 └─ attention ─┘           │
    statistics ────────────────────────────────────────────────────────────────────────────┘

Stem and GRU are two readers, each trained on the target itself, because a joint read-out lets the one that learns
faster silence the other. Members differ in their initial weights only and are trained side by side; all scores stand
next to each other, and the task averages them. Bands of sound have a stem of their own (`sound_stem.py`). The causal
network convolves the past only, reads forward and takes the last step instead of the mean, so that it can follow a
stream.
"""

from dataclasses import dataclass
from typing import Any

import keras

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.cells import CELLS
from gru_toolkit.networks.layers import AttentionPooling, LastStep, MeanPooling
from gru_toolkit.networks.sound_stem import SoundStemConfig, sound_stem
from gru_toolkit.networks.stacks import ConvConfig, StackConfig, convolution_block, recurrent_stack

POOLING = "pooling"
"""In the place of a cell: a step-wise dense layer of as many weights, so that only pooling joins the steps."""


@dataclass(frozen=True)
class ClassifierConfig:
    """Shape of the network."""

    features: int
    """Features of each step."""
    outputs: int
    """Numbers a member gives for a sequence: a score for each class, or one value."""
    statistics: int = 0
    """Features of the sequence as a whole; 0 leaves the input out."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling for none."""
    units: int = 32
    """Width of each recurrent layer and direction."""
    layers: int = 1
    """Recurrent layers."""
    filters: int = 32
    """Channels of each convolution."""
    blocks: int = 2
    """Residual blocks of convolutions before the recurrent layers; 0 leaves the stem out."""
    kernels: tuple[int, ...] = (8, 5, 3)
    """Steps seen by the convolutions of one block."""
    stride: int = 4
    """Steps that become one between the stem and the recurrent layers."""
    dropout: float = 0.2
    """Share of pooled features dropped in training."""
    members: int = 1
    """Networks trained side by side whose outputs are averaged by the task."""
    causal: bool = False
    """See the past only and read out at the last step."""
    bands: int = 0
    """The features are views of so many bands of sound, read by the stem for sound; 0 for other sequences."""

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, (*CELLS, POOLING))
        for name in ("features", "outputs", "units", "layers", "filters", "stride", "members"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.causal and self.cell == POOLING:
            raise ConfigError("a causal network needs a recurrent cell, got cell pooling")
        if self.causal and self.bands:
            raise ConfigError("a causal network reads bands of sound like other features: bands must be 0")
        if self.causal and self.stride > 1:
            raise ConfigError(f"a causal network answers at each step: stride must be 1, got {self.stride}")


def build_classifier(config: ClassifierConfig) -> keras.Model:
    """The untrained network.

    inputs   values (B, T, features) padded on the right, lengths (B,) int32, statistics (B, statistics) if any
    outputs  scores (B, members · readers · outputs), outputs side by side; one reader without a stem, else two
    """
    inputs = {
        "values": keras.Input((None, config.features), name="values"),
        "lengths": keras.Input((), dtype="int32", name="lengths"),
    }
    if config.statistics:
        inputs["statistics"] = keras.Input((config.statistics,), name="statistics")
    scores = []
    for member in range(config.members):
        name = f"member_{member}"
        for reader, summary in _summaries(inputs["values"], inputs["lengths"], config, name).items():
            scores.append(_scores(summary, inputs.get("statistics"), config, f"{name}_{reader}"))
    joined = keras.layers.Concatenate(name="scores")(scores) if len(scores) > 1 else scores[0]
    return keras.Model(inputs, {"scores": joined}, name="classifier")


def _summaries(values: Any, lengths: Any, config: ClassifierConfig, name: str) -> dict[str, Any]:
    """What stem (B, filters) and recurrent layers (B, …) found: in the whole sequence or, if causal, at its end."""
    x, found = values, {}
    if config.bands and config.blocks:
        stem = SoundStemConfig(config.bands, (max(1, config.filters // 2), *[config.filters] * config.blocks))
        x, lengths = sound_stem(x, lengths, stem, f"{name}_sound")  # (B, T / 2, F)
    else:
        for block in range(config.blocks):
            x = _residual_block(x, lengths, config, f"{name}_block_{block}")  # (B, T, filters)
    if config.blocks:
        pool = LastStep if config.causal else MeanPooling
        found["stem"] = pool(name=f"{name}_stem_pooled")(x, lengths)
    if config.stride > 1:
        shrink = ConvConfig(2 * config.units, kernel=config.stride, stride=config.stride, normalise="batch")
        x, lengths = convolution_block(x, lengths, shrink, f"{name}_shrink")  # (B, T / stride, 2 units)
    if config.cell == POOLING:
        x = _dense_steps(x, config, f"{name}_dense")
    else:
        stack = StackConfig(config.cell, config.units, config.layers, not config.causal, config.dropout)
        x, _ = recurrent_stack(x, lengths, stack, f"{name}_{config.cell}")
    if config.causal:
        found["steps"] = LastStep(name=f"{name}_last")(x, lengths)
    else:
        mean = MeanPooling(name=f"{name}_mean")(x, lengths)
        attention = AttentionPooling(config.units, name=f"{name}_attention")(x, lengths)
        found["steps"] = keras.layers.Concatenate(name=f"{name}_pooled")([mean, attention])
    return found


def _scores(summary: Any, statistics: Any, config: ClassifierConfig, name: str) -> Any:
    """(B, outputs) from one summary and the statistics."""
    if config.dropout:
        summary = keras.layers.Dropout(config.dropout, name=f"{name}_dropout")(summary)
    if statistics is not None:
        summary = keras.layers.Concatenate(name=f"{name}_beside")([summary, statistics])
    return keras.layers.Dense(config.outputs, name=f"{name}_scores")(summary)


def _residual_block(x: Any, lengths: Any, config: ClassifierConfig, name: str) -> Any:
    """Convolutions of falling widths in a row, added to their input (ResNet of Wang et al. 2017, section 2.3)."""
    shortcut = x
    if x.shape[-1] != config.filters:
        shortcut = keras.layers.Dense(config.filters, name=f"{name}_shortcut")(x)
    last = len(config.kernels) - 1
    for index, kernel in enumerate(config.kernels):
        activation = "relu" if index < last else None
        convolution = ConvConfig(
            config.filters, kernel=kernel, causal=config.causal, normalise="batch", activation=activation
        )
        x, _ = convolution_block(x, lengths, convolution, f"{name}_convolution_{index}")
    x = keras.layers.Add(name=f"{name}_residual")([x, shortcut])
    return keras.layers.Activation("relu", name=f"{name}_activation")(x)


def _dense_steps(x: Any, config: ClassifierConfig, name: str) -> Any:
    """Two dense layers on each step alone, (B, T, 2 units), with about as many weights as a bidirectional GRU stack."""
    units, weights = config.units, 0
    for layer in range(config.layers):
        read = x.shape[-1] if layer == 0 else 2 * units
        weights += 2 * 3 * units * (read + units + 2)  # two directions, three gates, two biases
    hidden = max(1, round(weights / (x.shape[-1] + 2 * units + 1)))
    x = keras.layers.Dense(hidden, activation="tanh", name=f"{name}_0")(x)
    return keras.layers.Dense(2 * units, activation="tanh", name=f"{name}_1")(x)
