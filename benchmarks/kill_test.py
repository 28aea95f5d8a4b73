"""Kill trainings with `kill -9` again and again, resume them, and compare every bit with trainings left alone.

    python benchmarks/kill_test.py [--kills 100] [--backends tensorflow,jax,torch] [--through cli|toy] [--seed 0]

Forecast and classify, on each backend, with dropout, mixed precision and a moving average. A kill comes after at least
one step and one checkpoint of the process killed: in the middle of writing the next checkpoint (watched from outside:
its temporary folder has appeared), at any moment, or while the finished training is turned into a run. What must be
the same: weights, optimizer state, dropout seeds, best weights and history in the last checkpoint; and through the
command line also the run folder's weights, graph, metrics and history, times and machine apart.
"""

import argparse
import csv
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TASKS = ("forecast", "classify")
TORN = re.compile(r"\.tmp-\d+-[0-9a-f]{8}-checkpoint-(\d+)")
COMMON = [
    "--precision", "mixed", "--threads", "1", "--average", "0.9", "--patience", "0", "--dropout", "0.2", "--units", "8",
    "--members", "1", "--layers", "1", "--learning-rate", "0.01", "--seed", "5", "--checkpoint-steps", "4",
]  # fmt: skip
FLAGS = {
    "forecast": ["--target", "y", "--horizon", "4", "--look-back", "12", "--segment", "4", "--batch-size", "64"],
    "classify": ["--id", "id", "--time", "t", "--target", "label", "--blocks", "0", "--batch-size", "16"],
}
EPOCHS = {"forecast": 40, "classify": 60}
WAIT = 300.0
"""Seconds after which a process that shows no progress is a failure."""


@dataclass
class Tally:
    """What happened so far."""

    kinds: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    different: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return sum(self.kinds.values())


@dataclass(frozen=True)
class Job:
    """One training that can be started and resumed in `folder`."""

    task: str
    backend: str
    through: str
    folder: Path
    data: Path

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    def command(self) -> list[str]:
        """Start the training, or resume it when it was started."""
        if self.through == "toy":
            options = ["--backend", self.backend, "--task", self.task, "--epochs", "150"]
            return [sys.executable, str(ROOT / "tests" / "runs" / "toy_training.py"), str(self.folder), *options]
        program = [sys.executable, str(ROOT / "cli.py")]
        if (self.folder / "config.toml").exists():
            return [*program, "resume", str(self.folder), "--quiet"]
        flags = [*COMMON, *FLAGS[self.task], "--epochs", str(EPOCHS[self.task]), "--backend", self.backend, "--quiet"]
        return [*program, "train", str(self.data), "--task", self.task, "--out", str(self.folder), *flags]

    def start(self) -> "subprocess.Popen[bytes]":
        # An empty folder that a kill before the first file has left is refused by nobody, but is no run either.
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            self.command(), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--backends", default="tensorflow,jax,torch")
    parser.add_argument("--through", choices=("cli", "toy"), default="cli")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    begun = time.monotonic()
    tally = Tally()
    kinds = [(task, backend) for backend in arguments.backends.split(",") for task in TASKS]
    with tempfile.TemporaryDirectory() as place:
        for number, (task, backend) in enumerate(kinds):
            quota = arguments.kills * (number + 1) // len(kinds) - arguments.kills * number // len(kinds)
            kill_one_kind(Path(place), task, backend, arguments, quota, tally)
    print(f"\n{tally.kills} kills in {(time.monotonic() - begun) / 60:.1f} minutes: {dict(tally.kinds)}")
    print(f"{tally.compared} resumed trainings compared bit for bit, {len(tally.different)} different")
    if tally.different or tally.kinds["inside a checkpoint"] < 0.3 * arguments.kills:
        sys.exit("\n".join(["FAILED", *tally.different]))


def kill_one_kind(
    place: Path, task: str, backend: str, arguments: argparse.Namespace, quota: int, tally: Tally
) -> None:
    """Trainings of one task and backend, killed until the quota is reached, each compared with the reference."""
    rng = random.Random(f"{arguments.seed} {task} {backend}")
    data = place / f"{task}.csv"
    (write_series if task == "forecast" else write_gestures)(data)
    reference_job = Job(task, backend, arguments.through, place / f"{task}-{backend}-whole", data)
    begun = time.monotonic()
    reference = run_to_the_end(reference_job)
    print(f"{task} on {backend}: left alone {time.monotonic() - begun:.0f} s, state {digest(reference)}", flush=True)
    goal, round_number = tally.kills + quota, 0
    while tally.kills < goal:
        round_number += 1
        job = Job(task, backend, arguments.through, place / f"{task}-{backend}-{round_number}", data)
        before = tally.kills
        kill_until(job, goal, rng, tally)
        found = run_to_the_end(job)
        differing = sorted(name for name in reference.keys() | found.keys() if reference.get(name) != found.get(name))
        tally.compared += 1
        if differing:
            tally.different.append(f"{job.folder.name}: {', '.join(differing)}")
        same = "every bit the same" if not differing else f"DIFFERENT: {differing}"
        print(
            f"  {tally.kills - before} kills, {time.monotonic() - begun:.0f} s, state {digest(found)}: {same}",
            flush=True,
        )
        shutil.rmtree(job.folder)


def kill_until(job: Job, goal: int, rng: random.Random, tally: Tally) -> None:
    """Start or resume the job and kill it, until the goal is reached or the training ends before the next kill."""
    while tally.kills < goal:
        process = job.start()
        before = newest(job.checkpoints)
        if not wait_until_newer(job, process, before):
            return
        kind = "inside a checkpoint" if rng.random() < 0.5 else "at any moment"
        if kind == "at any moment":
            time.sleep(rng.uniform(0, 0.3))
        else:
            wait_for_torn(job, process)
            time.sleep(rng.choice([0, 0, 0.0005, 0.002]))
        if is_finished(job):
            kind = "while finishing"
            time.sleep(rng.uniform(0, 2))
        if process.poll() is not None:
            return
        process.kill()
        process.communicate()
        torn = newest_torn(job.checkpoints) > newest(job.checkpoints)
        tally.kinds["inside a checkpoint" if torn else "at any moment" if kind == "inside a checkpoint" else kind] += 1


def wait_until_newer(job: Job, process: "subprocess.Popen[bytes]", before: int) -> bool:
    """Wait for a checkpoint written by this process; False when it ended first, as a training does that was over."""
    until = time.monotonic() + WAIT
    while newest(job.checkpoints) <= before:
        if process.poll() is not None:
            refuse_failure(job, process)
            return False
        if time.monotonic() > until:
            process.kill()
            sys.exit(f"{job.folder.name}: no checkpoint in {WAIT:.0f} s")
        time.sleep(0.002)
    return True


def wait_for_torn(job: Job, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the next checkpoint is being written."""
    while process.poll() is None and not is_finished(job) and newest_torn(job.checkpoints) <= newest(job.checkpoints):
        pass


def run_to_the_end(job: Job) -> dict[str, str]:
    """Start or resume the job and let it end; the hashes of all that must be the same."""
    process = job.start()
    last: dict[str, str] = {}
    while True:
        ended = process.poll() is not None
        if is_finished(job):
            last = last or checkpoint_digests(job)
        if ended:
            break
        time.sleep(0.01)
    refuse_failure(job, process)
    if job.through == "cli":
        if not last:
            # The training was over before: its last checkpoint went when the run was complete.
            last = {"last checkpoint": "not seen"}
        last |= run_digests(job.folder)
    return last


def refuse_failure(job: Job, process: "subprocess.Popen[bytes]") -> None:
    _, errors = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{job.folder.name} ended with {process.returncode}:\n{errors.decode(errors='replace')[-3000:]}")


def is_finished(job: Job) -> bool:
    """Whether the newest checkpoint holds the end of the training."""
    name = newest_name(job.checkpoints)
    try:
        return name is not None and json.loads((job.checkpoints / name / "progress.json").read_bytes())["finished"]
    except FileNotFoundError:
        return False


def checkpoint_digests(job: Job) -> dict[str, str]:
    """Hashes of every array of the newest checkpoint and of its progress without times; empty when it just went."""
    from gru_toolkit.runs.checkpoints import unpack

    name = newest_name(job.checkpoints)
    if name is None:
        return {}
    try:
        folder = job.checkpoints / name
        arrays = unpack((folder / "state.safetensors").read_bytes())
        arrays |= {f"best.{key}": array for key, array in unpack((folder / "best.safetensors").read_bytes()).items()}
        progress = json.loads((folder / "progress.json").read_bytes())
    except FileNotFoundError:
        return {}
    found = {key: hashed(np.ascontiguousarray(array).tobytes()) for key, array in arrays.items()}
    return {**found, "progress": hashed(json.dumps(without_times(progress), sort_keys=True).encode())}


def run_digests(folder: Path) -> dict[str, str]:
    """Hashes of a finished run's files; metrics and history without times and machine."""
    metrics = json.loads((folder / "metrics.json").read_bytes())
    metrics.pop("machine", None)
    history = [list(row.items())[:-1] for row in csv.DictReader((folder / "history.csv").open(encoding="utf-8"))]
    return {
        **{name: hashed((folder / name).read_bytes()) for name in ("weights.safetensors", "model.onnx")},
        "metrics.json": hashed(json.dumps(without_times(metrics), sort_keys=True).encode()),
        "history.csv": hashed(repr(history).encode()),
    }


def without_times(value: Any) -> Any:
    """Plain data without every entry that a clock has made."""
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if "seconds" not in k and k not in ("elapsed", "notes")}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def newest(folder: Path) -> int:
    """The number of the newest finished checkpoint; 0 without any."""
    name = newest_name(folder)
    return int(name.split("-")[1]) if name else 0


def newest_name(folder: Path) -> str | None:
    names = [name for name in listed(folder) if name.startswith("checkpoint-")]
    return max(names, key=lambda name: int(name.split("-")[1]), default=None)


def newest_torn(folder: Path) -> int:
    return max((int(match[1]) for name in listed(folder) if (match := TORN.match(name))), default=0)


def listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest(found: dict[str, str]) -> str:
    return hashed(repr(sorted(found.items())).encode())[:12]


def write_series(path: Path) -> None:
    """Three noisy weekly series of 200 days."""
    rng = np.random.default_rng(1)
    days = np.datetime64("2024-01-01") + np.arange(200)
    lines = ["series,date,y"]
    for number in range(3):
        values = 10 + 3 * np.sin(np.arange(200) * 2 * np.pi / 7 + number) + rng.normal(0, 0.5, 200)
        lines += [f"s{number},{day},{value:.3f}" for day, value in zip(days, values, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_gestures(path: Path) -> None:
    """150 sequences of 10 steps and 2 channels; the label says which channel rises."""
    rng = np.random.default_rng(2)
    lines = ["id,t,a,b,label"]
    for number in range(150):
        label = number % 3
        slopes = np.array([label == 0, label == 1], float)
        values = np.arange(10)[:, None] * slopes / 10 + rng.normal(0, 0.3, (10, 2))
        lines += [f"g{number},{step},{a:.3f},{b:.3f},k{label}" for step, (a, b) in enumerate(values)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
