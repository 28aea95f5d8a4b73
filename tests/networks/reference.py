"""The recurrent cells in plain float64 NumPy, one step at a time, straight from their equations.

Weights are in Keras' layout. Each function takes x (B, T, F) and returns every output (B, T, U) and the final states.
"""

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def gru(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, ...]:
    """Cho et al. 2014 with the reset gate after the product (Keras' `reset_after`); gates z, r, h."""
    state = np.zeros((len(x), len(recurrent)))
    outputs = []
    for t in range(x.shape[1]):
        read_z, read_r, read_h = np.split(x[:, t] @ kernel + bias[0], 3, axis=1)
        kept_z, kept_r, kept_h = np.split(state @ recurrent + bias[1], 3, axis=1)
        z, r = sigmoid(read_z + kept_z), sigmoid(read_r + kept_r)
        state = z * state + (1 - z) * np.tanh(read_h + r * kept_h)
        outputs.append(state)
    return np.stack(outputs, axis=1), state


def lstm(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, ...]:
    """Hochreiter and Schmidhuber 1997 with a forget gate; gates i, f, c, o."""
    state = memory = np.zeros((len(x), len(recurrent)))
    outputs = []
    for t in range(x.shape[1]):
        i, f, c, o = np.split(x[:, t] @ kernel + state @ recurrent + bias, 4, axis=1)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        state = sigmoid(o) * np.tanh(memory)
        outputs.append(state)
    return np.stack(outputs, axis=1), state, memory


def rnn(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, ...]:
    """Elman 1990."""
    state = np.zeros((len(x), len(recurrent)))
    outputs = []
    for t in range(x.shape[1]):
        state = np.tanh(x[:, t] @ kernel + state @ recurrent + bias)
        outputs.append(state)
    return np.stack(outputs, axis=1), state


def mingru(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, ...]:
    """Feng et al. 2024, section 3.1; gate z lets the new value in."""
    units = len(bias) // 2
    state = np.zeros((len(x), units))
    outputs = []
    for t in range(x.shape[1]):
        projected = x[:, t] @ kernel + bias
        z = sigmoid(projected[:, :units])
        state = (1 - z) * state + z * projected[:, units:]
        outputs.append(state)
    return np.stack(outputs, axis=1), state
