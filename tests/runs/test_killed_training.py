"""A training that is killed again and again ends in the very bits of one that was not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gru_toolkit.runs.checkpoints import Checkpoints

pytestmark = pytest.mark.slow

OTHER_BACKENDS = [pytest.param(name, marks=pytest.mark.backends) for name in ("jax", "torch")]
TOY = Path(__file__).with_name("toy_training.py")


def command(folder: Path, *options: str, backend: str = "tensorflow") -> list[str]:
    return [sys.executable, str(TOY), str(folder), "--backend", backend, *options]


def environment() -> dict[str, str]:
    package = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": package}


def finish(folder: Path, *options: str, backend: str = "tensorflow") -> bytes:
    subprocess.run(command(folder, *options, backend=backend), check=True, env=environment(), timeout=300)
    return (folder / "final.safetensors").read_bytes()


@pytest.mark.parametrize(
    "backend", ["tensorflow", *(pytest.param(name, marks=pytest.mark.backends) for name in ("jax", "torch"))]
)
def test_kills_inside_checkpoint_writes_change_no_bit(tmp_path: Path, backend: str) -> None:
    whole = finish(tmp_path / "whole", backend=backend)
    for call in (12, 25):
        killed = command(tmp_path / "killed", "--die-at-call", str(call), backend=backend)
        assert subprocess.run(killed, env=environment(), timeout=300).returncode == -signal.SIGKILL
        torn = [entry for entry in (tmp_path / "killed" / "checkpoints").iterdir() if entry.name.startswith(".tmp-")]
        assert torn
    assert finish(tmp_path / "killed", backend=backend) == whole


def test_kills_at_any_moment_change_no_bit(tmp_path: Path) -> None:
    options = ("--epochs", "6", "--task", "classify", "--checkpoint-steps", "1")
    whole = finish(tmp_path / "whole", *options)
    checkpoints = tmp_path / "killed" / "checkpoints"
    for pause in (0.0, 0.07):
        before = newest(checkpoints)
        process = subprocess.Popen(command(tmp_path / "killed", *options), env=environment())
        wait_for(lambda before=before: newest(checkpoints) > before)
        time.sleep(pause)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert finish(tmp_path / "killed", *options) == whole


def test_sigterm_leaves_a_checkpoint_in_time(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(tmp_path, "--epochs", "5000"), env=environment(), stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: newest(tmp_path / "checkpoints") > 2)
    asked = time.monotonic()
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - asked < 10
    assert "InterruptedRun" in errors
    assert "after step" in errors
    state = Checkpoints(tmp_path / "checkpoints").latest()
    assert state is not None
    assert state.progress.finished is None


def newest(folder: Path) -> int:
    """The number of the newest finished checkpoint, 0 without any."""
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return max((int(name.split("-")[1]) for name in names if name.startswith("checkpoint-")), default=0)


def wait_for(condition: object) -> None:
    assert callable(condition)
    until = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.005)
