"""A session at the board: two people, a person and a model, or a person and an engine, both foreseen at every ply.

`handle` takes what a player typed and tells what happened. There is no input, no output and no clock inside: time comes
in as seconds, files are asked for with events, and whoever carries a session out does the rest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import chess

from gru_toolkit.chess.clocks import TimeControl
from gru_toolkit.chess.foresight import Seats, colour_of
from gru_toolkit.chess.game import UNKNOWN_NAME
from gru_toolkit.chess.next_move import NextMoveNetwork, Setting
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.running_game import GameConfig, RunningGame
from gru_toolkit.chess.session_commands import Command, move_of, parse
from gru_toolkit.chess.session_events import (
    SHOWS,
    Asked,
    Event,
    Forecast,
    GameOver,
    Learned,
    Noted,
    Predicted,
    Refused,
    Scored,
    Show,
    ShowChanged,
    Started,
    Tally,
    Turned,
)  # fmt: skip
from gru_toolkit.chess.session_rules import claimable_draw, refuse_illegal, tally_of, win_of
from gru_toolkit.config import nearest
from gru_toolkit.errors import UsageError

LAST_LEARNED = "last_session_game"
"""The fact of a player that names the last game of a session it learned from, so that none teaches twice."""
LEAST_PLIES = 4
"""Shorter games teach nothing."""


@dataclass(frozen=True)
class SessionConfig:
    """How a session begins.

    id       names it for good
    show     when predictions are shown
    number   of the first game
    tallies  the score so far, by name
    """

    id: str
    setting: Setting = field(default_factory=Setting)
    control: TimeControl | None = None
    fen: str | None = None
    show: Show = "before"
    number: int = 1
    tallies: tuple[tuple[str, Tally], ...] = ()


class Session:
    """One session. The state it protects: the game being played, who sits where, and the score so far."""

    def __init__(self, config: SessionConfig, seats: Seats, network: NextMoveNetwork):
        """Raises UsageError for a position that cannot arise."""
        self.config = config
        self.number = config.number
        self.flipped = False
        self.show: Show = config.show
        self._network = network
        self._seats = dict(seats)
        self.past = dict(config.tallies)
        self.teaches = True
        self._learned: list[Player] = []
        refuse_illegal([], config.fen)
        self.game = self._new_game(config.fen)

    @property
    def board(self) -> chess.Board:
        """The board with the moves so far; it changes with them, so whoever keeps it or changes it takes a copy."""
        return self.game.board

    @property
    def names(self) -> dict[chess.Color, str]:
        """Who plays, by colour."""
        return {color: seat.name for color, seat in self._seats.items()}

    @property
    def seats(self) -> Seats:
        """Who is believed to sit where, now."""
        return {color: self.game.foresight.seat(color) for color in chess.COLORS}

    @property
    def game_id(self) -> str:
        """Names this game among all games of all sessions."""
        return f"{self.config.id}/{self.number}"

    @property
    def waits_for(self) -> chess.Color | None:
        """The side to move, if it is not a person's turn."""
        turn = self.board.turn
        return None if self.game.over or self._seats[turn].by == "person" else turn

    def taken_learned(self) -> list[Player]:
        """The models that have learned from games and were not taken before: they are to be kept."""
        learned, self._learned = self._learned, []
        return learned

    def shown_forecast(self) -> Forecast | None:
        """What may be seen before the move; None while it is hidden, and after the end."""
        if self.game.over or (self.show != "before" and not self.game.has_seen()):
            return None
        return self.game.foresight.forecast()

    def tallies(self) -> dict[str, Tally]:
        """How well each person was predicted in this session, by name."""
        found = dict(self.past)
        for color, seat in self._seats.items():
            if seat.by == "person":
                found[seat.name] = found.get(seat.name, Tally()) + tally_of(self.game.played, color)
        return found

    def begin(self) -> list[Event]:
        """Where the game stands: tell it when the session is opened."""
        names, board = self.names, self.board
        started = Started(
            self.number, names[chess.WHITE], names[chess.BLACK], board.fen(), self.show, len(self.game.played)
        )
        over: list[Event] = [self.game.over] if self.game.over else []
        return [started, *over, *self.game.predicted(self.show)]

    def handle(self, line: str, now: float = 0.0) -> list[Event]:
        """What happens when a player types a line at the moment `now`, in seconds; a refusal is an event too."""
        try:
            command = parse(line)
            return self._actions[command.word](self, command, now)
        except UsageError as error:
            return [Refused(error.message, error.hint)]

    def rehearse(self, lines: Callable[[], None]) -> None:
        """Do something that happened before, without foreseeing anew what both people would do."""
        self.game.telling = False
        lines()
        self.game.telling = True

    def tick(self, now: float) -> list[Event]:
        """What happens because time passes: a flag may fall."""
        return self.game.tick(now)

    def load(self, moves: Sequence[chess.Move], fen: str | None, *, teaches: bool, now: float) -> list[Event]:
        """Go on with a game that was played elsewhere. Its moves count in nobody's score.

        teaches  whether the models of the people here may learn from it once it has ended

        Raises UsageError for a position or a move that is not legal.
        """
        refuse_illegal(moves, fen)
        events = self._leave()
        self.past = self.tallies()
        self._next_game(fen)
        self.teaches = teaches
        self.play_unforeseen(moves, now)
        return [*events, *self.begin()]

    def play_unforeseen(self, moves: Sequence[chess.Move], now: float) -> None:
        """Play legal moves that were made elsewhere."""
        for move in moves:
            self.game.play(move, now, "off")

    def hand_over(self, color: chess.Color) -> None:
        """A person makes the moves of this side from now on; whoever made them before cannot."""
        self._seats[color] = replace(self._seats[color], by="person")
        self.game.foresight.hand_over(color)

    def _new_game(self, fen: str | None) -> RunningGame:
        config = GameConfig(self.config.setting, self.config.control, fen)
        return RunningGame(config, self._seats, self._network)

    def _move(self, command: Command, now: float) -> list[Event]:
        move = move_of(command.argument, self.board)
        return [*self.game.play(move, now, self.show), *self.game.predicted(self.show)]

    def _undo(self, command: Command, now: float) -> list[Event]:
        back = self.game.undo(self._plies(command, -1), now, self.show)
        return [back, *self.game.predicted(self.show)]

    def _redo(self, command: Command, now: float) -> list[Event]:
        events = self.game.redo(self._plies(command, 1), now, self.show)
        return [*events, *self.game.predicted(self.show)]

    def _plies(self, command: Command, direction: int) -> int:
        """How many plies to go; untold, as many as bring a person's turn."""
        if command.argument:
            return command.count
        here = len(self.game.played)
        there = here + 2 * direction
        alone = any(seat.by != "person" for seat in self._seats.values())
        most = here + len(self.game.undone)
        return 2 if alone and self.waits_for is None and 0 <= there <= most else 1

    def _flip(self, command: Command, now: float) -> list[Event]:
        self.flipped = not self.flipped
        return [Turned(self.flipped)]

    def _hint(self, command: Command, now: float) -> list[Event]:
        self.game.refuse_after_end()
        self.game.see()
        return [Predicted(len(self.game.played) + 1, self.game.foresight.forecast(), hint=True)]

    def _show(self, command: Command, now: float) -> list[Event]:
        show = next((show for show in SHOWS if show == command.argument), None)
        if show is None:
            hint = nearest(command.argument, SHOWS) or f"one of {', '.join(SHOWS)}"
            raise UsageError(f"predictions cannot be shown {command.argument!r}", hint=hint)
        self.show = show
        return [ShowChanged(show), *self.game.predicted(show)]

    def _score(self, command: Command, now: float) -> list[Event]:
        return [Scored(self.tallies())]

    def _resign(self, command: Command, now: float) -> list[Event]:
        people = [color for color, seat in self._seats.items() if seat.by == "person"]
        loser = people[0] if len(people) == 1 else self.board.turn
        return [self.game.end(win_of(not loser, f"{self.names[loser]} resigned"), now)]

    def _draw(self, command: Command, now: float) -> list[Event]:
        over = claimable_draw(self.board)
        if over is None and any(seat.by != "person" for seat in self._seats.values()):
            raise UsageError("the other side does not agree to a draw, and there is none to claim", hint="resign")
        return [self.game.end(over or GameOver("1/2-1/2", "a draw was agreed"), now)]

    def _new(self, command: Command, now: float) -> list[Event]:
        events = self._leave()
        self.past = self.tallies()
        if command.word == "swap":
            self._seats = {color: self._seats[not color] for color in chess.COLORS}
            setting = self.config.setting
            turned = replace(setting, white_rating=setting.black_rating, black_rating=setting.white_rating)
            self.config = replace(self.config, setting=turned)
        self._next_game(self.config.fen)
        return [*events, *self.begin()]

    def _quit(self, command: Command, now: float) -> list[Event]:
        return [*self._leave(), Scored(self.tallies()), Asked("quit")]

    def _ask(self, command: Command, now: float) -> list[Event]:
        return [Asked(command.word, command.argument)]

    def _leave(self) -> list[Event]:
        """Leave the game: if it has ended, it teaches both people's models."""
        for color in self._seats:
            self._seats[color] = self.game.foresight.seat(color)
        if not self.game.over or not self.teaches:
            return []
        self.teaches = False
        if len(self.game.played) < LEAST_PLIES:
            return [Noted(f"a game of fewer than {LEAST_PLIES} moves teaches nothing")]
        learned = self.game.foresight.learned()
        events = [self._learn(color, learned[color]) for color in chess.COLORS]
        return [event for event in events if event]

    def _learn(self, color: chess.Color, player: Player) -> Event | None:
        """Keep the model of one side as it is after the game."""
        seat, colour = self._seats[color], colour_of(color)
        if seat.by != "person" or seat.likeliest.facts.get(LAST_LEARNED) == self.game_id:
            return None
        if seat.recognised is None or seat.written == UNKNOWN_NAME:
            return Noted(f"nobody learns from {colour}'s moves: it is not known who played them")
        player = replace(player, facts={**player.facts, LAST_LEARNED: self.game_id})
        self._seats[color] = seat.with_player(player)
        self._learned.append(player)
        return Learned(colour, player.name, player.memory.games)

    def _next_game(self, fen: str | None) -> None:
        self.number += 1
        self.game = self._new_game(fen)
        self.teaches = True

    _actions: ClassVar[Mapping[str, Callable[["Session", Command, float], list[Event]]]] = {
        "move": _move,
        "undo": _undo,
        "redo": _redo,
        "flip": _flip,
        "hint": _hint,
        "show": _show,
        "score": _score,
        "resign": _resign,
        "draw": _draw,
        "new": _new,
        "swap": _new,
        "quit": _quit,
    } | dict.fromkeys(("board", "moves", "help", "save", "load"), _ask)
