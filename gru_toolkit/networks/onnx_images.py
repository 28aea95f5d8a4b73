"""Emit functions of layers over a plane, such as time and bands: Keras has channels last, ONNX has them second."""

from gru_toolkit.networks.onnx_activations import activation
from gru_toolkit.networks.onnx_builder import Call, GraphBuilder
from gru_toolkit.networks.variables import to_numpy


def emit_conv2d(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras Conv2D (B, H, W, C) → (B, H', W', filters)."""
    layer = call.layer
    _check(builder, call)
    kernel = to_numpy(layer.kernel)  # (KH, KW, C / groups, filters)
    attributes = {"strides": list(layer.strides), "dilations": list(layer.dilation_rate), "group": layer.groups}
    weights = [builder.weight(layer, "W", kernel.transpose(3, 2, 0, 1))]
    if layer.use_bias:
        weights.append(builder.weight(layer, "B", to_numpy(layer.bias)))
    convolved = builder.op(
        "Conv", [_channels_second(builder, call), *weights], {**attributes, "auto_pad": _padding(layer)}
    )
    return [activation(builder, layer.activation, _channels_last(builder, convolved))]


def emit_max_pooling_2d(builder: GraphBuilder, call: Call) -> list[str]:
    """Keras MaxPooling2D (B, H, W, C) → (B, H', W', C)."""
    layer = call.layer
    _check(builder, call)
    attributes = {
        "kernel_shape": list(layer.pool_size),
        "strides": list(layer.strides),
        "auto_pad": _padding(layer),
    }
    return [_channels_last(builder, builder.op("MaxPool", [_channels_second(builder, call)], attributes))]


def _check(builder: GraphBuilder, call: Call) -> None:
    assert not builder.state, f"{call.name} ({type(call.layer).__name__}) needs the whole sequence, not step by step"
    assert call.layer.data_format == "channels_last", f"{call.name}: channels come last"


def _padding(layer: object) -> str:
    return {"same": "SAME_UPPER", "valid": "VALID"}[layer.padding]  # type: ignore[attr-defined]


def _channels_second(builder: GraphBuilder, call: Call) -> str:
    return builder.op("Transpose", [call.inputs[0]], {"perm": [0, 3, 1, 2]})


def _channels_last(builder: GraphBuilder, x: str) -> str:
    return builder.op("Transpose", [x], {"perm": [0, 2, 3, 1]})
