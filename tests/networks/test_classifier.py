"""Laws of the network for whole sequences: padding, parity, members, causality, sizes."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from gru_toolkit.errors import ConfigError  # noqa: E402
from gru_toolkit.networks import parity  # noqa: E402
from gru_toolkit.networks.classifier import ClassifierConfig, build_classifier  # noqa: E402
from gru_toolkit.networks.initialise import initialise  # noqa: E402
from gru_toolkit.networks.onnx_graph import convert  # noqa: E402
from gru_toolkit.networks.session import open_session, predict  # noqa: E402

FEATURES = 3
SMALL = {"features": FEATURES, "outputs": 2, "units": 4, "filters": 5}
VARIANTS = [
    ClassifierConfig(**SMALL),
    ClassifierConfig(**SMALL, statistics=2, members=2, stride=1),
    ClassifierConfig(**SMALL, cell="lstm", blocks=0, layers=2, stride=1),
    ClassifierConfig(**SMALL, cell="mingru", stride=2),
    ClassifierConfig(**SMALL, cell="pooling"),
    ClassifierConfig(**SMALL, causal=True, stride=1),
    ClassifierConfig(**SMALL, bands=3, stride=1),
    ClassifierConfig(**SMALL, bands=1, stride=2, statistics=2),
]


def network(config: ClassifierConfig, seed: int = 0) -> "keras.Model":
    """A network with drawn weights and moving statistics that are not the initial ones."""
    model = build_classifier(config)
    initialise(model, seed)
    rng = np.random.default_rng(seed)
    for variable in model.non_trainable_variables:
        if variable.name == "moving_variance":
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
        if variable.name == "moving_mean":
            variable.assign(rng.uniform(-0.2, 0.2, variable.shape))
    return model


def inputs_of(config: ClassifierConfig, lengths: list[int], width: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    values = np.zeros((len(lengths), width, FEATURES), np.float32)
    for row, length in enumerate(lengths):
        values[row, :length] = rng.normal(size=(length, FEATURES))
    inputs = {"values": values, "lengths": np.array(lengths, np.int32)}
    if config.statistics:
        inputs["statistics"] = rng.normal(size=(len(lengths), config.statistics)).astype(np.float32)
    return inputs


@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_padding_changes_no_score_and_the_graph_says_the_same(config: ClassifierConfig) -> None:
    model = network(config)
    short = inputs_of(config, [1, 7, 12], 12)
    long = dict(short, values=np.concatenate([short["values"], np.full((3, 9, FEATURES), 50.0, np.float32)], axis=1))
    for row, length in enumerate(short["lengths"]):
        long["values"][row, length:] = 50.0
    graph = convert(model).SerializeToString()
    parity.compare(model, graph, long)
    expected = predict(open_session(graph, threads=1), short)["scores"]
    assert np.abs(expected).max() > 1e-2, "scores of zero would agree whatever happens"
    np.testing.assert_allclose(predict(open_session(graph, threads=1), long)["scores"], expected, atol=1e-5)


def test_training_with_more_padding_gives_the_same_batch_statistics() -> None:
    config = ClassifierConfig(**SMALL, dropout=0.0)
    outputs, moving = [], []
    for extra in (0, 5):
        model = network(config)
        inputs = inputs_of(config, [3, 8], 8 + extra)
        outputs.append(np.asarray(model(inputs, training=True)["scores"]))
        moving.append([np.asarray(v) for v in model.non_trainable_variables if "moving" in v.path])
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-5)
    for first, second in zip(*moving, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_members_start_differently_and_stand_side_by_side() -> None:
    config = ClassifierConfig(**SMALL, members=3)
    scores = np.asarray(network(config)(inputs_of(config, [6], 6))["scores"]).reshape(6, 2)
    assert len({tuple(row) for row in scores.round(5).tolist()}) == 6  # a stem and a GRU a member


def test_a_causal_network_step_by_step_equals_the_whole_sequence() -> None:
    config = ClassifierConfig(**SMALL, causal=True, stride=1)
    model = network(config)
    inputs = inputs_of(config, [15], 15)
    session = open_session(convert(model, state=True).SerializeToString(), threads=1)
    widths = {node.name: node.shape[1:] for node in session.get_inputs() if node.name.startswith("state_")}
    state = {name: np.zeros((1, *shape), np.float32) for name, shape in widths.items()}
    assert state, "a causal network carries a state"
    for step in range(15):
        now = {"values": inputs["values"][:, step : step + 1], "lengths": np.array([1], np.int32)}
        found = predict(session, {**now, **state})
        state = {name: found[f"next_{name}"] for name in state}
    np.testing.assert_allclose(found["scores"], np.asarray(model(inputs)["scores"]), atol=1e-5)


def test_pooling_in_place_of_the_gru_has_about_as_many_weights() -> None:
    sizes = [build_classifier(ClassifierConfig(3, 2, cell=cell)).count_params() for cell in ("gru", "pooling")]
    assert abs(sizes[0] - sizes[1]) < 0.02 * sizes[0]


@pytest.mark.parametrize(
    "change", [{"members": 0}, {"cell": "gruu"}, {"causal": True, "cell": "pooling"}, {"causal": True, "stride": 4}]
)
def test_a_shape_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ClassifierConfig(**{**SMALL, **change})  # type: ignore[arg-type]
