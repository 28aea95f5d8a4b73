"""A training small enough for tests, as a library and as a program that may be killed at any moment.

python toy_training.py FOLDER --backend tensorflow --task forecast --precision mixed [--die-at-call N]
"""

import argparse
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from gru_toolkit.config import TrainConfig
from gru_toolkit.sequences.dataset import Arrays

STEPS, FEATURES, CLASSES = 8, 3, 3


class ToyExamples:
    """N random sequences: their sum is to be forecast, or the largest of the features' sums to be named."""

    def __init__(self, count: int, *, task: str = "forecast", varying: bool = False, seed: int = 0):
        rng = np.random.default_rng(seed)
        self.values = rng.normal(size=(count, STEPS, FEATURES)).astype(np.float32)
        self.task = task
        self._lengths = rng.integers(2, STEPS + 1, count) if varying else None

    def __len__(self) -> int:
        return len(self.values)

    def lengths(self) -> np.ndarray | None:
        return self._lengths

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        values = self.values[indices]
        if self._lengths is not None:
            values = values[:, : self._lengths[indices].max()]
        sums = values.sum(axis=1)
        target = sums[:, :1] if self.task == "forecast" else sums.argmax(axis=1)
        if rng is not None:
            values = values + rng.normal(0, 0.01, values.shape).astype(np.float32)
        return Arrays({"x": values}, {"y": target}, np.ones(len(indices), np.float32))


def toy_network(task: str = "forecast", *, any_length: bool = False) -> Any:
    """Two recurrent layers with dropout before, between and after, started from NumPy's random numbers."""
    import keras

    x = keras.Input((None if any_length else STEPS, FEATURES), name="x")
    h = keras.layers.Dropout(0.2)(x)
    h = keras.layers.GRU(6, return_sequences=True)(h)
    h = keras.layers.Dropout(0.2)(h)
    h = keras.layers.GRU(6)(h)
    h = keras.layers.Dropout(0.2)(h)
    y = keras.layers.Dense(1 if task == "forecast" else CLASSES)(h)
    model = keras.Model({"x": x}, {"y": y})
    rng = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.3, weight.shape).astype(np.float32))
    return model


def squared_loss(targets: Any, outputs: Any, weights: Any) -> Any:
    from keras import ops

    errors = ops.mean((outputs["y"] - targets["y"]) ** 2, axis=-1)
    return ops.sum(errors * weights) / ops.sum(weights)


def entropy_loss(targets: Any, outputs: Any, weights: Any) -> Any:
    from keras import ops

    losses = ops.sparse_categorical_crossentropy(targets["y"], outputs["y"], from_logits=True)
    return ops.sum(losses * weights) / ops.sum(weights)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--task", default="forecast", choices=("forecast", "classify"))
    parser.add_argument("--precision", default="mixed")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--examples", type=int, default=80)
    parser.add_argument("--checkpoint-steps", type=int, default=2)
    parser.add_argument("--die-at-call", type=int, help="kill the process at this call that changes the disk")
    arguments = parser.parse_args()
    config = TrainConfig(
        epochs=arguments.epochs, batch_size=16, learning_rate=1e-2, average=0.9, patience=0, seed=7, threads=1,
        checkpoint_steps=arguments.checkpoint_steps, precision=arguments.precision, backend=arguments.backend,
    )  # fmt: skip
    if arguments.die_at_call is not None:
        _die_at(arguments.die_at_call)
    _train(arguments, config)


def _train(arguments: argparse.Namespace, config: TrainConfig) -> None:
    from gru_toolkit.runs import backends, files
    from gru_toolkit.runs.checkpoints import Checkpoints, pack
    from gru_toolkit.runs.interruption import StopRequest
    from gru_toolkit.runs.lock import WriterLock

    backends.choose(config)
    from gru_toolkit.runs.fitting import FitJob, fit

    files.make_folder(arguments.folder)
    with WriterLock(arguments.folder) as lock, StopRequest() as stop:
        files.remove_leftovers(arguments.folder, lock)
        checkpoints = Checkpoints(arguments.folder / "checkpoints", lock=lock)
        job = FitJob(
            model=toy_network(arguments.task),
            loss=squared_loss if arguments.task == "forecast" else entropy_loss,
            train=ToyExamples(arguments.examples, task=arguments.task),
            validation=ToyExamples(40, task=arguments.task, seed=1),
            config=config, checkpoints=checkpoints, stop=stop, identity={"data": "toy"},
        )  # fmt: skip
        result = fit(job, on_event=lambda event: None)
        state = checkpoints.latest()
        assert state is not None, "the last checkpoint is there"
        rows = np.array([(row.train_loss, row.validation_loss, row.learning_rate) for row in result.history])
        everything = {**state.arrays, **{f"best.{name}": array for name, array in state.best.items()}, "history": rows}
        files.write_atomically(arguments.folder / "final.safetensors", pack(dict(sorted(everything.items()))))


def _die_at(call_number: int) -> None:
    from gru_toolkit.runs import files

    calls = iter(range(call_number))
    original = files.system

    def dying(call: Any, /, *arguments: Any, **options: Any) -> Any:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(call, *arguments, **options)

    files.system = dying


if __name__ == "__main__":
    main()
