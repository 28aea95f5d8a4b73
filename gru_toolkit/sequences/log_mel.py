"""Sound as the logarithm of its power in mel bands, frame by frame; the same numbers at any sample rate.

Bands are placed in Hz and power is a density per Hz, so a recording at 8 kHz and the same one at 16 kHz have the same
log-mel values up to the bands' own resolution. Frames are causal: each covers the samples up to its end, so that live
sound gives the same frames as a file.
"""

import functools
from dataclasses import dataclass, field

import numpy as np

BANDS = 40
WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
LOWEST_HERTZ = 50.0
FLOOR = 1e-10
"""Power in a band below which nothing is heard, relative to full scale."""
_BLOCK_FRAMES = 4096


@dataclass(frozen=True)
class FrameShape:
    """Samples of a window, and from one window to the next, at a sample rate."""

    rate: int
    window: int
    hop: int


def frame_shape(rate: int) -> FrameShape:
    """The frames of a sample rate in Hz."""
    return FrameShape(rate, max(2, round(rate * WINDOW_SECONDS)), max(1, round(rate * HOP_SECONDS)))


def log_mel(samples: np.ndarray, rate: int, highest: float) -> np.ndarray:
    """(frames, BANDS) float64, the natural logarithm of the power in each band.

    samples  (T,) in -1..1; fewer than one window are followed by silence
    highest  upper end of the highest band in Hz, at most rate / 2
    """
    shape = frame_shape(rate)
    if len(samples) < shape.window:
        samples = np.concatenate([samples, np.zeros(shape.window - len(samples))])
    windows = np.lib.stride_tricks.sliding_window_view(samples, shape.window)[:: shape.hop]  # (frames, window)
    blocks = [
        _powers(windows[start : start + _BLOCK_FRAMES], rate, highest)
        for start in range(0, len(windows), _BLOCK_FRAMES)
    ]
    return np.log(np.concatenate(blocks) + FLOOR)


@dataclass
class LiveFrames:
    """Frames of sound that arrives in chunks. Protected state: the samples that no complete frame has covered yet."""

    rate: int
    highest: float
    _waiting: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def push(self, samples: np.ndarray) -> np.ndarray:
        """(frames, BANDS) of the windows that the samples (T,) complete; maybe none."""
        shape = frame_shape(self.rate)
        sound = np.concatenate([self._waiting, samples])
        if len(sound) < shape.window:
            self._waiting = sound
            return np.zeros((0, BANDS))
        frames = log_mel(sound, self.rate, self.highest)
        self._waiting = sound[len(frames) * shape.hop :]
        return frames


def _powers(windows: np.ndarray, rate: int, highest: float) -> np.ndarray:
    """(frames, BANDS) power of windowed sound (frames, window) in each band."""
    shape = frame_shape(rate)
    bell = np.hanning(shape.window)
    size = 2 << (shape.window - 1).bit_length()  # at least twice the window: fine steps in frequency
    spectrum = np.fft.rfft(windows * bell, n=size)  # (frames, size / 2 + 1)
    density = np.square(np.abs(spectrum)) / (rate * np.square(bell).sum())
    powers: np.ndarray = density @ _filters(rate, size, highest) * (rate / size)
    return powers


def band_centres(highest: float) -> np.ndarray:
    """(BANDS,) the frequencies in Hz at which the bands are most sensitive."""
    return _edges(highest)[1:-1]


def _edges(highest: float) -> np.ndarray:
    """(BANDS + 2,) Hz, equally far apart on the mel scale, 2595 · log10(1 + f / 700) (O'Shaughnessy 1987)."""
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (LOWEST_HERTZ, highest))
    return np.asarray(700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1))


@functools.lru_cache(maxsize=8)
def _filters(rate: int, size: int, highest: float) -> np.ndarray:
    """(size / 2 + 1, BANDS) triangles, each from the centre of the band below to that of the band above."""
    hertz = np.arange(size // 2 + 1) * rate / size
    edges = _edges(highest)
    rising = (hertz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz[:, None]) / (edges[2:] - edges[1:-1])
    return np.asarray(np.clip(np.minimum(rising, falling), 0, None))
