"""How unusual a step is beside the steps before it: forecast errors and values as records of the recent past.

A record is what exceeds everything of the last so many steps. Of equally distributed steps, one in a thousand is the
largest of the last thousand, whatever their distribution: so records need no assumption about the size of errors
(conformal anomaly detection; Laxhammar and Falkman 2014). Several voices are heard: the value itself against the range
of the past, and the forecast error averaged over shorter and longer stretches, because a level that shifts shows in
many small errors of one kind. A voice says log(now / largest before): 0 at a record. Records add up; where there is
none, the voice nearest to one is heard.
"""

from dataclasses import dataclass

import numpy as np

LEAST_ERROR = 1e-3
"""Mean errors, in scaled units, below which none is a record."""
LEAST_RANGE = 0.01
"""Half the range of values, in scaled units, below which it is not taken for smaller."""
_LEAST_RATIO = 1e-6


@dataclass(frozen=True)
class Voices:
    """Which voices are heard.

    stretches  steps over which forecast errors are averaged, one voice each
    memory     steps in which an error must be the largest
    reach      steps in which a value must be outside the range
    weight     of a voice of errors beside that of the range
    """

    stretches: tuple[int, ...] = (10, 20, 40, 80)
    memory: int = 1000
    reach: int = 4000
    weight: float = 0.2

    @property
    def steps(self) -> int:
        """Steps of the past after which nothing of a step is remembered."""
        return max(self.memory + max(self.stretches), self.reach) + 1


@dataclass(frozen=True)
class Seed:
    """What is known of a series before its first step: the records to beat at the start.

    errors     (stretches,) the largest mean errors
    low, high  the range of the values
    """

    errors: np.ndarray
    low: float
    high: float


def unusualness(errors: np.ndarray, values: np.ndarray, voices: Voices, seed: Seed | None) -> np.ndarray:
    """(T,) how unusual each step is: 0 at a record, above it beyond one.

    errors  (T,) absolute forecast errors in scaled units; 0 where there was no forecast
    values  (T,) in units of the series' scale
    seed    None if the steps follow on others that are not given: then a step has to look back `voices.steps` steps
            before its number means anything
    """
    heard = [_beyond_range(values, voices.reach, seed)]
    for index, average in enumerate(averages(errors, voices)):
        top = np.concatenate([[seed.errors[index] if seed else 0.0], average])
        largest = np.maximum(largest_before(top, voices.memory)[1:], LEAST_ERROR)
        heard.append(voices.weight * np.log(np.maximum(average / largest, _LEAST_RATIO)))
    return _together(np.stack(heard))


def unusual_now(errors: np.ndarray, values: np.ndarray, voices: Voices, seed: Seed | None) -> np.ndarray:
    """(1,) the last number that `unusualness` gives, in less work."""
    before = values[:-1][-voices.reach :]
    if seed is not None and len(before) < voices.reach:
        before = np.concatenate([[seed.low, seed.high], before])
    low, high = before.min(), before.max()
    heard = [_distance(values[-1:], low, high)]
    recent = averages(errors[-(voices.memory + max(voices.stretches) + 1) :], voices)
    for index, average in enumerate(recent):
        past = average[:-1][-voices.memory :]
        least = seed.errors[index] if seed is not None and len(past) < voices.memory else 0.0
        largest = max(least, past.max(initial=0.0), LEAST_ERROR)
        heard.append(voices.weight * np.log(np.maximum(average[-1:] / largest, _LEAST_RATIO)))
    return _together(np.stack(heard))


def _together(heard: np.ndarray) -> np.ndarray:
    """(T,) of the voices (voices, T): their records added up, or the nearest to one."""
    records = np.maximum(heard, 0).sum(axis=0)
    return np.asarray(np.where(records > 0, records, heard.max(axis=0)))


def averages(errors: np.ndarray, voices: Voices) -> np.ndarray:
    """(stretches, T) the mean error of the last so many steps; 0 until there are as many."""
    sums = np.concatenate([[0.0], np.cumsum(errors)])
    rows = np.zeros((len(voices.stretches), len(errors)))
    for row, steps in zip(rows, voices.stretches, strict=True):
        if len(errors) > steps:
            row[steps:] = np.maximum((sums[steps + 1 :] - sums[1:-steps]) / steps, 0.0)
    return rows


def _beyond_range(values: np.ndarray, reach: int, seed: Seed | None) -> np.ndarray:
    """(T,) log of each value's distance from the middle of the range before it, in half ranges."""
    first = (seed.low, seed.high) if seed else (values[0], values[0])
    low = -largest_before(np.concatenate([[-first[0]], -values]), reach)[1:]
    high = largest_before(np.concatenate([[first[1]], values]), reach)[1:]
    return _distance(values, low, high)


def _distance(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    half = np.maximum((high - low) / 2, LEAST_RANGE)
    return np.asarray(np.log(np.maximum(np.abs(values - (high + low) / 2) / half, _LEAST_RATIO)))


def largest_before(values: np.ndarray, width: int) -> np.ndarray:
    """(T,) the largest of the `width` values before each of `values` (T,); -inf before the first.

    Maxima from both ends of blocks as wide as the window (van Herk 1992): the work does not grow with the width.
    """
    total = len(values)
    padded = np.full(-(-(total + width) // width) * width, -np.inf)
    padded[width : width + total] = values
    blocks = padded.reshape(-1, width)
    from_start = np.maximum.accumulate(blocks, axis=1).ravel()
    from_end = np.maximum.accumulate(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    return np.asarray(np.maximum(from_end[:total], from_start[width - 1 : width - 1 + total]))
