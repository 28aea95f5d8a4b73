"""The next film of each user of MovieLens-100k, beside popularity and a first-order Markov chain.

    python benchmarks/next_events.py --data ../shared/data [--preset good] [--seeds 3] [--allow unseen,all]
                                     [--cell gru] [--part test] [--threads N] [--json]

The file is recommendation/ml-100k.inter below the data folder. Events are ordered by time, the last of each user is
tested and the one before validates; everything earlier is training. Every film is ranked; with `unseen` those a user
has rated already are left out for the network and the baselines alike (nobody rates a film twice), with `all` they
are not. The Markov chain backs off to popularity, by the strength that ranks each user's last training event best.
The test part is scored once a seed; `--part validation` shows what settings are chosen by.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import gru_toolkit as gt

FILE = "recommendation/ml-100k.inter"
METRICS = ("recall_at_20", "mrr_at_20", "ndcg_at_10")
NETWORK = "network"
BAR = 1.10
"""How many times the better baseline's score the network has to reach."""


def main() -> None:
    """Train and score once a seed and protocol, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="good")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--allow", default="unseen,all")
    parser.add_argument("--cell", default="gru")
    parser.add_argument("--part", default="test", choices=("validation", "test"))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / FILE).is_file():
        parser.exit(2, f"{options.data / FILE} is not there; give the data folder with --data\n")
    results: list[dict[str, Any]] = []
    for allow in options.allow.split(","):
        for seed in range(options.seeds):
            results.append(_run(options, allow, seed))
            print(json.dumps(results[-1]) if options.json else _line(results[-1]), flush=True)
    if not options.json:
        for allow in options.allow.split(","):
            print(_table([result for result in results if result["allow"] == allow]))


def _run(options: argparse.Namespace, allow: str, seed: int) -> dict[str, Any]:
    """Scores of one training on the part, of the network and the baselines."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = gt.train(
            str(options.data / FILE),
            gt.Next(preset=options.preset, allow=allow, cell=options.cell),
            out=Path(folder) / "run",
            read=gt.ReadConfig(sort=True),
            train=gt.TrainConfig(seed=seed, threads=options.threads),
        )
        scores = run.metrics["parts"][options.part]["scores"]
    return {
        "allow": allow,
        "seed": seed,
        "part": options.part,
        "minutes": round((time.monotonic() - started) / 60, 1),
        "epochs": run.metrics["training"]["epochs"],
        "scores": {who: {name: found["metrics"][name] for name in METRICS} for who, found in scores.items()},
    }


def _line(result: dict[str, Any]) -> str:
    scores = ", ".join(f"{name} {value:.4f}" for name, value in result["scores"][NETWORK].items())
    return f"{result['allow']:7} seed {result['seed']}  {scores}  ({result['minutes']} min, {result['epochs']} epochs)"


def _table(results: list[dict[str, Any]]) -> str:
    """A line a metric: the network's mean and deviation over seeds, each baseline, and the gain over the better one."""
    rivals = [who for who in results[0]["scores"] if who != NETWORK]
    allow, part, seeds = results[0]["allow"], results[0]["part"], len(results)
    lines = [f"{allow} items, {part} part, {seeds} seeds"]
    lines.append(f"{'':14}{NETWORK:>18}" + "".join(f"{who:>12}" for who in rivals) + f"{'gain':>9}  at least 10 %")
    for metric in METRICS:
        own = [result["scores"][NETWORK][metric] for result in results]
        others = [results[0]["scores"][who][metric] for who in rivals]
        gain = statistics.mean(own) / max(others)
        cells = "".join(f"{value:>12.4f}" for value in others)
        mean = f"{statistics.mean(own):.4f} ± {statistics.pstdev(own):.4f}"
        lines.append(f"{metric:14}{mean:>18}{cells}{gain - 1:>+9.0%}  {'yes' if gain >= BAR else 'NO'}")
    lines.append(f"{statistics.mean(result['minutes'] for result in results):.1f} minutes a training")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
