"""The variables of a network as NumPy arrays."""

from typing import Any

import keras
import numpy as np


def to_numpy(variable: Any) -> np.ndarray:
    """A copy of the value of a Keras variable, on any backend."""
    # Keras' own conversion calls the backends in a way that NumPy 2 has deprecated.
    value = variable.value
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.array(value.numpy() if hasattr(value, "numpy") else value)


def unique_variables(model: keras.Model) -> list[Any]:
    """The model's weights and the states of its dropout generators, each once, in the model's order."""
    by_id = {id(variable): variable for variable in [*model.weights, *model.variables]}
    return list(by_id.values())
