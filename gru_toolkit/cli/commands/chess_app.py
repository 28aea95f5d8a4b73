"""`chess …`: the commands about chess players, one module for each group of them."""

from importlib import import_module
from typing import Any

import typer

from gru_toolkit.cli.grammar import HelpSwitch
from gru_toolkit.cli.text import Output

GROUPS = ("chess_library", "chess_people", "chess_play", "chess_train")
"""Modules of `cli/commands/`; each has `declare_all(app)`, which declares its commands."""


def chess_app(*, with_commands: bool) -> typer.Typer:
    """The sub-app `chess`.

    with_commands  whether its commands are wanted too, and not only its line in the help above it
    """
    app = typer.Typer(
        name="chess",
        help="Learn how two people play chess and predict both.",
        epilog="Start with: gru-toolkit chess import games.pgn",
        rich_markup_mode=None,
        add_help_option=False,
    )
    app.callback(invoke_without_command=True)(_without_command)
    for group in GROUPS if with_commands else ():
        module: Any = import_module(f"gru_toolkit.cli.commands.{group}")
        module.declare_all(app)
    return app


def _without_command(context: typer.Context, help: HelpSwitch = False) -> None:
    if context.invoked_subcommand is None:
        Output().lines(context.get_help().splitlines())
