"""One emit function for each layer kind: it writes the layer's nodes and returns the names of its outputs.

A new layer needs one function here (or in a module of its subject) and one line in EMITTERS.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from gru_toolkit.networks import (
    attention,
    board,
    layers,
    onnx_attention,
    onnx_board,
    onnx_images,
    onnx_ngrams,
    onnx_recurrent,
    onnx_sequences,
    onnx_tagging,
    tag_layers,
)
from gru_toolkit.networks.carried import Carried, Scaled, TiedScores
from gru_toolkit.networks.cells import MinGRU
from gru_toolkit.networks.ngram_scores import NgramScores
from gru_toolkit.networks.onnx_activations import activation
from gru_toolkit.networks.onnx_builder import Call, GraphBuilder
from gru_toolkit.networks.summed_lookup import SummedLookup
from gru_toolkit.networks.variables import to_numpy
from gru_toolkit.networks.word_attention import WordAttention

INT32 = 6  # element type in the ONNX specification

Emit = Callable[[GraphBuilder, Call], list[str]]


def emit_dense(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Dense over the last axis."""
    layer = call.layer
    value = builder.op("MatMul", [call.inputs[0], builder.weight(layer, "kernel", to_numpy(layer.kernel))])
    if layer.use_bias:
        value = builder.op("Add", [value, builder.weight(layer, "bias", to_numpy(layer.bias))])
    return [activation(builder, layer.activation, value)]


def emit_embedding(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Embedding."""
    layer = call.layer
    assert not layer.mask_zero, f"{call.name} makes a Keras mask; lengths are explicit here"
    ids = builder.op("Cast", [call.inputs[0]], {"to": INT32})
    return [builder.op("Gather", [builder.weight(layer, "embeddings", to_numpy(layer.embeddings)), ids], {"axis": 0})]


def emit_scaled(builder: GraphBuilder, call: Call) -> list[str]:
    """A constant factor."""
    return [builder.op("Mul", [call.inputs[0], builder.number(call.layer.factor)])]


def emit_tied_scores(builder: GraphBuilder, call: Call) -> list[str]:
    """The product with an embedding's weights, which stand in the graph once."""
    layer = call.layer
    table = builder.weight(layer.embedding, "embeddings", to_numpy(layer.embedding.embeddings))
    scores = builder.op("MatMul", [call.inputs[0], builder.op("Transpose", [table], {"perm": [1, 0]})])
    return [builder.op("Add", [scores, builder.weight(layer, "bias", to_numpy(layer.bias))])]


def emit_summed_lookup(builder: GraphBuilder, call: Call) -> list[str]:
    """SummedLookup: rows of a table whose first is zero, and their sum."""
    table = to_numpy(call.layer.table) * (np.arange(call.layer.facts) > 0)[:, None]
    weight = builder.weight(call.layer, "table", table)
    rows = builder.op("Gather", [weight, builder.op("Cast", [call.inputs[0]], {"to": INT32})], {"axis": 0})
    return [builder.op("ReduceSum", [rows, builder.integers(-2)], {"keepdims": 0})]


def emit_layer_normalisation(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras LayerNormalization over the last axis."""
    layer = call.layer
    rank, width = len(call.shapes[0]), call.shapes[0][-1]
    assert layer.axis in (-1, rank - 1, [-1], [rank - 1]), f"{call.name} normalises another axis than the last"
    gamma = np.ones(width or 0) if layer.gamma is None else to_numpy(layer.gamma)
    beta = np.zeros(width or 0) if layer.beta is None else to_numpy(layer.beta)
    inputs = [call.inputs[0], builder.weight(layer, "gamma", gamma), builder.weight(layer, "beta", beta)]
    return [builder.op("LayerNormalization", inputs, {"axis": -1, "epsilon": layer.epsilon})]


def emit_nothing(builder: GraphBuilder, call: Call) -> list[str]:
    """A layer that only works in training."""
    return [call.inputs[0]]


def emit_activation(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Activation."""
    return [activation(builder, call.layer.activation, call.inputs[0])]


def emit_relu(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras ReLU and LeakyReLU."""
    layer = call.layer
    limits = (getattr(layer, "max_value", None), getattr(layer, "threshold", 0))
    assert limits == (None, 0), f"{call.name}: a ReLU with limits is not converted"
    if layer.negative_slope == 0:
        return [builder.op("Relu", [call.inputs[0]])]
    return [builder.op("LeakyRelu", [call.inputs[0]], {"alpha": float(layer.negative_slope)})]


def emit_softmax(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Softmax."""
    return [builder.op("Softmax", [call.inputs[0]], {"axis": call.layer.axis})]


def emit_concatenate(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Concatenate."""
    return [builder.op("Concat", call.inputs, {"axis": call.layer.axis})]


def emit_reshape(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Reshape; the batch stays."""
    sizes = [-1 if size is None else size for size in call.layer.target_shape]
    return [builder.op("Reshape", [call.inputs[0], builder.integers(0, *sizes)])]


def emit_flatten(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Flatten."""
    return [builder.op("Reshape", [call.inputs[0], builder.integers(0, -1)])]


def emit_permute(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Permute; the batch stays first."""
    return [builder.op("Transpose", [call.inputs[0]], {"perm": [0, *call.layer.dims]})]


def emit_repeat(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras RepeatVector (B, F) → (B, n, F)."""
    column = builder.op("Unsqueeze", [call.inputs[0], builder.integers(1)])
    return [builder.op("Tile", [column, builder.integers(1, call.layer.n, 1)])]


def elementwise(kind: str) -> Emit:
    """The emit function of a Keras merge layer whose inputs have one rank."""

    def emit(builder: GraphBuilder, call: Call) -> list[str]:
        ranks = {len(shape) for shape in call.shapes}
        assert len(ranks) == 1, f"{call.name} merges tensors of different ranks: {call.shapes}"
        value = call.inputs[0]
        if kind in ("Mean", "Max", "Min"):
            return [builder.op(kind, call.inputs)]
        for other in call.inputs[1:]:
            value = builder.op(kind, [value, other])
        return [value]

    return emit


def _same(emit: Emit, *kinds: Any) -> dict[type, Emit]:
    return dict.fromkeys(kinds, emit)


EMITTERS: dict[type, Emit] = {
    keras.layers.GRU: onnx_recurrent.emit_gru,
    keras.layers.LSTM: onnx_recurrent.emit_lstm,
    keras.layers.SimpleRNN: onnx_recurrent.emit_rnn,
    MinGRU: onnx_recurrent.emit_mingru,
    Carried: onnx_recurrent.emit_carried,
    Scaled: emit_scaled,
    TiedScores: emit_tied_scores,
    SummedLookup: emit_summed_lookup,
    keras.layers.Dense: emit_dense,
    keras.layers.Embedding: emit_embedding,
    keras.layers.Conv1D: onnx_sequences.emit_conv1d,
    keras.layers.Conv2D: onnx_images.emit_conv2d,
    keras.layers.MaxPooling2D: onnx_images.emit_max_pooling_2d,
    keras.layers.ZeroPadding1D: onnx_sequences.emit_zero_padding,
    keras.layers.LayerNormalization: emit_layer_normalisation,
    keras.layers.Activation: emit_activation,
    keras.layers.Softmax: emit_softmax,
    keras.layers.Concatenate: emit_concatenate,
    keras.layers.Reshape: emit_reshape,
    keras.layers.Flatten: emit_flatten,
    keras.layers.Permute: emit_permute,
    keras.layers.RepeatVector: emit_repeat,
    keras.layers.Add: elementwise("Add"),
    keras.layers.Average: elementwise("Mean"),
    keras.layers.Maximum: elementwise("Max"),
    keras.layers.Minimum: elementwise("Min"),
    keras.layers.Multiply: elementwise("Mul"),
    keras.layers.Subtract: elementwise("Sub"),
    layers.MaskedSteps: onnx_sequences.emit_masked_steps,
    layers.ReverseByLength: onnx_sequences.emit_reverse,
    layers.LastStep: onnx_sequences.emit_last_step,
    layers.StepsAt: onnx_sequences.emit_steps_at,
    layers.MeanPooling: onnx_sequences.emit_mean_pooling,
    layers.MaxPooling: onnx_sequences.emit_max_pooling,
    layers.AttentionPooling: onnx_sequences.emit_attention_pooling,
    WordAttention: onnx_sequences.emit_word_attention,
    NgramScores: onnx_ngrams.emit_ngram_scores,
    layers.StridedLengths: onnx_sequences.emit_strided_lengths,
    tag_layers.UnpackWords: onnx_tagging.emit_unpack_words,
    tag_layers.WordLengths: onnx_tagging.emit_word_lengths,
    tag_layers.PlaceWords: onnx_tagging.emit_place_words,
    tag_layers.Transitions: onnx_tagging.emit_transitions,
    attention.DotAttention: onnx_attention.emit_dot_attention,
    attention.BestScores: onnx_attention.emit_best_scores,
    attention.Recurrence: onnx_attention.emit_recurrence,
    board.LinesOfSight: onnx_board.emit_lines_of_sight,
    board.MoveScores: onnx_board.emit_move_scores,
    **_same(emit_relu, keras.layers.ReLU, keras.layers.LeakyReLU),
    **_same(onnx_sequences.emit_step_normalisation, layers.StepBatchNormalization, keras.layers.BatchNormalization),
    **_same(onnx_sequences.emit_global_pooling, keras.layers.GlobalAveragePooling1D, keras.layers.GlobalMaxPooling1D),
    **_same(
        emit_nothing,
        keras.layers.Dropout,
        keras.layers.SpatialDropout1D,
        keras.layers.SpatialDropout2D,
        keras.layers.GaussianNoise,
        keras.layers.GaussianDropout,
        keras.layers.Identity,
    ),
}
"""Layer kind → its emit function."""
