"""Laws of the stem for sound: padding, sizes, and what a shift in frequency does."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from random_networks import outputs, shaken  # noqa: E402

from gru_toolkit.errors import ConfigError  # noqa: E402
from gru_toolkit.networks.sound_stem import SoundStemConfig, sound_stem  # noqa: E402

BANDS, VIEWS = 8, 2


def stem() -> "keras.Model":
    x, lengths = keras.Input((None, VIEWS * BANDS), name="x"), keras.Input((), dtype="int32", name="lengths")
    found, remain = sound_stem(x, lengths, SoundStemConfig(BANDS, (3, 4)), "stem")
    return shaken(keras.Model({"x": x, "lengths": lengths}, {"found": found, "lengths": remain}))


def test_padding_of_any_content_and_amount_changes_no_real_step() -> None:
    model, rng = stem(), np.random.default_rng(0)
    lengths = np.array([7, 1, 4], np.int32)
    values = rng.normal(size=(3, 7, VIEWS * BANDS)).astype(np.float32)
    more = np.concatenate([values, np.full((3, 4, VIEWS * BANDS), 30.0, np.float32)], axis=1)
    for row, length in enumerate(lengths):
        more[row, length:] = 30.0
    few, many = (outputs(model, {"x": x, "lengths": lengths}) for x in (values, more))
    assert few["lengths"].tolist() == many["lengths"].tolist() == [4, 1, 2]
    for row, length in enumerate(few["lengths"]):
        real = few["found"][row, :length]
        assert np.abs(real).max() > 1e-3, "zeros would agree whatever happens"
        np.testing.assert_allclose(many["found"][row, :length], real, atol=1e-5)


def test_half_the_steps_and_a_quarter_of_the_bands_remain() -> None:
    x, lengths = np.zeros((1, 5, VIEWS * BANDS), np.float32), np.array([5], np.int32)
    assert outputs(stem(), {"x": x, "lengths": lengths})["found"].shape == (1, 3, 4 * BANDS // 4)


def test_views_of_a_band_are_read_together() -> None:
    # A kernel that sees its own band only: what a band holds in the second view reaches that band and no other.
    x, lengths = keras.Input((None, VIEWS * BANDS), name="x"), keras.Input((), dtype="int32", name="lengths")
    found, _ = sound_stem(x, lengths, SoundStemConfig(BANDS, (1,)), "stem")
    model = keras.Model({"x": x, "lengths": lengths}, {"found": found})
    kernel = np.zeros((3, 3, VIEWS, 1), np.float32)
    kernel[1, 1, 1] = 1.0
    model.get_layer("stem_0").set_weights([kernel])
    values = np.zeros((1, 1, VIEWS * BANDS), np.float32)
    values[0, 0, BANDS + 5] = 1.0  # band 5 of the second view stands in the third of the pairs of bands
    answer = outputs(model, {"x": values, "lengths": np.array([1], np.int32)})["found"][0, 0]
    assert np.flatnonzero(answer > 0.5).tolist() == [2]


def test_a_stem_without_filters_is_refused() -> None:
    with pytest.raises(ConfigError):
        SoundStemConfig(BANDS, ())
