"""Each layer kind of the converter against Keras, on values that show every option."""

from typing import Any

import keras
import numpy as np
import onnx
import pytest
from random_networks import outputs, shaken

from gru_toolkit.networks import attention, board, layers, tag_layers
from gru_toolkit.networks.carried import Carried, Scaled, TiedScores
from gru_toolkit.networks.cells import MinGRU
from gru_toolkit.networks.ngram_scores import NgramScores
from gru_toolkit.networks.onnx_emitters import EMITTERS
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.session import open_session, predict
from gru_toolkit.networks.summed_lookup import SummedLookup
from gru_toolkit.networks.word_attention import WordAttention

KL = keras.layers
SEQUENCE = [
    KL.GRU(4),
    KL.GRU(4, return_sequences=True, reset_after=False),
    KL.GRU(4, return_sequences=True, use_bias=False),
    KL.GRU(4, return_sequences=True, activation="relu", recurrent_activation="sigmoid"),
    KL.LSTM(4),
    KL.LSTM(4, return_sequences=True, use_bias=False),
    KL.SimpleRNN(4),
    KL.SimpleRNN(4, return_sequences=True, activation="linear"),
    MinGRU(4),
    MinGRU(4, return_sequences=True),
    KL.Dense(4, activation="gelu"),
    KL.Dense(4, use_bias=False, activation="silu"),
    KL.Conv1D(4, 3, padding="same", activation="relu"),
    KL.Conv1D(4, 4, padding="same"),
    KL.Conv1D(4, 3, padding="same", dilation_rate=2),
    KL.Conv1D(4, 4, padding="same", strides=2),
    KL.Conv1D(4, 3, padding="causal", dilation_rate=3),
    KL.Conv1D(4, 3, padding="valid", strides=3, use_bias=False),
    KL.Conv1D(4, 1),
    KL.Conv1D(6, 3, groups=3),
    KL.ZeroPadding1D((2, 1)),
    KL.LayerNormalization(),
    KL.LayerNormalization(scale=False, center=False, epsilon=0.1),
    KL.BatchNormalization(),
    KL.BatchNormalization(scale=False, center=False),
    layers.StepBatchNormalization(),
    KL.Softmax(axis=1),
    KL.ReLU(),
    KL.LeakyReLU(negative_slope=0.3),
    KL.Permute((2, 1)),
    KL.Reshape((-1, 1)),
    KL.Flatten(),
    KL.GlobalAveragePooling1D(),
    KL.GlobalMaxPooling1D(),
    KL.Dropout(0.5),
    KL.SpatialDropout1D(0.5),
    KL.GaussianNoise(0.5),
    KL.GaussianDropout(0.5),
    KL.Identity(),
    *(KL.Activation(name) for name in ("linear", "relu", "tanh", "sigmoid", "softmax", "softplus", "softsign", "elu")),
    *(KL.Activation(name) for name in ("selu", "silu", "gelu", "leaky_relu", "relu6", "mish", "exponential")),
    *(KL.Activation(name) for name in ("hard_sigmoid", "log_softmax")),
]
PLANE = [
    KL.Conv2D(4, (3, 2), padding="same"),
    KL.Conv2D(4, 3, padding="same", strides=2, activation="relu", use_bias=False),
    KL.Conv2D(4, 3, dilation_rate=2),
    KL.Conv2D(4, 3, groups=2),
    KL.MaxPooling2D((2, 3), padding="same"),
    KL.MaxPooling2D(2, strides=1),
    KL.SpatialDropout2D(0.5),
]
MERGES = [KL.Add(), KL.Average(), KL.Maximum(), KL.Minimum(), KL.Multiply(), KL.Subtract(), KL.Concatenate()]
WITH_LENGTHS = [
    layers.MaskedSteps(),
    layers.ReverseByLength(),
    layers.LastStep(),
    layers.MeanPooling(),
    layers.MaxPooling(),
    layers.AttentionPooling(4),
]
IN_THE_TAGGER = {
    tag_layers.UnpackWords, tag_layers.WordLengths, tag_layers.PlaceWords, tag_layers.Transitions, SummedLookup,
}  # fmt: skip
"""Compared in test_tagger.py, inside the network."""
ON_THE_BOARD = {board.LinesOfSight, board.MoveScores}
"""Compared in test_board.py, inside the network."""
IN_THE_TRANSLATOR = {attention.DotAttention, attention.BestScores, attention.Recurrence}
"""Compared in test_translator.py, inside the network."""
IN_TEXT_NETWORKS = {Carried, NgramScores, Scaled, TiedScores, WordAttention}
"""Compared in test_text_networks.py, inside the networks."""
ELSEWHERE = [KL.Embedding(7, 3), KL.RepeatVector(3), layers.StridedLengths(2), layers.StepsAt()]


def assert_graph_equals_keras(model: keras.Model, inputs: dict[str, np.ndarray]) -> None:
    found = predict(open_session(convert(model).SerializeToString(), 1), inputs)
    expected = outputs(model, inputs)
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].shape == value.shape
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5)


def described(layer: keras.layers.Layer) -> str:
    return layer.name


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 2, shape).astype(np.float32)


@pytest.mark.parametrize("layer", SEQUENCE, ids=described)
def test_a_layer_of_sequences_equals_keras(layer: keras.layers.Layer) -> None:
    x = keras.Input((7, 3), name="x")
    assert_graph_equals_keras(shaken(keras.Model({"x": x}, {"y": layer(x)})), {"x": values(2, 7, 3)})


@pytest.mark.parametrize("layer", PLANE, ids=described)
def test_a_layer_of_planes_equals_keras(layer: keras.layers.Layer) -> None:
    x = keras.Input((None, 8, 2), name="x")
    assert_graph_equals_keras(shaken(keras.Model({"x": x}, {"y": layer(x)})), {"x": values(2, 7, 8, 2)})


@pytest.mark.parametrize("layer", MERGES, ids=described)
def test_a_merge_equals_keras(layer: keras.layers.Layer) -> None:
    count = 2 if isinstance(layer, KL.Subtract) else 3
    inputs = {f"x{index}": keras.Input((5,), name=f"x{index}") for index in range(count)}
    arrays = {name: values(2, 5) + index for index, name in enumerate(inputs)}
    assert_graph_equals_keras(keras.Model(inputs, {"y": layer(list(inputs.values()))}), arrays)


@pytest.mark.parametrize("with_lengths", [True, False])
@pytest.mark.parametrize("layer", WITH_LENGTHS, ids=described)
def test_a_padding_safe_layer_equals_keras(layer: keras.layers.Layer, with_lengths: bool) -> None:
    x, lengths = keras.Input((None, 3), name="x"), keras.Input((), dtype="int32", name="lengths")
    arrays = {"x": values(3, 6, 3), "lengths": np.array([1, 6, 4], np.int32)}
    fresh = type(layer)(4) if isinstance(layer, layers.AttentionPooling) else type(layer)()
    output = fresh(x, lengths) if with_lengths else fresh(x)
    model = keras.Model({"x": x, "lengths": lengths}, {"y": output, "n": KL.Identity()(lengths)})
    assert_graph_equals_keras(shaken(model), arrays)


def test_ids_static_features_and_lengths_equal_keras() -> None:
    ids, static = keras.Input((None,), dtype="int32", name="ids"), keras.Input((3,), name="static")
    lengths = keras.Input((), dtype="int32", name="lengths")
    places = keras.Input((None,), dtype="int32", name="places")
    answers = {"steps": ELSEWHERE[0](ids), "repeated": ELSEWHERE[1](static), "fewer": ELSEWHERE[2](lengths)}
    answers["asked"] = ELSEWHERE[3](answers["steps"], places)
    model = shaken(keras.Model({"ids": ids, "static": static, "lengths": lengths, "places": places}, answers))
    arrays = {"ids": np.array([[0, 6, 3], [1, 2, 0]], np.int32), "static": values(2, 3)}
    arrays["places"] = np.array([[2, 0], [1, 1]], np.int32)
    assert_graph_equals_keras(model, {**arrays, "lengths": np.array([3, 2], np.int32)})


def test_every_emitter_is_compared_with_keras_here() -> None:
    here = {type(layer) for layer in (*SEQUENCE, *PLANE, *MERGES, *WITH_LENGTHS, *ELSEWHERE)}
    assert here | IN_TEXT_NETWORKS | IN_THE_TAGGER | IN_THE_TRANSLATOR | ON_THE_BOARD == set(EMITTERS)


def decoder(cell: type) -> keras.Model:
    x, future = keras.Input((None, 3), name="x"), keras.Input((None, 2), name="future")
    _, *state = cell(4, return_state=True, name="encoder")(x)
    decoded, *final = cell(4, return_sequences=True, return_state=True, name="decoder")(future, initial_state=state)
    return keras.Model({"x": x, "future": future}, {"decoded": decoded, "final": final[-1]})


@pytest.mark.parametrize("cell", [KL.GRU, KL.LSTM, KL.SimpleRNN, MinGRU])
def test_a_decoder_starts_from_the_encoders_state(cell: type) -> None:
    assert_graph_equals_keras(shaken(decoder(cell)), {"x": values(2, 5, 3), "future": values(2, 4, 2)})


def test_a_layer_used_twice_has_its_weights_once() -> None:
    x, gru = keras.Input((None, 3), name="x"), KL.GRU(3, return_sequences=True, name="shared")
    model = shaken(keras.Model({"x": x}, {"y": gru(gru(x))}))
    graph = convert(model)
    assert [weight.name for weight in graph.graph.initializer if weight.name.startswith("shared/")] == [
        "shared/W",
        "shared/R",
        "shared/B",
    ]
    assert_graph_equals_keras(model, {"x": values(2, 5, 3)})


def member() -> keras.Model:
    a, b = keras.Input((None, 3), name="a"), keras.Input((3,), name="b")
    summary = KL.Add(name="sum")([KL.GRU(3, name="same")(a), b])
    return keras.Model({"b": b, "a": a}, {"one": summary, "two": KL.Dense(2, name="out")(summary)})


def test_nested_networks_are_written_out_where_they_stand() -> None:
    x, y = keras.Input((None, 3), name="x"), keras.Input((3,), name="y")
    first, second = member(), member()
    one, two, again = (model({"a": x, "b": y}) for model in (first, second, first))
    joined = KL.Concatenate(name="joined")([one["one"], two["two"], again["two"]])
    model = shaken(keras.Model({"x": x, "y": y}, {"z": joined}))
    assert_graph_equals_keras(model, {"x": values(2, 5, 3), "y": values(2, 3)})


def test_two_layers_whose_nested_names_meet_are_refused() -> None:
    x, inner = keras.Input((3,), name="x"), []
    for network, layer in (("a", "b_c"), ("a_b", "c")):
        read = keras.Input((3,))
        inner.append(keras.Model(read, KL.Dense(3, name=layer)(read), name=network))
    with pytest.raises(AssertionError, match="a_b_c"):
        convert(keras.Model({"x": x}, {"y": inner[1](inner[0](x))}))


def test_one_value_may_be_several_outputs_and_an_input() -> None:
    x = keras.Input((3,), name="x")
    y = KL.Dense(2)(x)
    assert_graph_equals_keras(keras.Model({"x": x}, {"y": y, "again": y, "read": x}), {"x": values(2, 3)})


@pytest.mark.parametrize("steps", [1, 5, 1000])
def test_one_graph_serves_any_length_and_batch(steps: int) -> None:
    x = keras.Input((None, 3), name="x")
    model = shaken(keras.Model({"x": x}, {"y": MinGRU(4, return_sequences=True)(x)}))
    session = open_session(convert(model).SerializeToString(), 1)
    for batch in (1, 3):
        arrays = {"x": values(batch, steps, 3)}
        np.testing.assert_allclose(predict(session, arrays)["y"], outputs(model, arrays)["y"], rtol=1e-5, atol=1e-5)


def test_equal_weights_give_equal_bytes_and_different_weights_do_not() -> None:
    def bytes_of(seed: int) -> bytes:
        x = keras.Input((None, 3), name="x")
        out = KL.Dense(2, name="out")(KL.GRU(4, name="gru")(x))
        content: bytes = convert(shaken(keras.Model({"x": x}, {"y": out}, name="net"), seed)).SerializeToString()
        return content

    assert bytes_of(1) == bytes_of(1)
    assert bytes_of(1) != bytes_of(2)


def test_the_model_says_who_wrote_it_and_pins_its_versions() -> None:
    x = keras.Input((None, 3), name="x")
    graph = convert(keras.Model({"x": x}, {"y": KL.GRU(4)(x)}))
    assert graph.producer_name == "gru-toolkit"
    assert [(opset.domain, opset.version) for opset in graph.opset_import] == [("", 20)]
    onnx.checker.check_model(graph, full_check=True)
    assert [size.dim_param or size.dim_value for size in graph.graph.input[0].type.tensor_type.shape.dim] == [
        "batch",
        "x_1",
        3,
    ]


class Unknown(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x


REFUSED = {
    "Unknown": lambda x: Unknown(name="odd")(x),
    "GetItem": lambda x: x[:, 0],
    "go_backwards": lambda x: KL.GRU(4, go_backwards=True)(x),
    "recurrent activation": lambda x: KL.GRU(4, activation="softplus")(x),
    "limits": lambda x: KL.ReLU(max_value=6.0)(x),
    "another axis": lambda x: KL.LayerNormalization(axis=1)(x),
    "different ranks": lambda x: KL.Add()([x, KL.GRU(3)(x)]),
    "Masking": lambda x: KL.GRU(4)(KL.Masking()(x)),
    "not an activation": lambda x: KL.Activation(lambda value: value)(x),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_written_correctly_is_refused_by_name(words: str) -> None:
    x = keras.Input((7, 3), name="x")
    with pytest.raises(AssertionError, match=words):
        convert(keras.Model({"x": x}, {"y": REFUSED[words](x)}))


def test_a_keras_mask_is_refused_where_it_is_made_and_where_it_is_read() -> None:
    x, ids = keras.Input((7, 3), name="x"), keras.Input((7,), dtype="int32", name="ids")
    real = keras.Input((7,), dtype="bool", name="real")
    with pytest.raises(AssertionError, match="embedded makes a Keras mask"):
        convert(keras.Model({"ids": ids}, {"y": KL.Embedding(5, 3, mask_zero=True, name="embedded")(ids)}))
    with pytest.raises(AssertionError, match="masked reads a Keras mask"):
        convert(keras.Model({"x": x, "real": real}, {"y": KL.GRU(4, name="masked")(x, mask=real)}))


def test_a_network_without_names_is_refused() -> None:
    x = keras.Input((3,))
    with pytest.raises(AssertionError, match="dict"):
        convert(keras.Model(x, KL.Dense(2)(x)))
