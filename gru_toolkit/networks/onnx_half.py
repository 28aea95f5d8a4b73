"""Weights of an ONNX graph stored in half precision: half the size on disk, the same arithmetic in float32."""

import numpy as np
import onnx
from onnx import helper, numpy_helper

FLOAT = onnx.TensorProto.FLOAT
_LEAST = 256


def with_half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose float32 weights of some size are stored as float16 and widened when the graph is loaded.

    Nothing changes where every weight is a float16 number already (see `half_values`).
    """
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    graph = copied.graph
    widened = []
    for weight in graph.initializer:
        if weight.data_type != FLOAT or int(np.prod(weight.dims)) < _LEAST:
            continue
        stored = f"{weight.name}/half"
        value = numpy_helper.to_array(weight).astype(np.float16)
        widened.append(helper.make_node("Cast", [stored], [weight.name], name=f"widen/{weight.name}", to=FLOAT))
        weight.CopyFrom(numpy_helper.from_array(value, stored))
    nodes = [*widened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(copied, full_check=True)
    return copied


def half_values(weight: np.ndarray) -> np.ndarray:
    """The float32 array with every value rounded to a float16 one. The values must be smaller than 65,504."""
    largest = np.finfo(np.float16).max
    assert (np.abs(weight) <= largest).all(), "a weight is too large for half precision"
    return weight.astype(np.float16).astype(np.float32)
