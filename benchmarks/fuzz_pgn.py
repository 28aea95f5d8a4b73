"""Damages PGN files and reads them: no traceback, no hang, every game accepted or refused, every accepted move real.

    python benchmarks/fuzz_pgn.py --cases 20000 [--seed 0]

What is accepted must be what python-chess reads from the same text, and a damage may cost no game far from it.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.chess import pgn_fuzzing  # the repository's root must be on the path first


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    asked = parser.parse_args()
    verdicts: Counter[str] = Counter()
    failures, slowest, began = 0, 0.0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for index in range(asked.first, asked.first + asked.cases):
            try:
                outcome = pgn_fuzzing.check(asked.seed, index, Path(folder))
            except Exception:  # what must never happen is what is counted here
                failures += 1
                print(f"seed {asked.seed} case {index}:\n{traceback.format_exc(limit=-2)}", file=sys.stderr)
                continue
            verdicts.update({outcome.verdict: 1, "accepted": outcome.accepted, "refused": outcome.refused})
            slowest = max(slowest, outcome.seconds)
    print(f"files               {asked.cases:>9,}   (seed {asked.seed}, {time.perf_counter() - began:.0f} s)")
    print(f"  read              {verdicts['read']:>9,}")
    print(f"  refused as files  {asked.cases - failures - verdicts['read']:>9,}")
    print(f"games accepted      {verdicts['accepted']:>9,}")
    print(f"games refused       {verdicts['refused']:>9,}")
    print(f"slowest file        {slowest * 1e3:>9.1f} ms")
    print(f"failures            {failures:>9,}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
