"""What the codec of recordings promises: loudness and microphones do not matter, change is seen."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gru_toolkit.config import TrainConfig
from gru_toolkit.errors import ConfigError, DataError
from gru_toolkit.sequences.audio_reader import band_names
from gru_toolkit.sequences.dataset import Dataset, Roles, everything
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks.classify import CLASSIFY, Classify
from gru_toolkit.tasks.sound_codec import AROUND, RANGE, SoundCodec, contrasts, is_sound, slopes
from tests.tasks.series_samples import labels

NAMES = band_names(4000)


def recordings(count: int = 6, length: int = 20, seed: int = 0) -> Dataset:
    rows = np.random.default_rng(seed).normal(-10, 2, (count * length, len(NAMES)))
    target = labels(["yes", "no"] * (count // 2))
    return Dataset(
        ids=tuple(f"{index}.wav" for index in range(count)),
        offsets=np.arange(count + 1) * length,
        steps={name: Column(name, "number", rows[:, index]) for index, name in enumerate(NAMES)},
        statics={"label": target},
        roles=Roles(id="file", target=("label",), inputs=NAMES),
    )


DATA = recordings()
SETTINGS: Classify = CLASSIFY.resolve(DATA, Classify(), TrainConfig(), frozenset()).settings
CODEC = CLASSIFY.fit_codec(everything(DATA), SETTINGS)
SERIES = CODEC.series


def test_recordings_are_told_by_their_columns_and_a_causal_network_reads_them_step_by_step() -> None:
    assert is_sound(NAMES)
    assert is_sound(band_names(8000))
    assert not is_sound(NAMES[:-1])
    assert not is_sound((*NAMES[:-1], "speed"))
    assert SETTINGS.sound
    causal = CLASSIFY.resolve(DATA, Classify(causal=True), TrainConfig(), frozenset()).settings
    assert not causal.sound
    assert not isinstance(CLASSIFY.fit_codec(everything(DATA), causal).series, SoundCodec)
    with pytest.raises(ConfigError, match="causal"):
        Classify(sound=True, causal=True)


def test_other_columns_cannot_be_read_as_sound() -> None:
    speed = Column("speed", "number", np.zeros(len(DATA.steps[NAMES[0]].values)))
    roles = Roles(id="file", target=("label",), inputs=(*NAMES, "speed"))
    data = Dataset(**{**DATA.__dict__, "steps": {**DATA.steps, "speed": speed}, "roles": roles})
    assert not CLASSIFY.resolve(data, Classify(), TrainConfig(), frozenset()).settings.sound
    with pytest.raises(DataError, match="sound"):
        CLASSIFY.resolve(data, Classify(sound=True), TrainConfig(), frozenset())


def test_five_seconds_are_read_frame_by_frame() -> None:
    settings = CLASSIFY.resolve(recordings(2, 500), Classify(), TrainConfig(), frozenset()).settings
    assert (settings.stride, settings.shrink) == (1, 2)


def test_distance_changes_nothing_and_a_microphone_no_change() -> None:
    bands = np.random.default_rng(1).normal(-10, 0.5, (20, len(NAMES)))
    plain, louder = SERIES.features([bands]), SERIES.features([bands + 3])
    np.testing.assert_allclose(plain, louder, atol=1e-5)
    coloured = SERIES.features([bands + np.linspace(-0.5, 0.5, len(NAMES))])
    np.testing.assert_allclose(plain[:, len(NAMES) :], coloured[:, len(NAMES) :], atol=1e-5)
    inside = slice(AROUND, len(NAMES) - AROUND)
    np.testing.assert_allclose(plain[:, inside], coloured[:, inside], atol=1e-5)


def test_silence_is_one_value() -> None:
    bands = np.zeros((3, len(NAMES)))
    bands[1, 7], bands[2, 7] = -RANGE - 1, -RANGE - 5
    found = SERIES.features([bands])
    assert found[1, 7] == found[2, 7] < found[0, 7]


def test_a_slope_over_the_bands_is_no_contrast_and_a_peak_is() -> None:
    width = 2 * AROUND + 1
    rising = np.linspace(-3, 3, 40)[None]
    np.testing.assert_allclose(contrasts(rising)[0, AROUND:-AROUND], 0, atol=1e-9)
    peak = np.eye(1, 40, 20) * width  # its neighbours' means hold 1 of it, its own mean too
    found = contrasts(peak)[0]
    assert found[20] == pytest.approx(width - 1)
    np.testing.assert_allclose(found[20 - AROUND : 20], -1, atol=1e-9)
    np.testing.assert_allclose(found[: 20 - AROUND], 0, atol=1e-9)


def test_slopes_by_hand() -> None:
    # a line that rises by 2 a step: 2.5 · 2 in its middle; at the ends what is missing is repeated
    found = slopes(2.0 * np.arange(6)[:, None])[:, 0]
    assert found.tolist() == [2.5, 4.0, 5.0, 5.0, 4.0, 2.5]


def test_a_codec_survives_json() -> None:
    assert CLASSIFY.codec(json.loads(json.dumps(CODEC.to_plain()))) == CODEC
    assert isinstance(SERIES, SoundCodec)
    np.testing.assert_allclose(SERIES.hertz, [float(name.removesuffix("_hz")) for name in NAMES])


def test_recordings_of_a_batch_keep_their_proportions() -> None:
    lengths = (20, 30, 40, 30)
    rows = np.random.default_rng(0).normal(-10, 2, (sum(lengths), len(NAMES)))
    data = Dataset(
        ids=("a", "b", "c", "d"),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        steps={name: Column(name, "number", rows[:, index]) for index, name in enumerate(NAMES)},
        statics={"label": labels(["yes", "no"] * 2)},
        roles=DATA.roles,
    )
    examples = CLASSIFY.examples(everything(data), CODEC, SETTINGS)
    paces = set()
    for seed in range(5):
        found = examples.arrays(np.arange(4), np.random.default_rng(seed)).inputs["lengths"]
        pace = found[2] / 40
        np.testing.assert_allclose(found, pace * np.array(lengths), atol=1.01)
        paces.add(round(float(pace), 1))
    assert len(paces) > 2


def test_voices_that_are_slower_do_not_fill_batches_of_their_own() -> None:
    examples: Any = CLASSIFY.examples(everything(recordings(1002, 3)), CODEC, SETTINGS)
    assert set(examples.lengths()) == {3}
    uneven = replace(examples, steps=np.arange(1, 1003) % 160 + 1)
    assert len(set(uneven.lengths())) <= 9


def test_only_training_varies_recordings_and_the_generator_decides() -> None:
    examples = CLASSIFY.examples(everything(DATA), CODEC, SETTINGS)
    indices = np.arange(4)
    plain = examples.arrays(indices)
    one, same, other = (examples.arrays(indices, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.inputs["values"], same.inputs["values"])
    assert one.inputs["lengths"].tolist() != other.inputs["lengths"].tolist()
    np.testing.assert_array_equal(plain.inputs["values"], examples.arrays(indices).inputs["values"])
    np.testing.assert_array_equal(one.targets["label"], plain.targets["label"])
    assert "statistics" not in plain.inputs
    still = CLASSIFY.resolve(DATA, Classify(variety=0.0), TrainConfig(), frozenset()).settings
    unchanged = CLASSIFY.examples(everything(DATA), CODEC, still).arrays(indices, np.random.default_rng(1))
    np.testing.assert_array_equal(unchanged.inputs["values"], plain.inputs["values"])
