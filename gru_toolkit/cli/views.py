"""What a run says about itself in the terminal."""

import csv
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gru_toolkit.cli import tables
from gru_toolkit.config import to_plain
from gru_toolkit.runs import wording
from gru_toolkit.runs.scoring import NETWORK

if TYPE_CHECKING:
    from gru_toolkit.runs.run import Run

HISTORY = "history.csv"


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


def whole(run: "Run", *, width: int | None) -> Iterator[str]:
    """Facts, learning curve, scores, and the scores of the network that are more than one number."""
    yield from tables.pairs(facts(run))
    yield ""
    yield from learning_curve(run)
    yield from scores(run, width=width)
    for last in parts(run)[-1:]:
        yield from details(last, list(getattr(run.codec, "labels", ())), width=width)
    for note in run.metrics["notes"]:
        if note not in run.metrics["splits"]:
            yield from tables.paragraph(f"note: {note}", width)


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
    many = {name: value for name, value in plain["scores"][NETWORK]["metrics"].items() if isinstance(value, list)}
    curves = {name: value for name, value in many.items() if value and not isinstance(value[0], list)}
    bars = {wording.metric_name(name): f"{tables.curve(value)}  {tables.span(value)}" for name, value in curves.items()}
    yield from tables.pairs(bars)
    yield ""
    for name, value in many.items():
        if name not in curves:
            yield wording.metric_name(name)
            yield from tables.matrix(value, labels or [str(place) for place in range(len(value))], width=width)
            yield ""


def _word(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
