"""A network in training: one step, evaluation, prediction, and its whole state as named arrays."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from gru_toolkit.config import TrainConfig
from gru_toolkit.errors import DamagedRunError
from gru_toolkit.runs.backends import to_numpy
from gru_toolkit.runs.kernels import Kernel, Rates, Work
from gru_toolkit.runs.schedules import average_decay
from gru_toolkit.sequences.dataset import Arrays


class Stepper:
    """A network in training. Protected state: its variables, the optimizer's, the averages, and the steps done."""

    def __init__(self, work: Work, kernel: Kernel, config: TrainConfig):
        self._work = work
        self._kernel = kernel
        self._config = config
        self.steps = 0

    def step(self, arrays: Arrays, learning_rate: float) -> Any:
        """Train on one batch; its mean loss as a scalar that `float` fetches, so that no step waits for the device."""
        seed = (self._config.seed * 1_000_003 + self.steps) % 2**63
        loss = self._kernel.train(arrays, Rates(learning_rate, average_decay(self._config, self.steps), seed))
        self.steps += 1
        return loss

    def evaluate(self, arrays: Arrays) -> tuple[float, float]:
        """The weighted sum of the loss over a batch, and the sum of the weights."""
        weight = float(arrays.weights.sum(dtype=np.float64))
        return (float(self._kernel.evaluate(arrays)) * weight, weight) if weight else (0.0, 0.0)

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The network's outputs for a batch, by name."""
        return self._kernel.predict(inputs)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the network has its averaged weights, if the settings ask for an average."""
        if not self._work.averages:
            yield
            return
        self._swap_averages()
        try:
            yield
        finally:
            self._swap_averages()

    def weights(self) -> dict[str, np.ndarray]:
        """The network's weights by number: what is saved as the best. Dropout seeds are not among them."""
        self._kernel.flush()
        return _numbered("weights", self._work.model.weights)

    def assign_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Give the network weights that `weights` returned. Raises DamagedRunError when they do not fit."""
        self._kernel.flush()
        _assign("weights", self._work.model.weights, weights)
        self._kernel.reload()

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that the next step depends on, by name."""
        self._kernel.flush()
        groups = zip(_GROUPS, self._work.variables(), strict=True)
        arrays = {name: array for group, held in groups for name, array in _numbered(group, held).items()}
        return {**arrays, "steps": np.array(self.steps, np.int64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take up the state that `state` returned, bit for bit. Raises DamagedRunError when it does not fit."""
        groups = list(zip(_GROUPS, self._work.variables(), strict=True))
        expected = {"steps"} | {name for group, held in groups for name in _names(group, held)}
        if set(state) != expected:
            raise DamagedRunError(
                f"the checkpoint belongs to another network: {sorted(set(state) ^ expected)[:3]} differ"
            )
        for group, held in groups:
            _assign(group, held, state)
        self.steps = int(state["steps"])
        self._kernel.reload()

    def seed_dropout(self, seed: int) -> None:
        """Start every dropout generator of the network from `seed`, whatever it was made with."""
        self._kernel.flush()
        weights = {id(weight) for weight in self._work.model.weights}
        generators = [held for held in self._work.model.variables if id(held) not in weights]
        for number, held in enumerate(generators):
            source = np.random.Generator(np.random.Philox(key=[seed % 2**64, number]))
            held.assign(np.array([source.integers(2**31), 0]))
        self._kernel.reload()

    def _swap_averages(self) -> None:
        self._kernel.flush()
        for average, held in zip(self._work.averages, self._work.model.trainable_variables, strict=True):
            saved = to_numpy(held)
            held.assign(to_numpy(average))
            average.assign(saved)
        self._kernel.reload()


def make_optimizer(config: TrainConfig, precision: str) -> keras.Optimizer:
    """Adam with decoupled weight decay, the gradient's global norm clipped; with loss scaling for float16."""
    adam = keras.optimizers.Adam(
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay or None,
        global_clipnorm=config.clip_norm or None,
    )
    return keras.optimizers.LossScaleOptimizer(adam) if precision == "mixed_float16" else adam


_GROUPS = ("trainable", "other", "optimizer", "average")


def _names(group: str, variables: Sequence[keras.Variable]) -> list[str]:
    return [f"{group}.{number:04d}" for number in range(len(variables))]


def _numbered(group: str, variables: Sequence[keras.Variable]) -> dict[str, np.ndarray]:
    return dict(zip(_names(group, variables), map(to_numpy, variables), strict=True))


def _assign(group: str, variables: Sequence[keras.Variable], arrays: Mapping[str, np.ndarray]) -> None:
    for name, held in zip(_names(group, variables), variables, strict=True):
        if name not in arrays or arrays[name].shape != tuple(held.shape):
            raise DamagedRunError(f"{name} of the checkpoint does not fit {held.path} of shape {tuple(held.shape)}")
        held.assign(arrays[name])
