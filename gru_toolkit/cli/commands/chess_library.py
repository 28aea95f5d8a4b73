"""`chess import`, `chess fetch`, `chess players` and `chess forget`: the library of games."""

from typing import Annotated

import typer

from gru_toolkit.cli.grammar import declare
from gru_toolkit.cli.text import Output

LibraryPath = Annotated[
    str | None,
    typer.Option("--library", metavar="FILE", help="The library of games; by default the one in your data folder."),
]


def declare_all(app: typer.Typer) -> None:
    """Declare the commands of this module."""
    declare(app, players, example="gru-toolkit chess players")


def players(
    output: Output,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Part of a name.")] = None,
    library: LibraryPath = None,
) -> None:
    """List who is in the library of games."""
