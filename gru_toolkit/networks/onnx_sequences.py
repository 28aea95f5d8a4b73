"""Emit functions of layers that work along time: convolutions, padding, and the padding-safe layers of `layers.py`."""

import keras
import numpy as np

from gru_toolkit.networks.onnx_activations import activation
from gru_toolkit.networks.onnx_builder import LAST, Call, GraphBuilder
from gru_toolkit.networks.variables import to_numpy

FLOAT, INT32, INT64 = 1, 6, 7  # element types in the ONNX specification


def emit_conv1d(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Conv1D (B, T, F) → (B, T', filters)."""
    layer = call.layer
    assert layer.data_format == "channels_last", f"{call.name}: channels come last"
    kernel = to_numpy(layer.kernel)  # (K, F / groups, filters)
    reach = (kernel.shape[0] - 1) * layer.dilation_rate[0]
    x, padding = call.inputs[0], layer.padding
    if builder.state and reach:
        x, padding = _with_past(builder, call, reach), "valid"
    attributes = {"strides": list(layer.strides), "dilations": list(layer.dilation_rate), "group": layer.groups}
    if padding == "same" and layer.strides[0] > 1:
        attributes["auto_pad"] = "SAME_UPPER"
    else:
        before = {"valid": 0, "same": reach // 2, "causal": reach}[padding]
        after = reach - before if padding == "same" else 0
        attributes["pads"] = [before, after]
    inputs = [builder.op("Transpose", [x], {"perm": [0, 2, 1]}), builder.weight(layer, "W", kernel.transpose(2, 1, 0))]
    if layer.use_bias:
        inputs.append(builder.weight(layer, "B", to_numpy(layer.bias)))
    convolved = builder.op("Conv", inputs, attributes)
    return [activation(builder, layer.activation, builder.op("Transpose", [convolved], {"perm": [0, 2, 1]}))]


def _with_past(builder: GraphBuilder, call: Call, reach: int) -> str:
    """x (B, T, F) behind the `reach` inputs before it, which are the layer's state."""
    layer = call.layer
    causal = layer.padding == "causal" and layer.strides[0] == 1
    assert causal, f"{call.name} cannot run step by step: its padding is {layer.padding}, its stride {layer.strides[0]}"
    shape = (None, reach, call.shapes[0][-1])
    past = builder.graph_input(f"state_{call.name}", "float32", shape)
    joined = builder.op("Concat", [past, call.inputs[0]], {"axis": 1})  # (B, reach + T, F)
    if builder.lengths is None:
        bounds = [builder.integers(-reach), builder.integers(LAST), builder.integers(1)]
        latest = builder.op("Slice", [joined, *bounds])
    else:
        first = _column(builder, builder.lengths)  # (B, 1): the real steps end at reach + length
        latest = _gathered(builder, joined, builder.op("Add", [first, builder.integers(*range(reach))]))
    builder.graph_output(f"next_state_{call.name}", latest, "float32", shape)
    return joined


def emit_zero_padding(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras ZeroPadding1D."""
    _refuse_state(builder, call)
    before, after = call.layer.padding
    return [builder.op("Pad", [call.inputs[0], builder.integers(0, before, 0, 0, after, 0)])]


def emit_masked_steps(builder: GraphBuilder, call: Call) -> list[str]:
    """MaskedSteps: zeros on padding."""
    return [_masked(builder, call, 0.0)]


def emit_reverse(builder: GraphBuilder, call: Call) -> list[str]:
    """ReverseByLength."""
    _refuse_state(builder, call)
    if call.lengths is None:
        bounds = [builder.integers(-1), builder.integers(-LAST), builder.integers(1), builder.integers(-1)]
        return [builder.op("Slice", [call.inputs[0], *bounds])]
    lengths = builder.op("Cast", [call.lengths], {"to": INT64})
    return [builder.op("ReverseSequence", [call.inputs[0], lengths], {"batch_axis": 0, "time_axis": 1})]


def emit_last_step(builder: GraphBuilder, call: Call) -> list[str]:
    """LastStep (B, T, F) → (B, F)."""
    if call.lengths is None:
        return [builder.op("Gather", [call.inputs[0], builder.integer(-1)], {"axis": 1})]
    last = builder.op("Sub", [_column(builder, call.lengths), builder.integers(1)])
    return [builder.op("Squeeze", [_gathered(builder, call.inputs[0], last), builder.integers(1)])]


def emit_steps_at(builder: GraphBuilder, call: Call) -> list[str]:
    """StepsAt: (B, T, F) and steps (B, K) → (B, K, F)."""
    return [_gathered(builder, call.inputs[0], builder.op("Cast", [call.inputs[1]], {"to": INT64}))]


def emit_mean_pooling(builder: GraphBuilder, call: Call) -> list[str]:
    """MeanPooling (B, T, F) → (B, F)."""
    _refuse_state(builder, call)
    if call.lengths is None:
        return [_over_time(builder, "ReduceMean", call.inputs[0])]
    total = _over_time(builder, "ReduceSum", _masked(builder, call, 0.0))
    count = builder.op("Cast", [_column(builder, call.lengths)], {"to": FLOAT})
    return [builder.op("Div", [total, count])]


def emit_max_pooling(builder: GraphBuilder, call: Call) -> list[str]:
    """MaxPooling (B, T, F) → (B, F)."""
    _refuse_state(builder, call)
    return [_over_time(builder, "ReduceMax", _masked(builder, call, -3e4))]


def emit_attention_pooling(builder: GraphBuilder, call: Call) -> list[str]:
    """AttentionPooling (B, T, F) → (B, F)."""
    weights = _attention_weights(builder, call)
    return [_over_time(builder, "ReduceSum", builder.op("Mul", [weights, _masked(builder, call, 0.0)]))]


def emit_word_attention(builder: GraphBuilder, call: Call) -> list[str]:
    """WordAttention (B, T, F) → (B, F) and its weights (B, T)."""
    weights = _attention_weights(builder, call)
    pooled = _over_time(builder, "ReduceSum", builder.op("Mul", [weights, _masked(builder, call, 0.0)]))
    return [pooled, builder.op("Squeeze", [weights, builder.integers(2)])]


def _attention_weights(builder: GraphBuilder, call: Call) -> str:
    """(B, T, 1) the softmax over real steps of tanh(x · kernel + bias) · query."""
    _refuse_state(builder, call)
    layer = call.layer
    projected = builder.op("MatMul", [call.inputs[0], builder.weight(layer, "kernel", to_numpy(layer.kernel))])
    shifted = builder.op("Add", [projected, builder.weight(layer, "bias", to_numpy(layer.bias))])
    query = builder.weight(layer, "query", to_numpy(layer.query))
    scores = builder.op("MatMul", [builder.op("Tanh", [shifted]), query])  # (B, T, 1)
    if call.lengths is not None:
        scores = builder.op("Where", [_real_steps(builder, call), scores, builder.number(-1e9)])
    return builder.op("Softmax", [scores], {"axis": 1})


def emit_global_pooling(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras GlobalAveragePooling1D and GlobalMaxPooling1D, for networks of fixed length."""
    _refuse_state(builder, call)
    layer = call.layer
    plain = layer.data_format == "channels_last" and not layer.keepdims
    assert plain, f"{call.name}: only (B, T, F) → (B, F)"
    kind = "ReduceMean" if isinstance(layer, keras.layers.GlobalAveragePooling1D) else "ReduceMax"
    return [_over_time(builder, kind, call.inputs[0])]


def emit_strided_lengths(builder: GraphBuilder, call: Call) -> list[str]:
    """StridedLengths (B,) → (B,)."""
    _refuse_state(builder, call)
    lengths = builder.op("Cast", [call.inputs[0]], {"to": INT64})
    stride = call.layer.stride
    rounded_up = builder.op("Add", [lengths, builder.integer(stride - 1)])
    return [builder.op("Cast", [builder.op("Div", [rounded_up, builder.integer(stride)])], {"to": INT32})]


def emit_step_normalisation(builder: GraphBuilder, call: Call) -> list[str]:
    """StepBatchNormalization and Keras BatchNormalization at prediction time: a scale and a shift per feature."""
    layer = call.layer
    rank = len(call.shapes[0])
    assert getattr(layer, "axis", -1) in (-1, rank - 1), f"{call.name} normalises another axis than the last"
    mean, variance = to_numpy(layer.moving_mean).astype(np.float64), to_numpy(layer.moving_variance).astype(np.float64)
    gamma = 1.0 if layer.gamma is None else to_numpy(layer.gamma).astype(np.float64)
    beta = 0.0 if layer.beta is None else to_numpy(layer.beta).astype(np.float64)
    scale = gamma / np.sqrt(variance + layer.epsilon)
    scaled = builder.op("Mul", [call.inputs[0], builder.weight(layer, "scale", scale)])
    return [builder.op("Add", [scaled, builder.weight(layer, "shift", beta - mean * scale)])]


def _refuse_state(builder: GraphBuilder, call: Call) -> None:
    assert not builder.state, f"{call.name} ({type(call.layer).__name__}) needs the whole sequence, not step by step"


def _over_time(builder: GraphBuilder, kind: str, x: str) -> str:
    """A reduction over axis 1."""
    return builder.op(kind, [x, builder.integers(1)], {"keepdims": 0})


def _column(builder: GraphBuilder, lengths: str) -> str:
    """Lengths (B,) as (B, 1) int64."""
    return builder.op("Unsqueeze", [builder.op("Cast", [lengths], {"to": INT64}), builder.integers(1)])


def _gathered(builder: GraphBuilder, x: str, steps: str) -> str:
    """The steps (B, K) of each row of x (B, T, F), as (B, K, F)."""
    indices = builder.op("Unsqueeze", [steps, builder.integers(2)])
    return builder.op("GatherND", [x, indices], {"batch_dims": 1})


def _real_steps(builder: GraphBuilder, call: Call) -> str:
    """(B, T, 1) bool, True on real steps; (B, T, 1, 1) for an input (B, T, bands, C)."""
    assert call.lengths is not None, f"{call.name} has no lengths"
    size = builder.op("Shape", [call.inputs[0]], {"start": 1, "end": 2})
    count = builder.op("Squeeze", [size, builder.integers(0)])
    steps = builder.op("Range", [builder.integer(0), count, builder.integer(1)])  # (T,)
    real = builder.op("Less", [steps, _column(builder, call.lengths)])
    return builder.op("Unsqueeze", [real, builder.integers(*range(2, len(call.shapes[0])))])


def _masked(builder: GraphBuilder, call: Call, padding: float) -> str:
    """x with `padding` on its padded steps, or x itself when all steps are real."""
    if call.lengths is None:
        return call.inputs[0]
    return builder.op("Where", [_real_steps(builder, call), call.inputs[0], builder.number(padding)])
