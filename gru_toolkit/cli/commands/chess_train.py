"""`chess train`: a network of one's own, the same as `train` on PGN files."""

from pathlib import Path
from typing import Annotated

import typer

from gru_toolkit.cli.commands import learning
from gru_toolkit.cli.flags import PACKAGE, TASK_SETTINGS, Given, class_flags, section_flags
from gru_toolkit.cli.grammar import declare
from gru_toolkit.cli.text import Output


def declare_all(app: typer.Typer) -> None:
    """Declare the commands of this module."""
    file, name = TASK_SETTINGS["chess"]
    allowed = [flag for flag in section_flags("read") if flag.name == "max_rejects"]
    flags = [*allowed, *section_flags("split"), *class_flags(PACKAGE / file, name, "task"), *section_flags("train")]
    declare(app, train, example="gru-toolkit chess train games.pgn --preset fast", flags=flags)


def train(
    output: Output,
    given: Given,
    games: Annotated[list[str], typer.Argument(metavar="GAMES…", help="PGN files.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="The run folder; by default a new one under runs/."),
    ] = None,
) -> int:
    """Train a network of one's own on games, and write a run folder like every other."""
    return learning.train(output, given, list(games), "chess", out)
