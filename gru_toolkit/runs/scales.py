"""Axes: which values get a tick, what the tick says, and where a value lies between 0 and 1."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gru_toolkit.runs import wording

Unit = Literal["s", "m", "h", "D", "M", "Y"]
_STEPS: tuple[tuple[Unit, tuple[int, ...]], ...] = (
    ("s", (1, 2, 5, 10, 15, 30)),
    ("m", (1, 2, 5, 10, 15, 30)),
    ("h", (1, 3, 6, 12)),
    ("D", (1, 2, 7, 14)),
    ("M", (1, 3, 6)),
    ("Y", (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
_SECONDS: dict[Unit, float] = {"s": 1, "m": 60, "h": 3600, "D": 86_400, "M": 2_629_746, "Y": 31_556_952}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH_MONDAY = 4
"""1970-01-05 was a Monday: weekly ticks stand on Mondays."""


@dataclass(frozen=True)
class Axis:
    """A stretch of values with its ticks.

    ticks  (value, text), rising
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def place(self, values: np.ndarray) -> np.ndarray:
        """Where the values lie, 0 at `low` and 1 at `high`."""
        ends = np.array([self.low, self.high])
        placed = np.asarray(values, np.float64)
        if self.log:
            ends, placed = np.log10(ends), np.log10(placed)
        shares: np.ndarray = (placed - ends[0]) / (ends[1] - ends[0])
        return shares


def linear(values: np.ndarray, *, ticks: int = 5, whole: bool = False) -> Axis:
    """An axis whose ends are ticks around all finite values; `whole` for counts such as epochs."""
    low, high = _range(values)
    step = _nice((high - low) / max(ticks - 1, 1))
    if whole:
        step = max(1.0, step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return _even(first * step, last * step, first, last, step)


def within(low: float, high: float, *, ticks: int = 6, whole: bool = False) -> Axis:
    """An axis with exactly these ends and ticks between them."""
    step = _nice((high - low) / max(ticks - 1, 1))
    if whole:
        step = max(1.0, step)
    return _even(low, high, math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9), step)


def positive(values: np.ndarray) -> Axis:
    """A linear axis, or a logarithmic one where positive values span more than a factor of 20."""
    finite = values[np.isfinite(values)]
    if not len(finite) or finite.min() <= 0 or finite.max() < 20 * finite.min():
        return linear(values)
    low, high = math.floor(math.log10(finite.min())), math.ceil(math.log10(finite.max()))
    factors = (1.0,) if high - low > 3 else (1.0, 2.0, 5.0)
    marks = [factor * 10.0**power for power in range(low, high + 1) for factor in factors]
    start = max([mark for mark in marks if mark <= finite.min()], default=10.0**low)
    end = min([mark for mark in marks if mark >= finite.max()], default=10.0**high)
    every = max(1, math.ceil((high - low) / 6))
    shown = [mark for place, mark in enumerate(marks) if start <= mark <= end and place % every == 0]
    return Axis(start, end, tuple((mark, _short(mark)) for mark in shown), log=True)


def times(values: np.ndarray, *, ticks: int = 5) -> Axis:
    """An axis over datetime64 values, as seconds since 1970, with ticks on whole years, months, Mondays, hours …"""
    seconds = values.astype("M8[us]").astype(np.int64) / 1e6
    low, high = float(seconds.min()), float(seconds.max())
    if low == high:
        high = low + 1
    unit, count = _calendar_step((high - low) / ticks)
    marks = [mark for mark in _calendar_marks(low, high, unit, count) if low <= mark <= high]
    return Axis(low, high, tuple((mark, _time_text(mark, unit)) for mark in marks))


def seconds_of(values: np.ndarray) -> np.ndarray:
    """Times as the numbers that `times` measures in; step numbers as they are."""
    return values.astype("M8[us]").astype(np.int64) / 1e6 if values.dtype.kind == "M" else values.astype(np.float64)


def _range(values: np.ndarray) -> tuple[float, float]:
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        margin = abs(low) / 2 or 1.0
        return low - margin, high + margin
    return low, high


def _nice(step: float) -> float:
    """The nearest of 1, 2, 5, 10 times a power of ten that is not much smaller."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if step <= factor * power * 1.2)


def _even(low: float, high: float, first: int, last: int, step: float) -> Axis:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    largest = max(abs(low), abs(high))
    big = (largest >= 1e7 and largest < 100 * step) or decimals > 6
    marks = [place * step for place in range(first, last + 1)]
    return Axis(low, high, tuple((mark, _short(mark) if big else _fixed(mark, decimals)) for mark in marks))


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.replace("-", wording.MINUS) if float(text.replace(",", "")) else "0"


def _short(value: float) -> str:
    """1e-05, 0.01, 5, 2,000, 3e+07."""
    if value == 0:
        return "0"
    text = f"{value:,.10g}" if 1e-4 <= abs(value) < 1e7 else f"{value:.3g}"
    return text.replace("-", wording.MINUS)


def _calendar_step(seconds: float) -> tuple[Unit, int]:
    for unit, counts in _STEPS:
        for count in counts:
            if count * _SECONDS[unit] >= seconds:
                return unit, count
    return "Y", 1000 * math.ceil(seconds / _SECONDS["Y"] / 1000)


def _calendar_marks(low: float, high: float, unit: Unit, count: int) -> Iterator[float]:
    start = np.datetime64(math.floor(low), "s").astype(f"M8[{unit}]").astype(int)
    end = np.datetime64(math.ceil(high), "s").astype(f"M8[{unit}]").astype(int)
    offset = 1970 if unit == "Y" else -_EPOCH_MONDAY if count in (7, 14) else 0
    first = -(-(start + offset) // count) * count - offset
    for place in range(first, end + 1, count):
        yield float(np.datetime64(place, unit).astype("M8[s]").astype(np.int64))


def _time_text(seconds: float, unit: Unit) -> str:
    text = str(np.datetime64(int(seconds), "s"))
    if unit in ("s", "m", "h"):
        midnight = text[11:] == "00:00:00"
        return _day(text) if midnight and unit == "h" else text[11:19] if unit == "s" else text[11:16]
    if unit == "D":
        return _day(text)
    year = text.split("-")[0] if not text.startswith("-") else "-" + text.split("-")[1]
    return f"{_MONTHS[int(text[5:7]) - 1]} {year}" if unit == "M" else year


def _day(text: str) -> str:
    return f"{int(text[8:10])} {_MONTHS[int(text[5:7]) - 1]}"
