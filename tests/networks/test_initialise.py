"""Initial weights: the same everywhere for a seed, different for every weight."""

import keras
import numpy as np
import pytest

from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.initialise import initialise
from gru_toolkit.networks.stacks import ConvConfig, StackConfig, convolution_block, recurrent_stack
from gru_toolkit.networks.variables import to_numpy, unique_variables


def model_of(cell: str = "gru", *, members: int = 1, dropout: float = 0.5) -> keras.Model:
    ids = keras.Input((None,), dtype="int32", name="ids")
    states = []
    for member in range(members):
        x = keras.layers.Embedding(7, 3, name=f"member_{member}_embedding")(ids)
        x, _ = convolution_block(x, None, ConvConfig(4, normalise="batch", dropout=dropout), f"member_{member}_stem")
        states += recurrent_stack(x, None, StackConfig(cell, 6, bidirectional=True), f"member_{member}")[1]
    return keras.Model({"ids": ids}, {"states": keras.layers.Concatenate(name="joined")([*states, states[0]])})


def values(model: keras.Model) -> dict[str, np.ndarray]:
    return {variable.path: to_numpy(variable) for variable in unique_variables(model)}


@pytest.mark.parametrize("cell", ["gru", "mingru"])
def test_a_seed_decides_every_weight_and_dropout_seed(cell: str) -> None:
    first, again, other = model_of(cell), model_of(cell), model_of(cell)
    initialise(first, 5)
    initialise(again, 5)
    initialise(other, 6)
    names = [variable.name for variable in unique_variables(first)]
    assert names.count("seed_generator_state") >= 1
    models = [[to_numpy(variable) for variable in unique_variables(model)] for model in (first, again, other)]
    for name, value, same, different in zip(names, *models, strict=True):
        np.testing.assert_array_equal(value, same)
        if value.std() > 0 and name != "bias":
            assert not np.array_equal(value, different), name


def test_the_numbers_drawn_are_pinned() -> None:
    """Changing them would change every run that a saved seed describes."""
    dense = keras.layers.Dense(2, name="dense")
    x = keras.Input((2,))
    model = keras.Model(x, dense(x))
    initialise(model, 0)
    np.testing.assert_allclose(to_numpy(dense.kernel), PINNED, rtol=1e-6)


PINNED = np.array([[-0.683180570602417, 0.09201870858669281], [0.24190405011177063, 0.591326117515564]])


def test_members_of_an_ensemble_start_differently() -> None:
    model = model_of(members=2)
    initialise(model, 1)
    kernels = [value for path, value in values(model).items() if path.endswith("gru_cell/kernel")]
    assert len(kernels) == 4
    assert len({kernel.tobytes() for kernel in kernels}) == 4


def test_nested_models_with_equal_paths_start_differently() -> None:
    inner = []
    for _ in range(2):
        x = keras.Input((3,))
        inner.append(keras.Model(x, keras.layers.Dense(4, name="same")(x)))
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Add()([inner[0](x), inner[1](x)]))
    initialise(model, 0)
    assert not np.array_equal(to_numpy(inner[0].weights[0]), to_numpy(inner[1].weights[0]))


def test_kernels_are_glorot_uniform_and_recurrent_kernels_orthonormal() -> None:
    model = model_of()
    initialise(model, 2)
    found = values(model)
    convolution = found["member_0_stem/kernel"]  # (3, 3, 4): the field of 3 steps counts on both sides
    assert np.abs(convolution).max() <= np.sqrt(6 / (3 * 3 + 3 * 4))
    assert np.abs(convolution).max() > 0.8 * np.sqrt(6 / 21)
    recurrent = found["member_0_0/gru_cell/recurrent_kernel"]  # (6, 18)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(6), atol=1e-6)
    assert not found["member_0_0/gru_cell/bias"].any()
    assert (found["member_0_stem_norm/gamma"] == 1).all()


# How much of the old state a unit keeps when it reads zeros in the zero state, from its bias.
KEPT = {
    "gru": lambda bias: bias[0, :6],
    "lstm": lambda bias: bias[6:12],
    "mingru": lambda bias: -bias[:6],
}


@pytest.mark.parametrize("cell", KEPT)
def test_uniform_gates_spread_the_share_that_is_kept(cell: str) -> None:
    model = model_of(cell)
    initialise(model, 3, gates="uniform")
    biases = [value for path, value in values(model).items() if path.endswith("bias") and value.size >= 12]
    kept = 1 / (1 + np.exp(-np.concatenate([KEPT[cell](bias) for bias in biases])))
    assert ((kept >= 1 / 6 - 1e-6) & (kept <= 5 / 6 + 1e-6)).all()
    assert kept.std() > 0.1


@pytest.mark.parametrize("cell", KEPT)
def test_chrono_gates_remember_up_to_the_longest_span(cell: str) -> None:
    model = model_of(cell)
    initialise(model, 3, gates="chrono", longest=50)
    bias = next(value for path, value in values(model).items() if path.endswith("bias") and value.size >= 12)
    kept = KEPT[cell](bias)
    assert ((kept > 0) & (kept <= np.log(49))).all()
    if cell == "lstm":
        np.testing.assert_array_equal(bias[:6], -kept)


@pytest.mark.parametrize(("settings", "word"), [({"gates": "unifrom"}, "uniform"), ({"gates": "chrono"}, "longest")])
def test_wrong_gate_settings_are_refused(settings: dict[str, str], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        initialise(model_of(), 0, **settings)


def test_a_weight_of_unknown_kind_is_not_left_to_chance() -> None:
    class Strange(keras.layers.Layer):
        def build(self, shape: tuple[int, ...]) -> None:
            self.table = self.add_weight(shape=(3, 3), name="table")

        def call(self, x: object) -> object:
            return x

    x = keras.Input((3,))
    with pytest.raises(AssertionError, match="strange/table"):
        initialise(keras.Model(x, Strange(name="strange")(x)), 0)
