"""What `doctor` finds, on the terminal."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from gru_toolkit.cli import tables
from gru_toolkit.cli.text import Output
from gru_toolkit.config import ReadConfig, TrainConfig
from gru_toolkit.errors import DataError, GruToolkitError, UsageError

if TYPE_CHECKING:
    from gru_toolkit.sequences.doctor import Diagnosis, Finding

STDIN = "-"


def of_machine(output: Output, backend: str | None) -> int:
    """Print what training would run on."""
    from gru_toolkit.runs import inventory

    report = inventory.describe(TrainConfig(backend=backend))
    output.value(report.to_plain())
    output.lines(tables.pairs(report.facts(), output.width))
    return 0


def of_data(output: Output, data: tuple[str, ...], read: ReadConfig, task: str | None) -> int:
    """Print what is wrong with the files; the exit status is that of bad data if training would stop.

    Raises MissingInputError for a file that is not there.
    """
    from gru_toolkit import tasks
    from gru_toolkit.sequences.doctor import examine
    from gru_toolkit.sequences.sources import find_source

    for path in data:
        find_source(path, read.format)
    name = task or _guessed(output, data, read)
    found = tasks.find(name)
    diagnosis = examine(data, read, found.wants(found.settings(), labelled=True))
    output.value({**asdict(diagnosis), "task": name, "fatal": diagnosis.fatal})
    output.lines(_lines(diagnosis, output.width))
    return DataError.exit_status if diagnosis.fatal else 0


def _guessed(output: Output, data: tuple[str, ...], read: ReadConfig) -> str:
    """The task that the data are examined for. Raises UsageError or DataError when it cannot be told."""
    from gru_toolkit.sequences.reading import read_tables
    from gru_toolkit.tasks.guessing import guess_task
    from gru_toolkit.tasks.text_guessing import plain_task

    if STDIN in data:
        raise UsageError("the task cannot be told from standard input", hint="name it with --task")
    plain = plain_task(data, read)
    if plain is not None:
        output.note(f"examined for the task {plain[0]}, because {plain[1]}; override with --task")
        return plain[0]
    try:
        table = read_tables(data, read, None)
    except GruToolkitError:
        return "forecast"  # The examination meets the same error and reports it, whatever the task.
    guess = guess_task(table, read)
    output.note(f"examined for the task {guess.task}, because {guess.reason}; override with --task")
    return guess.task


def _lines(diagnosis: "Diagnosis", width: int | None) -> Iterator[str]:
    size = {"sequences": diagnosis.sequences, "steps": diagnosis.steps}
    facts = {name: f"{count:,}" for name, count in size.items() if count is not None}
    facts |= {"time": f"{diagnosis.first} to {diagnosis.last}"} if diagnosis.first else {}
    facts |= {"step": diagnosis.step} if diagnosis.step else {}
    yield from tables.pairs(facts, width)
    if diagnosis.columns:
        rows = [
            [c.name, c.kind, c.role or "–", *map(tables.number, (c.missing, c.different, c.minimum, c.maximum))]
            for c in diagnosis.columns
        ]
        yield ""
        headers = ["column", "kind", "role", "missing", "different", "lowest", "highest"]
        yield from tables.fitting(headers, rows, width)
        yield ""
    for finding in diagnosis.findings:
        yield from tables.paragraph(_finding(finding), width)
    yield "training would stop" if diagnosis.fatal else "nothing stops training"


def _finding(finding: "Finding") -> str:
    where = f"{finding.place}: " if finding.place else ""
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{finding.severity}: {where}{finding.message}{hint}"
