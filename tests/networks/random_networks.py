"""Small networks with weights that hide nothing: no bias, scale or running statistic is at its first value."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from gru_toolkit.networks.initialise import initialise
from gru_toolkit.networks.layers import AttentionPooling, LastStep, MaxPooling, MeanPooling
from gru_toolkit.networks.stacks import ConvConfig, StackConfig, convolution_block, recurrent_stack
from gru_toolkit.networks.variables import to_numpy, unique_variables

FEATURES = 3


def shaken(model: keras.Model, seed: int = 0, size: float = 0.1) -> keras.Model:
    """The model initialised, then moved as training would move it; variances stay positive."""
    initialise(model, seed)
    rng = np.random.default_rng(seed)
    for variable in unique_variables(model):
        if variable.name != "seed_generator_state":
            value = to_numpy(variable)
            noise = rng.normal(0, size, value.shape).astype(np.float32)
            variable.assign(value + (np.abs(noise) if variable.name == "moving_variance" else noise))
    return model


def outputs(model: keras.Model, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The network's outputs by name, run eagerly: no tracing, so small tests stay quick."""
    found = model(dict(inputs), training=False)
    return {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}


def network(stack: StackConfig, *, stem: ConvConfig | None = None, fixed: int | None = None) -> keras.Model:
    """Stem → stack → every pooling, with the outputs `sequence`, `pooled` and `state`; lengths unless `fixed` steps."""
    values = keras.Input((fixed, FEATURES), name="values")
    lengths = None if fixed else keras.Input((), dtype="int32", name="lengths")
    x, real = values, lengths
    if stem is not None:
        x, real = convolution_block(x, real, stem, "stem")
    x, states = recurrent_stack(x, real, stack, "stack")
    kinds = [AttentionPooling(4, name="attention"), *(kind(name=kind.__name__) for kind in POOLINGS)]
    pooled = keras.layers.Concatenate(name="pooled")([layer(x) if real is None else layer(x, real) for layer in kinds])
    inputs = {"values": values} if lengths is None else {"values": values, "lengths": lengths}
    return keras.Model(inputs, {"sequence": x, "pooled": pooled, "state": states[-1]})


POOLINGS = (LastStep, MeanPooling, MaxPooling)


def causal_network(stack: StackConfig, *, lengths: bool) -> keras.Model:
    """Dilated causal convolution → stack → dense, one output a step."""
    values = keras.Input((None, FEATURES), name="values")
    inputs: dict[str, Any] = {"values": values}
    if lengths:
        inputs["lengths"] = keras.Input((), dtype="int32", name="lengths")
    stem = ConvConfig(5, kernel=3, dilation=2, causal=True, normalise="batch")
    x, real = convolution_block(values, inputs.get("lengths"), stem, "stem")
    x, _ = recurrent_stack(x, real, stack, "stack")
    return keras.Model(inputs, {"sequence": keras.layers.Dense(2, name="head")(x)})


def sequences(rng: np.random.Generator, lengths: list[int], steps: int | None = None) -> dict[str, np.ndarray]:
    """Inputs of random values (B, T, FEATURES), their padding as random as the rest."""
    shape = (len(lengths), steps or max(lengths), FEATURES)
    return {"values": rng.normal(size=shape).astype(np.float32), "lengths": np.array(lengths, np.int32)}
