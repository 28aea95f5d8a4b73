"""Random changes of a recording's log-mel bands that leave what was said: another voice, pace, microphone, room."""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.tasks.augmentation import read_at

PACE = 0.35
"""Standard deviation of the log of the pace, of all recordings of a batch and of each piece of one."""
PIECES = 4
VOICE = 0.12
"""Standard deviation of the log of the factor on all frequencies: the length of the vocal tract."""
MICROPHONE = 0.5
"""Standard deviation in nats of what a microphone adds to a band, at each of KNOTS frequencies."""
KNOTS = 5
NOISY = 0.5
"""Share of recordings that get noise."""
NOISE_NATS = (3.0, 9.0)
"""How far below the loudest band the noise lies."""
FEWEST_STEPS, MOST_TIMES = 8, 2.5
"""A pace leaves so many steps and makes a recording at most so many times as long."""
HIDDEN_BANDS = 7
"""Most bands hidden at once; twice in a recording."""
HIDDEN_TIME = 0.2
"""Largest share of a recording hidden."""


@dataclass(frozen=True)
class Variation:
    """How the recordings of a batch are changed.

    variety  how much; 0 changes nothing
    pace     factor on the lengths of all: were it drawn for each, a batch would be padded to the slowest
    """

    variety: float
    pace: float = 1.0


def variation(variety: float, rng: np.random.Generator) -> Variation:
    """The changes of one batch."""
    return Variation(variety, float(np.clip(np.exp(PACE * variety * rng.normal()), 1 / MOST_TIMES, MOST_TIMES)))


def varied(bands: np.ndarray, hertz: np.ndarray, change: Variation, rng: np.random.Generator) -> np.ndarray:
    """(T', F) log-mel frames (T, F) of bands at (F,) hertz as they might have been."""
    (steps, width), variety = bands.shape, change.variety
    if not variety:
        return bands
    found = read_at(bands, _places(steps, change, rng))
    voice = np.exp(VOICE * variety * rng.normal())
    found = read_at(found.T, np.interp(hertz * voice, hertz, np.arange(width))).T
    found = found + np.interp(
        np.arange(width), np.linspace(0, width - 1, KNOTS), MICROPHONE * variety * rng.normal(size=KNOTS)
    )
    if rng.random() < NOISY * min(variety, 1.0):
        tilt = rng.normal() * np.linspace(-1, 1, width)
        noise = found.max() - rng.uniform(*NOISE_NATS) + tilt + 0.5 * rng.normal(size=found.shape)
        found = np.logaddexp(found, noise)
    return found


def hidden(features: np.ndarray, bands: int, variety: float, rng: np.random.Generator) -> np.ndarray:
    """(T, views · bands) features with some bands, and some steps, set to their usual value of zero in every view.

    As SpecAugment (Park et al. 2019, section 2).
    """
    steps = len(features)
    if not variety:
        return features
    seen = features.copy().reshape(steps, -1, bands)  # (T, views, bands)
    for _ in range(2):
        first, last = _stretch(bands, min(HIDDEN_BANDS, bands), rng)
        seen[:, :, first:last] = 0
    first, last = _stretch(steps, int(HIDDEN_TIME * steps), rng)
    seen[first:last] = 0
    return seen.reshape(steps, -1)


def _places(steps: int, change: Variation, rng: np.random.Generator) -> np.ndarray:
    """(T',) rising positions in [0, steps - 1] at which to read a recording that is said faster or slower in parts."""
    length = max(min(FEWEST_STEPS, steps), int(change.pace * steps))
    pieces = np.exp(PACE * change.variety * rng.normal(size=PIECES))
    knots = np.append(0.0, np.cumsum(pieces)) / pieces.sum()
    where = np.interp(np.linspace(0, 1, length), np.linspace(0, 1, PIECES + 1), knots)
    return np.asarray(np.minimum(where, 1.0) * (steps - 1))


def _stretch(size: int, most: int, rng: np.random.Generator) -> tuple[int, int]:
    """First place of a random stretch of up to `most` of `size` places, and the one after its last."""
    width = int(rng.integers(0, most + 1))
    first = int(rng.integers(0, size - width + 1))
    return first, first + width
