"""Short recordings of our own, to try."""

import io
import wave

import numpy as np

RATE = 8000


def whistles(seed: int = 0, *, each: int = 20) -> dict[str, bytes]:
    """Path → WAV file: whistles that rise, fall or waver, of random pitch, length and loudness, in a little noise."""
    rng = np.random.default_rng(seed)
    files = {}
    for label in ("rising", "falling", "wavering"):
        for number in range(1, each + 1):
            files[f"{label}/{label}_{number:02d}.wav"] = _wav(_whistle(label, rng))
    return files


def _whistle(label: str, rng: np.random.Generator) -> np.ndarray:
    """(T,) samples in -1..1."""
    seconds = rng.uniform(0.2, 0.3)
    clock = np.linspace(0, 1, int(seconds * RATE))
    base, width = rng.uniform(500, 1500), rng.uniform(1.3, 1.9)
    course = {"rising": clock, "falling": 1 - clock, "wavering": 0.5 + 0.5 * np.sin(2 * np.pi * 3 * clock)}[label]
    phase = 2 * np.pi * np.cumsum(base * width**course) / RATE
    loudness = np.sin(np.pi * clock) * rng.uniform(0.1, 0.6)
    return np.asarray(loudness * np.sin(phase) + rng.normal(0, 0.005, len(clock)))


def _wav(samples: np.ndarray) -> bytes:
    """A mono WAV file with 16 bits a sample."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return held.getvalue()
