"""What the calendar says about a time step: seasons, features of repeating cycles, and the times that follow."""

import numpy as np

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
CYCLES = {"day": DAY, "week": 7 * DAY, "year": 365.2425 * DAY}
"""Cycles whose phase is a feature, with their length in microseconds."""
_SEASONS = ((DAY, DAY), (7 * DAY, 7 * DAY), (366 * DAY, 365.2425 * DAY))
"""(steps shorter than this, have a season of this length)."""
_MONTHS = ((27, 32, 1), (89, 93, 3), (180, 185, 6), (364, 367, 12))
"""(least days, most days, months): steps that are calendar months although they differ in days."""


def season_of(step: int) -> int:
    """Steps in a season, for a distance between rows in microseconds: a day for hours, a week for days, or a year.

    1 where a season is not a whole number of steps.
    """
    months = months_of(step)
    if months:
        return 12 // months
    for longest, season in _SEASONS:
        if step < longest:
            steps = round(season / step)
            return steps if steps > 1 and abs(season - steps * step) < step / 2 else 1
    return 1


def cycles_in(times: np.ndarray, step: int) -> tuple[str, ...]:
    """The cycles that the times (N,), datetime64[us], pass at least twice in steps no longer than half of one."""
    if not len(times):
        return ()
    span = int((times.max() - times.min()).astype(np.int64)) + step
    return tuple(name for name, length in CYCLES.items() if 2 * step <= length and span >= 2 * length)


def cycle_features(times: np.ndarray, cycles: tuple[str, ...]) -> np.ndarray:
    """(…, 2 * cycles) float32 sine and cosine of the phase of each cycle at the times (…), datetime64[us].

    The week starts on Monday, the year on 1 January.
    """
    moments = times.astype("datetime64[us]").astype(np.int64)
    features = np.empty((*times.shape, 2 * len(cycles)), np.float32)
    for index, name in enumerate(cycles):
        if name == "year":
            start = times.astype("datetime64[Y]").astype("datetime64[us]").astype(np.int64)
            since = moments - start
        else:
            offset = 3 * DAY if name == "week" else 0  # 1 January 1970 was a Thursday
            since = (moments + offset) % int(CYCLES[name])
        angle = (since * (2 * np.pi / CYCLES[name])).astype(np.float32)  # sine and cosine are far faster in float32
        features[..., 2 * index] = np.sin(angle)
        features[..., 2 * index + 1] = np.cos(angle)
    return features


def months_of(step: int) -> int:
    """The whole months that a step in microseconds stands for, or 0."""
    days = step / DAY
    return next((months for least, most, months in _MONTHS if least <= days <= most), 0)


def following_times(last: np.ndarray, step: int, count: int) -> np.ndarray:
    """(B, count) times of the steps after `last` (B,), datetime64[us] or int64 step numbers.

    Months follow the calendar: the same day and hour of each next month, or its last day where it has no such day.
    """
    ahead = np.arange(1, count + 1)
    if last.dtype.kind != "M":
        return np.asarray(last[:, None] + step * ahead)
    months = months_of(step)
    if not months:
        return np.asarray(last[:, None] + (step * ahead).astype("timedelta64[us]"))
    month = last.astype("datetime64[M]")
    within = (last - month.astype("datetime64[us]"))[:, None]  # (B, 1)
    starts = month[:, None] + (months * ahead).astype("timedelta64[M]")  # (B, count)
    longest = (starts + np.timedelta64(1, "M")).astype("datetime64[D]") - starts.astype("datetime64[D]")
    last_day = (longest - np.timedelta64(1, "D")).astype("timedelta64[us]") + within % np.timedelta64(DAY, "us")
    return np.asarray(starts.astype("datetime64[us]") + np.minimum(within, last_day))
