"""Texts of one column to numbers, times or codes, by a grammar that guesses nothing.

number  optional sign, digits, optional point and digits, optional exponent; finite as a float64; blanks around it are
        allowed
time    ISO 8601: 2020-01, 2020-01-31, 2020-01-31 12:30[:05[.123456]] with a blank or T, and optionally Z or +01:00
missing an empty cell, NA, N/A, NaN, nan, null, NULL, None; in a text column only the empty cell
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gru_toolkit.sequences.table import Kind

MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"})
SAMPLE = 1000
"""Non-missing values that decide the kind of a column."""
_SHARE = 0.9
_BLANKS = " \t"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NUMBER_CHARACTERS = frozenset("0123456789+-.eE" + _BLANKS)
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)"
    r"(?:(?<=-..-..)[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.(?P<fraction>[0-9]{1,9}))?)?)"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_LOCAL_DATE = re.compile(r"[0-9]{1,4}[./][0-9]{1,2}[./][0-9]{1,4}(?:[ T].*)?|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}(?:[ T].*)?")
_FIXED_TIMES = {10: "dddd-dd-dd", 16: "dddd-dd-dd dd:dd", 19: "dddd-dd-dd dd:dd:dd"}
_MINUTE = 60_000_000

Bad = list[tuple[int, str]]
"""(index in the chunk, what is wrong with the value), rising."""


@dataclass
class Zones:
    """What the values of a time column had in common so far: all with a zone, or all without."""

    zoned: bool | None = None
    offsets: set[int] = field(default_factory=set)


def kind_of(sample: Sequence[str]) -> Kind:
    """What at least nine in ten of the values are; without any value a number column (all missing)."""
    if not sample:
        return "number"
    for kind, pattern in (("number", _NUMBER), ("time", _TIME)):
        matches = sum(pattern.fullmatch(value.strip(_BLANKS)) is not None for value in sample)
        if matches >= _SHARE * len(sample):
            return kind  # type: ignore[return-value]
    return "text"


def local_dates(sample: Sequence[str]) -> bool:
    """Whether the values look like dates whose order of day and month nobody can know."""
    matches = sum(_LOCAL_DATE.fullmatch(value.strip(_BLANKS)) is not None for value in sample)
    return bool(sample) and matches >= _SHARE * len(sample)


def is_missing(value: str) -> bool:
    """Whether a cell stands for a missing value in a number or time column."""
    return value.strip(_BLANKS) in MISSING


def cast_numbers(values: Sequence[str]) -> tuple[np.ndarray, Bad]:
    """(N,) float64 with NaN where missing or bad, and what is bad."""
    present = [value for value in values if value not in MISSING]
    if set("".join(present)) <= _NUMBER_CHARACTERS:
        try:
            numbers = np.fromiter(map(float, present), np.float64, len(present))
        except ValueError:
            return _cast_each_number(values)
        if np.isfinite(numbers).all():
            return (numbers if len(present) == len(values) else _spread(numbers, values)), []
    return _cast_each_number(values)


def _spread(present: np.ndarray, values: Sequence[str]) -> np.ndarray:
    """(N,) float64: the numbers that are present in their places, NaN in the others."""
    numbers = np.full(len(values), np.nan)
    numbers[np.fromiter((value not in MISSING for value in values), bool, len(values))] = present
    return numbers


def _cast_each_number(values: Sequence[str]) -> tuple[np.ndarray, Bad]:
    numbers = np.full(len(values), np.nan)
    bad: Bad = []
    for index, value in enumerate(values):
        stripped = value.strip(_BLANKS)
        if stripped in MISSING:
            continue
        if _NUMBER.fullmatch(stripped):
            number = float(stripped)
            if np.isfinite(number):
                numbers[index] = number
            else:
                bad.append((index, f"{shown(value)} is too large for a number"))
        else:
            bad.append((index, f"{shown(value)} is not a number"))
    return numbers, bad


def cast_times(values: Sequence[str], zones: Zones) -> tuple[np.ndarray, Bad]:
    """(N,) datetime64[us] in UTC (or naive), NaT where missing or bad, and what is bad; updates `zones`."""
    if zones.zoned is not True:
        times = _cast_fixed_times(values)
        if times is not None:
            zones.zoned = False
            return times, []
    times = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[us]")
    bad: Bad = []
    for index, value in enumerate(values):
        stripped = value.strip(_BLANKS)
        if stripped in MISSING:
            continue
        try:
            times[index] = _one_time(stripped, zones)
        except ValueError as error:
            bad.append((index, f"{shown(value)} {error}"))
    return times, bad


def _cast_fixed_times(values: Sequence[str]) -> np.ndarray | None:
    """All values when every one has the same plain ISO form, else None."""
    width = len(values[0]) if values else 0
    joined = "".join(values)
    same_width = len(joined) == width * len(values) and set(map(len, values)) == {width}
    if width not in _FIXED_TIMES or not same_width or not joined.isascii():
        return None
    cells = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(-1, width)
    for position, wanted in enumerate(_FIXED_TIMES[width]):
        cell = cells[:, position]
        if wanted == "d":
            fits = (cell >= ord("0")) & (cell <= ord("9"))
        elif wanted == " ":
            fits = (cell == ord(" ")) | (cell == ord("T"))
        else:
            fits = cell == ord(wanted)
        if not fits.all():
            return None
    try:
        return np.asarray(cells).view(f"S{width}").reshape(-1).astype("datetime64[us]")
    except ValueError:
        return None


def _one_time(value: str, zones: Zones) -> Any:
    """One time in UTC. Raises ValueError with the end of the sentence `'value' …`."""
    match = _TIME.fullmatch(value)
    if not match:
        raise ValueError("is not a time such as 2020-01-31 or 2020-01-31T12:30:00Z")
    if len(match["fraction"] or "") > 6 and match["fraction"][6:].strip("0"):
        raise ValueError("is finer than a microsecond")
    try:
        moment: Any = np.datetime64(match["day"] + ("T" + match["clock"][:15] if match["clock"] else ""), "us")
    except ValueError:
        raise ValueError("is not a day and time of the calendar") from None
    zone = match["zone"]
    if zones.zoned is None:
        zones.zoned = zone is not None
    if zones.zoned != (zone is not None):
        raise ValueError("has a time zone, earlier values have none" if zone else "has no time zone, earlier values do")
    if zone is None or zone == "Z":
        return moment
    offset = _minutes(zone)
    zones.offsets.add(offset)
    return moment - np.timedelta64(offset * _MINUTE, "us")


def _minutes(zone: str) -> int:
    """Minutes east of UTC of a zone such as +01:00. Raises ValueError beyond ±15 hours."""
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 15 or minutes > 59:
        raise ValueError(f"has a time zone {zone} that does not exist")
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def cast_texts(values: Sequence[str], codes: dict[str, int]) -> np.ndarray:
    """(N,) int32 codes, -1 where the cell is empty; new texts are added to `codes`."""
    known: Mapping[str, int] = codes
    for value in values:
        if value not in known and value:
            codes[value] = len(codes)
    get = codes.get
    return np.fromiter((get(value, -1) for value in values), np.int32, len(values))


def shown(value: str) -> str:
    """A value as it may stand in a message: quoted, control characters escaped, shortened."""
    return repr(value if len(value) <= 40 else value[:37] + "...")
