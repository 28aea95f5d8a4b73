"""`runs`, `show` and `diff`: what is there."""

from pathlib import Path
from typing import Annotated

import typer

from gru_toolkit.cli.arguments import RunPath
from gru_toolkit.cli.text import Output


def runs(
    output: Output,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds the runs.")] = Path("runs"),
) -> None:
    """List the runs under a folder with their scores."""
    from gru_toolkit.cli import tables
    from gru_toolkit.runs.listing import list_runs

    entries = list_runs(folder)
    output.value([entry.to_plain() for entry in entries])
    if not entries:
        output.note(f"no runs under {folder}")
        return
    rows = [
        [entry.name, entry.state, entry.task, entry.metric, tables.number(entry.score), tables.number(entry.rival)]
        for entry in entries
    ]
    output.lines(tables.fitting(["run", "state", "task", "metric", "network", "baseline"], rows, output.width))


def show(output: Output, run: RunPath) -> None:
    """Show a run: settings, learning curve and scores."""
    from gru_toolkit.cli import views
    from gru_toolkit.runs.run import load

    loaded = load(run)
    output.value(views.plain(loaded))
    output.lines(views.whole(loaded, output))


def diff(
    output: Output,
    first: Annotated[Path, typer.Argument(metavar="A", help="The folder of a run.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B", help="The folder of another run.", show_default=False)],
) -> None:
    """Show where the settings and scores of two runs differ."""
    from gru_toolkit.cli import tables
    from gru_toolkit.runs.listing import differences
    from gru_toolkit.runs.run import load

    found = differences(load(first), load(second))
    output.value({row.name: [row.first, row.second] for row in found})
    if not found:
        output.note("the runs have the same settings and scores")
        return
    rows = [[row.name, tables.number(row.first), tables.number(row.second)] for row in found]
    output.lines(tables.table(["", str(first), str(second)], rows, width=output.width))
