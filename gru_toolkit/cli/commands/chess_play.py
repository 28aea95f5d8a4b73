"""`chess play` and `chess uci`: playing."""

from pathlib import Path
from typing import Annotated

import typer

from gru_toolkit.cli.commands.chess_library import LibraryPath
from gru_toolkit.cli.flags import PACKAGE, Flag, Given, class_flags
from gru_toolkit.cli.grammar import declare
from gru_toolkit.cli.text import Output

_OWN = ("white", "black", "model", "engine_options")
"""Settings that this module spells itself: a name may hold a comma."""


def declare_all(app: typer.Typer) -> None:
    """Declare the commands of this module."""
    declare(app, play, example="gru-toolkit chess play --white Father --black Son", flags=_play_flags())
    declare(app, uci, example="gru-toolkit chess uci --player Son")


def _play_flags() -> list[Flag]:
    flags = class_flags(PACKAGE / "chess" / "play_config.py", "PlayConfig", "play")
    return [flag for flag in flags if flag.name not in _OWN]


def play(
    output: Output,
    given: Given,
    white: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Who has White; repeat it if it is one of several people.")
    ] = None,
    black: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Who has Black.")] = None,
    as_: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Play against the model of a person.")] = None,
    engine_option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="An option of the engine; may be repeated.")
    ] = None,
    library: LibraryPath = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the session that was left last.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of the full screen, as in a pipe.")] = False,
    ascii: Annotated[bool, typer.Option("--ascii", help="Letters instead of chess figures.")] = False,
) -> None:
    """Play a game while both people are predicted at every move."""
    from gru_toolkit.cli import chess_playing

    names = {"white": white, "black": black, "model": as_, "engine_options": engine_option}
    asked = {name: value for name, value in names.items() if value} | dict(given.get("play", {}))
    chess_playing.play(output, asked, chess_playing.View(resume, plain, ascii, Path(library) if library else None))


def uci(
    output: Output,
    player: Annotated[str | None, typer.Option(metavar="NAME", help="Whose model plays.")] = None,
    opponent: Annotated[str | None, typer.Option(metavar="NAME", help="Whom it plays against.")] = None,
    temperature: Annotated[int, typer.Option(metavar="PERCENT", help="How freely moves are drawn; 0 to 1000.")] = 100,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Draw the same moves every time.")] = None,
) -> None:
    """Be a person as a chess engine for any chess program, over the UCI protocol."""
    from gru_toolkit.cli import chess_engine

    chess_engine.serve({"Player": player, "Opponent": opponent, "Temperature": temperature, "Seed": seed})
