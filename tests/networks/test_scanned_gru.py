import keras
import numpy as np
import pytest

from gru_toolkit.networks.scanned_gru import scanned_gru


def to_numpy(value: object) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.stop_gradient(value)))


pytestmark = pytest.mark.skipif(keras.backend.backend() == "torch", reason="on torch the layer is left to Keras")


def problem(units: int = 5, features: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {
        "x": (3, 7, features),
        "state": (3, units),
        "kernel": (features, 3 * units),
        "recurrent": (units, 3 * units),
        "bias": (2, 3 * units),
    }
    return {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def test_outputs_and_last_state_are_those_of_the_keras_layer() -> None:
    given = problem()
    layer = keras.layers.GRU(5, return_sequences=True, return_state=True)
    layer.build((None, None, 4))
    layer.set_weights([given["kernel"], given["recurrent"], given["bias"]])
    wanted, wanted_state = layer(given["x"], initial_state=given["state"])
    found, state = scanned_gru(**given)
    np.testing.assert_allclose(to_numpy(found), to_numpy(wanted), atol=1e-6)
    np.testing.assert_allclose(to_numpy(state), to_numpy(wanted_state), atol=1e-6)


@pytest.mark.parametrize("name", ["x", "state", "kernel", "recurrent", "bias"])
def test_the_gradient_is_the_slope(name: str) -> None:
    """Against central differences along a random direction, through outputs and last state."""
    given = problem()
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(3, 7, 5)).astype(np.float32)
    direction = rng.normal(size=given[name].shape).astype(np.float32)

    def loss(values: dict) -> object:
        steps, last = scanned_gru(**values)
        return keras.ops.sum(steps * weights) + keras.ops.sum(last * last)

    gradient = gradient_of(loss, given, name)
    step = 1e-2
    ahead, behind = (
        float(to_numpy(loss({**given, name: given[name] + sign * step * direction})))
        for sign in (1, -1)  # type: ignore[arg-type]
    )
    assert (gradient * direction).sum() == pytest.approx((ahead - behind) / (2 * step), rel=2e-3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends have no open sizes")
def test_it_learns_where_the_number_of_steps_is_open() -> None:
    import tensorflow as tf

    given = {name: tf.constant(value) for name, value in problem().items()}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec((None, None, 4))])
    def slope(x: object) -> object:
        with tf.GradientTape() as tape:
            tape.watch(given["recurrent"])
            loss = tf.reduce_sum(scanned_gru(**{**given, "x": x})[0])
        return tape.gradient(loss, given["recurrent"])

    with tf.GradientTape() as tape:
        tape.watch(given["recurrent"])
        loss = tf.reduce_sum(scanned_gru(**given)[0])
    np.testing.assert_allclose(slope(given["x"]), tape.gradient(loss, given["recurrent"]), rtol=1e-5)


def gradient_of(loss: object, given: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The gradient on whatever backend Keras runs, by a network's own training step of size one."""
    variable = keras.Variable(given[name])
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([variable])
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss({**given, name: variable.value})  # type: ignore[operator]
        return np.asarray(tape.gradient(value, variable.value))
    import jax

    return np.asarray(jax.grad(lambda held: loss({**given, name: held}))(given[name]))  # type: ignore[operator]
