"""How well tags are predicted on CoNLL-2000 chunks, UD English EWT parts of speech, and ATIS slots and intents.

    python benchmarks/tagging.py --data ../shared/data [--set conll2000,ewt,atis] [--preset good] [--seeds 0]

Official splits. Of CoNLL-2000, which has none, a twentieth of the training sentences is held out to watch training; EWT
has dev and ATIS valid. No word vectors from elsewhere; chunks are predicted from words and the parts of speech that the
files give. The test part is read once, by the finished run. A run that stands in --out is not trained again; one that
was interrupted is continued.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.runs import evaluation, manifest, run, training
from gru_toolkit.runs.prediction import predictor, reading_of
from gru_toolkit.runs.run import Run
from gru_toolkit.runs.scoring import NETWORK
from gru_toolkit.sequences.dataset import batches
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.tasks.tag import Tag


@dataclass(frozen=True)
class Corpus:
    """A data set with its official parts.

    validation  "" where a share of the training part is held out
    bars        metric → what is wanted at least, and the best of the field
    """

    train: str
    validation: str
    test: str
    bars: dict[str, tuple[float, float]]


CORPORA = {
    "conll2000": Corpus(
        "tagging/conll2000/train.txt", "", "tagging/conll2000/test.txt", {"f1": (0.937, 0.942)}
    ),
    "ewt": Corpus(
        "tagging/ud_ewt/train.conllu", "tagging/ud_ewt/dev.conllu", "tagging/ud_ewt/test.conllu",
        {"accuracy": (0.945, 0.952)},
    ),
    "atis": Corpus(
        "tagging/atis/train", "tagging/atis/valid", "tagging/atis/test",
        {"f1": (0.952, 0.959), "sentence_accuracy": (0.965, 0.98)},
    ),
}  # fmt: skip


def main() -> int:
    """Print one line a corpus, seed and metric."""
    arguments = parsed()
    if not (arguments.data / "tagging").is_dir():
        print(f"{arguments.data} has no folder tagging: nothing was measured", file=sys.stderr)
        return 66
    print(f"{'corpus':<10} {'metric':<18} {'seed':>4} {'network':>8} {'baseline':>8} {'wanted':>7} {'goal':>6} minutes")
    for name in arguments.sets.split(","):
        for seed in map(int, arguments.seeds.split(",")):
            measure(name, CORPORA[name], seed, arguments)
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", dest="sets", default=",".join(CORPORA))
    parser.add_argument("--preset", default="good")
    parser.add_argument("--members", type=int)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--out", type=Path, default=Path("runs/tagging"))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--epochs", type=int, help="passes over the training part; by default what the preset says")
    return parser.parse_args()


def measure(name: str, corpus: Corpus, seed: int, arguments: argparse.Namespace) -> None:
    """Train if need be, score the test part, print."""
    members = f"-{arguments.members}" if arguments.members else ""
    folder = arguments.out / f"{name}-{arguments.preset}{members}-{seed}"
    finished = trained(corpus, seed, folder, arguments)
    test = str(arguments.data / corpus.test)
    report = evaluation.evaluate(finished, [test])
    scores = report.comparison.scores
    rival = scores[report.comparison.rival].metrics
    minutes = finished.metrics["training"]["seconds"] / 60
    for metric, (wanted, goal) in corpus.bars.items():
        own = float(scores[NETWORK].metrics[metric])  # type: ignore[arg-type]
        low = float(rival[metric])  # type: ignore[arg-type]
        line = f"{name:<10} {metric:<18} {seed:>4} {own:>8.4f} {low:>8.4f} {wanted:>7.3f} {goal:>6.3f} {minutes:>7.1f}"
        print(line, flush=True)
    tokens, wall, processor = speed(finished, test)
    print(
        f"{name:<10} {tokens / wall:,.0f} tokens/s on one thread, {tokens / processor:,.0f} a second of processor time"
    )


def speed(finished: Run, test: str) -> tuple[int, float, float]:
    """Tokens of the test part, and the seconds of clock and processor that tagging them takes, once they are read."""
    task, settings = finished.task, finished.settings
    dataset = read_dataset([test], reading_of(finished, None), task.wants(settings, labelled=False))
    answer = predictor(finished.graph, threads=1)
    wall, processor = time.perf_counter(), time.process_time()
    for arrays in batches(task.requests(dataset, finished.codec, settings), 32):
        decoded = task.decode(answer(arrays.inputs), arrays, finished.codec, settings)
        task.rows(decoded, arrays, finished.codec, dataset)
    return int(dataset.offsets[-1]), time.perf_counter() - wall, time.process_time() - processor


def trained(corpus: Corpus, seed: int, folder: Path, arguments: argparse.Namespace) -> Run:
    """The finished run in the folder, trained or continued first where it is not there yet."""
    if (folder / manifest.NAME).is_file():
        return run.load(folder)
    if (folder / training.CONFIG).is_file():
        return training.resume(folder, on_event=told)
    data, epochs = arguments.data, arguments.epochs
    split = SplitConfig(split=(0.95, 0.05, 0.0))
    if corpus.validation:
        split = SplitConfig(validation=(str(data / corpus.validation),))
    request = training.TrainRequest(
        data=(str(data / corpus.train),),
        task_settings=Tag(preset=arguments.preset, members=arguments.members),
        read=ReadConfig(),
        split=split,
        train=TrainConfig(seed=seed, threads=arguments.threads, **({"epochs": epochs} if epochs else {})),
        given=frozenset({"split", "validation", *(["epochs"] if epochs else [])}),
        out=folder,
    )
    return training.train(request, on_event=told)


def told(event: object) -> None:
    """Print what an epoch came to, on standard error."""
    if getattr(event, "kind", "") == "epoch":
        print(f"epoch {event.epoch} {event.train_loss:.4f} {event.validation_loss}", file=sys.stderr)  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
