"""Ten million generated rows: one whole pass of training and a prediction, with peak memory and rows a second.

    python benchmarks/large_table.py [--rows 10000000] [--series 1000] [--folder DIR]

Bar: peak memory of each command at most 3 × the raw float32 numbers + 1 GiB. The numbers are the one value column.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

GIB = 2**30


def generate(path: Path, rows: int, series: int) -> None:
    """Hourly series with a daily season, a slow wander and noise; seed 0."""
    rng = np.random.default_rng(0)
    length = rows // series
    hours = np.arange(length)
    times = np.datetime_as_string(np.datetime64("2020-01-01T00") + hours, unit="s")
    with path.open("w") as file:
        file.write("series,time,value\n")
        for number in range(series):
            wander = np.cumsum(rng.normal(0, 0.05, length))
            values = 10 * rng.random() + wander + np.sin(2 * np.pi * hours / 24 + number) + rng.normal(0, 0.2, length)
            file.write("\n".join(f"s{number:04d},{t},{v:.4f}" for t, v in zip(times, values, strict=True)) + "\n")


def measured(command: list[str]) -> tuple[float, int]:
    """Seconds and peak resident bytes of a command, which must succeed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--series", type=int, default=1_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        table, run = Path(scratch) / "table.csv", Path(scratch) / "run"
        generate(table, options.rows, options.series)
        toolkit = [sys.executable, "-c", "import sys; from gru_toolkit.cli.app import main; sys.exit(main())"]
        train = [*toolkit, "train", str(table), "--task", "forecast", "--target", "value", "--horizon", "24"]
        train += ["--look-back", "48", "--epochs", "1", "--batch-size", "1024", "--preset", "fast", "--out", str(run)]
        predict = [*toolkit, "predict", str(run), str(table), "-o", str(Path(scratch) / "predictions.parquet")]
        limit = 3 * 4 * options.rows + GIB
        results = {}
        for name, command in (("train", train), ("predict", predict)):
            seconds, peak = measured(command)
            results[name] = {
                "seconds": round(seconds, 1),
                "rows_per_second": round(options.rows / seconds),
                "peak_MiB": round(peak / 2**20),
                "limit_MiB": round(limit / 2**20),
                "met": peak <= limit,
            }
            print(name, json.dumps(results[name]), flush=True)


if __name__ == "__main__":
    main()
