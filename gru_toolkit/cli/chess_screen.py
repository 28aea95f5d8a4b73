"""A chess session on the full screen: the board, what is expected of both people, the moves, and a line to type in.

What a session itself needs is imported when the board stands on the screen, so that it stands there at once.
"""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import chess
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from gru_toolkit.chess.session_events import Asked, Event, Learned, Moved, Noted, Predicted, Scored, TakenBack
from gru_toolkit.cli.chess_board_view import BoardView
from gru_toolkit.cli.chess_panels import Ink, forecast_panel, hidden_panel, moves_panel, player_line
from gru_toolkit.cli.chess_words import help_lines, told
from gru_toolkit.cli.text import Output, safe_text
from gru_toolkit.errors import GruToolkitError

if TYPE_CHECKING:
    from gru_toolkit.chess.opponents import OpponentFailed, Turn
    from gru_toolkit.chess.playing import Playing

_SECONDS_A_TICK = 0.2
_KEYS = "F1 help  F2 hint  F3 flip  F5 undo  F6 redo  ^Q quit"


def play_on_screen(opened: "Callable[[], Playing]", output: Output, *, ascii_only: bool) -> None:
    """Carry a session out on the full screen.

    opened  gives the session; it is called when the board stands on the screen

    Raises what `opened` raises, and CannotWriteError or StorageError when a game cannot be written.
    """
    screen = ChessScreen(opened, Ink(unicode=not ascii_only, colour="NO_COLOR" not in os.environ))
    failure = screen.run()
    if failure is not None:
        raise failure
    output.lines(line for event in screen.last for line in told(event))


class ChessScreen(App[GruToolkitError]):
    """The full screen. Its state: the session, the square a move is entered from, and what was told last."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { background: black; color: white; }
    #opening, .player, #keys { height: 1; }
    #middle { height: 1fr; }
    #left { width: auto; }
    #board { width: auto; height: auto; }
    #side { width: 1fr; padding: 0 0 0 2; }
    #expected { height: auto; }
    #moves { height: 1fr; }
    #told { height: 2; }
    #keys { color: $text-muted; }
    Input, Input:focus { border: none; height: 1; padding: 0; background: black; color: white; }
    .plain, .plain *, .plain Input:focus { background: ansi_default; color: ansi_default; }
    .plain .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    .plain .input--placeholder, .plain #keys { color: ansi_default; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual declares it as a list
        Binding("f1", "type('help')", priority=True),
        Binding("f2", "type('hint')", priority=True),
        Binding("f3", "type('flip')", priority=True),
        Binding("f5", "type('undo')", priority=True),
        Binding("f6", "type('redo')", priority=True),
        Binding("ctrl+q,ctrl+c", "type('quit')", priority=True),
        Binding("escape", "choose_nothing", priority=True),
    ]

    def __init__(self, opened: "Callable[[], Playing]", ink: Ink):
        super().__init__(ansi_color=not ink.colour)
        self.ink = ink
        self.last: list[Event] = []
        self._opened = opened
        self._playing: Playing | None = None
        self._chosen: chess.Square | None = None
        self._told: list[str] = []
        self._judged: dict[str, Moved] = {}
        self._thinking: Turn | None = None
        self._helps = False

    def compose(self) -> ComposeResult:
        """The parts of the screen."""
        yield Static(id="opening", markup=False)
        with Horizontal(id="middle"):
            with Vertical(id="left"):
                yield Static(id="above", classes="player", markup=False)
                yield BoardView(self.ink)
                yield Static(id="below", classes="player", markup=False)
            with Vertical(id="side"):
                yield Static(id="expected", markup=False)
                yield Static(id="moves", markup=False)
        yield Static(id="told", markup=False)
        yield Input(placeholder="a move (e4, Nf3, e2e4) or help", select_on_focus=False)
        yield Static(_KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        """Open the session as soon as the board has been drawn."""
        self.screen.set_class(not self.ink.colour, "plain")
        self.query_one(Input).focus()
        self.query_one(BoardView).fit(self.size)
        self.call_after_refresh(lambda: self.set_timer(0.01, self._open))

    def on_resize(self) -> None:
        """Fit the board to the screen."""
        self.query_one(BoardView).fit(self.size)
        if self._playing:
            self.call_after_refresh(self._draw)

    def on_unmount(self) -> None:
        """Let go of the session's files and of the opponent."""
        if self._playing:
            self._playing.close()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Carry out what was typed."""
        event.input.value = ""
        if event.value.strip():
            self._enter(event.value)

    def on_board_view_clicked(self, event: BoardView.Clicked) -> None:
        """Enter a move with two clicks: from, to."""
        if self._playing is None:
            return
        board = self._playing.session.board
        if self._chosen is not None and self._chosen != event.square:
            way = (self._chosen, event.square)
            moves = [move for move in board.legal_moves if (move.from_square, move.to_square) == way]
            self._chosen = None
            if moves:
                queen = next((move for move in moves if move.promotion == chess.QUEEN), moves[0])
                self._enter(queen.uci())
                return
        own = board.color_at(event.square) == board.turn
        self._chosen = event.square if own and self._chosen != event.square else None
        self._draw_board()

    def action_type(self, line: str) -> None:
        """A key that stands for a command."""
        self._enter(line)

    def action_choose_nothing(self) -> None:
        """Give up entering a move."""
        self._chosen = None
        self.query_one(Input).value = ""
        self._draw_board()

    def _open(self) -> None:
        try:
            self._playing = self._opened()
            self._take(self._playing.begin())
        except GruToolkitError as error:
            self.exit(error)
            return
        self.set_interval(_SECONDS_A_TICK, self._tick)
        self._ask_opponent()

    def _enter(self, line: str) -> None:
        if self._playing is None:
            return
        try:
            self._take(self._playing.handle(line, time.monotonic()))
        except GruToolkitError as error:
            self.exit(error)
            return
        self._ask_opponent()

    def _tick(self) -> None:
        if self._playing is None or self._playing.session.config.control is None:
            return
        events = self._playing.tick(time.monotonic())
        if events:
            self._take(events)
        self._draw_players()

    def _ask_opponent(self) -> None:
        """Let the opponent think beside the screen, if it is its turn."""
        turn = self._playing.turn(time.monotonic()) if self._playing else None
        if turn is None or self._thinking is not None:
            return
        self._thinking = turn
        self.run_worker(lambda: self._think(turn), thread=True)

    def _think(self, turn: "Turn") -> None:
        assert self._playing is not None, "the session was opened before anybody was asked"
        choice = self._playing.choose(turn)
        self.call_from_thread(self._answer, turn, choice)

    def _answer(self, turn: "Turn", choice: "chess.Move | OpponentFailed") -> None:
        """Play what the opponent has chosen, unless moves were taken back meanwhile."""
        self._thinking = None
        if self._playing and self._playing.still(turn):
            try:
                self._take(self._playing.answer(choice, time.monotonic()))
            except GruToolkitError as error:
                self.exit(error)
                return
        self._ask_opponent()

    def _take(self, events: list[Event]) -> None:
        """Show what has happened, and write the game."""
        assert self._playing is not None, "something happened in a session"
        self._chosen = None
        for event in events:
            if isinstance(event, Moved):
                self._judged[event.colour] = event
            elif isinstance(event, TakenBack):
                self._judged.clear()
        self._helps = any(isinstance(event, Asked) and event.what == "help" for event in events)
        self._told = [line for event in events for line in self._words(event)]
        self._draw()
        self._playing.keep()
        if any(isinstance(event, Asked) and event.what == "quit" for event in events):
            self.last = [event for event in events if isinstance(event, Scored | Noted | Learned)]
            if self._playing.pgn_file:
                self.last.append(Noted(f"the game is in {self._playing.pgn_file}"))
            self.exit()

    def _words(self, event: Event) -> list[str]:
        """The lines at the foot of the screen for an event; predictions have a place of their own."""
        lines = [] if isinstance(event, Predicted) else [line.strip() for line in told(event)]
        return lines[:1] if isinstance(event, Moved) else lines

    def _draw(self) -> None:
        assert self._playing is not None, "there is something to draw"
        session = self._playing.session
        opening = session.game.opening
        self._write(
            "#opening",
            Text(safe_text(f"{opening.name} ({opening.eco})") if opening else "", no_wrap=True, overflow="crop"),
        )
        self._draw_board()
        self._draw_players()
        side = self.query_one("#side")
        width, height = max(20, side.content_size.width), max(8, side.content_size.height)
        expected = self._expected(width)
        self._write("#expected", expected)
        sans = [played.san for played in session.game.played]
        left = height - len(expected.plain.splitlines()) - 1
        moves = moves_panel(sans, session.game.start, width, left, self.ink)
        self._write("#moves", Text("\n").append_text(moves))
        told = [safe_text(line) for line in self._told]
        self._write("#told", Text("\n".join([*told[:1], "; ".join(told[1:])]), no_wrap=True, overflow="crop"))

    def _expected(self, width: int) -> Text:
        """What is expected of both people, as far as it may be seen; or what can be typed, if that was asked for."""
        assert self._playing is not None, "there is something to draw"
        session = self._playing.session
        if self._helps:
            return Text("\n".join(line[:width] for line in help_lines()) + "\n")
        forecast = session.shown_forecast()
        if forecast:
            return forecast_panel(forecast, width, self.ink)
        if session.game.over:
            return Text(f"{session.game.over.result}: {safe_text(session.game.over.reason)}\nundo, new, swap or quit\n")
        return hidden_panel(self._judged, width, self.ink, off=session.show == "off")

    def _draw_board(self) -> None:
        if self._playing:
            session = self._playing.session
            self.query_one(BoardView).show(session.board.copy(stack=2), flipped=session.flipped, chosen=self._chosen)

    def _draw_players(self) -> None:
        assert self._playing is not None, "there is something to draw"
        session, at = self._playing.session, self._playing.seconds(time.monotonic())
        tallies = session.tallies()
        for color in chess.COLORS:
            name = session.names[color]
            left = session.game.seconds_left(color, at)
            line = player_line(name, left, tallies.get(name), self.query_one("#left").size.width, self.ink)
            self._write("#below" if (color == chess.WHITE) != session.flipped else "#above", line)

    def _write(self, place: str, text: Text) -> None:
        self.query_one(place, Static).update(text)
