"""Emit function of the linear answer from n-grams."""

from gru_toolkit.networks.onnx_builder import Call, GraphBuilder
from gru_toolkit.networks.variables import to_numpy

FLOAT, INT64 = 1, 7  # element types in the ONNX specification


def emit_ngram_scores(builder: GraphBuilder, call: Call) -> list[str]:
    """NgramScores (B, K) → (B, outputs)."""
    layer, places = call.layer, builder.op("Cast", [call.inputs[0]], {"to": INT64})
    there = builder.op("Cast", [builder.op("Greater", [places, builder.integer(0)])], {"to": FLOAT})
    table = builder.weight(layer, "weights_of_places", to_numpy(layer.weights_of_places))
    said = builder.op("Gather", [table, places], {"axis": 0})  # (B, K, outputs)
    said = builder.op("Mul", [said, builder.op("Unsqueeze", [there, builder.integers(2)])])
    number = builder.op("ReduceSum", [there, builder.integers(1)], {"keepdims": 1})
    root = builder.op("Sqrt", [builder.op("Max", [number, builder.number(1.0)])])
    summed = builder.op("ReduceSum", [said, builder.integers(1)], {"keepdims": 0})
    scaled = builder.op("Mul", [summed, builder.op("Div", [builder.number(float(layer.rate)), root])])
    return [builder.op("Add", [scaled, builder.weight(layer, "bias", to_numpy(layer.bias))])]
