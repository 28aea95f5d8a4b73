"""Accuracy on seven public sets of whole sequences, beside the baselines and the same network without recurrence.

    python benchmarks/classification.py --data ../shared/data [--preset good] [--seeds 5] [--sets GunPoint,OSULeaf]
                                        [--cells gru,pooling] [--threads N] [--json]

Each set is a folder series/NAME with NAME_TRAIN.ts and NAME_TEST.ts below the data folder. A network is trained on
TRAIN and scored on TEST once a seed, through the public Python calls. Labels: all of TRAIN is trained on, for a number
of epochs that the preset fixes beforehand. Numbers (Covid3Month): a fifth of TRAIN calibrates. `pooling` is the network
whose GRU is replaced by step-wise dense layers of as many weights, so the difference to it is what recurrence adds.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import gru_toolkit as gt

UNIVARIATE = ("ArrowHead", "GunPoint", "ItalyPowerDemand", "OSULeaf")
SETS = (*UNIVARIATE, "BasicMotions", "JapaneseVowels", "Covid3Month")
REGRESSION = ("Covid3Month",)
NETWORK = "network"


def main() -> None:
    """Train, score and print one line a run, then the table of means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="good")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--cells", default="gru,pooling")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sets = options.sets.split(",")
    for name in sets:
        if not _file(options.data, name, "TRAIN").is_file():
            parser.exit(2, f"{_file(options.data, name, 'TRAIN')} is not there; give the data folder with --data\n")
    results: list[dict[str, Any]] = []
    for seed in range(options.seeds):
        for name in sets:
            for cell in options.cells.split(","):
                results.append(_run(options, name, cell, seed))
                print(json.dumps(results[-1]) if options.json else _line(results[-1]), flush=True)
    if not options.json:
        print(_table(results))


def _file(data: Path, name: str, part: str) -> Path:
    return data / "series" / name / f"{name}_{part}.ts"


def _run(options: argparse.Namespace, name: str, cell: str, seed: int) -> dict[str, Any]:
    """Scores of one run on TEST: accuracy, or RMSE for the regression sets, of the network and its baselines."""
    regression = name in REGRESSION
    task = (gt.Regress if regression else gt.Classify)(preset=options.preset, cell=cell)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = gt.train(
            str(_file(options.data, name, "TRAIN")),
            task,
            out=Path(folder) / "run",
            split=gt.SplitConfig(split=(0.8, 0.2, 0.0) if regression else (1.0, 0.0, 0.0)),
            train=gt.TrainConfig(seed=seed, threads=options.threads),
        )
        seconds = time.monotonic() - started
        scores = run.evaluate(str(_file(options.data, name, "TEST"))).comparison.scores
    metric = "rmse" if regression else "accuracy"
    return {
        "set": name,
        "cell": cell,
        "seed": seed,
        "metric": metric,
        "seconds": round(seconds, 1),
        **{rival: scored.metrics[metric] for rival, scored in scores.items()},
    }


def _line(result: dict[str, Any]) -> str:
    scores = ", ".join(f"{name} {value:.4f}" for name, value in result.items() if isinstance(value, float))
    return f"{result['set']:17} {result['cell']:8} seed {result['seed']}  {result['metric']}: {scores}"


def _table(results: list[dict[str, Any]]) -> str:
    """Means over seeds: a line a set, a column a cell, then the baselines; last the mean of the univariate sets."""
    cells = list(dict.fromkeys(result["cell"] for result in results))
    baselines = [name for name in results[0] if name not in ("set", "cell", "seed", "metric", "seconds", NETWORK)]
    lines = [f"{'set':17} {'metric':9}" + "".join(f"{name:>20}" for name in (*cells, "minutes a run", *baselines))]
    means: dict[str, list[float]] = {cell: [] for cell in cells}
    for name in dict.fromkeys(result["set"] for result in results):
        runs = [result for result in results if result["set"] == name]
        row = f"{name:17} {runs[0]['metric']:9}"
        for cell in cells:
            values = [result[NETWORK] for result in runs if result["cell"] == cell]
            row += f"{f'{statistics.mean(values):.4f} ± {statistics.pstdev(values):.4f}':>20}"
            if name in UNIVARIATE:
                means[cell].append(statistics.mean(values))
        row += f"{statistics.mean(result['seconds'] for result in runs) / 60:>20.1f}"
        row += "".join(f"{runs[0][rival]:>20.4f}" if rival in runs[0] else f"{'':>20}" for rival in baselines)
        lines.append(row)
    if all(len(values) == len(UNIVARIATE) for values in means.values()):
        lines.append(f"{'mean of four':27}" + "".join(f"{statistics.mean(means[cell]):>20.4f}" for cell in cells))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
