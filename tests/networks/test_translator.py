"""The translator: attention by its formula, the two graphs equal to the whole network, padding without effect."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from gru_toolkit.errors import ConfigError
from gru_toolkit.networks import initialise, parity
from gru_toolkit.networks.attention import MOST_BEAMS, DotAttention, Recurrence
from gru_toolkit.networks.session import open_session, predict
from gru_toolkit.networks.translator import TranslatorConfig, build_translator, graphs
from gru_toolkit.tasks.translating import ENCODER, STEP, Translator

IDS = 20


def translator(**settings: Any) -> keras.Model:
    shape = {"source_ids": IDS, "target_ids": IDS, "width": 6, "units": 8, "layers": 2, "dropout": 0.3}
    model = build_translator(TranslatorConfig(**{**shape, **settings}))
    initialise.initialise(model, 0)
    return model


def known(batch: int = 3, read: int = 6, written: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "source": rng.integers(4, IDS, (batch, read)).astype(np.int32),
        "source_lengths": np.array([read, 2, 4][:batch], np.int32),
        "target": rng.integers(4, IDS, (batch, written)).astype(np.int32),
    }


def test_attention_is_a_softmax_of_scaled_products_over_real_steps() -> None:
    rng = np.random.default_rng(0)
    queries, keys, values = (rng.normal(0, 1, shape) for shape in ((2, 3, 4), (2, 5, 4), (2, 5, 6)))
    lengths = np.array([5, 2])
    values[1, 2:] = np.nan  # what stands on padding is never looked at
    tensors = [ops.convert_to_tensor(array.astype(np.float32)) for array in (queries, keys, values)]
    found, weights = DotAttention()(*tensors, ops.convert_to_tensor(lengths.astype(np.int32)))
    for row, length in enumerate(lengths.tolist()):
        scores = queries[row] @ keys[row, :length].T / np.sqrt(4)
        expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(np.asarray(weights)[row, :, :length], expected, atol=1e-6)
        assert not np.asarray(weights)[row, :, length:].any()
        np.testing.assert_allclose(np.asarray(found)[row], expected @ values[row, :length], atol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"cell": "lstm", "layers": 1}, {"cell": "mingru"}, {"cell": "rnn"}])
def test_both_graphs_together_are_the_network(settings: dict[str, Any]) -> None:
    model, inputs = translator(**settings), known()
    found = Translator(dict(zip((ENCODER, STEP), graphs(model), strict=True)), threads=1).forced(inputs)
    for name, expected in model.predict_on_batch(inputs).items():
        np.testing.assert_allclose(found[name], expected, atol=1e-5)


def test_each_language_may_have_its_own_ids() -> None:
    model, inputs = translator(joint=False, target_ids=9), known()
    inputs["target"] %= 9
    found = Translator(dict(zip((ENCODER, STEP), graphs(model), strict=True)), threads=1).forced(inputs)
    assert found["log_probabilities"].shape == (3, 5, 9)
    np.testing.assert_allclose(
        found["log_probabilities"], model.predict_on_batch(inputs)["log_probabilities"], atol=1e-5
    )


def test_the_step_gives_out_the_best_ids_with_their_log_probabilities() -> None:
    model, inputs = translator(), known()
    encoder, step = (open_session(graph, 1) for graph in graphs(model))
    read = {name: inputs[name] for name in ("source", "source_lengths")}
    encoded = predict(encoder, read)
    feed = {"target": inputs["target"][:, :1], "source_lengths": inputs["source_lengths"]}
    feed |= {"keys": encoded["keys"], "memory": encoded["memory"], "state_decoder_0": encoded["state"]}
    found = predict(step, feed)
    expected = model.predict_on_batch(inputs)["log_probabilities"][:, 0].astype(np.float64)
    np.testing.assert_allclose(np.exp(expected).sum(axis=1), 1, rtol=1e-5)
    order = np.argsort(-expected, axis=1)[:, : MOST_BEAMS + 1]
    np.testing.assert_array_equal(found["best_ids"][:, 0], order)
    np.testing.assert_allclose(found["best_scores"][:, 0], np.take_along_axis(expected, order, axis=1), atol=1e-5)


def test_padding_of_either_side_changes_nothing() -> None:
    model, inputs = translator(), known()
    wide = {
        **inputs,
        **{name: np.pad(inputs[name], [(0, 0), (0, 3)], constant_values=7) for name in ("source", "target")},
    }
    narrow, padded = model.predict_on_batch(inputs), model.predict_on_batch(wide)
    np.testing.assert_allclose(padded["log_probabilities"][:, :5], narrow["log_probabilities"], atol=1e-5)
    np.testing.assert_allclose(padded["attention"][:, :5, :6], narrow["attention"], atol=1e-6)
    assert not padded["attention"][:, :, 6:].any()


@pytest.mark.parametrize("with_state", [True, False])
def test_in_training_a_recurrence_gives_what_it_gives_later(with_state: bool) -> None:
    rng = np.random.default_rng(2)
    x, state = (ops.convert_to_tensor(rng.normal(0, 1, s).astype(np.float32)) for s in ((2, 4, 3), (2, 5)))
    layer = Recurrence("gru", 5)
    given = (x, state) if with_state else (x,)
    layer(*given)
    np.testing.assert_allclose(layer(*given, training=True), layer(*given), atol=1e-6)
    if not with_state:  # without a state the layer begins with nothing
        np.testing.assert_allclose(layer(x), layer(x, ops.zeros((2, 5))), atol=1e-6)


def test_the_graphs_are_held_against_the_network_where_the_translation_stands() -> None:
    model, inputs = translator(), known()
    found = Translator(dict(zip((ENCODER, STEP), graphs(model), strict=True)), threads=1).forced(inputs)
    steps = np.arange(5)[None, :] < np.array([5, 2, 3])[:, None]
    assert parity.agreement(model, found, inputs, steps).max_error < 1e-5
    found["log_probabilities"][1, 2:] += 1
    parity.agreement(model, found, inputs, steps)
    found["log_probabilities"][1, 1, 3] += 1
    with pytest.raises(parity.ParityError, match="log_probabilities"):
        parity.agreement(model, found, inputs, steps)


def test_shapes_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="units must be at least 1"):
        TranslatorConfig(IDS, IDS, units=0)
    with pytest.raises(ConfigError, match="one size"):
        TranslatorConfig(IDS, IDS + 1)
    with pytest.raises(ConfigError, match="cell"):
        TranslatorConfig(IDS, IDS, cell="gruu")
