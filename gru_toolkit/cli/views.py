"""What a run says about itself in the terminal."""

import csv
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gru_toolkit.cli import tables
from gru_toolkit.config import to_plain
from gru_toolkit.runs import wording

if TYPE_CHECKING:
    from gru_toolkit.runs.run import Run

HISTORY = "history.csv"


def scores(run: "Run", *, width: int | None) -> Iterator[str]:
    """The network beside its baselines on each part that was scored, the test part last."""
    for plain in run.metrics["parts"].values():
        yield from tables.comparison(plain, width=width)
        yield ""


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


def whole(run: "Run", *, width: int | None) -> Iterator[str]:
    """Facts, learning curve, scores, and the scores of the network that are more than one number."""
    yield from tables.pairs(facts(run))
    yield ""
    yield from learning_curve(run)
    yield from scores(run, width=width)
    parts = list(run.metrics["parts"].values())
    if parts:
        yield from details(parts[-1], list(getattr(run.codec, "labels", ())), width=width)
    for note in run.metrics["notes"]:
        yield f"note: {note}"


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


def learning_curve(run: "Run") -> Iterator[str]:
    """Training and validation loss by epoch, as bars."""
    rows = list(csv.DictReader((run.folder / HISTORY).read_text(encoding="utf-8").splitlines()))
    for name, title in (("train_loss", "training loss"), ("validation_loss", "validation loss")):
        values = [float(row[name]) for row in rows if row[name]]
        if len(values) > 1:
            yield f"{title:<16} {tables.curve(values)}  {tables.span(values)}"
    yield ""


def details(plain: Mapping[str, Any], labels: list[str], *, width: int | None) -> Iterator[str]:
    """Scores of the network that are more than one number: by step of the horizon, or by pair of classes."""
    network = next(iter(plain["scores"].values()))
    for name, value in network["metrics"].items():
        if not isinstance(value, list):
            continue
        title = wording.metric_name(name)
        if value and isinstance(value[0], list):
            yield title
            yield from tables.matrix(value, labels or [str(place) for place in range(len(value))], width=width)
        else:
            yield f"{title:<16} {tables.curve(value)}  {tables.span(value)}"
        yield ""


def _word(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
