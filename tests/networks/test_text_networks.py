"""The networks that read text: graph equals Keras, padding changes nothing, the carried memory goes on."""

import keras
import numpy as np
import pytest

from gru_toolkit.networks import initialise, onnx_graph, parity
from gru_toolkit.networks.language_model import LanguageModelConfig, build_language_model
from gru_toolkit.networks.session import next_states, open_session, predict
from gru_toolkit.networks.text_classifier import TextClassifierConfig, build_text_classifier

START = 2


def language_model(**settings: object) -> keras.Model:
    shape = {"ids": 20, "start": START, "width": 6, "units": 8, "layers": 2, "lanes": 3, "dropout": 0.0}
    model = build_language_model(LanguageModelConfig(**{**shape, **settings}))  # type: ignore[arg-type]
    initialise.initialise(model, 0)
    return model


def ids(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(4, 20, shape).astype(np.int32)


@pytest.mark.parametrize(
    "settings", [{}, {"cell": "lstm", "normalise": True, "residual": True}, {"cell": "mingru"}, {"width": 8}]
)
def test_a_language_model_is_its_graph_at_once_and_step_by_step(settings: dict) -> None:
    model = language_model(**settings)
    graph = onnx_graph.convert(model, state=True).SerializeToString()
    whole = ids(3, 7)
    parity.compare(model, graph, {"ids": whole})
    session = open_session(graph, 1)
    expected = predict(session, {"ids": whole})["logits"]
    memory: dict[str, np.ndarray] = {}
    for step in range(7):
        found = predict(session, {"ids": whole[:, step : step + 1], **memory})
        np.testing.assert_allclose(found["logits"][:, 0], expected[:, step], atol=1e-5)
        memory = next_states(found)


def test_in_training_the_memory_goes_on_until_a_text_begins() -> None:
    model = language_model()
    whole = ids(3, 8)
    once = model({"ids": whole}, training=True)["logits"]
    for layer in model.layers:
        for memory in getattr(layer, "memory", []):
            memory.assign(np.zeros(memory.shape))
    first = model({"ids": whole[:, :4]}, training=True)["logits"]
    second = model({"ids": whole[:, 4:]}, training=True)["logits"]
    joined = keras.ops.concatenate([first, second], axis=1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(joined), keras.ops.convert_to_numpy(once), atol=1e-5)
    begun = whole[:, 4:].copy()
    begun[0, 0] = START
    fresh = keras.ops.convert_to_numpy(model({"ids": begun}, training=True)["logits"])[0]
    alone = keras.ops.convert_to_numpy(model({"ids": begun}, training=False)["logits"])[0]
    np.testing.assert_allclose(fresh, alone, atol=1e-5)


def test_ngrams_have_an_answer_of_their_own() -> None:
    """Keras, the graph and the formula agree; padding says nothing, and a text without n-grams has equal scores."""
    config = TextClassifierConfig(ids=20, outputs=2, width=5, units=4, places=9, ngram_rate=7.0)
    model = build_text_classifier(config)
    initialise.initialise(model, 0)
    table = next(weight for weight in model.weights if weight.name == "weights_of_places")
    said = np.random.default_rng(1).normal(size=(10, 2)).astype(np.float32)
    table.assign(said)
    ngrams = np.array([[3, 5, 9, 0], [7, 0, 0, 0], [0, 0, 0, 0]], np.int32)
    inputs = {"ids": ids(3, 6), "lengths": np.array([6, 3, 2], np.int32), "ngrams": ngrams}
    graph = onnx_graph.convert(model).SerializeToString()
    parity.compare(model, graph, inputs)
    found = predict(open_session(graph, 1), inputs)["ngram_scores"]
    expected = [7 * said[[3, 5, 9]].sum(axis=0) / np.sqrt(3), 7 * said[7], [0, 0]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "pooling"])
def test_a_text_classifier_is_its_graph_and_padding_changes_nothing(cell: str) -> None:
    model = build_text_classifier(TextClassifierConfig(ids=20, outputs=3, width=5, units=4, members=2, cell=cell))
    initialise.initialise(model, 0)
    graph = onnx_graph.convert(model).SerializeToString()
    short = {"ids": ids(2, 6), "lengths": np.array([6, 3], np.int32)}
    parity.compare(model, graph, short)
    session = open_session(graph, 1)
    long = {"ids": np.pad(short["ids"], [(0, 0), (0, 5)], constant_values=9), "lengths": short["lengths"]}
    found, padded = predict(session, short), predict(session, long)
    np.testing.assert_allclose(found["scores"], padded["scores"], atol=1e-6)
    np.testing.assert_allclose(found["attention"].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(padded["attention"][:, 6:], 0)
    assert padded["attention"][1, 3:].max() == 0
