"""Nats per character on tinyshakespeare within a time on a CPU, beside n-grams, and the speed of writing.

    python benchmarks/language.py --data ../shared/data [--minutes 20] [--threads 2] [--seed 0] [--precision mixed]
                                  [--units 512] [--layers 2] [--dropout 0.3] [--lanes 64] [--steps 64] [--rate 0.002]
                                  [--epochs N] [--cell gru] [--out FOLDER] [--json]

The first 90 % of the characters are trained on, the last 10 % are scored: every character, from at least 256
characters before it. The number of passes over the text is what the time allows at the speed of a short trial (or
--epochs), so that the learning rate reaches zero at the end; the time limit ends training in any case. The minutes are
those of training with validation after each pass, without reading, conversion and scores. Seeds, sizes and rates were
chosen on the same validation part, because the text has no other; published figures do likewise.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import gru_toolkit as gt
from gru_toolkit.runs.generation import LanguageModel, Request

NETWORK, BASELINE = "network", "n-grams"
TRIAL_SECONDS = 30.0
WRITTEN = 3000


def main() -> None:
    """Train, score, write, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", default="mixed")
    parser.add_argument("--cell", default="gru")
    for name, default in {"units": 512, "layers": 2, "lanes": 64, "steps": 64, "width": 128}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    text = options.data / "language" / "tinyshakespeare.txt"
    if not text.is_file():
        parser.exit(2, f"{text} is not there; give the data folder with --data\n")
    with tempfile.TemporaryDirectory() as folder:
        epochs = options.epochs or _affordable(options, text, Path(folder) / "trial")
        run = _train(options, text, epochs, options.minutes * 60, options.out or Path(folder) / "run")
        result = _figures(options, run, epochs)
    print(json.dumps(result) if options.json else _table(result))


def _train(options: argparse.Namespace, text: Path, epochs: int, seconds: float, out: Path) -> gt.Run:
    names = ("cell", "units", "layers", "lanes", "steps", "width", "dropout")
    return gt.train(
        str(text),
        gt.Generate(**{name: getattr(options, name) for name in names}),
        out=out,
        train=gt.TrainConfig(
            epochs=epochs,
            time_limit=seconds,
            learning_rate=options.rate,
            patience=0,
            precision=options.precision,
            threads=options.threads,
            seed=options.seed,
        ),
    )


def _affordable(options: argparse.Namespace, text: Path, out: Path) -> int:
    """Passes that fit into the minutes, from the speed of a trial; a twentieth is left for validation."""
    trial = _train(options, text, 1000, TRIAL_SECONDS, out)
    facts = trial.metrics["training"]
    characters = 0.9 * text.stat().st_size
    passes = facts["steps"] * options.lanes * options.steps / characters
    found = options.minutes * 60 * 0.95 * passes / facts["seconds"]
    print(f"trial: {passes * characters / facts['seconds']:,.0f} characters/s, {found:.1f} passes fit", flush=True)
    return max(1, int(found))


def _figures(options: argparse.Namespace, run: gt.Run, epochs: int) -> dict[str, Any]:
    scores = run.metrics["parts"]["validation"]["scores"]
    training = run.metrics["training"]
    return {
        "minutes": round(training["seconds"] / 60, 2),
        "threads": options.threads,
        "seed": options.seed,
        "precision": options.precision,
        "settings": {name: getattr(options, name) for name in ("cell", "units", "layers", "lanes", "steps", "dropout")},
        "passes": epochs,
        "best_pass": training["best_epoch"],
        "nats": scores[NETWORK]["metrics"]["nats_per_unit"],
        "interval": scores[NETWORK]["intervals"]["nats_per_unit"],
        "ngram_nats": scores[BASELINE]["metrics"]["nats_per_unit"],
        "written_per_second": _speed(run),
        "machine": run.metrics["machine"]["processor"],
    }


def _speed(run: gt.Run) -> float:
    """Characters written a second, one thread, drawn at temperature 0.8."""
    model = LanguageModel(run)
    list(model.write(Request(length=100)))
    started = time.perf_counter()
    written = sum(map(len, model.write(Request(length=WRITTEN))))
    return round(written / (time.perf_counter() - started))


def _table(result: dict[str, Any]) -> str:
    low, high = result["interval"]
    lines = [
        f"tinyshakespeare, {result['minutes']} minutes on {result['threads']} threads, seed {result['seed']}, "
        f"{result['passes']} passes, {result['precision']}",
        f"{'':24}nats a character",
        f"{'network':24}{result['nats']:.4f}  ({low:.4f} – {high:.4f})",
        f"{'Kneser-Ney 6-grams':24}{result['ngram_nats']:.4f}",
        f"{'nanoGPT, CPU, 3 minutes':24}1.88 (its README)",
        f"{'minGRU':24}1.548 (Feng et al. 2024)",
        f"writes {result['written_per_second']:,.0f} characters a second",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
