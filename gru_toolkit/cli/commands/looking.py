"""`doctor` and `data`: the machine, a file before training, and files to try."""

from pathlib import Path
from typing import Annotated

import typer

from gru_toolkit.cli.arguments import SomeDataPaths
from gru_toolkit.cli.flags import Given
from gru_toolkit.cli.text import Output
from gru_toolkit.config import ReadConfig, from_plain


def doctor(
    output: Output,
    given: Given,
    data: SomeDataPaths = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="The task the data is meant for; by default told from the data.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option(metavar="NAME", help="tensorflow, jax or torch: which one to look at.")
    ] = None,
) -> int:
    """Check the machine, or a data file before training on it."""
    from gru_toolkit.cli import checkup

    if data:
        read = from_plain(ReadConfig, given.get("read", {}), section="read")
        return checkup.of_data(output, tuple(data), read, task)
    return checkup.of_machine(output, backend)


def data(
    output: Output,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The sample to write.", show_default=False)] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write; by default NAME.csv here.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed makes other data of the same kind.")] = 0,
) -> None:
    """Write a small sample file to try, or list the samples."""
    from gru_toolkit.cli import samples

    if name is None:
        samples.list_all(output)
    else:
        samples.write(output, name, out, seed)
