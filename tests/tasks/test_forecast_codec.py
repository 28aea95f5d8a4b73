"""The codec is plain data, fitted on training rows only, and unseen values are handled or refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, Part, everything
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks.forecast import FORECAST
from gru_toolkit.tasks.forecast_codec import Covariate, seasonal_difference
from tests.tasks.forecast_samples import hourly, numbers, resolved


def rich() -> Dataset:
    """Two series with a text covariate and a static column."""
    dataset = hourly((100, 120), price=np.arange(220.0))
    wind = Column("wind", "text", np.arange(220, dtype=np.int32) % 3, ("N", "S", "W"))
    size = numbers("size", [1.0, 3.0])
    roles = replace(dataset.roles, past=("wind",), static=("size",))
    return replace(dataset, steps={**dataset.steps, "wind": wind}, statics={"size": size}, roles=roles)


def test_a_codec_survives_json() -> None:
    dataset = rich()
    codec = FORECAST.fit_codec(everything(dataset), resolved(dataset))
    codec = replace(codec, offsets=((0.1, 0.2, 0.3),) * 24)
    plain = codec.to_plain()
    assert json.loads(json.dumps(plain)) == plain
    assert FORECAST.codec(plain) == codec


@pytest.mark.parametrize("damage", [{"targets": None}, {"series": {"s0": [[1]]}}, {"past": [{"nom": 1}]}, {"step": {}}])
def test_plain_data_that_describe_no_codec_are_refused(damage: dict[str, object]) -> None:
    dataset = rich()
    plain = FORECAST.fit_codec(everything(dataset), resolved(dataset)).to_plain()
    with pytest.raises(DamagedRunError):
        FORECAST.codec({**plain, **damage})


def test_nothing_after_the_training_part_is_learned() -> None:
    dataset = rich()
    settings = resolved(dataset)
    train = Part(dataset, np.array([[0, 0, 60], [1, 0, 60]]), "training")
    late = np.concatenate([np.arange(100), np.arange(120)]) >= 60
    steps = {name: replace(found, values=np.where(late, 0, found.values)) for name, found in dataset.steps.items()}
    changed = replace(train, dataset=replace(dataset, steps=steps))
    assert FORECAST.fit_codec(train, settings) == FORECAST.fit_codec(changed, settings)


def test_an_unseen_level_is_all_zeros_and_a_missing_value_is_refused() -> None:
    covariate = Covariate("wind", ("N", "S"))
    column = Column("wind", "text", np.array([0, 1, 2, -1], np.int32), ("S", "E", "N"))
    np.testing.assert_array_equal(covariate.features(column, np.array([0, 1, 2])), [[0, 1], [0, 0], [1, 0]])
    with pytest.raises(DataError, match="wind has missing values"):
        covariate.features(column, np.array([3]))


def test_the_seasonal_difference_falls_back_to_steps() -> None:
    assert seasonal_difference(np.array([1.0, 2.0, 4.0, 8.0]), 2) == pytest.approx((3 + 6) / 2)
    assert seasonal_difference(np.array([1.0, 2.0]), 2) == pytest.approx(1)
    assert np.isnan(seasonal_difference(np.array([5.0, 5.0, 5.0]), 1))
