"""The network that watches a series: after each step, how the next change of each channel is distributed.

A causal convolution of three steps gives changes and short shapes, recurrent layers the memory, and one dense layer the
parameters of a mixture of logistic distributions for every channel (Bishop 1994, "Mixture density networks"; the
logistic has a distribution function in closed form and heavier tails than the normal). Nothing reads ahead, so the
network answers step by step as it answers a whole sequence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from gru_toolkit.networks.cells import recurrent

KERNEL = 3
SCALE_RANGE = (-7.0, 2.0)
"""Where the logarithm of a component's scale lies; without a lower end a constant series has no finite loss."""


@dataclass(frozen=True)
class DetectorConfig:
    """Sizes of a watching network.

    features    numbers of one step
    channels    columns that are watched
    components  logistic distributions in the mixture of each channel
    """

    features: int
    channels: int
    components: int = 3
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    units: int = 48
    """Width of the recurrent layers and channels of the convolution."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    dropout: float = 0.0
    """Share of features dropped before the output in training."""


def detector(config: DetectorConfig) -> keras.Model:
    """The untrained network.

    input   values (B, T, features) float32
    output  density (B, T, channels * 3 * components): for each channel the places, the logarithms of the scales and the
            unnormalised logarithms of the weights of the components
    """
    values = keras.Input((None, config.features), name="values")
    local = keras.layers.Conv1D(config.units, KERNEL, padding="causal", activation="tanh", name="local")(values)
    memory = local
    for index in range(config.layers):
        memory = recurrent(config.cell, config.units, f"memory_{index}")(memory)
    joined = keras.layers.Concatenate(name="joined")([memory, local, values])
    if config.dropout:
        joined = keras.layers.Dropout(config.dropout, name="dropout")(joined)
    density = keras.layers.Dense(config.channels * 3 * config.components, name="density")(joined)
    return keras.Model({"values": values}, {"density": density}, name="detector")


def density_loss(components: int) -> Callable[[Any, Any, Any], Any]:
    """The mean negative log-likelihood of the next change.

    returns  a function of targets {"change": (B, T, channels)}, outputs {"density": …} as above and weights (B, T)
    """

    def loss(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
        density = ops.cast(outputs["density"], "float32")
        shape = ops.shape(density)
        parts = ops.reshape(density, (shape[0], shape[1], density.shape[-1] // (3 * components), 3, components))
        log_scale = ops.clip(parts[..., 1, :], *SCALE_RANGE)
        distance = (targets["change"][..., None] - parts[..., 0, :]) * ops.exp(-log_scale)
        each = -distance - log_scale - 2 * ops.softplus(-distance)  # (B, T, channels, components)
        weighted = each + ops.log_softmax(parts[..., 2, :], axis=-1) if components > 1 else each
        likelihood = ops.sum(ops.logsumexp(weighted, axis=-1), axis=-1)  # (B, T)
        return -ops.sum(likelihood * weights) / ops.maximum(ops.sum(weights), 1.0)

    return loss
