"""Laws of the network that scores what comes next: parity, state, places, popularity."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from random_networks import outputs, shaken  # noqa: E402

from gru_toolkit.errors import ConfigError  # noqa: E402
from gru_toolkit.networks import parity  # noqa: E402
from gru_toolkit.networks.initialise import initialise  # noqa: E402
from gru_toolkit.networks.next_network import NextNetworkConfig, build_next_network  # noqa: E402
from gru_toolkit.networks.onnx_graph import convert  # noqa: E402
from gru_toolkit.networks.session import next_states, open_session, predict  # noqa: E402

IDS = 9
BIAS = np.log(np.arange(1, IDS + 1) / 45)
SMALL = {"ids": IDS, "width": 5, "units": 6}
VARIANTS = [
    NextNetworkConfig(**SMALL),
    NextNetworkConfig(**SMALL, gaps=4, numbers=2, categories=(3, 5)),
    NextNetworkConfig(**SMALL, cell="lstm", layers=2),
    NextNetworkConfig(**SMALL, cell="mingru", tied=False, dropout=0.0),
]


def inputs_of(config: NextNetworkConfig, steps: int = 7) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shape = (2, steps)
    inputs = {"items": rng.integers(0, IDS, shape), "steps": np.array([[0, 3, steps - 1], [2, 2, 0]])}
    if config.gaps:
        inputs["gaps"] = rng.integers(0, config.gaps, shape)
    if config.numbers:
        inputs["numbers"] = rng.normal(size=(*shape, config.numbers)).astype(np.float32)
    for place, size in enumerate(config.categories):
        inputs[f"category_{place}"] = rng.integers(0, size, shape)
    return {name: value if value.dtype == np.float32 else value.astype(np.int32) for name, value in inputs.items()}


@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_the_graph_says_what_the_network_says(config: NextNetworkConfig) -> None:
    model = shaken(build_next_network(config, BIAS))
    inputs = inputs_of(config)
    for state in (False, True):
        assert parity.compare(model, convert(model, state=state).SerializeToString(), inputs).max_error <= 1e-5
    assert outputs(model, inputs)["scores"].shape == (2, 3, IDS)


@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_one_step_at_a_time_equals_the_whole_sequence(config: NextNetworkConfig) -> None:
    model = shaken(build_next_network(config, BIAS))
    session = open_session(convert(model, state=True).SerializeToString(), threads=1)
    inputs = inputs_of(config)
    every = np.tile(np.arange(7, dtype=np.int32), (2, 1))
    whole = predict(session, {**inputs, "steps": every})["scores"]
    states: dict[str, np.ndarray] = {}
    for step in range(7):
        one = {name: value[:, step : step + 1] for name, value in inputs.items() if name != "steps"}
        found = predict(session, {**one, "steps": np.zeros((2, 1), np.int32), **states})
        states = next_states(found)
        np.testing.assert_allclose(found["scores"][:, 0], whole[:, step], rtol=1e-4, atol=1e-5)


def test_what_comes_later_changes_no_place_before() -> None:
    model = shaken(build_next_network(VARIANTS[0], BIAS))
    inputs = inputs_of(VARIANTS[0])
    changed = {**inputs, "items": inputs["items"].copy()}
    changed["items"][:, 4:] = (changed["items"][:, 4:] + 1) % IDS
    first, second = outputs(model, inputs)["scores"], outputs(model, changed)["scores"]
    np.testing.assert_array_equal(first[0, :2], second[0, :2])
    assert np.abs(first[0, 2] - second[0, 2]).max() > 1e-6


@pytest.mark.parametrize("tied", [True, False])
def test_scores_start_from_popularity(tied: bool) -> None:
    model = build_next_network(NextNetworkConfig(**SMALL, tied=tied), BIAS)
    initialise(model, 0)
    np.testing.assert_allclose(np.asarray(model.get_layer("scores").bias), BIAS, rtol=1e-6)


def test_a_shape_that_no_network_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="cell must be one of"):
        NextNetworkConfig(ids=3, cell="gur")
    with pytest.raises(ConfigError, match="units must be at least 1"):
        NextNetworkConfig(ids=3, units=0)
