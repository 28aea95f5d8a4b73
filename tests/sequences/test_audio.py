"""Recordings become log-mel frames: folders, manifests, rates, channels, and what is wrong with them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gru_toolkit.config import ConfigError, ReadConfig
from gru_toolkit.errors import DataError, MissingInputError
from gru_toolkit.sequences.audio_reader import band_names
from gru_toolkit.sequences.log_mel import BANDS, LiveFrames, band_centres, log_mel
from gru_toolkit.sequences.reading import Wants, read_dataset
from gru_toolkit.sequences.sound_samples import whistles

LABELLED = Wants(target="sequence", label="text")
UNLABELLED = Wants(target="sequence", label="text", need_target=False)


def tone(hertz: float, rate: int, seconds: float = 0.3) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in whistles(each=3).items():
        path = tmp_path / "whistles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "whistles"


def test_a_tone_is_loudest_in_its_band_at_every_rate() -> None:
    centres = band_centres(4000)
    for hertz in (300.0, 1000.0, 2500.0):
        frames = {rate: log_mel(tone(hertz, rate), rate, 4000) for rate in (8000, 11025, 16000, 44100)}
        for found in frames.values():
            assert abs(np.argmax(found.mean(axis=0)) - np.argmin(np.abs(centres - hertz))) <= 1
            np.testing.assert_allclose(found.mean(axis=0).max(), frames[16000].mean(axis=0).max(), atol=0.35)


def test_power_in_the_bands_adds_up_to_that_of_the_sound() -> None:
    # White noise of variance .01 has density .01 / (rate / 2) a hertz; a triangle's area is half its base.
    noise = np.random.default_rng(0).normal(0, 0.1, 80_000)
    powers = np.exp(log_mel(noise, 8000, 4000)).mean(axis=0)
    edges = np.concatenate([[50.0], band_centres(4000), [4000.0]])
    expected = 0.01 / 8000 * (edges[2:] - edges[:-2]) / 2
    np.testing.assert_allclose(powers[5:-1], expected[5:-1], rtol=0.1)


def test_frames_are_causal_and_live_sound_gives_the_same_ones() -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 3000)
    whole = log_mel(sound, 8000, 4000)
    assert whole.shape == (1 + (3000 - 200) // 80, BANDS)
    np.testing.assert_array_equal(log_mel(sound[:2000], 8000, 4000), whole[: 1 + (2000 - 200) // 80])
    live = LiveFrames(8000, 4000)
    chunks = np.split(sound, [10, 150, 199, 200, 900, 901, 2500])
    np.testing.assert_allclose(np.concatenate([live.push(chunk) for chunk in chunks]), whole, atol=1e-9)


def test_a_folder_of_folders_has_its_labels(folder: Path) -> None:
    dataset = read_dataset([str(folder)], ReadConfig(), LABELLED)
    assert len(dataset) == 9
    assert dataset.statics["label"].texts()[0] == "falling"
    assert dataset.ids[0] == "falling/falling_01.wav"
    assert dataset.roles.inputs == band_names(4000)
    assert any("9 recordings" in note and "8,000 Hz" in note for note in dataset.notes)


def test_a_single_file_is_one_sequence_as_in_its_folder(folder: Path) -> None:
    one = folder / "rising" / "rising_02.wav"
    alone = read_dataset([str(one)], ReadConfig(), UNLABELLED)
    among = read_dataset([str(folder)], ReadConfig(), LABELLED)
    place = among.ids.index("rising/rising_02.wav")
    rows = slice(int(among.offsets[place]), int(among.offsets[place + 1]))
    for name in band_names(4000):
        np.testing.assert_array_equal(alone.steps[name].values, among.steps[name].values[rows])


def test_a_manifest_names_files_and_labels_and_a_missing_one_has_its_line(folder: Path) -> None:
    manifest = folder / "list.csv"
    manifest.write_text("file,kind,who\nrising/rising_01.wav,up,ann\nfalling/falling_01.wav,down,bob\n")
    config = ReadConfig(format="audio", target=("kind",), ignore=("who",))
    dataset = read_dataset([str(manifest)], config, LABELLED)
    assert dataset.statics["kind"].texts() == ["up", "down"]
    manifest.write_text("file,kind\nrising/rising_01.wav,up\nrising/gone.wav,down\n")
    with pytest.raises(DataError, match=r"gone\.wav") as raised:
        read_dataset([str(manifest)], ReadConfig(format="audio", target=("kind",)), LABELLED)
    assert raised.value.place is not None
    assert (raised.value.place.path, raised.value.place.line) == (str(manifest), 3)


def test_channels_are_averaged_and_clipping_and_silence_are_said(folder: Path) -> None:
    sound = np.clip(4 * tone(700, 16000), -1, 1)
    soundfile.write(folder / "rising" / "loud.wav", np.stack([sound, sound], axis=1), 16000)
    soundfile.write(folder / "rising" / "silent.wav", np.zeros(4000), 16000)
    notes = " ".join(read_dataset([str(folder)], ReadConfig(), LABELLED).notes)
    for part in (
        "1 of 11 recordings have several channels",
        "1 of 11 recordings are clipped",
        "1 of 11 recordings are silent",
    ):
        assert part in notes
    assert "8,000 Hz, 16,000 Hz" in notes


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "damaged"), (b"RIFF\0\0\0\0WAVEjunk", "damaged"), (b"hello", "damaged")],
)
def test_a_damaged_recording_is_refused_by_name_or_counted(folder: Path, content: bytes, reason: str) -> None:
    (folder / "rising" / "bad.wav").write_bytes(content)
    with pytest.raises(DataError, match=reason) as raised:
        read_dataset([str(folder)], ReadConfig(), LABELLED)
    assert raised.value.place is not None
    assert raised.value.place.path.endswith("bad.wav")
    dataset = read_dataset([str(folder)], ReadConfig(max_rejects=1), LABELLED)
    assert (len(dataset), len(dataset.rejects)) == (9, 1)


def test_an_empty_recording_and_one_that_is_cut_short(folder: Path) -> None:
    soundfile.write(folder / "rising" / "none.wav", np.zeros(0), 8000)
    with pytest.raises(DataError, match="is empty"):
        read_dataset([str(folder)], ReadConfig(), LABELLED)
    (folder / "rising" / "none.wav").unlink()
    soundfile.write(folder / "rising" / "short.wav", tone(500, 8000, 0.01), 8000)
    dataset = read_dataset([str(folder)], ReadConfig(), LABELLED)
    assert dataset.lengths[dataset.ids.index("rising/short.wav")] == 1


def test_a_recording_cut_short_is_refused_unless_its_length_was_never_known(folder: Path) -> None:
    path = folder / "rising" / "rising_01.wav"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cut short"):
        read_dataset([str(folder)], ReadConfig(), LABELLED)
    from_a_pipe = whole[:40] + b"\xff\xff\xff\xff" + whole[44:]
    path.write_bytes(from_a_pipe)
    assert len(read_dataset([str(folder)], ReadConfig(), LABELLED)) == 9


def test_a_rate_that_cannot_hold_the_bands_is_refused_with_what_would_work(folder: Path) -> None:
    with pytest.raises(DataError, match=r"holds frequencies up to 4,000 Hz, 8,000 Hz are wanted \(--hertz\)"):
        read_dataset([str(folder)], ReadConfig(hertz=8000), LABELLED)
    with pytest.raises(ConfigError, match="at least 500"):
        ReadConfig(hertz=100)


def test_folders_without_recordings_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingInputError, match="no recordings"):
        read_dataset([str(tmp_path / "empty")], ReadConfig(), LABELLED)
