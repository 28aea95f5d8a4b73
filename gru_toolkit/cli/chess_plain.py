"""A chess session line by line: moves and commands from stdin, a block of lines for every half-move."""

import io
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator

import chess

from gru_toolkit.chess.playing import Playing
from gru_toolkit.chess.session_events import Asked, Event, Moved, Started, TakenBack, Turned, as_plain
from gru_toolkit.cli.chess_board import board_lines
from gru_toolkit.cli.chess_words import help_lines, move_lines, told
from gru_toolkit.cli.text import Output, safe_text


def play_lines(output: Output, playing: Playing, *, ascii_only: bool) -> None:
    """Carry a session out until `quit` or the end of the input.

    Raises CannotWriteError or StorageError when a game cannot be written.
    """
    view = _View(output, playing, unicode=output.unicode and not ascii_only)
    view.show(playing.begin())
    if view.answer():
        return
    for line in _lines(playing):
        if line.strip() and view.enter(line):
            return
    view.enter("quit")


class _View:
    """Shows what happens as lines. Its state is where they go and the session they are about."""

    def __init__(self, output: Output, playing: Playing, *, unicode: bool):
        self._output = output
        self._playing = playing
        self._unicode = unicode
        self._watched = sys.stdout.isatty()

    def enter(self, line: str) -> bool:
        """Carry out a line and let the opponent answer; whether the session has ended."""
        return self._take(self._playing.handle(line, time.monotonic())) or self.answer()

    def answer(self) -> bool:
        """Let the opponent move as long as it is its turn."""
        turn = self._playing.turn(time.monotonic())
        while turn is not None:
            choice = self._playing.choose(turn)
            if self._take(self._playing.answer(choice, time.monotonic())) or not isinstance(choice, chess.Move):
                break
            turn = self._playing.turn(time.monotonic())
        return False

    def show(self, events: Iterable[Event]) -> None:
        """Tell of events."""
        for event in events:
            if self._output.json:
                self._output.record(as_plain(event))
            else:
                for line in [*told(event), *self._drawn(event)]:
                    self._output.lines(self._fitted(line))
        sys.stdout.flush()

    def _take(self, events: list[Event]) -> bool:
        self.show(events)
        self._playing.keep()
        return any(isinstance(event, Asked) and event.what == "quit" for event in events)

    def _drawn(self, event: Event) -> list[str]:
        """The board or a list, where the event asks for one; on a terminal the board is drawn after each move."""
        session = self._playing.session
        asked = event.what if isinstance(event, Asked) else ""
        if asked == "help":
            return help_lines()
        if asked == "moves":
            start = session.game.start
            sans = [played.san for played in session.game.played]
            return move_lines(sans, start.fullmove_number, black_first=start.turn == chess.BLACK)
        watched = self._watched and isinstance(event, Moved | TakenBack | Turned)
        if asked == "board" or isinstance(event, Started) or watched:
            return board_lines(session.board, flipped=session.flipped, unicode=self._unicode)
        return []

    def _fitted(self, line: str) -> list[str]:
        width = self._output.width
        if width is None or len(line) <= width:
            return [line]
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, max(20, width), subsequent_indent=indent, drop_whitespace=True)


def _lines(playing: Playing) -> Iterator[str]:
    """What is typed, with a prompt if somebody sits there; bytes that are no text are read as escapes."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="backslashreplace")
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    while True:
        session = playing.session
        name = session.names[session.board.turn]
        try:
            yield input(f"{safe_text(name)}> ")
        except EOFError:
            return
