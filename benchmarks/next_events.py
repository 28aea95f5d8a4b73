"""The next film of each user of MovieLens-100k, beside popularity and a first-order Markov chain.

    python benchmarks/next_events.py --data ../shared/data [--preset good] [--cell gru] [--seeds 3] [--first-seed 0]
                                     [--allow unseen,all] [--part test] [--threads N] [--out FOLDER] [--json]

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
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gru_toolkit as gt
from gru_toolkit.runs.prediction import predictor
from gru_toolkit.runs.scoring import Scoring
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.tasks.next_item import NEXT

FILE = "recommendation/ml-100k.inter"
METRICS = ("recall_at_20", "mrr_at_20", "ndcg_at_10")
NETWORK = "network"
BAR = 1.10
"""How many times the better baseline's score the network has to reach."""


def main() -> None:
    """Train once a seed, score under each protocol, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="good")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--allow", default="unseen,all")
    parser.add_argument("--cell", default="gru")
    parser.add_argument("--part", default="test", choices=("validation", "test"))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, help="keep the runs here; those that are there are resumed or only scored")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / FILE).is_file():
        parser.exit(2, f"{options.data / FILE} is not there; give the data folder with --data\n")
    results: list[dict[str, Any]] = []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for result in _run(options, seed):
            results.append(result)
            print(json.dumps(result) if options.json else _line(result), flush=True)
    if not options.json:
        for allow in options.allow.split(","):
            print(_table([result for result in results if result["allow"] == allow]))


def _run(options: argparse.Namespace, seed: int) -> Iterator[dict[str, Any]]:
    """Scores of one training on the part, under each protocol: what is allowed does not change the training."""
    read = gt.ReadConfig(sort=True)
    with tempfile.TemporaryDirectory() as folder:
        run = _trained(options, (options.out or Path(folder)) / f"seed-{seed}", seed)
    minutes = round(run.metrics["training"]["seconds"] / 60, 1)
    dataset = read_dataset([str(options.data / FILE)], read, NEXT.wants(run.settings, labelled=True))
    for allow in options.allow.split(","):
        settings = replace(run.settings, allow=allow)
        splits = NEXT.split(dataset, settings, gt.SplitConfig())
        baselines = NEXT.fit_baselines(splits.train, run.codec, settings)
        scoring = Scoring(NEXT, run.codec, settings, baselines, predictor(run.graph, options.threads), seed=seed)
        part = splits.test if options.part == "test" else splits.validation
        comparison = scoring.compare(NEXT.examples(part, run.codec, settings), part.name)
        scores = {who: {name: found.metrics[name] for name in METRICS} for who, found in comparison.scores.items()}
        epochs = run.metrics["training"]["epochs"]
        facts = {"allow": allow, "seed": seed, "part": part.name, "minutes": minutes, "epochs": epochs}
        yield {**facts, "scores": scores, "verdict": comparison.verdict}


def _trained(options: argparse.Namespace, folder: Path, seed: int) -> gt.Run:
    """The run of a seed, trained, resumed, or finished before."""
    if folder.exists():
        return gt.resume(folder, on_event=lambda event: None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return gt.train(
        str(options.data / FILE),
        gt.Next(preset=options.preset, cell=options.cell),
        out=folder,
        read=gt.ReadConfig(sort=True),
        train=gt.TrainConfig(seed=seed, threads=options.threads),
    )


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
