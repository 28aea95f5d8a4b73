"""Initial weights drawn with NumPy, so that every backend starts the same from one seed.

Each weight has its own Philox generator, keyed by the seed, the weight's path and, where nested models repeat a path,
the occurrence: the order of layers does not matter, and members of an ensemble differ.
"""

import hashlib
from typing import Any

import keras
import numpy as np

from gru_toolkit.config import require_choice
from gru_toolkit.errors import ConfigError
from gru_toolkit.networks.cells import MinGRU
from gru_toolkit.networks.variables import to_numpy, unique_variables

GATES = ("default", "uniform", "chrono")
_GLOROT = (
    *("kernel", "query", "depthwise_kernel", "pointwise_kernel"),
    *("seen_kernel", "start_kernel", "end_kernel"),
)


def initialise(model: keras.Model, seed: int, *, gates: str = "default", longest: int | None = None) -> None:
    """Draw every weight and dropout seed of a freshly built model, in place.

    Kernels are Glorot uniform, recurrent kernels orthogonal, embeddings uniform in ±0.05; biases and scales keep the
    constants their layers gave them. `gates` sets the biases that decide how long a unit remembers:

    default  as the layer has them
    uniform  forget rates spread evenly over (0, 1) (Gu et al. 2020, "Improving the Gating Mechanism", equation 8)
    chrono   memory spans up to `longest` steps (Tallec and Ollivier 2018, "Can recurrent networks warp time?")

    Raises ConfigError for an unknown `gates`, or chrono without a `longest` of at least 3.
    """
    require_choice("gates", gates, GATES)
    if gates == "chrono" and (longest is None or longest < 3):
        raise ConfigError(f"gates chrono needs the longest memory, at least 3 steps, got {longest}")
    seen: dict[str, int] = {}
    for variable in unique_variables(model):
        # Keras numbers seed generators through the whole process, so their paths say nothing about the model.
        path = variable.name if variable.name == "seed_generator_state" else variable.path
        occurrence = seen.setdefault(path, 0)
        seen[path] += 1
        rng = generator(seed, f"{path}#{occurrence}")
        variable.assign(_drawn(variable, rng))
        owner = _owner(model, variable)
        if gates != "default" and variable.name == "bias" and owner is not None:
            rate = _forget_logits(rng, owner.units, longest if gates == "chrono" else None)
            variable.assign(_with_gates(owner, to_numpy(variable), rate))


def generator(seed: int, key: str) -> np.random.Generator:
    """A generator that depends on the seed and the key only, on every machine."""
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def _drawn(variable: Any, rng: np.random.Generator) -> np.ndarray:
    """A first value of the variable's shape and dtype."""
    shape = tuple(variable.shape)
    if variable.name in _GLOROT:
        return _glorot_uniform(shape, rng)
    if variable.name == "recurrent_kernel":
        return _orthogonal(shape, rng)
    if variable.name == "embeddings":
        return rng.uniform(-0.05, 0.05, shape).astype(np.float32)
    value = to_numpy(variable)
    if variable.name == "seed_generator_state":
        return rng.integers(0, 2**31, shape).astype(value.dtype)
    assert variable.name == "bias" or np.all(value == value.flat[0]), (
        f"initialise does not know how to draw {variable.path}: add its name, or give it a constant initialiser"
    )
    return value


def _glorot_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Uniform in ±sqrt(6 / (fan_in + fan_out)); the axes before the last two are a receptive field."""
    field = int(np.prod(shape[:-2]))
    fans = field * (shape[-2] + shape[-1])
    limit = np.sqrt(6 / fans)
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def _orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Orthonormal rows (units, gates * units) from the QR factors of a Gaussian matrix (Saxe et al. 2014)."""
    rows, columns = shape
    assert rows <= columns, f"a recurrent kernel is at least as wide as high, got {shape}"
    q, r = np.linalg.qr(rng.standard_normal((columns, rows)))
    return np.ascontiguousarray((q * np.sign(np.diag(r))).T, dtype=np.float32)


def _owner(model: keras.Model, variable: Any) -> Any:
    """The gated layer whose bias this is, or None."""
    for layer in model._flatten_layers():
        if isinstance(layer, (keras.layers.GRU, keras.layers.LSTM)) and layer.cell.bias is variable:
            return layer
        if isinstance(layer, MinGRU) and layer.bias is variable:
            return layer
    return None


def _forget_logits(rng: np.random.Generator, units: int, longest: int | None) -> np.ndarray:
    """(units,) biases whose sigmoid is the share of the old state that is kept."""
    if longest is not None:
        return np.log(rng.uniform(1, longest - 1, units))
    kept = rng.uniform(1 / units, 1 - 1 / units, units) if units > 2 else np.full(units, 0.5)
    return np.log(kept / (1 - kept))


def _with_gates(layer: Any, bias: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The bias with the gate that keeps the old state set to `kept` (units,)."""
    units = layer.units
    if isinstance(layer, keras.layers.LSTM):  # gates i, f, c, o: the input gate mirrors the forget gate
        bias[:units], bias[units : 2 * units] = -kept, kept
    elif isinstance(layer, MinGRU):  # its gate z lets the new value in
        bias[:units] = -kept
    else:  # gates z, r, h: z keeps; with reset_after the first row belongs to the input
        first = bias[0] if bias.ndim == 2 else bias
        first[:units] = kept
    return bias
