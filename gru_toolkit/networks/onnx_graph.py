"""A Keras network as one ONNX graph, written layer by layer.

Keras' own exporters unroll a GRU into loops or get dynamic lengths wrong; here each layer kind has one small emit
function (`onnx_emitters.EMITTERS`), and recurrent layers become ONNX's native operators.
"""

from typing import Any

import keras
import onnx

from gru_toolkit.networks.onnx_builder import Call, GraphBuilder
from gru_toolkit.networks.onnx_emitters import EMITTERS


def convert(model: keras.Model, *, state: bool = False) -> onnx.ModelProto:
    """The functional network as an ONNX model with float32 weights, checked, the same bytes for the same weights.

    Inputs and outputs are named as in the network's dicts; axes that Keras leaves open are dynamic.

    With `state` the network must be causal, and every layer with a memory gets a graph input `state_<layer>` and an
    output `next_state_<layer>`, so that one graph serves a batch, a stream and a single step. Recurrent layers carry
    (B, units), for lstm also `state_<layer>_memory`; causal convolutions their last inputs (B, reach, F). Zeros start
    a sequence. Next states are those after each row's length where the network has an input `lengths`.

    An unknown layer, or one that cannot run step by step, is an AssertionError that names it.
    """
    inputs, outputs = _named(model._inputs_struct), _named(model._outputs_struct)
    builder = GraphBuilder(state=state, lengths="lengths" if "lengths" in inputs else None)
    known = {}
    for name, tensor in inputs.items():
        known[id(tensor)] = builder.graph_input(name, tensor.dtype, tensor.shape)
    values = _emit(builder, list(outputs.values()), known, scope="")
    for (name, tensor), value in zip(outputs.items(), values, strict=True):
        builder.graph_output(name, value, tensor.dtype, tensor.shape)
    return builder.model(model.name)


def _named(struct: Any) -> dict[str, Any]:
    """The tensors of a network's inputs or outputs by name."""
    assert isinstance(struct, dict), f"a network has dicts as inputs and outputs, got {type(struct).__name__}"
    return dict(struct)


def _emit(builder: GraphBuilder, wanted: list[Any], known: dict[int, str], scope: str) -> list[str]:
    """Write every call that the wanted Keras tensors need; returns their value names."""
    for node in _calls_before(wanted, known):
        tensors = node.arguments.keras_tensors
        layer = node.operation
        name = f"{scope}{layer.name}"
        _check_call(node, name)
        names = tuple(known[id(tensor)] for tensor in tensors)
        if isinstance(layer, keras.Model):
            values = _emit_nested(builder, layer, names, name)
        else:
            builder.scope = name
            shapes = tuple(tuple(tensor.shape) for tensor in tensors)
            values = EMITTERS[type(layer)](builder, Call(layer, name, names, shapes, len(node.outputs)))
        for tensor, value in zip(node.outputs, values, strict=True):
            known[id(tensor)] = value
    return [known[id(tensor)] for tensor in wanted]


def _emit_nested(builder: GraphBuilder, model: keras.Model, inputs: tuple[str, ...], name: str) -> list[str]:
    """A functional network used as a layer is written out where it stands."""
    known = {id(tensor): value for tensor, value in zip(model.inputs, inputs, strict=True)}
    return _emit(builder, list(model.outputs), known, scope=f"{name}_")


def _calls_before(wanted: list[Any], known: dict[int, str]) -> list[Any]:
    """The calls (Keras nodes) between the known tensors and the wanted ones, each after those it reads from."""
    ordered: list[Any] = []
    done = set(known)
    waiting = list(reversed(wanted))
    while waiting:
        tensor = waiting[-1]
        if id(tensor) in done:
            waiting.pop()
            continue
        operation, index, _ = tensor._keras_history
        node = operation._inbound_nodes[index]
        missing = [source for source in node.arguments.keras_tensors if id(source) not in done]
        if missing:
            waiting.extend(reversed(missing))
            continue
        ordered.append(node)
        done.update(id(output) for output in node.outputs)
    return ordered


def _check_call(node: Any, name: str) -> None:
    """Refuse what no emit function could write correctly."""
    layer = node.operation
    kind = type(layer).__name__
    nested = isinstance(layer, keras.Model) and hasattr(layer, "_inputs_struct")
    assert nested or type(layer) in EMITTERS, f"the ONNX converter has no emit function for {kind} ({name})"
    assert node.arguments.args, f"{name}: the input of a layer is its first positional argument"
    masks = keras.tree.flatten(node.arguments.kwargs.get("mask"))
    masks += [getattr(tensor, "_keras_mask", None) for tensor in node.arguments.keras_tensors]
    assert all(mask is None for mask in masks), f"{name} reads a Keras mask; lengths are explicit here"
