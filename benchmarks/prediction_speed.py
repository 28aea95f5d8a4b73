"""How long a prediction takes: our ONNX graphs beside Keras on TensorFlow and torch's nn.GRU, on the same threads.

    python benchmarks/prediction_speed.py [--threads N] [--blocks 20] [--json]

batch   64 sequences of 100 steps and 32 features through GRU(128), every step returned
step    one step of one sequence through two layers of GRU(128), state in and out

All have the same weights and are checked to agree. Blocks of calls alternate between the rivals, so that a busy machine
slows all of them; the median block counts. Keras stands with every call a user could make for it: `predict_on_batch`,
`tf.function`, and `tf.function` compiled by XLA for this one shape; the bars are held against the fastest of them and
against the first, the call that Keras documents.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

BATCH, STEPS, FEATURES, UNITS = 64, 100, 32, 128
BARS = {"batch": 0.8, "step": 0.1}
Rivals = dict[str, Callable[[], Any]]


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    _limit_threads(options.threads)
    results = {
        "threads": options.threads,
        "batch": _measured(_batch_rivals(options.threads), calls=5, blocks=options.blocks),
        "step": _measured(_step_rivals(options.threads), calls=200, blocks=options.blocks),
    }
    print(json.dumps(results, indent=2) if options.json else _tables(results))


def _limit_threads(threads: int) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import tensorflow as tf
    import torch

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    torch.set_num_threads(threads)


def _batch_rivals(threads: int) -> Rivals:
    """The calls for the batch, after checking that they agree."""
    import keras
    import numpy as np
    import tensorflow as tf
    import torch

    from gru_toolkit.networks.initialise import initialise
    from gru_toolkit.networks.onnx_graph import convert
    from gru_toolkit.networks.session import open_session

    values = np.random.default_rng(0).normal(size=(BATCH, STEPS, FEATURES)).astype(np.float32)
    x = keras.Input((None, FEATURES), name="x")
    model = keras.Model({"x": x}, {"y": keras.layers.GRU(UNITS, return_sequences=True, name="gru")(x)})
    initialise(model, 0)
    session = open_session(convert(model).SerializeToString(), threads)
    plain, compiled = _functions(model, {"x": tf.TensorSpec(values.shape)})
    tensor, torch_tensor, network = tf.constant(values), torch.from_numpy(values), _torch_gru(model, layers=1)

    def torch_call() -> Any:
        with torch.inference_mode():
            return network(torch_tensor)[0].numpy()

    rivals: Rivals = {
        "onnx": lambda: session.run(["y"], {"x": values})[0],
        "keras predict_on_batch": lambda: model.predict_on_batch({"x": values})["y"],
        "keras tf.function": lambda: plain({"x": tensor})["y"].numpy(),
        "keras tf.function, XLA": lambda: compiled({"x": tensor})["y"].numpy(),
        "torch nn.GRU": torch_call,
    }
    _check_agreement(rivals)
    return rivals


def _step_rivals(threads: int) -> Rivals:
    """The calls for one step, after checking that they agree; each hands the state back as its user would."""
    import keras
    import numpy as np
    import tensorflow as tf
    import torch

    from gru_toolkit.networks.initialise import initialise
    from gru_toolkit.networks.onnx_graph import convert
    from gru_toolkit.networks.session import open_session
    from gru_toolkit.networks.stacks import StackConfig, recurrent_stack

    values = np.random.default_rng(0).normal(size=(1, 1, FEATURES)).astype(np.float32)
    zeros = np.zeros((1, UNITS), np.float32)
    x = keras.Input((None, FEATURES), name="x")
    model = keras.Model({"x": x}, {"y": recurrent_stack(x, None, StackConfig(units=UNITS, layers=2), "stack")[0]})
    initialise(model, 0)
    session = open_session(convert(model, state=True).SerializeToString(), threads)
    feed = {"x": values, "state_stack_0": zeros, "state_stack_1": zeros}
    step_model = _step_model(model)
    plain, compiled = _functions(step_model, {name: tf.TensorSpec(value.shape) for name, value in feed.items()})
    tensors = {name: tf.constant(value) for name, value in feed.items()}
    network = _torch_gru(model, layers=2)
    torch_values, torch_state = torch.from_numpy(values), torch.zeros(2, 1, UNITS)

    def torch_call() -> Any:
        with torch.inference_mode():
            return network(torch_values, torch_state)[0].numpy()

    rivals: Rivals = {
        "onnx": lambda: session.run(None, feed)[0],
        "keras predict_on_batch": lambda: step_model.predict_on_batch(feed)["y"],
        "keras tf.function": lambda: plain(tensors)["y"].numpy(),
        "keras tf.function, XLA": lambda: compiled(tensors)["y"].numpy(),
        "torch nn.GRU": torch_call,
    }
    _check_agreement(rivals)
    return rivals


def _step_model(model: Any) -> Any:
    """The stack's own layers with their states as inputs and outputs, as a Keras user would stream."""
    import keras

    x = keras.Input((1, FEATURES), name="x")
    inputs, states, value = {"x": x}, {}, x
    for name in ("stack_0", "stack_1"):
        inputs[f"state_{name}"] = keras.Input((UNITS,), name=f"state_{name}")
        layer = keras.layers.GRU(UNITS, return_sequences=True, return_state=True, name=name)
        value, states[name] = layer(value, initial_state=inputs[f"state_{name}"])
    step_model = keras.Model(inputs, {"y": value, **states})
    for name in ("stack_0", "stack_1"):
        step_model.get_layer(name).set_weights(model.get_layer(name).get_weights())
    return step_model


def _functions(model: Any, signature: dict[str, Any]) -> tuple[Any, Any]:
    """The model as a graph of this one shape, plain and compiled by XLA."""
    import tensorflow as tf

    def call(inputs: Any) -> Any:
        return model(inputs, training=False)

    kinds = (tf.function(call, input_signature=[signature], jit_compile=xla) for xla in (False, True))
    plain, compiled = kinds
    return plain, compiled


def _torch_gru(model: Any, *, layers: int) -> Any:
    """torch's GRU with the weights of the model's recurrent layers; torch orders the gates r, z, h."""
    import numpy as np
    import torch

    network = torch.nn.GRU(FEATURES, UNITS, num_layers=layers, batch_first=True).eval()
    recurrent = [layer for layer in model.layers if type(layer).__name__ == "GRU"]
    for index, layer in enumerate(recurrent):
        kernel, recurrent_kernel, bias = (_reset_first(weight) for weight in layer.get_weights())
        parts = {"weight_ih": kernel.T, "weight_hh": recurrent_kernel.T, "bias_ih": bias[0], "bias_hh": bias[1]}
        for name, value in parts.items():
            getattr(network, f"{name}_l{index}").data = torch.from_numpy(np.ascontiguousarray(value))
    return network


def _reset_first(weights: Any) -> Any:
    import numpy as np

    z, r, h = np.split(weights, 3, axis=-1)
    return np.concatenate([r, z, h], axis=-1)


def _check_agreement(rivals: Rivals) -> None:
    """Every rival computes the same numbers; the call also warms it up."""
    import numpy as np

    expected = rivals["keras predict_on_batch"]()
    for name, call in rivals.items():
        np.testing.assert_allclose(call(), expected, atol=1e-5, err_msg=name)


def _measured(rivals: Rivals, *, calls: int, blocks: int) -> dict[str, float]:
    """Milliseconds a call, the median over blocks that alternate between the rivals."""
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(blocks):
        for name, call in rivals.items():
            started = time.perf_counter()
            for _ in range(calls):
                call()
            times[name].append((time.perf_counter() - started) / calls * 1e3)
    return {name: statistics.median(found) for name, found in times.items()}


def _tables(results: dict[str, Any]) -> str:
    lines = [f"{results['threads']} threads, medians"]
    for work, bar in BARS.items():
        found = results[work]
        lines.append(f"\n{work:<26}{'ms':>9}   onnx over it")
        lines += [f"  {name:<24}{value:>9.3f}{found['onnx'] / value:>12.2f}" for name, value in found.items()]
        documented = found["onnx"] / found["keras predict_on_batch"]
        fastest = found["onnx"] / min(value for name, value in found.items() if name.startswith("keras"))
        lines.append(f"  of predict_on_batch {documented:.2f}, of the fastest Keras call {fastest:.2f}; bar {bar}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
