"""TensorFlow, JAX or torch behind Keras: choosing one, and one compiled training step on each.

The only module that names them. `choose` comes before the first import of Keras, because Keras reads its backend once.
"""

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import TrainConfig, require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.runs.machine import BackendInfo, available_cores, described, machine_facts
from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks.task import Loss

if TYPE_CHECKING:
    import keras

    from gru_toolkit.runs.stepper import Stepper

BACKENDS = ("tensorflow", "jax", "torch")
_settled: list[BackendInfo] = []


def choose(config: TrainConfig) -> BackendInfo:
    """Settle backend, threads, determinism and precision, import Keras, and say what training will run on.

    Raises ConfigError when the backend is not installed, when Keras already runs on another one, or when the number of
    threads cannot be changed any more.
    """
    loaded = sys.modules["keras"].backend.backend() if "keras" in sys.modules else None
    name = config.backend or default_name()
    require_choice("backend", name, BACKENDS)
    if loaded not in (None, name):
        raise ConfigError(f"backend {name} was asked for, but Keras already runs on {loaded} in this process")
    if importlib.util.find_spec(name) is None:
        raise ConfigError(f"backend {name} is not installed", hint=f"pip install 'gru-toolkit[{name}]'")
    os.environ["KERAS_BACKEND"] = name
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Keras writes a settings file into its home; a home that cannot exist keeps it from writing outside our folders.
    os.environ.setdefault("KERAS_HOME", os.path.join(os.devnull, "keras"))
    settle = {"tensorflow": _settle_tensorflow, "jax": _settle_jax, "torch": _settle_torch}[name]
    devices, threads = settle(config.threads)
    info = described(name, devices, threads, mixed=config.precision == "mixed")
    importlib.import_module("keras").config.set_dtype_policy(info.precision)
    _settled.append(info)
    return info


def default_name() -> str:
    """The backend that is used when the settings name none."""
    loaded = sys.modules["keras"].backend.backend() if "keras" in sys.modules else None
    return loaded or os.environ.get("KERAS_BACKEND") or "tensorflow"


def settled() -> BackendInfo:
    """What `choose` settled last in this process."""
    assert _settled, "backends.choose comes before training"
    return _settled[-1]


def machine() -> dict[str, Any]:
    """The facts of `settled` as plain data."""
    return machine_facts(settled())


def describe(model: "keras.Model") -> list[str]:
    """What the user sees before the first step: backend, devices, precision, the GRU kernel and why, parameters."""
    return [settled().line, f"{model.count_params():,} parameters"]


def to_numpy(variable: "keras.Variable") -> np.ndarray:
    """A copy of a variable's value."""
    # Keras' own conversion calls the backends in a way that NumPy 2 has deprecated.
    value = variable.value
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if variable.dtype == "bfloat16" else value
    return np.array(value.numpy() if hasattr(value, "numpy") else value)


def make_stepper(model: "keras.Model", loss: Loss, config: TrainConfig, optimizer: "keras.Optimizer") -> "Stepper":
    """One training step, evaluation and prediction of the model, compiled for the backend that was chosen."""
    import keras

    from gru_toolkit.runs.stepper import Kernel, Stepper, Work

    kernels: dict[str, Callable[[Work], Kernel]]
    kernels = {"tensorflow": TensorFlowKernel, "jax": JaxKernel, "torch": TorchKernel}
    averages = [keras.Variable(to_numpy(v), trainable=False) for v in model.trainable_variables if config.average]
    optimizer.build(model.trainable_variables)
    work = Work(model, loss, optimizer, averages, config.batch_size)
    return Stepper(work, kernels[keras.backend.backend()](work), config)


def _settle_tensorflow(threads: int | None) -> tuple[tuple[str, ...], int]:
    import tensorflow as tf

    if threads is not None:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        except RuntimeError:
            raise ConfigError(f"threads cannot become {threads}: TensorFlow is already at work") from None
    tf.config.experimental.enable_op_determinism()
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        # Already at work with another memory setting: that one stays, it changes no number.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(gpu, True)
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    set_threads = tf.config.threading.get_intra_op_parallelism_threads()
    known = set_threads or int(os.environ.get("TF_NUM_INTRAOP_THREADS", "0")) or available_cores()
    return tuple(f"GPU {name}" for name in names) or ("CPU",), known


def _settle_jax(threads: int | None) -> tuple[tuple[str, ...], int]:
    settled = os.environ.get("PJRT_NPROC") or os.environ.get("NPROC")
    if threads is not None and str(threads) != settled:
        if "jax" in sys.modules:
            raise ConfigError(f"threads cannot become {threads}: JAX is already at work")
        os.environ["PJRT_NPROC"] = settled = str(threads)
    flag = "--xla_gpu_deterministic_ops=true"
    if flag not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}".strip()
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    import jax

    gpus = [device for device in jax.devices() if device.platform == "gpu"]
    return tuple(f"GPU {gpu.device_kind}" for gpu in gpus) or ("CPU",), int(settled or available_cores())


def _settle_torch(threads: int | None) -> tuple[tuple[str, ...], int]:
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return tuple(f"GPU {name}" for name in names) or ("CPU",), torch.get_num_threads()


class TensorFlowKernel:
    """The step as one graph for every batch: sizes that may vary are left open, so that nothing is traced twice."""

    def __init__(self, work: Any):
        self._work = work
        self._graphs: dict[str, Any] = {}

    def train(self, arrays: Arrays, learning_rate: float, decay: float) -> Any:
        graph = self._graph("train", self._train_step, arrays, scalars=2)
        scalars = (np.float32(learning_rate), np.float32(decay))
        return graph(dict(arrays.inputs), dict(arrays.targets), arrays.weights, *scalars)

    def evaluate(self, arrays: Arrays) -> Any:
        graph = self._graph("evaluate", self._evaluate_step, arrays)
        return graph(dict(arrays.inputs), dict(arrays.targets), arrays.weights)

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        import tensorflow as tf

        if "predict" not in self._graphs:
            self._graphs["predict"] = tf.function(self._predict_step, input_signature=(self._input_specs(inputs),))
        return {name: value.numpy() for name, value in self._graphs["predict"](dict(inputs)).items()}

    def flush(self) -> None:
        """The variables always hold the state."""

    def reload(self) -> None:
        """The variables always hold the state."""

    def _train_step(self, inputs: Any, targets: Any, weights: Any, learning_rate: Any, decay: Any) -> Any:
        import tensorflow as tf

        work = self._work
        variables = work.model.trainable_variables
        work.optimizer.learning_rate = learning_rate
        with tf.GradientTape() as tape:
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
        import tensorflow as tf

        if name not in self._graphs:
            targets = {key: self._loose_spec(array) for key, array in arrays.targets.items()}
            rest = [tf.TensorSpec((), tf.float32)] * scalars
            signature = (self._input_specs(arrays.inputs), targets, self._loose_spec(arrays.weights), *rest)
            self._graphs[name] = tf.function(step, input_signature=signature, autograph=False)
        return self._graphs[name]

    def _input_specs(self, inputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        import tensorflow as tf

        declared = self._work.model.input
        return {name: tf.TensorSpec(declared[name].shape, array.dtype) for name, array in inputs.items()}

    def _loose_spec(self, array: np.ndarray) -> Any:
        """Batch size open; the steps too, when the network takes sequences of any length."""
        import tensorflow as tf

        any_length = any(None in tensor.shape[1:] for tensor in self._work.model.input.values())
        open_axes = 2 if any_length else 1
        shape = [None if axis < open_axes else size for axis, size in enumerate(array.shape)]
        return tf.TensorSpec(shape, array.dtype)


class JaxKernel:
    """The step as a pure function of all values. Every batch has the full size: missing rows have weight 0, so that the
    smaller last batch compiles nothing."""

    def __init__(self, work: Any):
        import jax

        self._work = work
        self._train = jax.jit(self._train_step)
        self._evaluate = jax.jit(self._evaluate_step)
        self._predict = jax.jit(self._predict_step)
        self._values: list[list[Any]] = []
        self.reload()

    def train(self, arrays: Arrays, learning_rate: float, decay: float) -> Any:
        batch = self._work.full(arrays)
        self._values, loss = self._train(self._values, batch, np.float32(learning_rate), np.float32(decay))
        return loss

    def evaluate(self, arrays: Arrays) -> Any:
        return self._evaluate(self._values, self._work.full(arrays))

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        size = len(next(iter(inputs.values())))
        full = self._work.full(Arrays(inputs, {}, np.ones(size, np.float32)))[0]
        return {name: np.asarray(value)[:size] for name, value in self._predict(self._values, full).items()}

    def flush(self) -> None:
        """Put the state into the Keras variables."""
        for variables, values in zip(self._work.variables(), self._values, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def reload(self) -> None:
        """Take the state from the Keras variables."""
        self._values = [[variable.value for variable in variables] for variables in self._work.variables()]

    def _train_step(self, values: Any, batch: Any, learning_rate: Any, decay: Any) -> Any:
        import jax

        work = self._work
        trainable, fixed, optimized, averages = values
        optimized = [learning_rate if variable is work.optimizer.learning_rate else value
                     for variable, value in zip(work.optimizer.variables, optimized, strict=True)]  # fmt: skip

        def objective(weights: Any) -> Any:
            raw, now, penalties = work.model.stateless_call(weights, fixed, batch[0], training=True, return_losses=True)
            loss = work.loss(batch[1], work.widened(raw), batch[2])
            return work.scaled(optimized, loss + sum(penalties)), (loss, now)

        gradients, (loss, fixed) = jax.grad(objective, has_aux=True)(trainable)
        trainable, optimized = work.optimizer.stateless_apply(optimized, gradients, trainable)
        averages = [average * decay + value * (1 - decay)
                    for average, value in zip(averages, trainable, strict=bool(averages))]  # fmt: skip
        return [trainable, fixed, optimized, averages], loss

    def _evaluate_step(self, values: Any, batch: Any) -> Any:
        return self._work.loss(batch[1], self._predict_step(values, batch[0]), batch[2])

    def _predict_step(self, values: Any, inputs: Any) -> Any:
        outputs, _ = self._work.model.stateless_call(values[0], values[1], inputs, training=False)
        return self._work.widened(outputs)


class TorchKernel:
    """The step as it is written, one operation after the other."""

    def __init__(self, work: Any):
        self._work = work

    def train(self, arrays: Arrays, learning_rate: float, decay: float) -> Any:
        import torch

        work = self._work
        variables = work.model.trainable_variables
        work.optimizer.learning_rate = learning_rate
        for variable in variables:
            variable.value.grad = None
        loss = self._loss(arrays, training=True)
        work.optimizer.scale_loss(work.with_penalties(loss)).backward()
        with torch.no_grad():
            work.optimizer.apply([variable.value.grad for variable in variables], variables)
            for average, variable in zip(work.averages, variables, strict=bool(work.averages)):
                average.assign(average.value * decay + variable.value * (1 - decay))
        return loss.detach()

    def evaluate(self, arrays: Arrays) -> Any:
        import torch

        with torch.no_grad():
            return self._loss(arrays, training=False)

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        import torch

        with torch.no_grad():
            outputs = self._work.outputs(self._work.tensors(inputs), training=False)
        return {name: value.cpu().numpy() for name, value in outputs.items()}

    def flush(self) -> None:
        """The variables always hold the state."""

    def reload(self) -> None:
        """The variables always hold the state."""

    def _loss(self, arrays: Arrays, *, training: bool) -> Any:
        work = self._work
        outputs = work.outputs(work.tensors(arrays.inputs), training=training)
        weights = work.tensors({"weights": arrays.weights})["weights"]
        return work.loss(work.tensors(arrays.targets), outputs, weights)
