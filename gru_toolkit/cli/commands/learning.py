"""`train` and `resume`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gru_toolkit.cli.arguments import RunPath, SomeDataPaths
from gru_toolkit.cli.flags import TASK_SETTINGS, Given
from gru_toolkit.cli.text import Output

if TYPE_CHECKING:
    from gru_toolkit.runs.run import Run
    from gru_toolkit.sequences.table import Reject


def train(
    output: Output,
    given: Given,
    data: SomeDataPaths = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help=f"{', '.join(TASK_SETTINGS)}; by default told from the data.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="The run folder; by default a new one under runs/."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Settings, such as a run's config.toml; flags win over it."),
    ] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="RUN", help="Start from a finished run's settings and weights.")
    ] = None,
    init_from: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Begin with what another task's network lends: a language model's to texts."),
    ] = None,
) -> int:
    """Train a network on files of sequences and write a run folder."""
    from gru_toolkit.cli.progress import Progress
    from gru_toolkit.cli.request import Asked, resolve
    from gru_toolkit.runs import training

    resolved = resolve(Asked(tuple(data or ()), given, task, out, config, from_, init_from))
    for note in resolved.notes:
        output.note(note)
    with Progress(output) as progress:
        run = training.train(resolved.request, on_event=progress, dataset=resolved.dataset)
    return _finished(output, run, progress.rejects)


def resume(
    output: Output,
    run: RunPath,
    inexact: Annotated[
        bool, typer.Option("--inexact", help="Continue although versions, threads or the processor differ.")
    ] = False,
    query: Annotated[
        str | None, typer.Option(metavar="SQL", help="The query of a run that read one: queries are never saved.")
    ] = None,
) -> int:
    """Continue an interrupted run as if nothing had happened."""
    from gru_toolkit.cli.progress import Progress
    from gru_toolkit.runs import training

    with Progress(output) as progress:
        finished = training.resume(run, inexact=inexact, query=query, on_event=progress)
    return _finished(output, finished, progress.rejects)


def _finished(output: Output, run: "Run", rejected: "Sequence[Reject]") -> int:
    """Print what came out, and where to go from here."""
    from gru_toolkit.cli import rejects, views

    output.value({"run": str(run.folder), "task": run.task.name, "metrics": run.metrics, "rejected": len(rejected)})
    output.lines(views.scores(run, width=output.width))
    output.line(f"run: {run.folder}")
    output.note(f"next: gru-toolkit show {run.folder}, or gru-toolkit predict {run.folder} DATA")
    return rejects.report(output, rejected)
