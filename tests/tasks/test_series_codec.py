"""Laws of the numbers that whole sequences become."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, Part, everything
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks.series_codec import SeriesCodec, block_means, fit_series, own_scale
from tests.tasks.series_samples import dataset_of, labels


def random_dataset(seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(5, 3, size=(length, 2)) for length in (7, 12, 1, 9)]
    return dataset_of(sequences, labels(["a", "b", "a", "b"]), [Column("age", "number", np.array([1.0, 2, 3, 4]))])


def test_scales_come_from_the_training_part_only() -> None:
    data = random_dataset()
    train = Part(data, everything(data).spans[:2], "training")
    codec = fit_series(train, stride=1, causal=False)
    changed = data.steps["c0"].values.copy()
    changed[19:] = 1e6
    other = Dataset(**{**data.__dict__, "steps": {**data.steps, "c0": Column("c0", "number", changed)}})
    assert fit_series(Part(other, train.spans, "training"), stride=1, causal=False) == codec


def test_a_training_column_has_mean_zero_and_deviation_one() -> None:
    data = random_dataset()
    codec = fit_series(everything(data), stride=1, causal=False)
    values = codec.scaled(data, slice(None))[0]
    assert values.mean() == pytest.approx(0, abs=1e-12)
    assert values.std() == pytest.approx(1)


@given(factor=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_the_shape_features_ignore_level_and_scale(factor: float, shift: float) -> None:
    values = np.random.default_rng(0).normal(size=(20, 1))
    np.testing.assert_allclose(own_scale(values * factor + shift), own_scale(values), atol=1e-9)


def test_a_constant_sequence_has_the_shape_zero() -> None:
    np.testing.assert_array_equal(own_scale(np.full((5, 1), 3.7)), np.zeros((5, 1)))


def test_blocks_are_averaged_and_the_last_may_be_short() -> None:
    np.testing.assert_allclose(block_means(np.arange(5.0)[:, None], 2)[:, 0], [0.5, 2.5, 4.0])


def test_features_have_three_columns_a_number_and_one_a_level() -> None:
    data = random_dataset()
    colour = Column("colour", "text", np.arange(29, dtype=np.int32) % 2, ("red", "blue"))
    roles = data.roles.__class__(**{**data.roles.__dict__, "inputs": ("c0", "colour")})
    data = Dataset(**{**data.__dict__, "steps": {**data.steps, "colour": colour}, "roles": roles})
    codec = fit_series(everything(data), stride=1, causal=False)
    features = codec.features(codec.scaled(data, slice(0, 7)))
    assert features.shape == (7, codec.width) == (7, 5)
    assert codec.levels == [0, 3, 4]
    np.testing.assert_array_equal(features[:, 3:].sum(axis=1), 1)
    unseen = Column("colour", "text", np.zeros(29, dtype=np.int32), ("green",))
    data = Dataset(**{**data.__dict__, "steps": {**data.steps, "colour": unseen}})
    np.testing.assert_array_equal(codec.features(codec.scaled(data, slice(0, 7)))[:, 3:], 0)


def test_a_causal_feature_does_not_know_the_future() -> None:
    data = random_dataset()
    codec = fit_series(everything(data), stride=1, causal=True)
    whole = codec.features(codec.scaled(data, slice(7, 19)))
    np.testing.assert_array_equal(codec.features(codec.scaled(data, slice(7, 12))), whole[:5])


def test_a_heavy_tail_is_compressed() -> None:
    values = np.random.default_rng(0).lognormal(0, 3, size=(400, 1))
    codec = fit_series(everything(dataset_of([values[:200], values[200:]], labels(["a", "b"]))), stride=1, causal=False)
    assert codec.channels[0].unit > 0
    assert np.abs(codec.features([codec.channels[0].numbers(Column("c0", "number", values[:, 0]))])).max() < 10


def test_the_codec_survives_json() -> None:
    codec = fit_series(everything(random_dataset()), stride=2, causal=False)
    assert SeriesCodec.from_plain(json.loads(json.dumps(codec.to_plain()))) == codec


@pytest.mark.parametrize("damage", [{"channels": 3}, {"stride": "x"}, {"scale": None}])
def test_a_damaged_codec_is_refused(damage: dict[str, object]) -> None:
    plain = fit_series(everything(random_dataset()), stride=1, causal=False).to_plain()
    with pytest.raises(DamagedRunError):
        SeriesCodec.from_plain({**plain, **damage})


def test_a_missing_value_is_refused_with_the_flag_that_helps() -> None:
    codec = fit_series(everything(random_dataset()), stride=1, causal=False)
    with pytest.raises(DataError, match="--missing"):
        codec.channels[0].check(Column("c0", "number", np.array([1.0, np.nan])))
    with pytest.raises(DataError, match="was numbers in training"):
        codec.channels[0].check(Column("c0", "text", np.array([0], np.int32), ("x",)))
