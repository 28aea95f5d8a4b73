"""What the forecaster learned from the training part: scales, levels of texts, offsets of intervals."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, Part
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks.cycles import cycles_in

if TYPE_CHECKING:
    from gru_toolkit.tasks.forecast import Forecast


@dataclass(frozen=True)
class Covariate:
    """How one covariate column becomes features.

    levels  what a text column may hold, one feature each (an unseen level is all zeros); empty for a number column
    """

    name: str
    levels: tuple[str, ...] = ()
    centre: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> int:
        """Features a step."""
        return len(self.levels) or 1

    def features(self, column: Column, rows: np.ndarray) -> np.ndarray:
        """(…, width) float32 of the column's values at the rows (…).

        Raises DataError where a value is missing.
        """
        taken = Column(self.name, column.kind, column.values[rows])
        if taken.missing().any():
            raise DataError(
                f"column {self.name} has missing values where a forecast needs them",
                hint="fill them in, or choose --missing forward, interpolate or indicator",
            )
        if not self.levels:
            return ((taken.values - self.centre) / self.scale).astype(np.float32)[..., None]
        known = {level: code for code, level in enumerate(self.levels)}
        place = np.array([known.get(level, -1) for level in column.levels])[taken.values]
        return np.asarray(place[..., None] == np.arange(len(self.levels)), np.float32)


@dataclass(frozen=True)
class ForecastCodec:
    """Plain data that turn windows into numbers and forecasts back into the user's units.

    targets      columns to forecast
    past, known, static   covariates by role
    cycles       calendar cycles whose phase is a feature
    step         microseconds (or step numbers) between rows
    quantiles    levels of the quantiles that the network predicts
    scale        unit of a window's values: window (its own deviation) or series (its series' deviation in training)
    series       id → for each target (mean, standard deviation, mean absolute seasonal difference) in training
    offsets      (H, Q) what calibration adds to each quantile, in widths of the predicted interval; None before
    """

    targets: tuple[str, ...]
    past: tuple[Covariate, ...] = ()
    known: tuple[Covariate, ...] = ()
    static: tuple[Covariate, ...] = ()
    cycles: tuple[str, ...] = ()
    step: int | None = None
    quantiles: tuple[float, ...] = ()
    scale: str = "window"
    series: Mapping[str, tuple[tuple[float, float, float], ...]] = field(default_factory=dict)
    offsets: tuple[tuple[float, ...], ...] | None = None

    def to_plain(self) -> dict[str, Any]:
        plain = asdict(self)
        return {name: _listed(value) for name, value in plain.items() if value is not None}

    def statistics(self, dataset: Dataset) -> np.ndarray:
        """(S, targets, 3) mean, standard deviation and seasonal difference of each series; NaN for unknown series."""
        unknown = ((np.nan,) * 3,) * len(self.targets)
        return np.array([self.series.get(name, unknown) for name in dataset.ids], np.float64)


def codec_from_plain(plain: Mapping[str, Any]) -> ForecastCodec:
    """The codec that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
    try:
        covariates = {
            role: tuple(Covariate(**{**item, "levels": tuple(item["levels"])}) for item in plain[role])
            for role in ("past", "known", "static")
        }
        return ForecastCodec(
            targets=tuple(plain["targets"]),
            cycles=tuple(plain["cycles"]),
            step=int(plain["step"]) if "step" in plain else None,
            quantiles=tuple(map(float, plain["quantiles"])),
            scale=str(plain["scale"]),
            series={name: tuple(_three(row) for row in rows) for name, rows in plain["series"].items()},
            offsets=tuple(tuple(map(float, row)) for row in plain["offsets"]) if "offsets" in plain else None,
            **covariates,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedRunError(f"preprocess.json does not describe a forecasting codec: {error}") from error


def fit_codec(train: Part, settings: "Forecast") -> ForecastCodec:
    """Learn scales and levels from the training part; the settings are resolved."""
    dataset, roles = train.dataset, train.dataset.roles
    rows = _rows_of(train) if roles.past or roles.known else np.zeros(0, np.int64)
    targets = [dataset.steps[name].values for name in roles.target]
    cycles: tuple[str, ...] = ()
    if settings.calendar and dataset.times is not None and dataset.times.dtype.kind == "M" and dataset.step is not None:
        first = dataset.offsets[train.spans[:, 0]]
        ends = dataset.times[np.concatenate([first + train.spans[:, 1], first + train.spans[:, 2] - 1])]
        cycles = cycles_in(ends, dataset.step)
    return ForecastCodec(
        targets=roles.target,
        past=tuple(_covariate(dataset.steps[name], rows) for name in roles.past),
        known=tuple(_covariate(dataset.steps[name], rows) for name in roles.known),
        static=tuple(_covariate(dataset.statics[name], np.unique(train.spans[:, 0])) for name in roles.static),
        cycles=cycles,
        step=dataset.step,
        quantiles=settings.quantiles,
        scale=settings.scale or "window",
        series=_series_statistics(train, targets, settings.season or 1),
    )


def seasonal_difference(values: np.ndarray, season: int) -> float:
    """The mean absolute difference between values (T,) a season apart, 1 apart if that is 0 or unknown, else NaN."""
    for distance in (season, 1):
        if len(values) > distance:
            differences = np.abs(values[distance:] - values[:-distance])
            differences = differences[~np.isnan(differences)]
            if len(differences) and differences.mean() > 0:
                return float(differences.mean())
    return float("nan")


def _series_statistics(
    train: Part, targets: list[np.ndarray], season: int
) -> dict[str, tuple[tuple[float, float, float], ...]]:
    statistics = {}
    for sequence, start, stop in train.spans.tolist():
        first = int(train.dataset.offsets[sequence])
        rows = slice(first + start, first + stop)
        statistics[train.dataset.ids[sequence]] = tuple(_summary(values[rows], season) for values in targets)
    return statistics


def _summary(values: np.ndarray, season: int) -> tuple[float, float, float]:
    """Mean, standard deviation and seasonal difference; 0, 1, 1 where the values do not tell."""
    real = values[~np.isnan(values)]
    if not len(real):
        return 0.0, 1.0, 1.0
    deviation = float(real.std()) or 1.0
    difference = seasonal_difference(values, season)
    return float(real.mean()), deviation, deviation if np.isnan(difference) else difference


def _covariate(column: Column, rows: np.ndarray) -> Covariate:
    taken = column.take(rows)
    if column.kind == "text":
        codes = np.unique(taken.values[~taken.missing()])
        return Covariate(column.name, tuple(column.levels[code] for code in codes.tolist()))
    if column.kind == "time":
        raise DataError(f"column {column.name} holds times and cannot be a covariate", hint=f"--ignore {column.name}")
    return Covariate(column.name, (), float(np.mean(taken.values)), float(np.std(taken.values)) or 1.0)


def _three(row: Any) -> tuple[float, float, float]:
    mean, deviation, difference = map(float, row)
    return mean, deviation, difference


def _rows_of(part: Part) -> np.ndarray:
    """(M,) int64 rows of the dataset inside the part's spans."""
    first = part.dataset.offsets[part.spans[:, 0]]
    pieces = [np.arange(a, b) for a, b in zip(first + part.spans[:, 1], first + part.spans[:, 2], strict=True)]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)


def _listed(value: Any) -> Any:
    """Tuples as lists, so that plain data equal what JSON gives back."""
    if isinstance(value, (tuple, list)):
        return [_listed(item) for item in value]
    return {name: _listed(item) for name, item in value.items()} if isinstance(value, Mapping) else value
