"""The runs in a folder, and what two of them differ in."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gru_toolkit.config import to_plain
from gru_toolkit.errors import GruToolkitError, MissingInputError, Place
from gru_toolkit.runs import manifest, run
from gru_toolkit.runs.run import Run
from gru_toolkit.runs.scoring import NETWORK

FINISHED, RESUMABLE, DAMAGED = "finished", "resumable", "damaged"


@dataclass(frozen=True)
class Entry:
    """One run folder at a glance.

    state   finished, resumable (interrupted with its checkpoints), or damaged
    metric  the headline metric on the last part that was scored; score is the network's, rival the best baseline's
    problem what is wrong with a damaged one
    """

    name: str
    state: str
    task: str = ""
    metric: str = ""
    score: float | None = None
    rival: float | None = None
    problem: str | None = None

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)


def list_runs(folder: Path) -> list[Entry]:
    """The run folders directly under a folder, by name.

    Raises MissingInputError when the folder is not there.
    """
    if not folder.is_dir():
        raise MissingInputError("there is no such folder", place=Place(str(folder)))
    candidates = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [entry for entry in map(_entry, candidates) if entry is not None]


def _entry(folder: Path) -> Entry | None:
    if not (folder / manifest.NAME).is_file():
        return Entry(folder.name, RESUMABLE) if (folder / "config.toml").is_file() else None
    try:
        found = run.load(folder)
    except GruToolkitError as error:
        return Entry(folder.name, DAMAGED, problem=str(error))
    parts: Mapping[str, Any] = found.metrics["parts"]
    part = parts.get("test") or parts.get("validation")
    if part is None:
        return Entry(folder.name, FINISHED, found.task.name)
    metric = part["headline"]
    scores = {name: scored["metrics"][metric] for name, scored in part["scores"].items()}
    return Entry(folder.name, FINISHED, found.task.name, metric, scores[NETWORK], scores.get(part["rival"]))


@dataclass(frozen=True)
class Difference:
    """One setting or score in which two runs differ; None where a run does not have it."""

    name: str
    first: Any
    second: Any


def differences(first: Run, second: Run) -> list[Difference]:
    """The settings and then the scores in which two runs differ."""
    facts = [dict(_facts(one)) for one in (first, second)]
    names = list(dict.fromkeys([*facts[0], *facts[1]]))
    rows = [Difference(name, facts[0].get(name), facts[1].get(name)) for name in names]
    return [row for row in rows if row.first != row.second]


def _facts(one: Run) -> Iterator[tuple[str, Any]]:
    configuration = one.configuration
    yield "task", one.task.name
    yield "data", ", ".join(configuration.data)
    yield "data fingerprint", one.metrics["data"]["fingerprint"]
    for section in ("read", "split", "train"):
        for name, value in to_plain(getattr(configuration, section)).items():
            yield f"{section}.{name}", _words(value)
    for name, value in to_plain(configuration.settings).items():
        yield f"task.{name}", _words(value)
    for part, plain in one.metrics["parts"].items():
        for who, scored in plain["scores"].items():
            for metric, value in scored["metrics"].items():
                if not isinstance(value, list):
                    yield f"{part} {who} {metric}", value


def _words(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
