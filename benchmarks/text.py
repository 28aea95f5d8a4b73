"""Accuracy on three public sets of labelled texts, beside naive Bayes and a linear classifier on n-grams.

    python benchmarks/text.py --data ../shared/data [--sets sst2,sms,names] [--seeds 5] [--preset good] [--cells gru]
                              [--threads N] [--part test] [--json]

sst2: official split, accuracy. sms: stratified 80/20, seed 0, accuracy and F1 of spam. names: stratified 80/20,
accuracy and macro F1. Of the 80 % an eighth decides which weights are kept. Each seed is trained on the same parts and
scored once on the test part (--part validation scores the validation part instead, for choosing settings).
`pooling` is the same network without its GRU, so the difference to it is what recurrence adds.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import gru_toolkit as gt

SETS = {"sst2": "accuracy", "sms": "spam_f1", "names": "macro_f1"}
PREDICTORS = ("network", "naive Bayes", "linear", "majority")


def main() -> None:
    """Train, score and print one line a run, then the table of means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--preset", default="good")
    parser.add_argument("--cells", default="gru")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--part", default="test", choices=("test", "validation"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.data / "text"
    if not folder.is_dir():
        parser.exit(2, f"{folder} is not there; give the data folder with --data\n")
    results = []
    for name in options.sets.split(","):
        for cell in options.cells.split(","):
            for seed in range(options.seeds):
                results.append(_run(options, folder, name, cell, seed))
                print(json.dumps(results[-1]) if options.json else _line(results[-1]), flush=True)
    if not options.json:
        print(_table(results))


def _data(folder: Path, name: str) -> tuple[Path, gt.SplitConfig]:
    if name == "sst2":
        files = gt.SplitConfig(validation=(str(folder / "sst2_dev.txt"),), test=(str(folder / "sst2_test.txt"),))
        return folder / "sst2_train.txt", files
    return {"sms": folder / "sms_spam.tsv", "names": folder / "names"}[name], gt.SplitConfig()


def _run(options: argparse.Namespace, folder: Path, name: str, cell: str, seed: int) -> dict[str, Any]:
    data, split = _data(folder, name)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as out:
        run = gt.train(
            str(data),
            gt.ClassifyText(preset=options.preset, cell=cell),
            out=Path(out) / "run",
            split=split,
            train=gt.TrainConfig(seed=seed, threads=options.threads),
        )
        scores = run.metrics["parts"][options.part]["scores"]
        labels = run.codec.labels
    return {
        "set": name,
        "cell": cell,
        "seed": seed,
        "metric": SETS[name],
        "seconds": round(time.monotonic() - started, 1),
        **{who: _metric(scores[who]["metrics"], name, labels) for who in PREDICTORS},
        "accuracy": scores["network"]["metrics"]["accuracy"],
    }


def _metric(metrics: dict[str, Any], name: str, labels: tuple[str, ...]) -> float:
    """The set's metric; F1 of spam from the confusion (true label down, predicted across)."""
    if name != "sms":
        return float(metrics[SETS[name]])
    spam, counts = labels.index("spam"), metrics["confusion"]
    both = sum(counts[spam]) + sum(row[spam] for row in counts)
    return float(2 * counts[spam][spam] / max(both, 1))


def _line(result: dict[str, Any]) -> str:
    values = "  ".join(f"{who} {result[who]:.4f}" for who in PREDICTORS)
    return f"{result['set']} {result['cell']} seed {result['seed']} {result['metric']}: {values}  {result['seconds']} s"


def _table(results: list[dict[str, Any]]) -> str:
    lines = [f"{'set':8}{'cell':10}{'metric':10}{'seeds':>6}" + "".join(f"{who:>14}" for who in PREDICTORS)]
    for name, cell in dict.fromkeys((result["set"], result["cell"]) for result in results):
        same = [result for result in results if (result["set"], result["cell"]) == (name, cell)]
        means = "".join(f"{statistics.mean(result[who] for result in same):14.4f}" for who in PREDICTORS)
        lines.append(f"{name:8}{cell:10}{SETS[name]:10}{len(same):6}{means}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
