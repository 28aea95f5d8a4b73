"""From the log-mel bands of a recording to the numbers a network reads, whatever the microphone and its distance.

Two views of the bands, both in every step: how much louder each is than the bands around it, and how fast it becomes
louder. Contrast is blind to distance and to the slow slopes that microphones and voices have; change is blind to
whatever they do to all steps of a band alike.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gru_toolkit.sequences.dataset import Dataset, Part
from gru_toolkit.sequences.log_mel import BANDS
from gru_toolkit.tasks.series_codec import Channel, SeriesCodec, block_means, fit_series
from gru_toolkit.tasks.sound_variety import Variation, hidden, varied

RANGE = 9.0
"""What is more than so many nats (39 dB) below the loudest band of a recording is silence."""
AROUND = 6
"""Bands on either side that a band is compared with."""
CONTRAST = 1.2
"""Nats of contrast that become 1: about the deviation of speech."""
VIEWS = 2
_SLOPE = (-0.5, -0.25, 0.0, 0.25, 0.5)
"""Weights of the steps around one: two and a half times the slope of the line through them, in nats a step."""
_BAND = re.compile(r"(\d+)_hz")


@dataclass(frozen=True)
class SoundCodec:
    """How recordings become numbers. It learns nothing but what the static columns beside them hold.

    series  the columns as such: their names, the static columns and their scales
    """

    series: SeriesCodec

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The bands' columns."""
        return self.series.channels

    @property
    def statics(self) -> tuple[Channel, ...]:
        """The static columns beside the target."""
        return self.series.statics

    @property
    def stride(self) -> int:
        """Steps averaged into one."""
        return self.series.stride

    @property
    def centre(self) -> tuple[float, ...]:
        """Of the static features, one each."""
        return self.series.centre

    @property
    def width(self) -> int:
        """Features a step."""
        return VIEWS * len(self.channels)

    @property
    def levels(self) -> list[int]:
        """The features that the baselines see: all of them."""
        return list(range(self.width))

    @functools.cached_property
    def hertz(self) -> np.ndarray:
        """(bands,) the frequency of each band."""
        return np.array([_hertz(channel.name) for channel in self.channels])

    def to_plain(self) -> dict[str, Any]:
        return {"sound": True, **self.series.to_plain()}

    def static_numbers(self, dataset: Dataset) -> np.ndarray:
        """(S, features of the static columns) float64, one row a sequence."""
        return self.series.static_numbers(dataset)

    def statistics(self, scaled: Sequence[np.ndarray], statics: np.ndarray) -> np.ndarray:
        """(S,) float32 static columns of one recording; nothing of its sound, which would tell its voice."""
        return self.series.statistics(scaled, statics)

    def scaled(self, dataset: Dataset, rows: slice) -> list[np.ndarray]:
        """The log-mel frames of some rows, as they are: one array (T, bands) float64."""
        columns = [dataset.steps[channel.name].values[rows] for channel in self.channels]
        return [np.stack(columns, axis=1).astype(np.float64)]

    def features(self, scaled: Sequence[np.ndarray]) -> np.ndarray:
        """(ceil(T / stride), width) float32 of one recording: contrast of each band, then the change of each."""
        averaged = block_means(scaled[0], self.stride)
        heard = np.maximum(averaged, averaged.max() - RANGE)
        return np.concatenate([contrasts(heard) / CONTRAST, slopes(heard)], axis=1).astype(np.float32)

    def varied(self, scaled: Sequence[np.ndarray], change: Variation, rng: np.random.Generator) -> np.ndarray:
        """The features as another voice, pace, microphone and room might have given them, partly hidden."""
        bands = varied(scaled[0], self.hertz, change, rng)
        return hidden(self.features([bands]), len(self.channels), change.variety, rng)


WholeCodec = SeriesCodec | SoundCodec
"""What turns a whole sequence into features, statistics and static numbers."""


def is_sound(names: Sequence[str]) -> bool:
    """Whether columns of these names are all the bands of recordings, as the reader calls them, and nothing else."""
    return len(names) == BANDS and all(_BAND.fullmatch(name) for name in names)


def fit_sound(train: Part, *, stride: int) -> SoundCodec:
    """The codec of recordings whose inputs are bands."""
    return SoundCodec(fit_series(train, stride=stride, causal=True))


def read_codec(plain: Mapping[str, Any]) -> WholeCodec:
    """The codec that `to_plain` of either kind described. Raises DamagedRunError if the data do not describe one."""
    series = SeriesCodec.from_plain(plain)
    return SoundCodec(series) if plain.get("sound", False) else series


def contrasts(values: np.ndarray) -> np.ndarray:
    """(T, F) values less the mean of the bands around each; the lowest and the highest are repeated outwards."""
    width = 2 * AROUND + 1
    around = np.pad(values, ((0, 0), (AROUND + 1, AROUND)), mode="edge").cumsum(axis=1)
    return np.asarray(values - (around[:, width:] - around[:, :-width]) / width)


def slopes(values: np.ndarray) -> np.ndarray:
    """(T, F) how (T, F) rises around each step, by the line through five steps; the ends are repeated outwards."""
    reach = len(_SLOPE) // 2
    around = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    return np.asarray(sum(weight * around[at : at + len(values)] for at, weight in enumerate(_SLOPE)))


def _hertz(name: str) -> float:
    found = _BAND.fullmatch(name)
    assert found is not None, f"{name} is not the name of a band"
    return float(found[1])
