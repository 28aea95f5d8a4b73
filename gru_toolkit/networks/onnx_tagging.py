"""Emit functions of the tagger's layers."""

import numpy as np

from gru_toolkit.networks.onnx_builder import Call, GraphBuilder
from gru_toolkit.networks.variables import to_numpy

INT32, INT64 = 6, 7  # element types in the ONNX specification


def emit_unpack_words(builder: GraphBuilder, call: Call) -> list[str]:
    """UnpackWords (B, K, L) → (B · K, L)."""
    width = builder.op("Shape", [call.inputs[0]], {"start": 2, "end": 3})
    shape = builder.op("Concat", [builder.integers(-1), width], {"axis": 0})
    return [builder.op("Reshape", [call.inputs[0], shape])]


def emit_word_lengths(builder: GraphBuilder, call: Call) -> list[str]:
    """WordLengths (W, L) → (W,)."""
    letters = builder.op("Cast", [call.inputs[0]], {"to": INT64})
    there = builder.op("Cast", [builder.op("Greater", [letters, builder.integer(0)])], {"to": INT64})
    count = builder.op("ReduceSum", [there, builder.integers(1)], {"keepdims": 0})
    return [builder.op("Cast", [builder.op("Max", [count, builder.integer(1)])], {"to": INT32})]


def emit_place_words(builder: GraphBuilder, call: Call) -> list[str]:
    """PlaceWords: the rows of (B · K, F) at (B, T, 2) row and column, as (B, T, F)."""
    words, places, letters = call.inputs
    places = builder.op("Cast", [places], {"to": INT64})
    row = builder.op("Gather", [places, builder.integer(0)], {"axis": 2})
    column = builder.op("Gather", [places, builder.integer(1)], {"axis": 2})
    width = builder.op("Shape", [letters], {"start": 1, "end": 2})
    index = builder.op("Add", [builder.op("Mul", [row, width]), column])
    return [builder.op("Gather", [words, index], {"axis": 0})]


def emit_transitions(builder: GraphBuilder, call: Call) -> list[str]:
    """Transitions: a constant of the graph."""
    layer = call.layer
    return [builder.weight(layer, "transitions", to_numpy(layer.scores) + np.asarray(layer.forbidden))]
