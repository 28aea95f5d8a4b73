"""The Numenta Anomaly Benchmark: 58 series, its own scoring, one network for all of them.

    python benchmarks/nab.py --data ../shared/data

The network is trained on the probation rows of every series (the first 15 %, 750 at most, which the benchmark does not
score) and then reads each series from its first row to its last; it never looks ahead. What had to be chosen (the
voices, their stretches, memory and weight) was chosen on the series of Amazon's machines and the artificial ones alone;
the last two columns are the standard scores of these and of the other kinds. As the benchmark prescribes, one threshold
is chosen for the whole corpus. Lines without a network:

always silent, perfect   the ends of the scale, to check the scoring: 0 and 100
windowed Gaussian        the benchmark's own baseline in our words, published with 39.6
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from nab_scoring import PROFILES, Series, nab_score, read_corpus, worth

import gru_toolkit as gt

CHOSEN_ON = ("realAWSCloudwatch", "artificialNoAnomaly", "artificialWithAnomaly")
PUBLISHED = {"HTM": 70.1, "Relative Entropy": 54.6, "Windowed Gaussian": 39.6}
WINDOW, SLIDE = 6400, 100


def windowed_gaussian(series: Series) -> np.ndarray:
    """(T,) 1 - the normal tail beyond each value, by a window of rows that moves on 100 at a time."""
    scores = np.zeros(len(series.values))
    first = stop = 0
    mean, deviation = 0.0, 0.0
    for row, value in enumerate(series.values.tolist()):
        if row:
            scores[row] = 1 - 0.5 * math.erfc(abs(value - mean) / deviation / math.sqrt(2))
        if row < WINDOW:
            stop = row + 1
        elif (row - WINDOW + 1) % SLIDE == 0:
            first, stop = first + SLIDE, stop + SLIDE
        else:
            continue
        window = series.values[first:stop]
        mean, deviation = float(window.mean()), float(window.std()) or 1e-6
    return scores


def perfect(series: Series) -> np.ndarray:
    """(T,) 1 in the first scored row of each window."""
    scores = np.zeros(len(series.values))
    found = worth(series).window
    for number in np.unique(found[found >= 0]).tolist():
        scores[series.probation + int(np.argmax(found == number))] = 1.0
    return scores


def table(corpus: Iterable[Series], rows: Sequence[int]) -> dict[str, np.ndarray]:
    """The first so many rows of each series as one long table."""
    pairs = list(zip(corpus, rows, strict=True))
    return {
        "series": np.concatenate([np.full(count, series.name, dtype=object) for series, count in pairs]),
        "time": np.concatenate([series.times[:count] for series, count in pairs]),
        "value": np.concatenate([series.values[:count] for series, count in pairs]),
    }


def detector(corpus: Sequence[Series], settings: argparse.Namespace) -> dict[str, np.ndarray]:
    """Name → (T,) scores of a network trained on the probation rows."""
    with tempfile.TemporaryDirectory() as folder:
        run = gt.train(
            table(corpus, [series.probation for series in corpus]),
            gt.Detect(preset=settings.preset, cell=settings.cell),
            read=gt.ReadConfig(id="series", time="time", target=("value",)),
            split=gt.SplitConfig(split=(0.85, 0.15, 0.0)),
            train=gt.TrainConfig(seed=settings.seed, threads=1, time_limit=settings.time_limit),
            out=Path(folder) / "run",
        )
        trained = run.metrics["training"]
        print(f"trained for {trained['steps']} steps in {trained['seconds']:.0f} s ({trained['stopped']})", flush=True)
        started = time.monotonic()
        found = run.predict(table(corpus, [len(series.values) for series in corpus]))
    rows = len(found["score"])
    print(f"{rows:,} rows scored in {time.monotonic() - started:.0f} s", flush=True)
    edges = np.cumsum([0, *(len(series.values) for series in corpus)])
    return {
        series.name: found["score"][start:stop]
        for series, start, stop in zip(corpus, edges[:-1], edges[1:], strict=True)
    }


def report(name: str, scores: dict[str, np.ndarray], corpus: Sequence[Series]) -> None:
    """One line: the score on all series in three profiles, the standard one also on both halves by one threshold."""
    whole = {profile: nab_score(scores, corpus, profile) for profile in PROFILES}
    threshold = whole["standard"].threshold
    halves = {
        half: [series for series in corpus if series.name.startswith(CHOSEN_ON) == half] for half in (True, False)
    }
    parts = {half: nab_score(scores, series, threshold=threshold).score for half, series in halves.items()}
    print(
        f"{name:<24} {' '.join(f'{found.score:8.2f}' for found in whole.values())} "
        f"{parts[True]:12.2f} {parts[False]:12.2f}   threshold {threshold:.8g}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="The Numenta Anomaly Benchmark.")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds anomaly/nab")
    parser.add_argument("--preset", default="good")
    parser.add_argument("--cell", default="gru")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time-limit", type=float, default=None, help="seconds of training")
    parser.add_argument("--scores", type=Path, help="write the network's scores to this .npz file")
    settings = parser.parse_args()
    folder = settings.data / "anomaly" / "nab"
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not there; name the folder that holds anomaly/nab with --data")
    corpus = read_corpus(folder)
    windows = sum(worth(series).count for series in corpus)
    print(f"{len(corpus)} series, {sum(len(s.values) for s in corpus):,} rows, {windows} windows; published:", end=" ")
    print(json.dumps(PUBLISHED))
    print(f"{'':<24} {'standard':>8} {'low FP':>8} {'low FN':>8} {'chosen on':>12} {'other kinds':>12}", flush=True)
    report("always silent", {series.name: np.zeros(len(series.values)) for series in corpus}, corpus)
    report("perfect", {series.name: perfect(series) for series in corpus}, corpus)
    report("windowed Gaussian", {series.name: windowed_gaussian(series) for series in corpus}, corpus)
    scores = detector(corpus, settings)
    report(f"{settings.cell}, {settings.preset}, seed {settings.seed}", scores, corpus)
    if settings.scores is not None:
        np.savez(settings.scores, **{name.replace("/", "|"): values for name, values in scores.items()})


if __name__ == "__main__":
    main()
