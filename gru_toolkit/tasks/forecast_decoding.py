"""From a forecaster's output to forecasts in the user's units, and to a table of them."""

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset
from gru_toolkit.tasks.conformal import moved
from gru_toolkit.tasks.cycles import following_times
from gru_toolkit.tasks.forecast_codec import ForecastCodec
from gru_toolkit.tasks.forecast_windows import Frame
from gru_toolkit.tasks.task import Decoded


def decode(output: np.ndarray, arrays: Arrays, codec: ForecastCodec, frame: Frame) -> Decoded:
    """The forecast and its quantiles.

    output     (B, segments, members * segment * (1 + Q)), the network's
    returns    forecast (B, H) and quantiles (B, H, Q), rising, in the target's units
    """
    batch, segments = output.shape[:2]
    quantiles = len(codec.quantiles)
    members = output.shape[2] // (frame.segment * (1 + quantiles))
    numbers = output.astype(np.float64).reshape(batch, segments, members, frame.segment, 1 + quantiles)
    numbers = numbers.mean(axis=2).reshape(batch, frame.padded_horizon, 1 + quantiles)[:, : frame.horizon]
    numbers = numbers * arrays.context["scale"][..., None] + arrays.context["level"][..., None]
    spread = np.sort(numbers[..., 1:], axis=-1)
    if codec.offsets is not None and quantiles:
        spread = moved(spread, np.array(codec.offsets))
    return {"forecast": numbers[..., 0], "quantiles": spread}


def forecast_rows(decoded: Decoded, arrays: Arrays, codec: ForecastCodec, dataset: Dataset) -> dict[str, np.ndarray]:
    """One row a series, target and step ahead: id, time, target, ahead, forecast and quantiles.

    id, time and target are left out where the data have none, or only one target.
    """
    batch, horizon = decoded["forecast"].shape
    sequence, target = arrays.context["sequence"], arrays.context["target"]
    columns: dict[str, np.ndarray] = {}
    if dataset.roles.id is not None or len(dataset) > 1:
        columns[dataset.roles.id or "id"] = np.repeat(np.array(dataset.ids, object)[sequence], horizon)
    if dataset.times is not None:
        if codec.step is None:
            raise DataError("the times of the forecast are unknown, because the run was trained on irregular times")
        last = dataset.times[dataset.offsets[sequence] + arrays.context["place"] - 1]
        columns[dataset.roles.time or "step"] = following_times(last, codec.step, horizon).reshape(-1)
    if len(codec.targets) > 1:
        columns["target"] = np.repeat(np.array(codec.targets, object)[target], horizon)
    columns["ahead"] = np.tile(np.arange(1, horizon + 1), batch)
    columns["forecast"] = decoded["forecast"].reshape(-1)
    for index, level in enumerate(codec.quantiles):
        columns[quantile_name(level)] = decoded["quantiles"][..., index].reshape(-1)
    return columns


def quantile_name(level: float) -> str:
    """q10 for 0.1, q97.5 for 0.975."""
    return f"q{100 * level:g}"
