"""The large matrices of an ONNX graph as 8-bit integers, for networks that are asked about one row at a time.

Such a network spends most of its time reading weights from memory; of these there are four times fewer bytes. ONNX
Runtime multiplies them with rows that it rounds to 8 bits too, each row on its own, so a row's outputs do not depend on
the batch it is in.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

BLOCK = 32
"""Weights of a column that share a scale."""
_LEAST = 1 << 16
_ZERO = 128
_DOMAIN = "com.microsoft"


def with_eight_bit_weights(model: onnx.ModelProto, least: int = _LEAST) -> onnx.ModelProto:
    """A copy in which products with constant matrices (K, N) of some size, K a multiple of `BLOCK`, are `MatMulNBits`.

    Every block of a column is w = s (q - 128), with q an integer from 1 to 255 and s a float16 number.

    least  entries from which on a matrix is worth it
    """
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    graph = copied.graph
    weights = {weight.name: weight for weight in graph.initializer}
    readers = [name for node in graph.node for name in node.input]
    nodes: list[onnx.NodeProto] = []
    products: dict[str, onnx.NodeProto] = {}
    for node in graph.node:
        kernel = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if kernel is not None and _is_wanted(kernel, least):
            product = _product(node, kernel)
            products[node.output[0]] = product
            nodes.append(product)
        elif _adds_bias(node, products, weights) and readers.count(node.input[0]) == 1:
            products[node.input[0]].input.extend(["", "", node.input[1]])
            products[node.input[0]].output[0] = node.output[0]
        else:
            nodes.append(node)
    for name in dict.fromkeys(node.input[1].removesuffix("/integers") for node in products.values()):
        graph.initializer.extend(_stored(weights[name]))
        graph.initializer.remove(weights[name])
    del graph.node[:]
    graph.node.extend(nodes)
    copied.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    onnx.checker.check_model(copied, full_check=True)
    return copied


def _is_wanted(kernel: onnx.TensorProto, least: int) -> bool:
    return len(kernel.dims) == 2 and kernel.dims[0] % BLOCK == 0 and kernel.dims[0] * kernel.dims[1] >= least


def _adds_bias(node: onnx.NodeProto, products: dict[str, onnx.NodeProto], weights: dict[str, onnx.TensorProto]) -> bool:
    return (
        node.op_type == "Add"
        and node.input[0] in products
        and node.input[1] in weights
        and len(weights[node.input[1]].dims) == 1
    )


def _product(node: onnx.NodeProto, kernel: onnx.TensorProto) -> onnx.NodeProto:
    """The node that multiplies with the stored integers, rounding its rows to integers as well."""
    name = kernel.name
    rows, columns = kernel.dims
    sizes = {"K": rows, "N": columns, "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
    inputs = [node.input[0], f"{name}/integers", f"{name}/scales"]
    return helper.make_node("MatMulNBits", inputs, [node.output[0]], name=node.name, domain=_DOMAIN, **sizes)


def _stored(kernel: onnx.TensorProto) -> list[onnx.TensorProto]:
    """The integers (N, K / BLOCK, BLOCK) and scales (N, K / BLOCK) of a matrix (K, N)."""
    value = numpy_helper.to_array(kernel)
    blocks = value.T.reshape(value.shape[1], -1, BLOCK)
    scales = (np.abs(blocks).max(axis=2) / 127).astype(np.float16).astype(np.float32)
    scales = np.maximum(scales, np.finfo(np.float16).tiny)
    integers = np.clip(np.rint(blocks / scales[:, :, None]), -127, 127) + _ZERO
    return [
        numpy_helper.from_array(integers.astype(np.uint8), f"{kernel.name}/integers"),
        numpy_helper.from_array(scales, f"{kernel.name}/scales"),
    ]
