"""One training step on TensorFlow, JAX or torch. The backend's module is handed in: `backends.py` alone imports it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks.task import Loss


@dataclass(frozen=True)
class Rates:
    """The numbers of one step: learning rate, decay of the moving average, and a seed of its own."""

    learning_rate: float
    decay: float
    seed: int


@dataclass(frozen=True)
class Work:
    """What a kernel computes with.

    averages    the moving average of each trainable variable; empty when the settings ask for none
    batch_size  rows of a full batch
    """

    model: keras.Model
    loss: Loss
    optimizer: keras.Optimizer
    averages: list[keras.Variable]
    batch_size: int

    def outputs(self, inputs: Any, *, training: bool) -> dict[str, Any]:
        """The network's outputs by name, in float32 at least."""
        return self.widened(self.model(inputs, training=training))

    def widened(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """Half-precision outputs as float32, so that the loss is never computed in half precision."""
        half = ("float16", "bfloat16")
        return {
            name: keras.ops.cast(value, "float32") if keras.backend.standardize_dtype(value.dtype) in half else value
            for name, value in outputs.items()
        }

    def with_penalties(self, loss: Any) -> Any:
        """The loss with what layers added to it (regularisation)."""
        return loss + sum(self.model.losses)

    def scaled(self, optimizer_values: list[Any], loss: Any) -> Any:
        """The loss times the scale that these values of the optimizer's variables hold (float16 only)."""
        mapping = list(zip(self.optimizer.variables, optimizer_values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return self.optimizer.scale_loss(loss)

    def variables(self) -> list[list[keras.Variable]]:
        """All state: trainable, other (dropout seeds among them), optimizer, averages."""
        model = self.model
        return [model.trainable_variables, model.non_trainable_variables, self.optimizer.variables, self.averages]


class Kernel(Protocol):
    """A backend's compiled functions; between calls it may hold the state outside the Keras variables."""

    def train(self, arrays: Arrays, rates: Rates) -> Any:
        """One step; the batch's loss before it, as a scalar that `float` fetches."""
        ...

    def evaluate(self, arrays: Arrays) -> Any:
        """The batch's loss."""
        ...

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The network's outputs."""
        ...

    def flush(self) -> None:
        """Put the state into the Keras variables."""
        ...

    def reload(self) -> None:
        """Take the state from the Keras variables."""
        ...


class TensorFlowKernel:
    """The step as one graph for every batch: sizes that may vary are left open, so that nothing is traced twice and a
    resumed run uses the very same graph."""

    def __init__(self, work: Work, tf: Any):
        self._work = work
        self._tf = tf
        self._graphs: dict[str, Any] = {}

    def train(self, arrays: Arrays, rates: Rates) -> Any:
        graph = self._graph("train", self._train_step, arrays, scalars=2)
        scalars = (np.float32(rates.learning_rate), np.float32(rates.decay))
        return graph(dict(arrays.inputs), dict(arrays.targets), arrays.weights, *scalars)

    def evaluate(self, arrays: Arrays) -> Any:
        graph = self._graph("evaluate", self._evaluate_step, arrays)
        return graph(dict(arrays.inputs), dict(arrays.targets), arrays.weights)

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        if "predict" not in self._graphs:
            signature = (self._input_specs(inputs),)
            self._graphs["predict"] = self._tf.function(self._predict_step, signature, autograph=False)
        return {name: value.numpy() for name, value in self._graphs["predict"](dict(inputs)).items()}

    def flush(self) -> None:
        """The variables always hold the state."""

    def reload(self) -> None:
        """The variables always hold the state."""

    def _train_step(self, inputs: Any, targets: Any, weights: Any, learning_rate: Any, decay: Any) -> Any:
        work = self._work
        variables = work.model.trainable_variables
        work.optimizer.learning_rate = learning_rate
        with self._tf.GradientTape() as tape:
            loss = work.loss(targets, work.outputs(inputs, training=True), weights)
            scaled = work.optimizer.scale_loss(work.with_penalties(loss))
        work.optimizer.apply(tape.gradient(scaled, variables), variables)
        for average, variable in zip(work.averages, variables, strict=bool(work.averages)):
            average.assign(average * decay + variable * (1 - decay))
        return loss

    def _evaluate_step(self, inputs: Any, targets: Any, weights: Any) -> Any:
        return self._work.loss(targets, self._work.outputs(inputs, training=False), weights)

    def _predict_step(self, inputs: Any) -> Any:
        return self._work.outputs(inputs, training=False)

    def _graph(self, name: str, step: Any, arrays: Arrays, scalars: int = 0) -> Any:
        tf = self._tf
        if name not in self._graphs:
            targets = {key: self._loose_spec(array) for key, array in arrays.targets.items()}
            rest = [tf.TensorSpec((), tf.float32)] * scalars
            signature = (self._input_specs(arrays.inputs), targets, self._loose_spec(arrays.weights), *rest)
            self._graphs[name] = tf.function(step, signature, autograph=False)
        return self._graphs[name]

    def _input_specs(self, inputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        declared = self._work.model.input
        return {name: self._tf.TensorSpec(declared[name].shape, array.dtype) for name, array in inputs.items()}

    def _loose_spec(self, array: np.ndarray) -> Any:
        """Batch size open; the steps too, when the network takes sequences of any length."""
        any_length = any(None in tensor.shape[1:] for tensor in self._work.model.input.values())
        open_axes = 2 if any_length else 1
        shape = [None if axis < open_axes else size for axis, size in enumerate(array.shape)]
        return self._tf.TensorSpec(shape, array.dtype)


class JaxKernel:
    """The step as a pure function of all values.

    JAX compiles anew for each shape. So steps are padded to few lengths where the network takes any, and every batch
    that is not trained on has the full size (missing rows have weight 0). In training, rows that repeat the last one
    would enter the statistics of batch normalisation: the last batch of an epoch is compiled for its own size.
    """

    def __init__(self, work: Work, jax: Any):
        self._work = work
        self._jax = jax
        self._train = jax.jit(self._train_step)
        self._evaluate = jax.jit(self._evaluate_step)
        self._predict = jax.jit(self._predict_step)
        self._values: list[list[Any]] = []
        self.reload()

    def train(self, arrays: Arrays, rates: Rates) -> Any:
        batch = self._full(arrays, len(arrays.weights))
        scalars = np.float32(rates.learning_rate), np.float32(rates.decay)
        self._values, loss = self._train(self._values, batch, *scalars)
        return loss

    def evaluate(self, arrays: Arrays) -> Any:
        return self._evaluate(self._values, self._full(arrays, self._work.batch_size))

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        size = len(next(iter(inputs.values())))
        full = {name: _taller(array, self._work.batch_size) for name, array in inputs.items()}
        return {name: np.asarray(value)[:size] for name, value in self._predict(self._values, full).items()}

    def flush(self) -> None:
        for variables, values in zip(self._work.variables(), self._values, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def reload(self) -> None:
        self._values = [[variable.value for variable in variables] for variables in self._work.variables()]

    def _train_step(self, values: Any, batch: Any, learning_rate: Any, decay: Any) -> Any:
        work = self._work
        trainable, fixed, optimized, averages = values
        optimized = [learning_rate if variable is work.optimizer.learning_rate else value
                     for variable, value in zip(work.optimizer.variables, optimized, strict=True)]  # fmt: skip

        def objective(weights: Any) -> Any:
            raw, now, penalties = work.model.stateless_call(weights, fixed, batch[0], training=True, return_losses=True)
            loss = work.loss(batch[1], work.widened(raw), batch[2])
            return work.scaled(optimized, loss + sum(penalties)), (loss, now)

        gradients, (loss, fixed) = self._jax.grad(objective, has_aux=True)(trainable)
        trainable, optimized = work.optimizer.stateless_apply(optimized, gradients, trainable)
        averages = [average * decay + value * (1 - decay)
                    for average, value in zip(averages, trainable, strict=bool(averages))]  # fmt: skip
        return [trainable, fixed, optimized, averages], loss

    def _evaluate_step(self, values: Any, batch: Any) -> Any:
        return self._work.loss(batch[1], self._predict_step(values, batch[0]), batch[2])

    def _predict_step(self, values: Any, inputs: Any) -> Any:
        outputs, _ = self._work.model.stateless_call(values[0], values[1], inputs, training=False)
        return self._work.widened(outputs)

    def _full(self, arrays: Arrays, size: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
        """Inputs, targets and weights of `size` rows."""
        declared = self._work.model.input
        lengths = {array.shape[1] for name, array in arrays.inputs.items() if None in declared[name].shape[1:2]}

        def full(array: np.ndarray) -> np.ndarray:
            return _taller(_longer(array) if lengths & set(array.shape[1:2]) else array, size)

        weights = full(arrays.weights)
        weights[len(arrays.weights) :] = 0
        inputs = {name: full(array) for name, array in arrays.inputs.items()}
        return inputs, {name: full(array) for name, array in arrays.targets.items()}, weights


class TorchKernel:
    """The step as it is written, one operation after the other."""

    def __init__(self, work: Work, torch: Any):
        self._work = work
        self._torch = torch

    def train(self, arrays: Arrays, rates: Rates) -> Any:
        work = self._work
        variables = work.model.trainable_variables
        work.optimizer.learning_rate = rates.learning_rate
        # Keras draws unseeded dropout from torch's own generator, so that each step gives it a seed.
        self._torch.manual_seed(rates.seed)
        for variable in variables:
            variable.value.grad = None
        loss = self._loss(arrays, training=True)
        work.optimizer.scale_loss(work.with_penalties(loss)).backward()
        with self._torch.no_grad():
            work.optimizer.apply([variable.value.grad for variable in variables], variables)
            for average, variable in zip(work.averages, variables, strict=bool(work.averages)):
                average.assign(average.value * rates.decay + variable.value * (1 - rates.decay))
        return loss.detach()

    def evaluate(self, arrays: Arrays) -> Any:
        with self._torch.no_grad():
            return self._loss(arrays, training=False)

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with self._torch.no_grad():
            outputs = self._work.outputs(_tensors(inputs), training=False)
        return {name: value.cpu().numpy() for name, value in outputs.items()}

    def flush(self) -> None:
        """The variables always hold the state."""

    def reload(self) -> None:
        """The variables always hold the state."""

    def _loss(self, arrays: Arrays, *, training: bool) -> Any:
        outputs = self._work.outputs(_tensors(arrays.inputs), training=training)
        return self._work.loss(_tensors(arrays.targets), outputs, keras.ops.convert_to_tensor(arrays.weights))


def _tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {name: keras.ops.convert_to_tensor(array) for name, array in arrays.items()}


def _taller(array: np.ndarray, size: int) -> np.ndarray:
    """(B, …) with copies of the first row at the end, so that it has `size` rows at least."""
    missing = max(0, size - len(array))
    return np.concatenate([array, np.repeat(array[:1], missing, axis=0)]) if missing else array


def _longer(array: np.ndarray) -> np.ndarray:
    """(B, T, …) with zeros at the end of axis 1, so that T is one of 1, 2, 3, 4, 6, 8, 12, 16, 24, …"""
    steps = array.shape[1]
    octave = 1 << max(0, steps - 1).bit_length()
    wanted = octave * 3 // 4 if octave >= 4 and steps <= octave * 3 // 4 else octave
    return np.pad(array, [(0, 0), (0, wanted - steps)] + [(0, 0)] * (array.ndim - 2))
