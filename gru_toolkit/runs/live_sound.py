"""Live sound as the records of a stream: one frame of log-mel bands a record."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from gru_toolkit.errors import DataError, UsageError
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.audio_reader import band_names
from gru_toolkit.sequences.log_mel import LiveFrames

LIVE = "live"
"""The name of the one sequence that live sound is."""
_CHUNK_BYTES = 4096


def records(run: Run, stream: BinaryIO, rate: int) -> Iterator[tuple[int, Mapping[str, Any] | DataError]]:
    """Frames numbered from 1, as records for `Stream.push`, as soon as the stream has brought their last sample.

    stream  little-endian int16 samples of one channel
    rate    samples a second

    Raises UsageError for a run that was not trained on recordings, or a rate too low for its bands.
    """
    highest = run.configuration.read.hertz
    names = band_names(highest)
    if run.schema.roles.inputs[: len(names)] != names:
        raise UsageError(f"{run.folder} was not trained on recordings", hint="leave --pcm out and send records")
    if rate < 2 * highest:
        raise UsageError(
            f"sound at {rate:,} Hz holds frequencies up to {rate // 2:,} Hz, the run hears {highest:,.0f} Hz"
        )
    frames = LiveFrames(rate, highest)
    number, odd = 0, b""
    while chunk := stream.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]
        sound = odd + chunk
        odd = sound[len(sound) // 2 * 2 :]
        samples = np.frombuffer(sound[: len(sound) // 2 * 2], "<i2").astype(np.float64) / 32768
        for frame in frames.push(samples):
            number += 1
            record: dict[str, Any] = dict(zip(names, frame.tolist(), strict=True))
            if run.schema.roles.id is not None:
                record[run.schema.roles.id] = LIVE
            yield number, record
