"""The forecasting network: shapes, ensembles, parity with ONNX, and its loss worked by hand."""

import keras
import numpy as np
import pytest

from gru_toolkit.networks import onnx_graph, parity
from gru_toolkit.networks.forecaster import ForecasterConfig, forecaster
from gru_toolkit.networks.quantile_loss import forecast_loss
from tests.networks.random_networks import outputs, shaken

SMALL = {"history": (3, 5), "future": (2, 4), "recent": 6, "heads": 8, "units": 4}


def inputs_of(config: ForecasterConfig, batch: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"history": config.history, "future": config.future, "recent": (config.recent,)}
    return {name: rng.normal(size=(batch, *shape)).astype(np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn", "mingru", "pooling"])
def test_onnx_says_what_keras_says(cell: str) -> None:
    config = ForecasterConfig(**SMALL, cell=cell, layers=2, members=2, dropout=0.5)  # type: ignore[arg-type]
    model = shaken(forecaster(config))
    inputs = inputs_of(config)
    assert outputs(model, inputs)["forecast"].shape == (2, 2, 16)
    graph = onnx_graph.convert(model).SerializeToString()
    assert parity.compare(model, graph, inputs).max_error < 1e-5


def test_members_differ_and_do_not_touch_each_other() -> None:
    config = ForecasterConfig(**SMALL, members=2)  # type: ignore[arg-type]
    model = shaken(forecaster(config))
    first, second = np.split(outputs(model, inputs_of(config))["forecast"], 2, axis=2)
    assert not np.allclose(first, second)
    for layer in model.layers:
        if layer.name.startswith("member_1"):
            layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    np.testing.assert_array_equal(np.split(outputs(model, inputs_of(config))["forecast"], 2, axis=2)[0], first)


def test_the_loss_of_one_step_is_its_error_and_twice_the_pinball() -> None:
    # Truth 3; point 1 → error 2; quantile .1 says 2 → .1·1; quantile .9 says 5 → .1·2; twice their mean is .3.
    loss = forecast_loss(1, (0.1, 0.9), squared=False)
    outputs = {"forecast": keras.ops.convert_to_tensor([[[1.0, 2.0, 5.0]]])}
    targets = {"forecast": keras.ops.convert_to_tensor([[3.0]])}
    assert float(loss(targets, outputs, keras.ops.ones((1, 1)))) == pytest.approx(2.3)
    squared = forecast_loss(1, (0.1, 0.9), squared=True)
    assert float(squared(targets, outputs, keras.ops.ones((1, 1)))) == pytest.approx(4.3)


def test_members_are_scored_alone_and_padding_weighs_nothing() -> None:
    # Two members of one segment of two steps; errors 1 and 3 at the first step, the second step is padding.
    loss = forecast_loss(2, (), squared=False)
    outputs = {"forecast": keras.ops.convert_to_tensor([[[1.0, 50.0, -3.0, 50.0]]])}
    targets = {"forecast": keras.ops.zeros((1, 2))}
    weights = keras.ops.convert_to_tensor([[1.0, 0.0]])
    assert float(loss(targets, outputs, weights)) == pytest.approx(2.0)
