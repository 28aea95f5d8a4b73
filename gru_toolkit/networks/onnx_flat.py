"""Products over the rows of a tensor as plain matrix products, for networks that are asked about few rows at a time.

A dense layer on (B, S, C) is written as a product and a sum that broadcasts, which ONNX Runtime carries out one after
the other. On the same numbers as a matrix (B S, C) both are one operation, `Gemm`, and so is the sum with a tensor of
the layer's own shape, as a residual layer ends with. Reshapes between are joined.
"""

from collections import Counter
from collections.abc import Iterable

import onnx
from onnx import helper

Sizes = tuple[int, ...]
"""All sizes of a tensor but the first: (S, C) of a tensor (B, S, C)."""


def with_flat_products(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which products of (B, S, C) with constant matrices, and what is added to them, are `Gemm` on (B S, C).

    Inputs and outputs stay as they are.
    """
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    rewriting = _Rewriting(copied.graph, _sizes(model))
    for node in copied.graph.node:
        rewriting.take(node)
    for output in copied.graph.output:
        assert rewriting.whole(output.name) == output.name, "a graph ends with the nodes that name its outputs"
    del copied.graph.node[:]
    copied.graph.node.extend(rewriting.nodes)
    copied.graph.initializer.extend(rewriting.targets.values())
    used = {name for node in copied.graph.node for name in node.input}
    for weight in [weight for weight in copied.graph.initializer if weight.name not in used]:
        copied.graph.initializer.remove(weight)
    onnx.checker.check_model(copied, full_check=True)
    return copied


def _sizes(model: onnx.ModelProto) -> dict[str, Sizes]:
    """The sizes of the tensors of which the first alone is not known; a tensor of one row for all stays as it is."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    found = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        batch, *sizes = [size.dim_value for size in value.type.tensor_type.shape.dim] or [0]
        if not batch and sizes and all(sizes):
            found[value.name] = tuple(sizes)
    return found


class _Rewriting:
    """The nodes so far. The state it protects: under which name and in which shapes the numbers of every tensor are
    to be had, and the products that wait for what is added to them."""

    def __init__(self, graph: onnx.GraphProto, sizes: dict[str, Sizes]):
        self.nodes: list[onnx.NodeProto] = []
        self.targets: dict[str, onnx.TensorProto] = {}
        self._sizes = sizes
        self._constants = {weight.name: weight for weight in graph.initializer}
        self._uses = Counter(name for node in graph.node for name in node.input)
        self._waiting: dict[str, onnx.NodeProto] = {}
        self._stored: dict[str, str] = {}
        self._shaped: dict[tuple[str, Sizes], str] = {}
        self._keep([*(value.name for value in graph.input), *self._constants])

    def take(self, node: onnx.NodeProto) -> None:
        """Write the next node of the graph, as it is or flat; products and reshapes not before they are needed."""
        output = node.output[0]
        if node.op_type == "MatMul" and self._is_product(node):
            self._waiting[output] = node
        elif node.op_type == "Reshape" and output in self._sizes and node.input[0] in self._sizes:
            self._stored[output] = self._numbers(node.input[0])
        elif node.op_type == "Relu" and self._is_flat(node.input[0]):
            self._write("Relu", [self._flat(node.input[0])], output)
        elif node.op_type != "Add" or not self._takes_sum(node):
            kept = onnx.NodeProto()
            kept.CopyFrom(node)
            del kept.input[:]
            kept.input.extend(self.whole(name) for name in node.input)
            self.nodes.append(kept)
            self._keep(node.output)

    def whole(self, name: str) -> str:
        """The name under which a tensor is to be had in its own shape."""
        return self._in_shape(name, self._sizes[name]) if name in self._sizes else name

    def _flat(self, name: str) -> str:
        """The name of a tensor (B, S, C) as a matrix (B S, C)."""
        return self._in_shape(name, self._sizes[name][-1:])

    def _in_shape(self, name: str, sizes: Sizes) -> str:
        stored = self._numbers(name)
        if (stored, sizes) not in self._shaped:
            shape = "x".join(map(str, (-1, *sizes)))
            target, shaped = f"shape/{shape}", f"{stored}/{shape}"
            self.targets[target] = helper.make_tensor(target, onnx.TensorProto.INT64, [1 + len(sizes)], (-1, *sizes))
            self.nodes.append(helper.make_node("Reshape", [stored, target], [shaped], name=shaped))
            self._shaped[stored, sizes] = shaped
        return self._shaped[stored, sizes]

    def _numbers(self, name: str) -> str:
        """The name under which the numbers of a tensor are stored, in whatever shape."""
        if name in self._waiting:
            self._multiply(name, name)
        return self._stored[name]

    def _is_flat(self, name: str) -> bool:
        return name in self._waiting or (self._stored[name], self._sizes.get(name, ())[-1:]) in self._shaped

    def _is_product(self, node: onnx.NodeProto) -> bool:
        kernel = self._constants.get(node.input[1])
        return kernel is not None and len(kernel.dims) == 2 and len(self._sizes.get(node.input[0], ())) == 2

    def _takes_sum(self, node: onnx.NodeProto) -> bool:
        """Write a product together with what is added to it, if one of the terms is a product for this sum only."""
        for product, term in (node.input, node.input[::-1]):
            if product not in self._waiting or self._uses[product] > 1:
                continue
            if term in self._constants and len(self._constants[term].dims) == 1:
                self._multiply(product, node.output[0], term)
                return True
            if self._sizes.get(term) == self._sizes[product]:
                self._multiply(product, node.output[0], self._flat(term))
                return True
        return False

    def _multiply(self, product: str, output: str, *terms: str) -> None:
        node = self._waiting.pop(product)
        self._write("Gemm", [self._flat(node.input[0]), node.input[1], *terms], output)

    def _write(self, operation: str, inputs: list[str], output: str) -> None:
        """Write a node whose output is flat."""
        flat = f"{output}/flat"
        self.nodes.append(helper.make_node(operation, inputs, [flat], name=flat))
        self._stored[output] = self._shaped[flat, self._sizes[output][-1:]] = flat

    def _keep(self, names: Iterable[str]) -> None:
        for name in names:
            self._stored[name] = name
            if name in self._sizes:
                self._shaped[name, self._sizes[name]] = name
