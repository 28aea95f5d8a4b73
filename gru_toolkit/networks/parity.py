"""Whether a graph says what its network says: |graph - network| ≤ 1e-5 · max(1, |network|) on given inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np

from gru_toolkit.errors import GruToolkitError
from gru_toolkit.networks.session import open_session, predict

TOLERANCE = 1e-5


class ParityError(GruToolkitError):
    """The ONNX graph and the Keras network disagree: a bug, never the user's data."""

    code: ClassVar[str] = "parity"
    exit_status: ClassVar[int] = 1


@dataclass(frozen=True)
class Parity:
    """How far apart graph and network are.

    max_error  the largest |graph - network| / max(1, |network|) over all outputs
    outputs    the same for each output
    """

    max_error: float
    outputs: Mapping[str, float]


def compare(model: keras.Model, graph_bytes: bytes, inputs: Mapping[str, np.ndarray]) -> Parity:
    """Run both on the same inputs (B, …) and compare every output of the network.

    Outputs with an open time axis are compared on real steps where there are `lengths`: padded steps mean nothing.

    Raises ParityError naming the output that is further off than the rule allows, or not finite.
    """
    return agreement(model, predict(open_session(graph_bytes, threads=1), inputs), inputs)


def agreement(
    model: keras.Model,
    found: Mapping[str, np.ndarray],
    inputs: Mapping[str, np.ndarray],
    steps: np.ndarray | None = None,
) -> Parity:
    """Compare outputs that graphs gave for some inputs (B, …) with the network's. Raises as `compare` does.

    steps  (B, T) bool, the steps of outputs (B, T, F) that mean something; without it the inputs' lengths say so
    """
    expected = {name: np.asarray(value) for name, value in model.predict_on_batch(dict(inputs)).items()}
    errors = {}
    for name, value in expected.items():
        shape, lengths = model.output[name].shape, inputs.get("lengths")
        real = _real_part(shape, value, lengths) if steps is None else steps[:, :, None]
        errors[name] = _error(found[name], value, real)
        if not errors[name] <= TOLERANCE:
            raise ParityError(
                f"output {name} of the ONNX graph differs from Keras by {errors[name]:.2g}, more than {TOLERANCE:g}",
                hint="this is a bug in the converter or a network that is not finite",
            )
    return Parity(max(errors.values()), errors)


def _error(found: np.ndarray, expected: np.ndarray, real: np.ndarray) -> float:
    """The largest relative error where `real` (broadcast) holds; NaN where either is not finite."""
    scale = np.maximum(1, np.abs(expected, dtype=np.float64))
    error = np.abs(found.astype(np.float64) - expected) / scale
    return float(np.max(np.where(real, error, 0), initial=0))


def _real_part(shape: tuple[int | None, ...], value: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
    """True where the output means something, in a shape that broadcasts to the output."""
    if lengths is None or len(shape) < 2 or shape[1] is not None:
        return np.ones((1,) * value.ndim, bool)
    real = np.arange(value.shape[1])[None, :] < np.asarray(lengths)[:, None]
    return real.reshape(*real.shape, *(1,) * (value.ndim - 2))
