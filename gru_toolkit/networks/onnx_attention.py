"""Emit functions of the decoder's layers."""

import math

from gru_toolkit.networks import onnx_recurrent
from gru_toolkit.networks.onnx_builder import Call, GraphBuilder

INT32, INT64 = 6, 7  # element types in the ONNX specification


def emit_dot_attention(builder: GraphBuilder, call: Call) -> list[str]:
    """DotAttention: the weighted means (B, T, F) and the weights (B, T, S)."""
    queries, keys, values, lengths = call.inputs
    turned = builder.op("Transpose", [keys], {"perm": [0, 2, 1]})
    scale = 1 / math.sqrt(call.shapes[0][-1] or 1)
    scores = builder.op("Mul", [builder.op("MatMul", [queries, turned]), builder.number(scale)])
    real = _real(builder, keys, lengths)  # (B, S)
    across = builder.op("Unsqueeze", [real, builder.integers(1)])
    weights = builder.op("Softmax", [builder.op("Where", [across, scores, builder.number(-1e9)])], {"axis": -1})
    down = builder.op("Unsqueeze", [real, builder.integers(2)])
    kept = builder.op("Where", [down, values, builder.number(0.0)])
    return [builder.op("MatMul", [weights, kept]), weights]


def emit_best_scores(builder: GraphBuilder, call: Call) -> list[str]:
    """BestScores: scores and places."""
    best, places = builder.ops("TopK", [call.inputs[0], builder.integers(call.layer.count)], {"axis": -1}, outputs=2)
    return [best, builder.op("Cast", [places], {"to": INT32})]


def emit_recurrence(builder: GraphBuilder, call: Call) -> list[str]:
    """The recurrent layer in it; in a graph that carries its memory, the memory is the graph's own."""
    inner = call.layer.recurrent
    kinds = {"GRU": onnx_recurrent.emit_gru, "LSTM": onnx_recurrent.emit_lstm, "SimpleRNN": onnx_recurrent.emit_rnn}
    emit = kinds.get(type(inner).__name__, onnx_recurrent.emit_mingru)
    return emit(builder, Call(inner, call.name, call.inputs, call.shapes))


def _real(builder: GraphBuilder, x: str, lengths: str) -> str:
    """(B, S) bool, True on the real steps of x (B, S, F)."""
    steps = builder.op("Squeeze", [builder.op("Shape", [x], {"start": 1, "end": 2})])
    places = builder.op("Range", [builder.integer(0), steps, builder.integer(1)])
    wide = builder.op("Unsqueeze", [builder.op("Cast", [lengths], {"to": INT64}), builder.integers(1)])
    return builder.op("Less", [builder.op("Unsqueeze", [places, builder.integers(0)]), wide])
