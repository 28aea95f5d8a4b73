"""Where forecasts start: in training, validation and test, in a backtest, and at the end of every series."""

import numpy as np

from gru_toolkit.config import SplitConfig
from gru_toolkit.errors import DataError, HistoryTooShort, Place
from gru_toolkit.sequences.dataset import Dataset, Part, Splits
from gru_toolkit.sequences.splits import NAMES, future_lengths, in_counts, split_by_time
from gru_toolkit.tasks.forecast_codec import ForecastCodec
from gru_toolkit.tasks.forecast_windows import Frame


def split(dataset: Dataset, frame: Frame, holdout: int | None, config: SplitConfig) -> Splits:
    """The series cut in time: by the split's shares or counts, or so that the last horizons are held out.

    holdout  horizons in the validation and in the test part, where these have a share at all; None for shares or
             counts. Shares that leave most series less than a horizon to validate or test on become a holdout of one.

    Raises DataError when a part that was asked for would be empty.
    """
    if holdout is not None:
        return _held_out(dataset, frame, config, (holdout, f"the last {holdout} horizon(s) of each series held out"))
    if in_counts(config.split):
        return _with_short_series(split_by_time(dataset, config), frame)
    lengths = dataset.lengths - future_lengths(dataset)
    shares = [share for share in config.split[1:] if share]
    if shares and np.median(lengths) * min(shares) < frame.horizon:
        how = f"the last horizon of each series held out, because a share of {min(shares):g} is less than a horizon"
        return _held_out(dataset, frame, config, (1, how))
    return _with_short_series(split_by_time(dataset, config), frame)


def backtest(dataset: Dataset, frame: Frame, origins: int) -> Part:
    """The last `origins` places of each series, a horizon apart, one span each; places without history are left out."""
    ends = dataset.lengths - future_lengths(dataset)
    spans = [
        (sequence, end - back * frame.horizon, end - (back - 1) * frame.horizon)
        for sequence, end in enumerate(ends.tolist())
        for back in range(origins, 0, -1)
        if end - back * frame.horizon >= frame.look_back
    ]
    return Part(dataset, np.array(spans, np.int64).reshape(-1, 3), "backtest")


def latest(dataset: Dataset, codec: ForecastCodec, frame: Frame) -> Part:
    """One empty span at the end of each series' known values.

    Raises HistoryTooShort for a series with fewer rows than the look-back, and DataError when columns known in advance
    do not reach to the end of the horizon.
    """
    ahead = future_lengths(dataset)
    ends = dataset.lengths - ahead
    if len(ends) and ends.min() < frame.look_back:
        short = int(np.argmin(ends))
        raise HistoryTooShort(
            f"the series {dataset.ids[short]!r} has {int(ends[short]):,} rows of history, "
            f"and a forecast needs {frame.look_back:,}",
            place=_place(dataset),
            hint="give more history, or train with a shorter --look-back",
        )
    if codec.known and len(ends) and ahead.min() < frame.horizon:
        short = int(np.argmin(ahead))
        names = ", ".join(item.name for item in codec.known)
        raise DataError(
            f"the series {dataset.ids[short]!r} has {int(ahead[short]):,} future rows with {names}, "
            f"and a forecast needs {frame.horizon:,}",
            place=_place(dataset),
            hint="add rows for the horizon that leave the target empty",
        )
    sequence = np.arange(len(dataset), dtype=np.int64)
    return Part(dataset, np.stack([sequence, ends, ends], axis=1), "requests")


def too_short(part: Part, frame: Frame) -> HistoryTooShort:
    """The error of a part in which no window fits."""
    needed = frame.look_back + frame.horizon
    longest = int(part.spans[:, 2].max(initial=0))
    inside = int((part.spans[:, 2] - part.spans[:, 1]).max(initial=0))
    if longest >= needed:
        found = f"has {inside:,} rows in its longest series, and one forecast needs {frame.horizon:,}"
    else:
        found = f"has {longest:,} rows in its longest series, and a look-back and a horizon need {needed:,}"
    return HistoryTooShort(
        f"the {part.name} part {found}", place=_place(part.dataset), hint="change --look-back, --horizon or --split"
    )


def _held_out(dataset: Dataset, frame: Frame, config: SplitConfig, holdout: tuple[int, str]) -> Splits:
    """The last horizons of each series, as many as `holdout` says and for the reason it gives."""
    horizons, how = holdout
    ends = dataset.lengths - future_lengths(dataset)
    second, third = (horizons * frame.horizon if share else 0 for share in config.split[1:])
    cuts = np.stack([np.zeros_like(ends), ends - third - second, ends - third, ends], axis=1)
    usable = cuts[:, 1] > 0
    if not usable.any():
        raise DataError(
            f"the longest series has {int(ends.max(initial=0)):,} rows; without the held-out {second + third:,} "
            "nothing is left",
            place=_place(dataset),
            hint="choose a shorter --horizon or another --holdout",
        )
    sequence = np.flatnonzero(usable)
    spans = [np.stack([sequence, cuts[usable, index], cuts[usable, index + 1]], axis=1) for index in range(3)]
    parts = [Part(dataset, found[found[:, 2] > found[:, 1]], name) for found, name in zip(spans, NAMES, strict=True)]
    description = [how, *(f"{part.name}: {part.rows:,} rows of {len(part):,} series" for part in parts)]
    if not usable.all():
        description.append(f"{int((~usable).sum()):,} series are too short for that and in no part")
    training, validation, test = parts
    return _with_short_series(Splits(training, validation, test, tuple(description)), frame)


def _with_short_series(splits: Splits, frame: Frame) -> Splits:
    """The same splits; the description says which series have no window of their own in training."""
    rows = splits.train.spans[:, 2] - splits.train.spans[:, 1]
    short = int((rows < frame.look_back + frame.horizon).sum())
    if not short:
        return splits
    needed = frame.look_back + frame.horizon
    line = (
        f"{short:,} of {len(rows):,} series have fewer than {needed:,} training rows, so no window is learned from them"
    )
    return Splits(splits.train, splits.validation, splits.test, (*splits.description, line))


def _place(dataset: Dataset) -> Place | None:
    return Place(", ".join(dataset.sources)) if dataset.sources else None
