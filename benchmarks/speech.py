"""Spoken digits (FSDD): the official split, and each speaker left out in turn, beside the baselines.

    python benchmarks/speech.py --data ../shared/data [--preset good] [--only official|speakers] [--seed 0]

official   recordings 0-4 of each speaker and digit are the test part, 5-49 the training part
speakers   all recordings of one speaker are the test part, those of the other five the training part

Everything goes through the reader: a manifest beside the WAV files names the digit of each. No part of the data
chooses anything: the preset fixes epochs and network beforehand, and each test part is read once.
"""

import argparse
import csv
import json
import tarfile
import tempfile
import time
from pathlib import Path

import gru_toolkit as gt

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="good")
    parser.add_argument("--only", choices=("official", "speakers"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    archive = options.data / "speech" / "fsdd.tar.gz"
    if not archive.is_file():
        raise SystemExit(f"{archive} is not there")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        if options.only != "speakers":
            print(json.dumps(scored(Path(folder), "official", options)), flush=True)
        if options.only != "official":
            results = [scored(Path(folder), speaker, options) for speaker in SPEAKERS]
            mean = sum(result["network"] for result in results) / len(results)
            print(json.dumps({"speakers left out": len(results), "mean accuracy": round(mean, 4)}))


def scored(folder: Path, test: str, options: argparse.Namespace) -> dict[str, float | str]:
    """Accuracies on the official test part, or on the recordings of a speaker."""
    started = time.monotonic()
    training, testing = folder / "training.csv", folder / "testing.csv"
    rows = [path.name for path in sorted(folder.rglob("*.wav"))]
    place = {path.name: path.relative_to(folder).as_posix() for path in folder.rglob("*.wav")}
    for manifest, wanted in ((training, False), (testing, True)):
        with manifest.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "digit"])
            writer.writerows([place[name], name[0]] for name in rows if is_test(name, test) == wanted)
    run = gt.train(
        str(training),
        gt.Classify(preset=options.preset),
        read=gt.ReadConfig(format="audio", target=("digit",)),
        split=gt.SplitConfig(split=(1.0, 0.0, 0.0)),
        train=gt.TrainConfig(seed=options.seed, threads=options.threads),
        out=folder / f"run-{test}-{options.seed}",
    )
    report = run.evaluate(str(testing))
    accuracies = {name: scored.metrics["accuracy"] for name, scored in report.comparison.scores.items()}
    result = {"test": test, "seed": options.seed, "preset": options.preset, **accuracies}
    result["seconds"] = round(time.monotonic() - started, 1)
    if test != "official":
        print(json.dumps(result), flush=True)
    return result


def is_test(name: str, test: str) -> bool:
    """Whether a recording, called digit_speaker_number.wav, belongs to the test part."""
    _, speaker, number = name.removesuffix(".wav").split("_")
    return int(number) < 5 if test == "official" else speaker == test


if __name__ == "__main__":
    main()
