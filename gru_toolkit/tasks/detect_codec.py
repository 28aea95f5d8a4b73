"""What the detector learned from the training part: scales and ranges of each series, covariates, rates of alarms."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, Part
from gru_toolkit.tasks.cycles import CYCLES, cycle_features
from gru_toolkit.tasks.false_alarms import Rarity
from gru_toolkit.tasks.forecast_codec import Covariate
from gru_toolkit.tasks.unusualness import Seed

if TYPE_CHECKING:
    from gru_toolkit.tasks.detect import Detect

WIDE = 2.5631
"""Deviations between the first and the last tenth of a normal distribution."""
LEAST_SHARE = 0.3
"""Of the standard deviation, below which the width of the middle values is not taken for the scale."""

LEAST_CHANGE = 1e-3
"""Of a series that hardly moves, in scaled units."""


@dataclass(frozen=True)
class Channel:
    """One watched column of one series in its training part.

    centre, scale  the median, and the width of the middle values
    low, high      its range
    change         the usual size of its changes in scaled units, the network's unit
    records        the largest mean errors of each stretch; empty before calibration
    """

    centre: float
    scale: float
    low: float
    high: float
    change: float = 1.0
    records: tuple[float, ...] = ()

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Values in units of the scale, large ones compressed so that an outlier does not drown the memory."""
        return np.asarray(np.arcsinh((values - self.centre) / self.scale))

    def unscaled(self, numbers: np.ndarray) -> np.ndarray:
        """The inverse of `scaled`; beyond what a forecast may reasonably reach it stays finite."""
        return np.asarray(self.centre + self.scale * np.sinh(np.clip(numbers, -50, 50)))

    def seed(self, stretches: int) -> Seed:
        """The records that the first steps have to beat."""
        low, high = ((edge - self.centre) / self.scale for edge in (self.low, self.high))
        return Seed(np.array(self.records or (0.0,) * stretches), low, high)


@dataclass(frozen=True)
class DetectCodec:
    """Plain data that turn series into numbers and densities into alarms.

    targets     the watched columns
    covariates  columns that are read beside them
    cycles      calendar cycles whose phase is a feature
    series      id → one channel for each target
    rarity      how often steps are how unusual; None before calibration
    """

    targets: tuple[str, ...]
    covariates: tuple[Covariate, ...] = ()
    cycles: tuple[str, ...] = ()
    series: Mapping[str, tuple[Channel, ...]] = field(default_factory=dict)
    rarity: Rarity | None = None

    @property
    def features(self) -> int:
        """Numbers of one step."""
        return len(self.targets) + sum(item.width for item in self.covariates) + 2 * len(self.cycles)

    def channels(self, name: str) -> tuple[Channel, ...]:
        """The channels of a series. A run of one series serves any other.

        Raises DataError for a series that was not in training when there were several.
        """
        if name not in self.series and len(self.series) > 1:
            known = ", ".join(list(self.series)[:5])
            raise DataError(
                f"the series {name!r} was not in training, so its usual level and range are not known",
                hint=f"the run knows {known}{' …' if len(self.series) > 5 else ''}",
            )
        return self.series.get(name) or next(iter(self.series.values()))

    def inputs(self, dataset: Dataset, rows: slice, channels: tuple[Channel, ...]) -> np.ndarray:
        """(T, features) float32 of some rows of one series."""
        columns = [
            channel.scaled(_numbers(dataset, name, rows))[:, None]
            for name, channel in zip(self.targets, channels, strict=True)
        ]
        places = np.arange(rows.start, rows.stop)
        columns += [item.features(dataset.steps[item.name], places) for item in self.covariates]
        if self.cycles:
            assert dataset.times is not None, "cycles are features only where there are times"
            columns.append(cycle_features(dataset.times[rows], self.cycles))
        return np.concatenate(columns, axis=1).astype(np.float32)

    def changes(self, inputs: np.ndarray, channels: tuple[Channel, ...]) -> np.ndarray:
        """(T - 1, targets) float32 changes between the steps of `inputs` (T, features), in their usual size."""
        units = np.array([channel.change for channel in channels], np.float32)
        return np.asarray(np.diff(inputs[:, : len(channels)], axis=0) / units)

    def values(self, dataset: Dataset, rows: slice) -> np.ndarray:
        """(T, targets) float64 values of the watched columns."""
        return np.stack([_numbers(dataset, name, rows) for name in self.targets], axis=1)

    def to_plain(self) -> dict[str, Any]:
        plain = asdict(self)
        return {name: _listed(value) for name, value in plain.items() if value is not None}


def codec_from_plain(plain: Mapping[str, Any]) -> DetectCodec:
    """The codec that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
    try:
        series = {
            str(name): tuple(Channel(**{**item, "records": tuple(map(float, item["records"]))}) for item in items)
            for name, items in plain["series"].items()
        }
        rarity = None
        if "rarity" in plain:
            found = plain["rarity"]
            levels, rates = (tuple(map(float, found[name])) for name in ("levels", "rates"))
            rarity = Rarity(levels, rates, float(found["excess"]), int(found["steps"]))
        covariates = tuple(Covariate(**{**item, "levels": tuple(item["levels"])}) for item in plain["covariates"])
        return DetectCodec(tuple(plain["targets"]), covariates, tuple(plain["cycles"]), series, rarity)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedRunError(f"preprocess.json does not describe a detector's codec: {error}") from error


def fit_codec(train: Part, settings: "Detect") -> DetectCodec:
    """Learn scales, ranges and levels from the training part only."""
    dataset, roles = train.dataset, train.dataset.roles
    spans = [_rows(train, span) for span in range(len(train))]
    rows = np.concatenate([np.arange(span.start, span.stop) for span in spans])
    series = {
        dataset.ids[int(sequence)]: tuple(_channel(_numbers(dataset, name, span)) for name in roles.target)
        for sequence, span in zip(train.spans[:, 0], spans, strict=True)
    }
    return DetectCodec(
        targets=roles.target,
        covariates=tuple(_covariate(dataset, name, rows) for name in (*roles.known, *roles.past)),
        cycles=_cycles(dataset, spans) if settings.calendar else (),
        series=series,
    )


def _channel(values: np.ndarray) -> Channel:
    centre, scale = float(np.median(values)), _width(values)
    if scale <= 1e-9 * max(abs(centre), 1e-9):
        scale = max(0.01 * abs(centre), 1e-3)  # a constant: a hundredth of it counts as a change
    channel = Channel(centre, scale, float(values.min()), float(values.max()))
    changes = np.diff(channel.scaled(values))
    return replace(channel, change=max(_width(changes), LEAST_CHANGE))


def _width(values: np.ndarray) -> float:
    """The deviation of the middle values, as far as outliers let it be one; 0 without values."""
    if not len(values):
        return 0.0
    middle = float(np.subtract(*np.quantile(values, [0.9, 0.1]))) / WIDE
    return max(middle, LEAST_SHARE * float(values.std()))


def _covariate(dataset: Dataset, name: str, rows: np.ndarray) -> Covariate:
    column = dataset.steps[name].take(rows)
    if column.kind == "time":
        raise DataError(f"column {name} holds times and cannot be a covariate", hint=f"--ignore {name}")
    if column.kind == "text":
        codes = np.unique(column.values[~column.missing()])
        return Covariate(name, tuple(column.levels[code] for code in codes.tolist()))
    return Covariate(name, (), float(np.mean(column.values)), float(np.std(column.values)) or 1.0)


def _cycles(dataset: Dataset, spans: list[slice]) -> tuple[str, ...]:
    """The cycles that most series pass at least twice in training, in steps no longer than half of one."""
    times = dataset.times
    if times is None or times.dtype.kind != "M":
        return ()
    lengths = [float((times[span].max() - times[span].min()).astype(np.int64)) for span in spans]
    steps = [length / max(span.stop - span.start - 1, 1) for length, span in zip(lengths, spans, strict=True)]
    reach, step = float(np.median(lengths)), float(np.median(steps))
    return tuple(name for name, length in CYCLES.items() if 0 < 2 * step <= length and reach >= 2 * length)


def _rows(part: Part, span: int) -> slice:
    sequence, start, stop = part.spans[span].tolist()
    first = int(part.dataset.offsets[sequence])
    return slice(first + start, first + stop)


def _numbers(dataset: Dataset, name: str, rows: slice) -> np.ndarray:
    column = dataset.steps[name].take(rows)
    if column.missing().any():
        raise DataError(
            f"column {name} has a missing value at row {int(np.argmax(column.missing())) + 1}",
            hint="choose how to fill it: --missing forward, interpolate or indicator",
        )
    return np.asarray(column.values, np.float64)


def _listed(value: Any) -> Any:
    """Tuples as lists, so that plain data equal what JSON gives back."""
    if isinstance(value, (tuple, list)):
        return [_listed(item) for item in value]
    return {name: _listed(item) for name, item in value.items()} if isinstance(value, Mapping) else value
