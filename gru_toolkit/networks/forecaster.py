"""The forecasting network: segments of the history → recurrent encoder → all segments of the horizon at once.

After SegRNN (Lin et al. 2023, "Segment Recurrent Neural Network for Long-Term Time Series Forecasting"): a window is
read a segment at a time, which makes it short for the recurrent layer. Here the decoder is a second recurrent layer
that starts from the encoder's state and reads what is known of each future segment, never its own output. A linear map
of the window stands beside it, so that the recurrent part learns what is left over.
"""

from dataclasses import dataclass
from typing import Any

import keras

from gru_toolkit.networks.cells import recurrent
from gru_toolkit.networks.layers import MeanPooling

POOLING = "pooling"


@dataclass(frozen=True)
class ForecasterConfig:
    """Sizes of a forecasting network.

    history  segments in the look-back and features of each: the network's input `history` (B, segments, features)
    future   segments in the horizon and known features of each: its input `future` (B, segments, features)
    recent   steps of the target's own window: its input `recent` (B, steps)
    heads    numbers predicted for each future segment (steps of a segment times numbers a step)
    """

    history: tuple[int, int]
    future: tuple[int, int]
    recent: int
    heads: int
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling: pooling and dense layers of about the same size instead of recurrence."""
    units: int = 64
    """Width of the recurrent layers."""
    layers: int = 1
    """Recurrent layers on top of each other, in encoder and decoder."""
    members: int = 1
    """Networks of different initial weights side by side; their outputs are joined, to be averaged by the reader."""
    dropout: float = 0.0
    """Share of decoder features dropped before the output."""


def forecaster(config: ForecasterConfig) -> keras.Model:
    """The untrained network.

    inputs   history (B, segments, features), future (B, segments, features), recent (B, steps), all float32
    output   forecast (B, future segments, members * heads)
    """
    history = keras.Input(config.history, name="history")
    future = keras.Input(config.future, name="future")
    recent = keras.Input((config.recent,), name="recent")
    members = [_member(history, future, recent, config, f"member_{index}") for index in range(config.members)]
    joined = keras.layers.Concatenate(name="forecast")(members) if config.members > 1 else members[0]
    inputs = {"history": history, "future": future, "recent": recent}
    return keras.Model(inputs, {"forecast": joined}, name="forecaster")


def _member(history: Any, future: Any, recent: Any, config: ForecasterConfig, name: str) -> Any:
    """One network of the ensemble: (B, future segments, heads)."""
    segments = keras.layers.Dense(config.units, activation="relu", name=f"{name}_segments")(history)
    known = keras.layers.Dense(config.units, name=f"{name}_known")(future)
    decode = _pooled_decoder if config.cell == POOLING else _recurrent_decoder
    decoded = decode(segments, known, config, name)  # (B, future segments, units)
    if config.dropout:
        decoded = keras.layers.Dropout(config.dropout, name=f"{name}_dropout")(decoded)
    decoded = keras.layers.Dense(config.heads, name=f"{name}_heads")(decoded)
    steps = config.future[0]
    direct = keras.layers.Dense(steps * config.heads, name=f"{name}_direct")(recent)
    direct = keras.layers.Reshape((steps, config.heads), name=f"{name}_direct_segments")(direct)
    return keras.layers.Add(name=f"{name}_sum")([decoded, direct])


def _recurrent_decoder(segments: Any, known: Any, config: ForecasterConfig, name: str) -> Any:
    """Encoder over the past, decoder over the future; each decoder layer starts from its encoder layer's last state."""
    states = []
    for index in range(config.layers):
        layer = recurrent(config.cell, config.units, f"{name}_encoder_{index}", return_state=True)
        segments, *state = layer(segments)
        states.append(state)
    for index, state in enumerate(states):
        known = recurrent(config.cell, config.units, f"{name}_decoder_{index}")(known, initial_state=state)
    return known


def _pooled_decoder(segments: Any, known: Any, config: ForecasterConfig, name: str) -> Any:
    """The same sizes without recurrence: the mean over the past, joined to each future segment."""
    pooled = MeanPooling(name=f"{name}_pooling")(segments)  # (B, units)
    pooled = keras.layers.RepeatVector(config.future[0], name=f"{name}_repeat")(pooled)
    joined = keras.layers.Concatenate(name=f"{name}_joined")([known, pooled])
    for index in range(config.layers + 1):
        joined = keras.layers.Dense(2 * config.units, activation="relu", name=f"{name}_dense_{index}")(joined)
    return joined
