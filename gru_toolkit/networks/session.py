"""A network at prediction time: ONNX Runtime with our options, and the checks at its door. Never imports Keras."""

from collections.abc import Mapping

import numpy as np
import onnxruntime

from gru_toolkit.errors import DataError

STATE = "state_"
"""The inputs that carry memory start with this; `next_` before it is the output that continues them."""


def open_session(model_bytes: bytes, threads: int | None = None) -> onnxruntime.InferenceSession:
    """A session on the CPU; `threads` None takes the machine's cores."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model_bytes, options, providers=["CPUExecutionProvider"])


def predict(session: onnxruntime.InferenceSession, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The network's outputs for a batch, by name.

    inputs   by name, first axis B; float inputs are cast to float32, `lengths` (B,) to int32. Missing `state_…` inputs
             start from zeros
    returns  outputs by name; `next_state_…` among them where the graph carries state

    Raises DataError for a sequence without steps, or a length beyond the padded steps.
    """
    wanted = {value.name: value for value in session.get_inputs()}
    unknown = set(inputs) - set(wanted)
    assert not unknown, f"the network has no input {sorted(unknown)}; it has {sorted(wanted)}"
    _check_lengths(inputs)
    batch = len(next(iter(inputs.values())))
    feed = {**initial_states(session, batch), **inputs}
    kinds = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}
    cast = {name: np.asarray(value, kinds[wanted[name].type]) for name, value in feed.items()}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, cast), strict=True))


def initial_states(session: onnxruntime.InferenceSession, batch: int) -> dict[str, np.ndarray]:
    """Zeros for every input that carries memory, by name; empty for a graph without state."""
    states = [value for value in session.get_inputs() if value.name.startswith(STATE)]
    return {value.name: np.zeros((batch, *value.shape[1:]), np.float32) for value in states}


def next_states(outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inputs that continue where these outputs ended."""
    return {name.removeprefix("next_"): value for name, value in outputs.items() if name.startswith(f"next_{STATE}")}


def _check_lengths(inputs: Mapping[str, np.ndarray]) -> None:
    """Raise DataError unless every sequence has a step and no length exceeds the padded steps."""
    longest = max((value.shape[1] for value in inputs.values() if value.ndim > 1), default=None)
    for name, value in inputs.items():
        if value.ndim > 2 and value.shape[1] == 0:
            raise DataError(f"the sequences of {name} have no steps; the network needs at least 1")
        if name != "lengths":
            continue
        if len(value) and value.min() < 1:
            raise DataError(
                f"sequence {int(value.argmin())} has length {value.min()}; the network needs at least 1 step"
            )
        if len(value) and longest is not None and value.max() > longest:
            row = int(value.argmax())
            raise DataError(f"sequence {row} has length {value.max()}, but its array has only {longest} steps")
