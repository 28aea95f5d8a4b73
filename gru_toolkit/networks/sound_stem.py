"""The stem for sound: convolutions over time and frequency, then the strongest of neighbouring bands.

A taller speaker's formants lie some bands lower. Kernels that are the same in every band, and a maximum over
neighbouring bands after each, leave little of that for the recurrent layers to see.
"""

from dataclasses import dataclass
from typing import Any

import keras

from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.layers import MaskedSteps, StepBatchNormalization, StridedLengths

KERNEL = (3, 3)
"""Steps and bands that a convolution sees."""
HALVED = 0
"""The block, counted from 0, after which two steps become one."""


@dataclass(frozen=True)
class SoundStemConfig:
    """Shape of the stem."""

    bands: int
    """Bands of the input."""
    filters: tuple[int, ...] = (16, 32, 32)
    """Channels of each convolution; after each, two bands become one."""

    def __post_init__(self) -> None:
        if not self.filters or min(self.filters) < 1 or self.bands < 1:
            raise ConfigError(f"a stem has bands and filters, got {self.bands} and {self.filters}")


def sound_stem(x: Any, lengths: Any, config: SoundStemConfig, name: str) -> tuple[Any, Any]:
    """What the stem finds, (B, ceil(T / 2), F), and the lengths that remain.

    x        (B, T, views · bands) symbolic: the bands of the first view, then those of the next
    lengths  (B,) int32 symbolic

    Padded steps are zeroed before each convolution and maximum: zero is the least value there is behind a ReLU, so the
    maximum over two steps sees nothing of them.
    """
    x = MaskedSteps(name=f"{name}_masked")(x, lengths)
    x = keras.layers.Reshape((-1, x.shape[-1] // config.bands, config.bands), name=f"{name}_views")(x)
    x = keras.layers.Permute((1, 3, 2), name=f"{name}_plane")(x)  # (B, T, bands, views)
    for block, filters in enumerate(config.filters):
        part = f"{name}_{block}"
        x = keras.layers.Conv2D(filters, KERNEL, padding="same", use_bias=False, name=part)(x)
        x = StepBatchNormalization(name=f"{part}_norm")(x, lengths)
        x = keras.layers.Activation("relu", name=f"{part}_activation")(x)
        x = MaskedSteps(name=f"{part}_masked")(x, lengths)
        steps = 2 if block == HALVED else 1
        x = keras.layers.MaxPooling2D((steps, 2), padding="same", name=f"{part}_strongest")(x)
        if steps > 1:
            lengths = StridedLengths(steps, name=f"{part}_lengths")(lengths)
    x = keras.layers.Reshape((-1, x.shape[2] * x.shape[3]), name=f"{name}_features")(x)
    return x, lengths
