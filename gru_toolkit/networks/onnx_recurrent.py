"""Recurrent layers as ONNX's native operators.

Keras' GRU and ONNX's agree on the order of gates (z, r, h); `reset_after` is `linear_before_reset`. LSTM gates are
i, f, c, o in Keras and i, o, f, c in ONNX. minGRU is a GRU whose gates read no state and whose candidate is linear.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from gru_toolkit.networks.onnx_activations import activation, recurrent_activations
from gru_toolkit.networks.onnx_builder import Call, GraphBuilder
from gru_toolkit.networks.variables import to_numpy


@dataclass(frozen=True)
class Operator:
    """A native recurrent operator with G gates.

    kernel     (F, G · U) in ONNX's order of gates
    recurrent  (U, G · U)
    bias       (2, G · U): of the input and of the state
    """

    kind: str
    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    attributes: dict[str, Any]


def emit_gru(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras GRU, either form of reset."""
    layer = call.layer
    cell = layer.cell
    kernel, recurrent = to_numpy(cell.kernel), to_numpy(cell.recurrent_kernel)
    bias = np.zeros((2, kernel.shape[1]), np.float32)
    if layer.use_bias and layer.reset_after:
        bias = to_numpy(cell.bias)
    elif layer.use_bias:
        bias[0] = to_numpy(cell.bias)
    attributes = recurrent_activations(builder, [layer.recurrent_activation, layer.activation])
    attributes["linear_before_reset"] = int(layer.reset_after)
    operator = Operator("GRU", kernel, recurrent, bias, attributes)
    one_step = call.shapes[0][1] == 1 and not layer.return_sequences
    if builder.state and one_step and layer.reset_after:
        return _emit_gru_step(builder, call, operator)
    return _emit(builder, call, operator)


def emit_lstm(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras LSTM, its gates in another order."""
    layer = call.layer
    cell = layer.cell
    kernel, recurrent = _reordered(to_numpy(cell.kernel)), _reordered(to_numpy(cell.recurrent_kernel))
    bias = np.zeros((2, kernel.shape[1]), np.float32)
    if layer.use_bias:
        bias[0] = _reordered(to_numpy(cell.bias))
    functions = [layer.recurrent_activation, layer.activation, layer.activation]
    return _emit(builder, call, Operator("LSTM", kernel, recurrent, bias, recurrent_activations(builder, functions)))


def emit_rnn(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras SimpleRNN."""
    layer = call.layer
    cell = layer.cell
    bias = np.zeros((2, layer.units), np.float32)
    if layer.use_bias:
        bias[0] = to_numpy(cell.bias)
    attributes = recurrent_activations(builder, [layer.activation])
    return _emit(
        builder, call, Operator("RNN", to_numpy(cell.kernel), to_numpy(cell.recurrent_kernel), bias, attributes)
    )


def emit_mingru(builder: GraphBuilder, call: Call) -> list[str]:
    """minGRU: h = z h + (1 - z) candidate with z = sigmoid(-gate), no reset, and zeros for what reads the state."""
    layer = call.layer
    units = layer.units
    kernel, bias = to_numpy(layer.kernel), to_numpy(layer.bias)
    unread = np.zeros_like(kernel[:, :units])
    kernel = np.concatenate([-kernel[:, :units], unread, kernel[:, units:]], axis=1)  # (F, 3 U)
    biases = np.zeros((2, 3 * units), np.float32)
    biases[0] = np.concatenate([-bias[:units], np.zeros(units), bias[units:]])
    functions = [keras.activations.sigmoid, keras.activations.linear]
    attributes = {**recurrent_activations(builder, functions), "linear_before_reset": 1}
    recurrent = np.zeros((units, 3 * units), np.float32)
    return _emit(builder, call, Operator("GRU", kernel, recurrent, biases, attributes))


def emit_carried(builder: GraphBuilder, call: Call) -> list[str]:
    """A layer whose memory outlives the batch: the recurrent layer in it, its memory the graph's own."""
    inner = call.layer.recurrent
    emit = {keras.layers.GRU: emit_gru, keras.layers.LSTM: emit_lstm, keras.layers.SimpleRNN: emit_rnn}
    return emit.get(type(inner), emit_mingru)(builder, Call(inner, call.name, call.inputs[:1], call.shapes[:1]))


def _emit(builder: GraphBuilder, call: Call, operator: Operator) -> list[str]:
    """Write the operator between the transpositions it needs; returns output and, if asked for, states."""
    layer = call.layer
    for option in ("go_backwards", "stateful"):
        assert not getattr(layer, option, False), f"{call.name}: {option} is not converted"
    units = operator.recurrent.shape[0]
    inputs = [
        builder.op("Transpose", [call.inputs[0]], {"perm": [1, 0, 2]}),  # (T, B, F)
        builder.weight(layer, "W", operator.kernel.T[None]),
        builder.weight(layer, "R", operator.recurrent.T[None]),
        builder.weight(layer, "B", operator.bias.reshape(1, -1)),
        builder.lengths or "" if builder.state else "",
    ]
    states = _initial_states(builder, call, units)
    inputs += [builder.op("Unsqueeze", [state, builder.integers(0)]) for state in states]
    count = 3 if operator.kind == "LSTM" else 2
    results = builder.ops(operator.kind, inputs, {**operator.attributes, "hidden_size": units}, outputs=count)
    finals = [builder.op("Squeeze", [final, builder.integers(0)]) for final in results[1:]]  # (B, U) each
    if builder.state:
        for name, final in zip(_state_names(call), finals, strict=True):
            builder.graph_output(f"next_{name}", final, "float32", (None, units))
    if not layer.return_sequences:
        return [finals[0], *finals][: call.outputs]
    steps = builder.op("Squeeze", [results[0], builder.integers(1)])  # (T, B, U)
    return [builder.op("Transpose", [steps], {"perm": [1, 0, 2]}), *finals][: call.outputs]


def _emit_gru_step(builder: GraphBuilder, call: Call, operator: Operator) -> list[str]:
    """A GRU that only ever takes one step, as the products it consists of, for graph passes that look for products."""
    layer, units = call.layer, operator.recurrent.shape[0]
    [state] = _initial_states(builder, call, units)
    step = builder.op("Squeeze", [call.inputs[0], builder.integers(1)])  # (B, F)
    parts = []
    for value, part, kernel, bias in (
        (step, "W", operator.kernel, operator.bias[0]),
        (state, "R", operator.recurrent, operator.bias[1]),
    ):
        product = builder.op("MatMul", [value, builder.weight(layer, part, kernel)])
        whole = builder.op("Add", [product, builder.weight(layer, f"{part}_bias", bias)])
        parts.append(builder.ops("Split", [whole, builder.integers(2 * units, units)], {"axis": 1}, outputs=2))
    (gates, candidate), (held_gates, held) = parts
    opened = activation(builder, layer.recurrent_activation, builder.op("Add", [gates, held_gates]))
    kept, reset = builder.ops("Split", [opened, builder.integers(units, units)], {"axis": 1}, outputs=2)
    new = builder.op("Add", [candidate, builder.op("Mul", [reset, held])])
    new = activation(builder, layer.activation, new)
    change = builder.op("Mul", [kept, builder.op("Sub", [state, new])])
    after = builder.op("Add", [new, change])  # z h + (1 - z) new
    builder.graph_output(f"next_{_state_names(call)[0]}", after, "float32", (None, units))
    return [after, after][: call.outputs]


def _initial_states(builder: GraphBuilder, call: Call, units: int) -> list[str]:
    """Values (B, units): those the layer is called with, the graph's own, or none for zeros."""
    given = list(call.inputs[1:])
    if not builder.state:
        return given
    assert not given, f"{call.name} is called with an initial state, so it cannot carry one of its own"
    return [builder.graph_input(name, "float32", (None, units)) for name in _state_names(call)]


def _state_names(call: Call) -> list[str]:
    names = [f"state_{call.name}"]
    if isinstance(call.layer, keras.layers.LSTM):
        names.append(f"state_{call.name}_memory")
    return names


def _reordered(weights: np.ndarray) -> np.ndarray:
    """The last axis from gates i, f, c, o to i, o, f, c."""
    i, f, c, o = np.split(weights, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1)
