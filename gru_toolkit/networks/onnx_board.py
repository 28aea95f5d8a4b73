"""The board layers as ONNX nodes."""

from gru_toolkit.networks.onnx_builder import Call, GraphBuilder
from gru_toolkit.networks.variables import to_numpy


def emit_lines_of_sight(builder: GraphBuilder, call: Call) -> list[str]:
    """LinesOfSight: what a square is, and the sums of what it sees along both kinds of lines."""
    squares, sights = call.inputs
    layer = call.layer
    shape = call.shapes[0]
    flat = builder.integers(*[0] * (len(shape) - 2), -1, 2 * (shape[-1] or 0))
    here = builder.op("MatMul", [squares, builder.weight(layer, "kernel", to_numpy(layer.kernel))])
    here = builder.op("Add", [here, builder.weight(layer, "bias", to_numpy(layer.bias))])
    seen = builder.op("Reshape", [builder.op("MatMul", [sights, squares]), flat])
    seen = builder.op("MatMul", [seen, builder.weight(layer, "seen_kernel", to_numpy(layer.seen_kernel))])
    if layer.gain != 1.0:
        seen = builder.op("Mul", [seen, builder.number(layer.gain)])
    return [builder.op("Add", [here, seen])]


def emit_move_scores(builder: GraphBuilder, call: Call) -> list[str]:
    """MoveScores: every start square times every end square."""
    squares, layer = call.inputs[0], call.layer
    start = builder.op("MatMul", [squares, builder.weight(layer, "start_kernel", to_numpy(layer.start_kernel))])
    start = builder.op("Add", [start, builder.weight(layer, "bias", to_numpy(layer.bias))])
    end = builder.op("MatMul", [squares, builder.weight(layer, "end_kernel", to_numpy(layer.end_kernel))])
    rank = len(call.shapes[0])
    columns = builder.op("Transpose", [end], {"perm": [*range(rank - 2), rank - 1, rank - 2]})
    product = builder.op("MatMul", [start, columns])
    return [builder.op("Mul", [product, builder.number(layer.units**-0.5)])]
