"""The training loss of forecasts: a point and quantiles for every step."""

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops


def forecast_loss(segment: int, levels: tuple[float, ...], *, squared: bool) -> Callable[[Any, Any, Any], Any]:
    """The loss of a forecaster's output: absolute or squared error of the point plus twice the quantiles' pinball loss.

    segment  steps S of a future segment
    levels   (Q,) of the quantiles; a step's numbers are the point, then the quantiles
    returns  a function of targets {"forecast": (B, segments * S)}, outputs {"forecast": (B, segments, members * S *
             (1 + Q))} and weights (B, segments * S): the weighted mean over steps, each member scored by itself

    Twice the pinball loss of the median is the absolute error.
    """
    numbers = 1 + len(levels)

    def loss(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
        forecast = ops.cast(outputs["forecast"], "float32")
        segments, members = forecast.shape[1], forecast.shape[2] // (segment * numbers)
        forecast = ops.reshape(forecast, (-1, segments, members, segment, numbers))
        error = ops.reshape(targets["forecast"], (-1, segments, 1, segment, 1)) - forecast
        losses = ops.square(error[..., 0]) if squared else ops.abs(error[..., 0])
        if levels:
            tau = ops.convert_to_tensor(levels, dtype="float32")
            quantiles = error[..., 1:]
            losses = losses + 2 * ops.mean(ops.maximum(tau * quantiles, (tau - 1) * quantiles), axis=-1)
        steps = ops.reshape(weights, (-1, segments, segment))
        total = ops.sum(steps * ops.mean(losses, axis=2))
        return total / ops.maximum(ops.sum(steps), 1.0)

    return loss
