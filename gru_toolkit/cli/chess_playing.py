"""`chess play`: which view shows a session, and its beginning and end."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gru_toolkit.cli.text import Output
from gru_toolkit.config import from_plain
from gru_toolkit.errors import UsageError

if TYPE_CHECKING:
    from gru_toolkit.chess.playing import Playing


@dataclass(frozen=True)
class View:
    """How a session is shown.

    resume   go on with the last session instead of beginning one
    plain    lines instead of the full screen
    ascii    letters instead of chess figures
    library  where finished games go; None for the one in the user's data folder
    """

    resume: bool = False
    plain: bool = False
    ascii: bool = False
    library: Path | None = None


def play(output: Output, asked: Mapping[str, Any], view: View) -> None:
    """Carry a session out until somebody leaves it.

    Raises UsageError, ConfigError, MissingInputError or DamagedRunError if it cannot begin, CannotWriteError or
    StorageError if it cannot be kept.
    """
    if view.resume and asked:
        raise UsageError("--resume takes everything from the session it goes on with", hint="leave the others out")

    def opened() -> "Playing":
        from gru_toolkit.chess.play_config import PlayConfig
        from gru_toolkit.chess.playing import Circumstances, Playing

        config = from_plain(PlayConfig, asked)
        told = Circumstances(datetime.now(), time.monotonic(), view.library)
        return Playing.resume(told) if view.resume else Playing.open(config, told)

    if _full_screen(output, view):
        from gru_toolkit.cli.chess_screen import play_on_screen

        play_on_screen(opened, output, ascii_only=view.ascii or not output.unicode)
        return
    from gru_toolkit.cli.chess_plain import play_lines

    playing = opened()
    try:
        play_lines(output, playing, ascii_only=view.ascii)
    finally:
        playing.close()


def _full_screen(output: Output, view: View) -> bool:
    """Whether there is a terminal that can be drawn on."""
    streams = (sys.stdin, sys.stdout, sys.stderr)  # Textual draws on stderr
    terminal = all(stream.isatty() for stream in streams) and os.environ.get("TERM", "") != "dumb"
    return terminal and not view.plain and not output.json
