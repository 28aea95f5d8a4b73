"""One backend a process, chosen before Keras is imported, on the threads that were asked for."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from toy_training import ToyExamples, squared_loss, toy_network

from gru_toolkit.config import TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError
from gru_toolkit.runs import backends
from gru_toolkit.runs.stepper import Stepper, make_optimizer

CHOOSING = """
import sys
from gru_toolkit.config import TrainConfig
from gru_toolkit.runs import backends
info = backends.choose(TrainConfig(backend=sys.argv[1], threads=1, precision="mixed"))
import keras
keras.ops.ones(1)
print(keras.backend.backend(), keras.config.dtype_policy().name, info.threads, info.devices[0])
try:
    backends.choose(TrainConfig(backend=sys.argv[1], threads=3))
    print("changed")
except Exception as error:
    print(type(error).__name__)
"""


@pytest.fixture
def make() -> Callable[..., Stepper]:
    def stepper(**settings: Any) -> Stepper:
        config = TrainConfig(batch_size=16, **settings)
        info = backends.choose(config)
        return backends.make_stepper(toy_network(), squared_loss, config, make_optimizer(config, info.precision))

    return stepper


def test_another_backend_than_the_loaded_one_is_refused() -> None:
    loaded = keras.backend.backend()
    other = "torch" if loaded != "torch" else "jax"
    with pytest.raises(ConfigError, match=f"Keras already runs on {loaded}"):
        backends.choose(TrainConfig(backend=other))
    assert backends.choose(TrainConfig()).backend == loaded == backends.default_name()


def test_a_backend_that_is_not_installed_is_refused_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = keras.backend.backend()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=rf"{loaded} is not installed.*gru-toolkit\[{loaded}\]"):
        backends.choose(TrainConfig())


def test_an_unknown_backend_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    with pytest.raises(ConfigError, match="backend must be one of tensorflow, jax, torch, got 'theano'"):
        backends.choose(TrainConfig())


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize(
    ("name", "second"), [("tensorflow", "ConfigError"), ("jax", "ConfigError"), ("torch", "changed")]
)
def test_each_backend_runs_on_the_threads_asked_for(name: str, second: str) -> None:
    command = [sys.executable, "-W", "error", "-c", CHOOSING, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    assert done.stdout.split() == [name, "mixed_bfloat16", "1", "CPU", second]
    assert done.stderr == ""


def test_the_facts_for_the_user_name_backend_and_kernel(make: Callable[..., Stepper]) -> None:
    make()
    lines = backends.describe(toy_network())
    assert backends.settled().line in lines
    assert "GRU kernel" in lines[0]


@pytest.mark.slow
def test_a_restored_state_is_the_saved_one_bit_for_bit(make: Callable[..., Stepper]) -> None:
    batch = ToyExamples(16).arrays(np.arange(16))
    one, other = make(average=0.9, precision="mixed"), make(average=0.9, precision="mixed")
    for _ in range(3):
        one.step(batch, 1e-2)
    saved = one.state()
    other.restore(saved)
    assert int(saved["steps"]) == other.steps == 3
    for name, array in other.state().items():
        assert array.dtype == saved[name].dtype
        assert array.tobytes() == saved[name].tobytes(), name
    assert float(one.step(batch, 1e-2)) == float(other.step(batch, 1e-2))
    assert all(array.tobytes() == one.state()[name].tobytes() for name, array in other.state().items())


def test_a_state_of_another_network_is_refused(make: Callable[..., Stepper]) -> None:
    stepper = make()
    state = stepper.state()
    with pytest.raises(DamagedRunError, match="belongs to another network"):
        stepper.restore({**state, "average.0000": np.zeros(3)})
    with pytest.raises(DamagedRunError, match="does not fit"):
        stepper.restore({**state, "trainable.0000": np.zeros(3)})


@pytest.mark.slow
def test_the_averaged_weights_are_there_only_inside(make: Callable[..., Stepper]) -> None:
    stepper = make(average=0.5)
    batch = ToyExamples(16).arrays(np.arange(16))
    before = stepper.weights()
    stepper.step(batch, 1e-1)
    now = stepper.weights()
    with stepper.averaged():
        inside = stepper.weights()
        loss = stepper.evaluate(batch)[0]
    assert loss != stepper.evaluate(batch)[0]
    for name in now:
        # the first step's decay is 1/10
        np.testing.assert_allclose(inside[name], 0.1 * before[name] + 0.9 * now[name], atol=1e-6)
        assert now[name].tobytes() == stepper.weights()[name].tobytes()


def test_padding_to_a_full_batch_never_changes_loss_or_prediction(make: Callable[..., Stepper]) -> None:
    stepper = make()
    few = ToyExamples(16).arrays(np.arange(5))
    loss, weight = stepper.evaluate(few)
    assert weight == 5
    outputs = stepper.predict(few.inputs)["y"]
    assert outputs.shape == (5, 1)
    assert loss / weight == pytest.approx(float(((outputs - few.targets["y"]) ** 2).mean()), rel=1e-5)


def test_a_batch_without_weight_counts_nothing(make: Callable[..., Stepper]) -> None:
    batch = ToyExamples(4).arrays(np.arange(4))
    empty = type(batch)(batch.inputs, batch.targets, np.zeros(4, np.float32))
    assert make().evaluate(empty) == (0.0, 0.0)


def test_half_precision_keeps_float32_weights_and_losses(make: Callable[..., Stepper]) -> None:
    stepper = make(precision="mixed")
    batch = ToyExamples(16).arrays(np.arange(16))
    assert stepper.predict(batch.inputs)["y"].dtype == np.float32
    assert {array.dtype for array in stepper.weights().values()} == {np.dtype(np.float32)}


@pytest.mark.slow
def test_float16_scales_the_loss_and_skips_steps_that_overflow(make: Callable[..., Stepper]) -> None:
    config = TrainConfig(batch_size=16, learning_rate=1e-2)
    model = toy_network()
    optimizer = make_optimizer(config, "mixed_float16")
    assert type(optimizer).__name__ == "LossScaleOptimizer"
    stepper = backends.make_stepper(model, squared_loss, config, optimizer)
    batch = ToyExamples(16).arrays(np.arange(16))
    before = stepper.weights()
    huge = type(batch)(batch.inputs, {"y": np.full((16, 1), 1e38, np.float32)}, batch.weights)
    stepper.step(huge, 1e-2)
    assert all(array.tobytes() == before[name].tobytes() for name, array in stepper.weights().items())
    first = float(stepper.step(batch, 1e-2))
    for _ in range(30):
        last = float(stepper.step(batch, 1e-2))
    assert last < first


@pytest.mark.slow
def test_dropout_depends_on_the_seed_and_not_on_how_the_network_was_made(make: Callable[..., Stepper]) -> None:
    losses = []
    for seed in (1, 1, 2):
        stepper = make(seed=seed)
        stepper.seed_dropout(seed)
        losses.append(float(stepper.step(ToyExamples(16).arrays(np.arange(16)), 1e-3)))
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="this is the process for another backend")
@pytest.mark.parametrize("name", ["jax", "torch"])
def test_the_same_laws_hold_on_the_other_backends(name: str) -> None:
    laws = [__file__, "-k", "not on_the_threads and not other_backends", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "KERAS_BACKEND": name}
    done = subprocess.run([sys.executable, "-m", "pytest", *laws], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
