"""Builders of the common parts of our networks: recurrent stacks and convolution blocks, padding-safe throughout.

Each takes symbolic tensors and adds named layers of `layers.py`, `cells.py` and Keras, so that weights have stable
paths and the ONNX converter meets one small layer at a time.
"""

from dataclasses import dataclass
from typing import Any

import keras

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.cells import CELLS, recurrent
from gru_toolkit.networks.layers import LastStep, MaskedSteps, ReverseByLength, StepBatchNormalization, StridedLengths


@dataclass(frozen=True)
class StackConfig:
    """Recurrent layers on top of each other."""

    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int = 64
    """Width of each layer and direction."""
    layers: int = 1
    """Number of layers."""
    bidirectional: bool = False
    """Read each sequence from both ends; the width doubles."""
    dropout: float = 0.0
    """Share of features dropped between layers."""
    residual: bool = False
    """Add each layer's input to its output (projected where the widths differ)."""
    normalise: bool = False
    """Layer normalisation before every layer but the first, and after the last."""

    def __post_init__(self) -> None:
        require_choice("cell", self.cell, CELLS)
        for name in ("units", "layers"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout lies in [0, 1), got {self.dropout}")

    @property
    def width(self) -> int:
        """Features of the output."""
        return self.units * (2 if self.bidirectional else 1)


def recurrent_stack(x: Any, lengths: Any, config: StackConfig, name: str) -> tuple[Any, list[Any]]:
    """The stack's output sequence and each layer's last real state.

    x        (B, T, F) symbolic
    lengths  (B,) int32 symbolic, or None when every step is real
    returns  the sequence (B, T, width), and for each layer (B, width): the state after its last real step, forward
             then backward (for lstm the output, not the cell memory)

    With a single direction the stack is causal. Without `residual` and `normalise` the last state of the last layer is
    the last real step of the sequence.
    """
    states = []
    for index in range(config.layers):
        layer = f"{name}_{index}"
        inner = x
        if index and config.normalise:
            inner = keras.layers.LayerNormalization(name=f"{layer}_norm")(inner)
        if index and config.dropout:
            inner = keras.layers.Dropout(config.dropout, name=f"{layer}_dropout")(inner)
        inner, state = _one_layer(inner, lengths, config, layer)  # (B, T, width), (B, width)
        states.append(state)
        x = _residual(x, inner, layer) if config.residual else inner
    if config.normalise:
        x = keras.layers.LayerNormalization(name=f"{name}_norm")(x)
    return x, states


def _one_layer(x: Any, lengths: Any, config: StackConfig, name: str) -> tuple[Any, Any]:
    """One recurrent layer, read from one end or both: the sequence (B, T, width) and the last states (B, width)."""
    forward = recurrent(config.cell, config.units, name)(x)
    last = _with_lengths(LastStep(name=f"{name}_last"), forward, lengths)
    if not config.bidirectional:
        return forward, last
    reverse = ReverseByLength(name=f"{name}_reverse")
    backward = recurrent(config.cell, config.units, f"{name}_backward")(_with_lengths(reverse, x, lengths))
    last_backward = _with_lengths(LastStep(name=f"{name}_backward_last"), backward, lengths)
    restored = _with_lengths(ReverseByLength(name=f"{name}_restore"), backward, lengths)
    sequence = keras.layers.Concatenate(name=f"{name}_both")([forward, restored])
    return sequence, keras.layers.Concatenate(name=f"{name}_both_last")([last, last_backward])


def _residual(x: Any, inner: Any, name: str) -> Any:
    """x + inner, with x brought to the width of inner if it differs."""
    if x.shape[-1] != inner.shape[-1]:
        x = keras.layers.Dense(inner.shape[-1], use_bias=False, name=f"{name}_projection")(x)
    return keras.layers.Add(name=f"{name}_residual")([x, inner])


def _with_lengths(layer: Any, x: Any, lengths: Any) -> Any:
    return layer(x) if lengths is None else layer(x, lengths)


@dataclass(frozen=True)
class ConvConfig:
    """One convolution over time with what goes around it."""

    filters: int
    kernel: int = 3
    """Steps the convolution sees."""
    stride: int = 1
    """Steps it moves; the sequence becomes ceil(T / stride) long."""
    dilation: int = 1
    """Distance between the steps it sees."""
    causal: bool = False
    """See only the past; otherwise the window is centred."""
    normalise: str | None = "layer"
    """layer (each step alone), batch (running statistics over real steps) or none."""
    activation: str | None = "relu"
    """Name of a Keras activation."""
    dropout: float = 0.0
    """Share of channels dropped from a whole sequence."""

    def __post_init__(self) -> None:
        require_choice("normalise", self.normalise, ("layer", "batch", None))
        for name in ("filters", "kernel", "stride", "dilation"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.stride > 1 and self.dilation > 1:
            raise ConfigError(f"stride or dilation must be 1, got {self.stride} and {self.dilation}")


def convolution_block(x: Any, lengths: Any, config: ConvConfig, name: str) -> tuple[Any, Any]:
    """Convolution, normalisation, activation, dropout; the sequence (B, ceil(T / stride), filters) and its lengths.

    The padded steps are zeroed first, and the zeros around the sequence are placed by the kernel alone: Keras' "same"
    places them by T when the stride is above 1, so that padding would shift the real outputs.
    """
    if lengths is not None and config.kernel > 1:
        x = MaskedSteps(name=f"{name}_masked")(x, lengths)
    reach = (config.kernel - 1) * config.dilation
    padding = "valid"
    if config.causal and config.stride == 1:
        padding = "causal"
    elif reach:
        around = (reach, 0) if config.causal else (reach // 2, reach - reach // 2)
        x = keras.layers.ZeroPadding1D(around, name=f"{name}_around")(x)
    x = keras.layers.Conv1D(
        config.filters,
        config.kernel,
        strides=config.stride,
        dilation_rate=config.dilation,
        padding=padding,
        name=name,
    )(x)
    if lengths is not None and config.stride > 1:
        lengths = StridedLengths(config.stride, name=f"{name}_lengths")(lengths)
    if config.normalise == "layer":
        x = keras.layers.LayerNormalization(name=f"{name}_norm")(x)
    elif config.normalise == "batch":
        x = _with_lengths(StepBatchNormalization(name=f"{name}_norm"), x, lengths)
    if config.activation:
        x = keras.layers.Activation(config.activation, name=f"{name}_activation")(x)
    if config.dropout:
        x = keras.layers.SpatialDropout1D(config.dropout, name=f"{name}_dropout")(x)
    return x, lengths
