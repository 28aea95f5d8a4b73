"""TensorFlow, JAX or torch behind Keras: choosing one, and one compiled training step on each.

The only module that names them. `choose` comes before the first import of Keras, because Keras reads its backend once.
"""

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import TrainConfig, require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.runs.machine import BackendInfo, available_cores, described
from gru_toolkit.runs.native_noise import without_native_noise
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
    with without_native_noise() if loaded is None else contextlib.nullcontext():
        devices, threads = settle(config.threads)
        keras = importlib.import_module("keras")
    info = described(name, devices, threads, mixed=config.precision == "mixed")
    keras.config.set_dtype_policy(info.precision)
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

    from gru_toolkit.runs import kernels
    from gru_toolkit.runs.stepper import Stepper

    name = keras.backend.backend()
    made: dict[str, Callable[[kernels.Work, Any], kernels.Kernel]]
    made = {"tensorflow": kernels.TensorFlowKernel, "jax": kernels.JaxKernel, "torch": kernels.TorchKernel}
    averages = [keras.Variable(to_numpy(v), trainable=False) for v in model.trainable_variables if config.average]
    optimizer.build(model.trainable_variables)
    work = kernels.Work(model, loss, optimizer, averages, config.batch_size)
    return Stepper(work, made[name](work, importlib.import_module(name)), config)


def _settle_tensorflow(threads: int | None) -> tuple[tuple[str, ...], int]:
    import tensorflow as tf

    if threads is not None:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
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
