"""The same start weights without dropout: the first loss of every backend is the same number."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = {
    "forecast": ["sales.csv", "--target", "sales", "--missing", "interpolate", "--look-back", "28", "--horizon", "7"],
    "classify": ["gestures.csv"],
}
ONE_STEP = ["--preset", "fast", "--epochs", "1", "--batch-size", "20000", "--members", "1", "--dropout", "0", "--quiet"]


@pytest.mark.slow
@pytest.mark.backends
@pytest.mark.parametrize("task", FLAGS)
def test_three_backends_start_from_the_same_loss(task: str, tmp_path: Path) -> None:
    losses = {}
    for backend in ("tensorflow", "jax", "torch"):
        out = tmp_path / backend
        data, *flags = FLAGS[task]
        command = [sys.executable, "cli.py", "train", f"data/{data}", "--task", task, *flags, *ONE_STEP]
        subprocess.run([*command, "--backend", backend, "--out", str(out)], cwd=ROOT, check=True, capture_output=True)
        with (out / "history.csv").open(newline="") as file:
            losses[backend] = float(next(csv.DictReader(file))["train_loss"])
    for loss in losses.values():
        assert loss == pytest.approx(losses["tensorflow"], rel=1e-5)
