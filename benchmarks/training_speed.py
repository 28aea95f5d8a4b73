"""How fast a training step is beside torch's own GRU, and how much of a training its steps are.

    python benchmarks/training_speed.py [--threads 2] [--blocks 20] [--steps 10] [--backend tensorflow]

The work: a batch of 64 sequences of 100 steps of 32 numbers → GRU(128) → Dense(1) on the last state → mean squared
error → gradients, clipped at global norm 1 → Adam, float32. Both sides run in a process of their own with the same
number of threads and take turns, so that other load on the machine hits both alike. Targets: ratio ≤ 1.1 (goal 1.0);
a whole fit ≤ 1.15 × the sum of its steps.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

BATCH, STEPS, FEATURES, UNITS = 64, 100, 32, 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--side", choices=("ours", "torch", "fit"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side == "fit":
        print(fit_over_steps(arguments))
    elif arguments.side:
        serve(our_step(arguments) if arguments.side == "ours" else torch_step(arguments.threads), arguments.steps)
    else:
        report(arguments)


def report(arguments: argparse.Namespace) -> None:
    """Alternate blocks of the two sides; print medians, the ratio of medians, and the fit's overhead."""
    sides = {name: start(name, arguments) for name in ("ours", "torch")}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for block in range(arguments.blocks):
        for name in sorted(sides, reverse=block % 2 == 1):
            times[name].append(ask(sides[name]))
    for process in sides.values():
        process.stdin.close()  # type: ignore[union-attr]
        process.wait()
    medians = {name: 1000 * statistics.median(values) for name, values in times.items()}
    ratios = sorted(ours / theirs for ours, theirs in zip(times["ours"], times["torch"], strict=True))
    print(f"{arguments.blocks} blocks of {arguments.steps} steps, {arguments.threads} threads")
    print(f"ours ({arguments.backend})  {medians['ours']:.1f} ms a step (fastest {1000 * min(times['ours']):.1f})")
    print(f"torch nn.GRU  {medians['torch']:.1f} ms a step (fastest {1000 * min(times['torch']):.1f})")
    print(f"ratio of medians {medians['ours'] / medians['torch']:.3f}; quartiles of block ratios "
          f"{ratios[len(ratios) // 4]:.3f} to {ratios[3 * len(ratios) // 4]:.3f} (bar 1.1, goal 1.0)")  # fmt: skip
    fit = subprocess.run(
        command("fit", arguments), capture_output=True, text=True, check=True, env=environment(arguments)
    )
    print(fit.stdout.strip())


def command(side: str, arguments: argparse.Namespace) -> list[str]:
    options = ["--threads", str(arguments.threads), "--steps", str(arguments.steps), "--backend", arguments.backend]
    return [sys.executable, __file__, "--side", side, *options]


def environment(arguments: argparse.Namespace) -> dict[str, str]:
    """The caller's environment with one number of threads; waiting threads do not spin in the other side's turn."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_NUM_", "OMP_", "KERAS_"))}
    return {**kept, "OMP_NUM_THREADS": str(arguments.threads), "OMP_WAIT_POLICY": "passive"}


def start(side: str, arguments: argparse.Namespace) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(side, arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(arguments)
    )


def ask(process: "subprocess.Popen[str]") -> float:
    """Seconds a step in one block of the side's process."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("block\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def serve(step: Callable[[], object], steps: int) -> None:
    """Time a block for each line on stdin."""
    for _ in range(5):
        step()
    for _ in sys.stdin:
        step()
        start_time = time.perf_counter()
        for _ in range(steps):
            step()
        print((time.perf_counter() - start_time) / steps, flush=True)


def sample(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (count, STEPS, FEATURES) and targets (count, 1)."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(count, STEPS, FEATURES)).astype(np.float32)
    return inputs, inputs[:, -10:].mean(axis=(1, 2), keepdims=False)[:, None]


def our_step(arguments: argparse.Namespace) -> Callable[[], object]:
    from gru_toolkit.config import TrainConfig
    from gru_toolkit.runs import backends
    from gru_toolkit.sequences.dataset import Arrays

    config = TrainConfig(batch_size=BATCH, backend=arguments.backend, threads=arguments.threads)
    info = backends.choose(config)
    from gru_toolkit.runs.stepper import make_optimizer

    stepper = backends.make_stepper(network(), squared_loss, config, make_optimizer(config, info.precision))
    inputs, targets = sample(BATCH)
    batch = Arrays({"x": inputs}, {"y": targets}, np.ones(BATCH, np.float32))
    return lambda: float(stepper.step(batch, 1e-3))


def torch_step(threads: int) -> Callable[[], object]:
    import torch

    torch.set_num_threads(threads)
    gru, head = torch.nn.GRU(FEATURES, UNITS, batch_first=True), torch.nn.Linear(UNITS, 1)
    parameters = [*gru.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    inputs, targets = (torch.from_numpy(array) for array in sample(BATCH))

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        outputs, _ = gru(inputs)
        loss = torch.nn.functional.mse_loss(head(outputs[:, -1]), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss.item()

    return step


def network() -> Any:
    import keras

    x = keras.Input((STEPS, FEATURES), name="x")
    y = keras.layers.Dense(1)(keras.layers.GRU(UNITS)(x))
    return keras.Model({"x": x}, {"y": y})


def squared_loss(targets: Any, outputs: Any, weights: Any) -> Any:
    from keras import ops

    return ops.sum(ops.mean((outputs["y"] - targets["y"]) ** 2, axis=-1) * weights) / ops.sum(weights)


class Batches:
    """N examples with batches cut from arrays."""

    def __init__(self, count: int):
        self.inputs, self.targets = sample(count)

    def __len__(self) -> int:
        return len(self.inputs)

    def lengths(self) -> np.ndarray | None:
        return None

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Any:
        from gru_toolkit.sequences.dataset import Arrays

        weights = np.ones(len(indices), np.float32)
        return Arrays({"x": self.inputs[indices]}, {"y": self.targets[indices]}, weights)


def fit_over_steps(arguments: argparse.Namespace) -> str:
    """A whole fit (compilation, validation and checkpoints included) over the sum of its training steps."""
    import tempfile
    from pathlib import Path

    from gru_toolkit.config import TrainConfig
    from gru_toolkit.runs import backends
    from gru_toolkit.runs.checkpoints import Checkpoints

    config = TrainConfig(epochs=5, batch_size=BATCH, backend=arguments.backend, threads=arguments.threads, patience=0)
    backends.choose(config)
    from gru_toolkit.runs import fitting, stepper

    spent = []
    original = stepper.Stepper.step

    def timed(self: Any, arrays: Any, learning_rate: float) -> float:
        begun = time.perf_counter()
        loss = float(original(self, arrays, learning_rate))
        spent.append(time.perf_counter() - begun)
        return loss

    stepper.Stepper.step = timed  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        job = fitting.FitJob(
            network(), squared_loss, Batches(64 * BATCH), Batches(8 * BATCH), config, Checkpoints(Path(folder) / "c")
        )
        fitting.fit(job, on_event=lambda event: None)
        whole = time.perf_counter() - begun
    return (
        f"whole fit {whole:.1f} s, its {len(spent)} steps {sum(spent):.1f} s: ratio {whole / sum(spent):.3f} (bar 1.15)"
    )


if __name__ == "__main__":
    main()
