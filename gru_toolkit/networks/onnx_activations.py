"""Keras activations in ONNX operators."""

from collections.abc import Callable
from typing import Any

import keras

from gru_toolkit.networks.onnx_builder import GraphBuilder

SIMPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "elu": ("Elu", {"alpha": 1.0}),
    "selu": ("Selu", {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "gelu": ("Gelu", {"approximate": "none"}),
    "mish": ("Mish", {}),
    "exponential": ("Exp", {}),
}
"""Activations that are one operator: Keras name → operator and attributes."""

RECURRENT: dict[str, tuple[str, float, float]] = {
    "tanh": ("Tanh", 0.0, 0.0),
    "sigmoid": ("Sigmoid", 0.0, 0.0),
    "relu": ("Relu", 0.0, 0.0),
    "linear": ("Affine", 1.0, 0.0),
}
"""Activations inside a recurrent operator: Keras name → its name there, alpha and beta."""


def activation(builder: GraphBuilder, function: Callable[..., Any], value: str) -> str:
    """The value after a Keras activation function."""
    name = activation_name(function)
    if name == "linear":
        return value
    if name == "silu":
        return builder.op("Mul", [value, builder.op("Sigmoid", [value])])
    if name == "relu6":
        return builder.op("Clip", [value, builder.number(0.0), builder.number(6.0)])
    assert name in SIMPLE, f"the ONNX converter has no activation {name} ({builder.scope})"
    kind, attributes = SIMPLE[name]
    return builder.op(kind, [value], attributes)


def recurrent_activations(builder: GraphBuilder, functions: list[Callable[..., Any]]) -> dict[str, Any]:
    """The attributes that set a recurrent operator's activations."""
    names = [activation_name(function) for function in functions]
    unknown = [name for name in names if name not in RECURRENT]
    assert not unknown, f"the ONNX converter has no recurrent activation {unknown} ({builder.scope})"
    kinds = [RECURRENT[name] for name in names]
    # Operators that take no alpha or beta are skipped when the lists are handed out.
    with_alpha = [kind for kind in kinds if kind[0] == "Affine"]
    attributes: dict[str, Any] = {"activations": [kind for kind, _, _ in kinds]}
    if with_alpha:
        attributes["activation_alpha"] = [alpha for _, alpha, _ in with_alpha]
        attributes["activation_beta"] = [beta for _, _, beta in with_alpha]
    return attributes


def activation_name(function: Callable[..., Any]) -> str:
    """The name under which Keras knows the function; anything else is an AssertionError."""
    name = getattr(function, "__name__", repr(function))
    assert getattr(keras.activations, name, None) is function, f"{name} is not an activation of Keras"
    return name
