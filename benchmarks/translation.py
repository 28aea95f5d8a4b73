"""How well English is translated into German on Multi30k, and how long a thousand sentences take.

    python benchmarks/translation.py --data ../shared/data [--preset good] [--seeds 0] [--precision mixed]

29,000 pairs to learn from, the official validation part to watch training, and test_2016_flickr, which is read once, by
the finished run. Text goes in and comes out raw; BLEU and chrF are sacrebleu's with its own tokenizer, from the
library's own call on the translations and not from our sums. Beside the network: the sentences themselves, and a
dictionary learned from the same pairs. A run that stands in --out is not trained again; one that was interrupted is
continued.
"""

import argparse
import sys
import time
from pathlib import Path

import sacrebleu

from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.runs import evaluation, manifest, run, training
from gru_toolkit.runs.run import Run
from gru_toolkit.runs.scoring import NETWORK
from gru_toolkit.runs.translation import translate
from gru_toolkit.tasks.translate import Translate

BAR, GOAL, SECONDS = 33.7, 37.0, 20.0


def main() -> int:
    """Print one line a part and predictor, and how long the test part took."""
    arguments = parsed()
    folder = arguments.data / "translation"
    if not folder.is_dir():
        print(f"{arguments.data} has no folder translation: nothing was measured", file=sys.stderr)
        return 66
    print(f"{'part':<17} {'predictor':<11} {'seed':>4} {'BLEU':>6} {'chrF':>6} {'wanted':>7} {'goal':>5} minutes")
    for seed in map(int, arguments.seeds.split(",")):
        finished = trained(seed, arguments)
        minutes = finished.metrics["training"]["seconds"] / 60
        for predictor, scores in finished.metrics["parts"]["validation"]["scores"].items():
            told("val", predictor, seed, scores["metrics"])
        report = evaluation.evaluate(finished, pair(folder, "test_2016_flickr"))
        for predictor, found in report.comparison.scores.items():
            if predictor != NETWORK:
                told("test_2016_flickr", predictor, seed, found.metrics)
        print(f"{measured(finished, folder, seed)} {minutes:>7.1f}", flush=True)
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="good")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--out", type=Path, default=Path("runs/translation"))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--precision", default="mixed", help="mixed is faster where the CPU has bfloat16")
    return parser.parse_args()


def measured(finished: Run, folder: Path, seed: int) -> str:
    """The line of the network on the test part; how long it took goes to a line of its own."""
    sentences = (folder / "test_2016_flickr.en").read_text(encoding="utf-8").splitlines()
    truths = (folder / "test_2016_flickr.de").read_text(encoding="utf-8").splitlines()
    wall, processor = time.perf_counter(), time.process_time()
    found = [one.translation for one in translate(finished, sentences)]
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{len(found):,} sentences in {wall:.1f} s, {processor:.1f} s of processor time (wanted: {SECONDS:.0f} s)")
    bleu, chrf = sacrebleu.corpus_bleu(found, [truths]).score, sacrebleu.corpus_chrf(found, [truths]).score
    line = f"{'test_2016_flickr':<17} {'network':<11} {seed:>4} {bleu:>6.2f} {chrf:>6.2f}"
    return f"{line} {BAR:>7.1f} {GOAL:>5.1f}"


def told(part: str, predictor: str, seed: int, metrics: dict[str, float]) -> None:
    print(f"{part:<17} {predictor:<11} {seed:>4} {metrics['bleu']:>6.2f} {metrics['chrf']:>6.2f}", flush=True)


def pair(folder: Path, part: str) -> list[str]:
    """A part's sentences and their translations."""
    return [str(folder / f"{part}.en"), str(folder / f"{part}.de")]


def trained(seed: int, arguments: argparse.Namespace) -> Run:
    """The finished run in the folder, trained or continued first where it is not there yet."""
    folder = arguments.out / f"{arguments.preset}-{seed}"
    if (folder / manifest.NAME).is_file():
        return run.load(folder)
    if (folder / training.CONFIG).is_file():
        return training.resume(folder, on_event=epoch_told)
    texts = arguments.data / "translation"
    request = training.TrainRequest(
        data=tuple(pair(texts, "train")),
        task_settings=Translate(preset=arguments.preset),
        read=ReadConfig(),
        split=SplitConfig(validation=tuple(pair(texts, "val"))),
        train=TrainConfig(seed=seed, threads=arguments.threads, precision=arguments.precision, checkpoint_steps=40),
        given=frozenset({"validation", "precision", "checkpoint_steps"}),
        out=folder,
    )
    return training.train(request, on_event=epoch_told)


def epoch_told(event: object) -> None:
    """Print what an epoch came to, on standard error."""
    if getattr(event, "kind", "") == "epoch":
        print(f"epoch {event.epoch} {event.train_loss:.4f} {event.validation_loss}", file=sys.stderr)  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
