"""The watching network: its loss is the likelihood it claims, it never looks ahead, and it runs step by step."""

import keras
import numpy as np
import pytest
from keras import ops

from gru_toolkit.networks import detector, initialise, onnx_graph, parity
from gru_toolkit.networks.session import next_states, open_session, predict
from gru_toolkit.tasks import logistic_mixture
from gru_toolkit.tasks.logistic_mixture import log_likelihood, mixtures


def network(cell: str = "gru") -> keras.Model:
    model = detector.detector(detector.DetectorConfig(features=4, channels=2, cell=cell, units=6))
    initialise.initialise(model, 0)
    return model


def test_the_scales_are_limited_alike_in_training_and_prediction() -> None:
    assert detector.SCALE_RANGE == logistic_mixture.SCALE_RANGE


def test_the_loss_is_the_mean_negative_log_likelihood_of_weighted_steps() -> None:
    rng = np.random.default_rng(0)
    density, change = rng.normal(size=(2, 5, 2 * 9)).astype(np.float32), rng.normal(size=(2, 5, 2)).astype(np.float32)
    weights = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0]], np.float32)
    loss = detector.density_loss(3)({"change": change}, {"density": ops.convert_to_tensor(density)}, weights)
    each = sum(
        log_likelihood(mixtures(density[..., index * 9 : (index + 1) * 9], 3), change[..., index].ravel())
        for index in range(2)
    )
    assert float(loss) == pytest.approx(-(each.reshape(2, 5) * weights).sum() / 6, rel=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm", "mingru"])
def test_one_step_at_a_time_equals_the_whole_series(cell: str) -> None:
    model = network(cell)
    values = np.random.default_rng(1).normal(size=(1, 12, 4)).astype(np.float32)
    graph = onnx_graph.convert(model, state=True).SerializeToString()
    assert parity.compare(model, graph, {"values": values}).max_error < 1e-5
    session, states, steps = open_session(graph, threads=1), {}, []
    for step in range(12):
        outputs = predict(session, {"values": values[:, step : step + 1], **states})
        states = next_states(outputs)
        steps.append(outputs["density"])
    np.testing.assert_allclose(
        np.concatenate(steps, axis=1), model.predict_on_batch({"values": values})["density"], atol=1e-5
    )


def test_the_future_changes_nothing_before_it() -> None:
    model = network()
    values = np.random.default_rng(2).normal(size=(1, 12, 4)).astype(np.float32)
    changed = values.copy()
    changed[:, 7:] = 9.0
    before, after = (model.predict_on_batch({"values": batch})["density"] for batch in (values, changed))
    np.testing.assert_array_equal(before[:, :7], after[:, :7])
    assert not np.allclose(before[:, 7:], after[:, 7:])
