"""Damages files of every format and reads them: no traceback, no hang, in = accepted + rejected.

    python benchmarks/fuzz_readers.py --cases 10000 [--formats csv,ts] [--seed 0]

What is accepted of CSV, TSV, JSON lines, .ts and gzip must equal what an independent plain parser accepts. Every format
runs in a process of its own, so that a crash of a library would be seen and counted too.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.sequences import fuzzing  # the repository's root must be on the path first

BATCH = 500


def run(job: tuple[str, int, int, int]) -> tuple[Counter[str], list[str], float]:
    """Verdicts, failures and the longest time of the cases start to stop of one format."""
    name, seed, start, stop = job
    verdicts: Counter[str] = Counter()
    failures: list[str] = []
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for index in range(start, stop):
            data = fuzzing.mutated(name, seed, index)
            try:
                outcome = fuzzing.check(name, data, Path(folder))
            except Exception:  # what must never happen is what is counted here
                failures.append(f"{name} seed {seed} case {index}:\n{traceback.format_exc(limit=-2)}")
                continue
            verdicts[outcome.verdict] += 1
            slowest = max(slowest, outcome.seconds)
    return verdicts, failures, slowest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--formats", default=",".join(fuzzing.FORMATS))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    failed = 0
    context = multiprocessing.get_context("spawn")
    print(f"{'format':9}{'cases':>8}{'accepted':>10}{'refused':>9}{'failures':>10}{'slowest':>9}{'seconds':>9}")
    for name in arguments.formats.split(","):
        started = time.monotonic()
        verdicts: Counter[str] = Counter()
        failures: list[str] = []
        slowest = 0.0
        jobs = [(name, arguments.seed, at, min(at + BATCH, arguments.cases)) for at in range(0, arguments.cases, BATCH)]
        with context.Pool(1) as pool:
            for job in jobs:
                limit = fuzzing.TIME_LIMIT * 10 + BATCH
                try:
                    found, wrong, longest = pool.apply_async(run, (job,)).get(limit)
                except multiprocessing.TimeoutError:
                    failures.append(f"{name}: cases {job[2]} to {job[3]} crashed or hung")
                    break
                verdicts += found
                failures += wrong
                slowest = max(slowest, longest)
        done = sum(verdicts.values())
        seconds = time.monotonic() - started
        refused = done - verdicts["accepted"]
        print(
            f"{name:9}{arguments.cases:8,}{verdicts['accepted']:10,}{refused:9,}{len(failures):10,}"
            f"{slowest:8.2f}s{seconds:8.0f}s",
            flush=True,
        )
        for failure in failures[:5]:
            print(failure, file=sys.stderr)
        failed += len(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
