"""An ONNX graph under construction: what emit functions write into.

Values carry the names of their layers; every constant is stored once; the same network with the same weights gives the
same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 20
IR_VERSION = 10
LAST = np.iinfo(np.int64).max
"""The end of an axis in a Slice."""

Shape = tuple[int | None, ...]
ELEMENT_TYPES = {"int32": onnx.TensorProto.INT32, "int64": onnx.TensorProto.INT64, "bool": onnx.TensorProto.BOOL}


@dataclass(frozen=True)
class Call:
    """One call of a layer.

    layer    the Keras layer
    name     the layer's name, behind the names of the nested models it stands in
    inputs   names of the values it reads, in the order of its arguments
    shapes   their Keras shapes
    outputs  number of values it returns
    """

    layer: Any
    name: str
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]
    outputs: int = 1

    @property
    def lengths(self) -> str | None:
        """The lengths (B,) of a padding-safe layer, or None when every step is real."""
        return self.inputs[1] if len(self.inputs) > 1 else None


class GraphBuilder:
    """Nodes, constants, inputs and outputs, with the names already taken.

    state    every layer with a memory gets it as a graph input and output
    lengths  the name of the graph's lengths (B,), if it has them
    """

    def __init__(self, *, state: bool, lengths: str | None):
        self.state = state
        self.lengths = lengths
        self.scope = ""
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._weights: dict[tuple[int, str], str] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def op(self, kind: str, inputs: Sequence[str], attributes: Mapping[str, Any] | None = None) -> str:
        """The one output of a new node; an empty input name leaves an optional input out."""
        return self.ops(kind, inputs, attributes, outputs=1)[0]

    def ops(
        self, kind: str, inputs: Sequence[str], attributes: Mapping[str, Any] | None = None, *, outputs: int
    ) -> list[str]:
        """The outputs of a new node."""
        name = f"{self.scope}/{kind}_{len(self._nodes)}"
        names = [name] if outputs == 1 else [f"{name}:{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, name=name, **(attributes or {})))
        return names

    def integers(self, *values: int) -> str:
        """A constant (n,) int64: axes, shapes, repeats."""
        return self._constant("/".join(["int64", *map(str, values)]), np.array(values, np.int64))

    def integer(self, value: int) -> str:
        """A constant scalar int64."""
        return self._constant(f"int64/scalar/{value}", np.array(value, np.int64))

    def number(self, value: float) -> str:
        """A constant scalar float32."""
        return self._constant(f"float32/{value!r}", np.array(value, np.float32))

    def weight(self, layer: Any, part: str, value: np.ndarray) -> str:
        """A float32 weight of a layer, stored once however often the layer is called."""
        key = (id(layer), part)
        if key not in self._weights:
            name = f"{self.scope}/{part}"
            assert name not in self._constants, f"two layers of the network are named {self.scope}"
            self._weights[key] = self._constant(name, np.ascontiguousarray(value, np.float32))
        return self._weights[key]

    def graph_input(self, name: str, dtype: str, shape: Shape) -> str:
        """A new input of the graph; its first axis is the batch, other open axes are dynamic."""
        assert name not in [value.name for value in self._inputs], f"two inputs of the graph are named {name}"
        self._inputs.append(_value(name, dtype, shape))
        return name

    def graph_output(self, name: str, value: str, dtype: str, shape: Shape) -> None:
        """Give the value out under that name."""
        taken = [value.name for value in (*self._inputs, *self._outputs)]
        assert name not in taken, f"two inputs or outputs of the graph are named {name}"
        self._nodes.append(helper.make_node("Identity", [value], [name], name=f"output/{name}"))
        self._outputs.append(_value(name, dtype, shape))

    def model(self, name: str) -> onnx.ModelProto:
        """The finished, checked model."""
        constants = list(self._constants.values())
        # A reader of the first output finds an answer of the network there, not a state.
        outputs = sorted(self._outputs, key=lambda value: value.name.startswith("next_state_"))
        graph = helper.make_graph(self._nodes, name, self._inputs, outputs, constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, producer_name="gru-toolkit", opset_imports=opset, ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _constant(self, name: str, value: np.ndarray) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(value, name)
        return name


def _value(name: str, dtype: str, shape: Shape) -> onnx.ValueInfoProto:
    """A graph input or output; open axes are named, the first one `batch`."""
    open_names = ["batch", *(f"{name}_{axis}" for axis in range(1, len(shape)))]
    dimensions = [open_names[axis] if size is None else size for axis, size in enumerate(shape)]
    kind = ELEMENT_TYPES.get(dtype, onnx.TensorProto.FLOAT)
    return helper.make_tensor_value_info(name, kind, dimensions)
