"""The tagging network: its graph says what it says, and padding or the packing of words changes nothing."""

import keras
import numpy as np
import pytest

from gru_toolkit.networks import initialise, parity
from gru_toolkit.networks.onnx_graph import convert
from gru_toolkit.networks.session import open_session, predict
from gru_toolkit.networks.tagger import TaggerConfig, build_tagger
from gru_toolkit.networks.variables import to_numpy
from gru_toolkit.tasks.tag_examples import packed
from gru_toolkit.tasks.tag_schemes import allowed

CODES = (0, 1, 2, 3, 4)
SPELT = np.array([[2, 3, 0, 0], [4, 0, 0, 0], [2, 2, 5, 3], [3, 4, 5, 0], [5, 5, 0, 0]], np.int32)
LEVELS = np.array([[0, 1, 2, 1], [3, 4, -1, -1], [0, -1, -1, -1]])


def config(spelling: str, cell: str = "gru") -> TaggerConfig:
    rules = tuple(tuple(row) for row in allowed(CODES, spans=True).tolist())
    return TaggerConfig(
        words=6, tags=5, allowed=rules, letters=6, features=(2, 7), facts=(3, 9), sentence=3, cell=cell, units=4,
        word_width=5, feature_width=3, spelling=spelling, spelling_width=4, letter_width=3, members=2,
    )  # fmt: skip


def batch(extra: int = 0) -> dict[str, np.ndarray]:
    """Inputs of three sentences, with `extra` steps of padding."""
    levels = np.pad(LEVELS, [(0, 0), (0, extra)], constant_values=-1)
    letters, places = packed(levels, SPELT)
    return {
        "words": np.maximum(levels + 1, 0).astype(np.int32),
        "lengths": np.array([4, 2, 1], np.int32),
        "features": np.stack([np.maximum(levels, 0), np.maximum(levels, 0) + 2], axis=2).astype(np.int32),
        "letters": letters,
        "places": places,
        "facts": np.maximum(levels[:, :, None] * np.array([1, 2, 0]) + np.array([1, 0, 2]), 0).astype(np.int32),
    }


def network(spelling: str, cell: str, seed: int) -> keras.Model:
    """A tagger with random weights, those of facts among them."""
    model = build_tagger(config(spelling, cell))
    initialise.initialise(model, seed=seed)
    for member in range(2):
        facts = model.get_layer(f"member_{member}_facts")
        facts.table.assign(np.random.default_rng([seed, member]).normal(size=facts.table.shape))
    return model


@pytest.mark.parametrize(("spelling", "cell"), [("gru", "gru"), ("convolution", "gru"), ("none", "pooling")])
def test_the_graph_equals_the_network(spelling: str, cell: str) -> None:
    model = network(spelling, cell, seed=0)
    inputs = {name: values for name, values in batch().items() if name in model.input}
    assert parity.compare(model, convert(model).SerializeToString(), inputs).max_error <= 1e-5


def test_padding_changes_no_score() -> None:
    model = network("gru", "gru", seed=1)
    session = open_session(convert(model).SerializeToString(), threads=1)
    short, long = predict(session, batch()), predict(session, batch(extra=3))
    for row, length in enumerate((4, 2, 1)):
        np.testing.assert_allclose(
            short["emissions"][row, :length], long["emissions"][row, :length], rtol=1e-5, atol=1e-6
        )
    np.testing.assert_allclose(short["sentence"], long["sentence"], rtol=1e-5, atol=1e-6)


def test_facts_add_each_members_own_scores() -> None:
    model = network("none", "pooling", seed=2)
    inputs = {name: values for name, values in batch().items() if name in model.input}
    session = open_session(convert(model).SerializeToString(), threads=1)
    with_facts = predict(session, inputs)["emissions"]
    without = predict(session, {**inputs, "facts": np.zeros_like(inputs["facts"])})["emissions"]
    told = []
    for member in range(2):
        table = to_numpy(model.get_layer(f"member_{member}_facts").table).copy()
        table[0] = 0
        told.append(table[inputs["facts"]].sum(axis=2))
    np.testing.assert_allclose(with_facts - without, np.concatenate(told, axis=2), rtol=1e-4, atol=1e-5)


def test_each_distinct_word_is_spelt_once_and_found_again() -> None:
    letters, places = packed(LEVELS, SPELT)
    assert letters.shape[:2] == (3, 2)  # five distinct words in three rows
    found = letters[places[:, :, 0], places[:, :, 1]]
    real = LEVELS >= 0
    np.testing.assert_array_equal(found[real][:, :4], SPELT[LEVELS[real]])


def test_what_the_scheme_forbids_is_out_of_reach() -> None:
    model = build_tagger(config("none"))
    session = open_session(convert(model).SerializeToString(), threads=1)
    inputs = {name: values for name, values in batch().items() if name in model.input}
    transitions = predict(session, inputs)["transitions_0"]
    np.testing.assert_array_equal(transitions <= -9_999, ~allowed(CODES, spans=True))
