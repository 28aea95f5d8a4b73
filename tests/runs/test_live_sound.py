"""Live sound becomes records of log-mel bands, whatever the chunks."""

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import UsageError
from gru_toolkit.runs.live_sound import LIVE, records
from gru_toolkit.sequences.audio_reader import band_names
from gru_toolkit.sequences.dataset import Roles
from gru_toolkit.sequences.log_mel import log_mel

NAMES = band_names(4000)


def run_on(inputs: tuple[str, ...]) -> Any:
    roles = Roles(id="file", inputs=inputs)
    return SimpleNamespace(
        folder="run", configuration=SimpleNamespace(read=ReadConfig()), schema=SimpleNamespace(roles=roles)
    )


class OddChunks(io.BytesIO):
    """A pipe that gives an odd number of bytes at a time."""

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(333)


def test_live_records_are_the_frames_of_the_whole_sound() -> None:
    samples = np.random.default_rng(0).integers(-20000, 20000, 2500).astype("<i2")
    found = list(records(run_on(NAMES), OddChunks(samples.tobytes()), 8000))
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    whole = log_mel(samples / 32768, 8000, 4000)
    rows = [record for _, record in found]
    assert all(isinstance(record, dict) and record["file"] == LIVE for record in rows)
    np.testing.assert_allclose([[record[name] for name in NAMES] for record in rows], whole, atol=1e-9)  # type: ignore[index]


def test_a_run_on_other_data_and_a_rate_too_low_are_refused() -> None:
    with pytest.raises(UsageError, match="not trained on recordings"):
        next(records(run_on(("x",)), io.BytesIO(b""), 8000))
    with pytest.raises(UsageError, match="up to 3,000 Hz"):
        next(records(run_on(NAMES), io.BytesIO(b""), 6000))
