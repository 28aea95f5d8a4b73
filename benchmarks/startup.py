"""How long the command line takes to start: medians of cold processes.

    python benchmarks/startup.py [--repeats 21]

Trains a small run first, in a temporary folder. Exit status 1 if a bar of the design is missed.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARS = {"--help": 0.20, "train --help": 0.20, "--version": 0.20, "completion": 0.20, "predict of 100 rows": 0.60}
"""Seconds, from the design."""


def gru_toolkit(arguments: list[str]) -> list[str]:
    return [sys.executable, "-c", "import sys; from gru_toolkit.cli.app import main; sys.exit(main())", *arguments]


def seconds(arguments: list[str], folder: Path, environment: dict[str, str] | None = None) -> float:
    """Wall time of one cold process."""
    started = time.perf_counter()
    subprocess.run(
        gru_toolkit(arguments),
        cwd=folder,
        env={**os.environ, **(environment or {})},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def prepare(folder: Path) -> None:
    """A run and a file of 100 rows to predict from, in the folder."""
    quietly = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(gru_toolkit(["data", "sales"]), **quietly)
    flags = [
        "--task",
        "forecast",
        "--target",
        "sales",
        "--horizon",
        "7",
        "--epochs",
        "1",
        "--preset",
        "fast",
        "--out",
        "run",
    ]
    with (folder / "sales.csv").open(newline="") as file:
        rows = [row for row in csv.reader(file) if row[2]]
    kept = [row[:3] for row in rows]
    with (folder / "sold.csv").open("w", newline="") as file:
        csv.writer(file).writerows(kept)
    with (folder / "hundred.csv").open("w", newline="") as file:
        csv.writer(file).writerows(kept[:101])
    subprocess.run(gru_toolkit(["train", "sold.csv", *flags]), **quietly)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=21)
    repeats = parser.parse_args().repeats
    asked = {"_GRU_TOOLKIT_COMPLETE": "complete_bash", "COMP_WORDS": "gru-toolkit train --ho", "COMP_CWORD": "2"}
    calls: dict[str, tuple[list[str], dict[str, str]]] = {
        "--help": (["--help"], {}),
        "train --help": (["train", "--help"], {}),
        "--version": (["--version"], {}),
        "completion": ([], asked),
        "predict of 100 rows": (["predict", "run", "hundred.csv"], {}),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        times: dict[str, list[float]] = {call: [] for call in calls}
        for _ in range(repeats):
            for call, (arguments, environment) in calls.items():
                times[call].append(seconds(arguments, folder, environment))
    missed = False
    print(f"{'command':<22} {'median':>8} {'fastest':>8} {'bar':>6}   ({repeats} cold processes each, in turn)")
    for call, measured in times.items():
        median = statistics.median(measured)
        missed |= median > BARS[call]
        verdict = "missed" if median > BARS[call] else "ok"
        print(f"{call:<22} {median:8.3f} {min(measured):8.3f} {BARS[call]:6.2f}   {verdict}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
