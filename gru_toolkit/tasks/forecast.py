"""Forecast: the next steps of every series at once, as a point and quantiles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import (
    conformal,
    forecast_baselines,
    forecast_decoding,
    forecast_figures,
    forecast_places,
    forecast_resolving,
    forecast_scores,
)
from gru_toolkit.tasks.figures import Figure, Shown
from gru_toolkit.tasks.forecast_codec import ForecastCodec, codec_from_plain, fit_codec
from gru_toolkit.tasks.forecast_windows import WindowExamples, frame_of, future_width, past_width
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind

if TYPE_CHECKING:
    import keras

CALIBRATION_STEPS = 2_000_000
"""Steps of validation forecasts that calibration keeps; forecasts are drawn at random if there are more."""


@dataclass(frozen=True)
class Forecast:
    """Predict the next steps of every series at once."""

    preset: str = "good"
    """fast, good or best: how much is spent on networks, units and steps."""
    horizon: int | None = None
    """Steps to predict; by default one season of the data's frequency."""
    look_back: int | None = None
    """Steps of history that a forecast reads; by default several seasons."""
    season: int | None = None
    """Steps in a season, such as 24 for hours; by default told from the frequency, 1 for none."""
    segment: int | None = None
    """Steps that the network reads and predicts at once; divides look_back."""
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    """Quantiles to predict, rising; the outermost two are the interval."""
    loss: str = "absolute"
    """What the point forecast makes small: absolute (a median) or squared (a mean) errors."""
    scale: str | None = None
    """Unit of a window's values: its own deviation (window) or its series' (series); told from the lengths."""
    calendar: bool = True
    """Whether the phases of day, week and year are features, where the data have dates and span two of them."""
    cell: str = "gru"
    """gru, lstm, rnn, mingru, or pooling to see what the network does without recurrence."""
    units: int | None = None
    """Width of the recurrent layers; by default what the preset says."""
    layers: int = 1
    """Recurrent layers on top of each other, in encoder and decoder."""
    members: int | None = None
    """Networks trained side by side and averaged; by default what the preset says."""
    dropout: float = 0.3
    """Share of features dropped before the output in training."""
    stride: int | None = None
    """Steps between the windows of training and validation; by default 1, or more where there would be too many."""
    holdout: int | None = None
    """Validation and test are the last so many horizons of each series, instead of shares of it."""

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, tuple(forecast_resolving.BUDGETS))
        require_choice("loss", self.loss, ("absolute", "squared"))
        require_choice("scale", self.scale, (None, "window", "series"))
        require_choice("cell", self.cell, ("gru", "lstm", "rnn", "mingru", "pooling"))
        for name in ("horizon", "look_back", "season", "segment", "units", "layers", "members", "stride", "holdout"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout lies in [0, 1), got {self.dropout}")
        if list(self.quantiles) != sorted(set(self.quantiles)) or any(not 0 < tau < 1 for tau in self.quantiles):
            raise ConfigError(f"quantiles rise and lie between 0 and 1, got {self.quantiles}")
        if self.look_back is not None and self.segment is not None and self.look_back % self.segment:
            raise ConfigError(f"segment must divide look_back {self.look_back}, got {self.segment}")


class ForecastTask:
    """The forecasting task; see `Task` for what each method promises."""

    name = "forecast"
    settings = Forecast
    headline = forecast_scores.HEADLINE
    higher_is_better = False

    def wants(self, settings: Forecast, *, labelled: bool) -> Wants:
        return Wants(target="step", need_target=labelled)

    def stream_kind(self, settings: Forecast) -> StreamKind:
        return "window"

    def look_back(self, settings: Forecast) -> int:
        return frame_of(settings).look_back

    def resolve(self, dataset: Dataset, settings: Forecast, train: TrainConfig, given: frozenset[str]) -> Resolved:
        return forecast_resolving.resolve(dataset, settings, train, given)

    def split(self, dataset: Dataset, settings: Forecast, config: SplitConfig) -> Splits:
        return forecast_places.split(dataset, frame_of(settings), settings.holdout, config)

    def backtest(self, dataset: Dataset, settings: Forecast, origins: int) -> Part:
        return forecast_places.backtest(dataset, frame_of(settings), origins)

    def fit_codec(self, train: Part, settings: Forecast) -> ForecastCodec:
        return fit_codec(train, settings)

    def codec(self, plain: Mapping[str, Any]) -> ForecastCodec:
        return codec_from_plain(plain)

    def examples(self, part: Part, codec: ForecastCodec, settings: Forecast) -> Examples:
        stride = settings.stride if part.name in ("training", "validation") else 1
        examples = WindowExamples(part, codec, frame_of(settings), stride=stride or 1)
        if not len(examples):
            raise forecast_places.too_short(part, frame_of(settings))
        return examples

    def requests(self, dataset: Dataset, codec: ForecastCodec, settings: Forecast) -> Examples:
        frame = frame_of(settings)
        part = forecast_places.latest(dataset, codec, frame)
        return WindowExamples(part, codec, frame, labelled=False)

    def build(self, codec: ForecastCodec, settings: Forecast) -> "keras.Model":
        from gru_toolkit.networks.forecaster import ForecasterConfig, forecaster

        frame = frame_of(settings)
        assert settings.units is not None, "resolved settings have units"
        assert settings.members is not None, "resolved settings have members"
        return forecaster(
            ForecasterConfig(
                history=(frame.look_back // frame.segment, frame.segment * past_width(codec)),
                future=(frame.future_segments, future_width(codec, frame)),
                recent=frame.look_back,
                heads=frame.segment * (1 + len(settings.quantiles)),
                cell=settings.cell,
                units=settings.units,
                layers=settings.layers,
                members=settings.members,
                dropout=settings.dropout,
            )
        )

    def loss(self, settings: Forecast) -> Loss:
        from gru_toolkit.networks.quantile_loss import forecast_loss

        return forecast_loss(frame_of(settings).segment, settings.quantiles, squared=settings.loss == "squared")

    def calibrate(
        self, codec: ForecastCodec, settings: Forecast, validation: Iterable[tuple[Decoded, Arrays]]
    ) -> ForecastCodec:
        """The codec whose intervals hold their share of the validation part."""
        if not settings.quantiles:
            return codec
        most = max(CALIBRATION_STEPS // frame_of(settings).horizon, conformal.LEAST_ROWS)
        pairs = ((arrays.context["truth"], decoded["quantiles"]) for decoded, arrays in validation)
        truth, quantiles = conformal.sample(pairs, most)
        if not len(truth):
            return codec
        offsets = conformal.fit_offsets(truth, quantiles, settings.quantiles)
        return replace(codec, offsets=tuple(tuple(row) for row in offsets.tolist()))

    def decode(self, outputs: Outputs, arrays: Arrays, codec: ForecastCodec, settings: Forecast) -> Decoded:
        frame = frame_of(settings)
        return forecast_decoding.decode(outputs["forecast"], arrays, codec, frame)

    def rows(self, decoded: Decoded, arrays: Arrays, codec: ForecastCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        return forecast_decoding.forecast_rows(decoded, arrays, codec, dataset)

    def fit_baselines(self, train: Part, codec: ForecastCodec, settings: Forecast) -> dict[str, np.ndarray]:
        examples = self.examples(train, codec, settings)
        return forecast_baselines.fit_spreads(examples, frame_of(settings), settings.quantiles)

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: ForecastCodec, settings: Forecast
    ) -> dict[str, Decoded]:
        return forecast_baselines.naive_forecasts(state, arrays, frame_of(settings))

    def measure(self, decoded: Decoded, arrays: Arrays, codec: ForecastCodec, settings: Forecast) -> Measures:
        return forecast_scores.measure(decoded, arrays, frame_of(settings), settings.quantiles)

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Forecast) -> dict[str, MetricValue]:
        return forecast_scores.metrics(sums, settings.quantiles)

    def figures(self, shown: Shown, codec: ForecastCodec, settings: Forecast) -> list[Figure]:
        return forecast_figures.forecast_figures(shown, codec)


FORECAST = ForecastTask()
