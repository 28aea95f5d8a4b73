"""Windows are cut where they should be, on one footing, and nothing of the future reaches the inputs."""

from dataclasses import replace

import numpy as np
import pytest

from gru_toolkit.config import SplitConfig
from gru_toolkit.sequences.dataset import Dataset, Part, everything
from gru_toolkit.sequences.missing import INDICATOR
from gru_toolkit.tasks.forecast import FORECAST
from gru_toolkit.tasks.forecast_codec import fit_codec
from gru_toolkit.tasks.forecast_windows import WindowExamples, frame_of
from gru_toolkit.tasks.window_scaling import window_statistics
from tests.tasks.forecast_samples import hourly, numbers, resolved


def examples_of(dataset: Dataset, part: Part | None = None, **settings: object) -> WindowExamples:
    chosen = resolved(dataset, **settings)
    whole = everything(dataset)
    return WindowExamples(part or whole, fit_codec(whole, chosen), frame_of(chosen))


def test_every_place_with_history_and_horizon_is_an_example() -> None:
    examples = examples_of(hourly((200, 80, 60)))
    # 200 - 48 - 24 + 1 and 80 - 48 - 24 + 1 places; 60 rows hold no window.
    assert len(examples) == 129 + 9
    arrays = examples.arrays(np.array([0, 128, 129, 137]))
    np.testing.assert_array_equal(arrays.context["sequence"], [0, 0, 1, 1])
    np.testing.assert_array_equal(arrays.context["place"], [48, 176, 48, 56])


def test_history_and_truth_are_the_values_around_the_place() -> None:
    dataset = hourly((100, 90))
    values = dataset.steps["y"].values
    arrays = examples_of(dataset).arrays(np.array([3, 30]))
    np.testing.assert_array_equal(arrays.context["history"], [values[3:51], values[101:149]])
    np.testing.assert_array_equal(arrays.context["truth"], [values[51:75], values[149:173]])


def test_a_window_may_look_back_before_its_span_and_never_beyond_it() -> None:
    dataset = hourly((200,))
    examples = examples_of(dataset, Part(dataset, np.array([[0, 100, 140]]), "validation"))
    places = examples.arrays(np.arange(len(examples))).context["place"]
    np.testing.assert_array_equal(places, np.arange(100, 117))


@pytest.mark.parametrize("scale", ["window", "series"])
def test_level_and_scale_of_a_series_do_not_change_its_inputs(scale: str) -> None:
    plain = hourly()
    moved = replace(plain, steps={"y": numbers("y", 1e9 + 1e3 * plain.steps["y"].values)})
    ours, theirs = (examples_of(data, scale=scale).arrays(np.arange(5)) for data in (plain, moved))
    for name in ours.inputs:
        np.testing.assert_allclose(ours.inputs[name], theirs.inputs[name], atol=2e-5)
    np.testing.assert_allclose(ours.targets["forecast"], theirs.targets["forecast"], atol=2e-5)


def test_scaled_targets_come_back_as_the_truth() -> None:
    arrays = examples_of(hourly()).arrays(np.arange(7))
    restored = arrays.targets["forecast"] * arrays.context["scale"] + arrays.context["level"]
    np.testing.assert_allclose(restored[:, :24], arrays.context["truth"], rtol=1e-6)


def test_the_future_of_target_and_past_covariates_is_not_in_the_inputs() -> None:
    dataset = hourly((150,))
    weather = np.sin(np.arange(150.0))
    roles = replace(dataset.roles, past=("weather",))
    dataset = replace(dataset, roles=roles, steps={**dataset.steps, "weather": numbers("weather", weather)})
    settings = resolved(dataset)
    codec = fit_codec(everything(dataset), settings)
    changed = {
        name: numbers(name, np.where(np.arange(150) < 60, found.values, -99.0)) for name, found in dataset.steps.items()
    }
    place = np.array([60 - 48])
    before = WindowExamples(everything(dataset), codec, frame_of(settings)).arrays(place)
    after = WindowExamples(everything(replace(dataset, steps=changed)), codec, frame_of(settings)).arrays(place)
    for name in before.inputs:
        np.testing.assert_array_equal(before.inputs[name], after.inputs[name])
    assert not np.array_equal(before.targets["forecast"], after.targets["forecast"])


def test_known_covariates_stand_beside_the_steps_they_belong_to() -> None:
    dataset = hourly((150,), price=np.arange(150.0))
    settings = resolved(dataset, calendar=False)
    codec = fit_codec(everything(dataset), settings)
    arrays = WindowExamples(everything(dataset), codec, frame_of(settings)).arrays(np.array([0]))
    scaled = (np.arange(150) - codec.known[0].centre) / codec.known[0].scale
    np.testing.assert_allclose(arrays.inputs["history"].reshape(48, 2)[:, 1], scaled[:48], rtol=1e-6)
    np.testing.assert_allclose(arrays.inputs["future"][0, 0, 1:], scaled[48:72], rtol=1e-6)


def test_a_value_that_was_filled_in_is_neither_learned_nor_scored() -> None:
    dataset = hourly((100,))
    marks = np.zeros(100)
    marks[50] = 1
    dataset = replace(dataset, steps={**dataset.steps, "y" + INDICATOR: numbers("y" + INDICATOR, marks)})
    arrays = examples_of(dataset).arrays(np.array([0]))
    assert arrays.weights[0, 2] == 0
    assert arrays.weights.sum() == 23
    assert np.isnan(arrays.context["truth"][0, 2])


def test_steps_that_round_up_the_last_segment_weigh_nothing() -> None:
    arrays = examples_of(hourly(), horizon=30, segment=24).arrays(np.array([0, 1]))
    np.testing.assert_array_equal(arrays.weights.sum(axis=1), [30, 30])
    assert (arrays.weights[:, 30:] == 0).all()


def test_a_stride_leaves_the_test_part_whole() -> None:
    dataset = hourly((400,))
    settings = resolved(dataset, stride=5)
    splits = FORECAST.split(dataset, settings, SplitConfig())
    codec = FORECAST.fit_codec(splits.train, settings)
    train = FORECAST.examples(splits.train, codec, settings)
    places = train.arrays(np.arange(len(train))).context["place"]
    assert (np.diff(places) == 5).all()
    test = FORECAST.examples(splits.test, codec, settings)
    assert len(test) == 80 - 24 + 1


def test_a_constant_window_gets_the_floor_of_its_series_and_an_unknown_one_a_scale_above_zero() -> None:
    history = np.full((2, 10), 7.0)
    scaling = window_statistics(history, np.array([[5.0, 2.0, 1.0], [np.nan] * 3]), 1, "window")
    np.testing.assert_allclose(scaling.scale[:, 0], [0.1, 0.05])
    np.testing.assert_allclose(scaling.difference, [1.0, 1.0])


def test_several_targets_are_examples_of_their_own() -> None:
    dataset = hourly((100,))
    other = numbers("z", -dataset.steps["y"].values)
    dataset = replace(dataset, roles=replace(dataset.roles, target=("y", "z")), steps={**dataset.steps, "z": other})
    examples = examples_of(dataset)
    assert len(examples) == 2 * 29
    arrays = examples.arrays(np.array([4, 5]))
    np.testing.assert_array_equal(arrays.context["target"], [0, 1])
    np.testing.assert_allclose(arrays.inputs["recent"][0], -arrays.inputs["recent"][1], atol=1e-6)
