"""What a run says about itself in the terminal."""

import csv
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.cli import tables
from gru_toolkit.cli.text import Output
from gru_toolkit.cli.text_figures import text_figure
from gru_toolkit.config import to_plain
from gru_toolkit.tasks.figures import NETWORK, ByHorizon, ByLabel, Confusion, Figure, LearningCurve

if TYPE_CHECKING:
    from gru_toolkit.runs.run import Run

HISTORY = "history.csv"
PIPE_WIDTH = 80
"""Columns of a figure where there is no terminal to tell."""


def scores(run: "Run", *, width: int | None) -> Iterator[str]:
    """The network beside its baselines on each part that was scored, the test part last."""
    for plain in parts(run):
        yield from tables.comparison(plain, width=width)
        yield ""


def parts(run: "Run") -> list[Mapping[str, Any]]:
    """The comparisons of the parts that were scored, the test part last."""
    found: Mapping[str, Mapping[str, Any]] = run.metrics["parts"]
    return [found[name] for name in sorted(found, key=lambda name: name == "test")]


def plain(run: "Run") -> dict[str, Any]:
    """Everything `show` says, as plain data."""
    configuration = run.configuration
    return {
        "run": str(run.folder),
        "task": run.task.name,
        "data": list(configuration.data),
        "settings": {
            "read": to_plain(configuration.read),
            "split": to_plain(configuration.split),
            "train": to_plain(configuration.train),
            "task": to_plain(configuration.settings),
        },
        "metrics": dict(run.metrics),
    }


def whole(run: "Run", output: Output) -> Iterator[str]:
    """Facts, learning curve, scores, and what the network's scores are made of."""
    yield from tables.pairs(facts(run), output.width)
    yield ""
    for figure in (learning_curve(run), *figures(run)):
        yield from text_figure(figure, output.width or PIPE_WIDTH, unicode=output.unicode).splitlines()
        yield ""
    yield from scores(run, width=output.width)
    for note in run.metrics["notes"]:
        if note not in run.metrics["splits"]:
            yield from tables.paragraph(f"note: {note}", output.width)


def facts(run: "Run") -> dict[str, str]:
    """What the run is, in a few words each."""
    settings = [f"{name}={_word(value)}" for name, value in to_plain(run.settings).items()]
    training = run.metrics["training"]
    return {
        "run": str(run.folder),
        "task": run.task.name,
        "data": ", ".join(run.configuration.data),
        "settings": " ".join(settings),
        "training": f"{training['epochs']} epochs, best {training['best_epoch']}, {training['steps']:,} steps, "
        f"stopped by {training['stopped']}",
        **{f"split {place}": line for place, line in enumerate(run.metrics["splits"], start=1)},
    }


def learning_curve(run: "Run") -> LearningCurve:
    """Training and validation loss of each epoch."""
    rows = list(csv.DictReader((run.folder / HISTORY).read_text(encoding="utf-8").splitlines()))
    training, validation = (
        np.array([float(row[name]) for row in rows if row[name]]) for name in ("train_loss", "validation_loss")
    )
    return LearningCurve(training, validation, best=run.metrics["training"]["best_epoch"] - 1)


def figures(run: "Run") -> Iterator[Figure]:
    """The headline metric by step of the horizon and the confusion of classes, for tasks that have them."""
    for last in parts(run)[-1:]:
        metrics = {name: scored["metrics"] for name, scored in last["scores"].items()}
        by_step = f"{last['headline']}_by_step"
        if by_step in metrics[NETWORK]:
            yield ByHorizon(last["headline"], {name: np.array(found[by_step]) for name, found in metrics.items()})
        if "f1_by_type" in metrics[NETWORK]:
            counts = np.array(metrics[NETWORK]["spans_by_type"])
            shares = {name: np.array(found["f1_by_type"]) for name, found in metrics.items()}
            yield ByLabel("f1", run.codec.types, shares, counts)
        if "confusion" in metrics[NETWORK]:
            yield Confusion(tuple(run.codec.labels), np.array(metrics[NETWORK]["confusion"]))


def _word(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
