"""One game of a session: its moves, its clocks, and what was foreseen of it, with taking back and repeating."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import chess

from gru_toolkit.chess.clocks import Clock, TimeControl
from gru_toolkit.chess.foresight import Foresight, Seats, colour_of
from gru_toolkit.chess.next_move import NextMoveNetwork, Setting
from gru_toolkit.chess.openings import Opening, named_positions
from gru_toolkit.chess.position_keys import position_key
from gru_toolkit.chess.session_events import (
    Believed,
    Event,
    Expectation,
    GameOver,
    LeftRepertoire,
    Moved,
    OpeningNamed,
    Predicted,
    Show,
    TakenBack,
)  # fmt: skip
from gru_toolkit.chess.session_rules import PlayedMove, flag_fall, outcome_of
from gru_toolkit.errors import UsageError


@dataclass(frozen=True)
class GameConfig:
    """How a game begins.

    setting  ratings and time control, for the network
    control  the clock; None without one
    fen      the position at the start; None for the usual one
    """

    setting: Setting = field(default_factory=Setting)
    control: TimeControl | None = None
    fen: str | None = None


class RunningGame:
    """A game being played. The state it protects: everything there is of each ply, so that taking one back is a pop,
    the moves taken back, and in which positions the prediction has been seen already."""

    def __init__(self, config: GameConfig, seats: Seats, network: NextMoveNetwork):
        self.config = config
        self.seated = dict(seats)
        self.start = chess.Board(config.fen) if config.fen else chess.Board()
        self.foresight = Foresight(seats, network, config.setting, self.start)
        self.telling = True
        self._played: list[PlayedMove] = []
        self._undone: list[PlayedMove] = []
        self._openings: list[Opening | None] = [named_positions().get(position_key(self.start))]
        self._clocks: list[Clock | None] = [Clock.ready(config.control) if config.control else None]
        self._seen: set[tuple[chess.Move, ...]] = set()
        self._over: GameOver | None = outcome_of(self.start)

    @property
    def board(self) -> chess.Board:
        """The board with the moves so far; it changes with them, so whoever keeps it or changes it takes a copy."""
        return self.foresight.board

    @property
    def played(self) -> Sequence[PlayedMove]:
        """The moves of the game."""
        return tuple(self._played)

    @property
    def undone(self) -> Sequence[PlayedMove]:
        """The moves that were taken back, the next one to be repeated last."""
        return tuple(self._undone)

    @property
    def over(self) -> GameOver | None:
        """How the game has ended, if it has."""
        return self._over

    @property
    def opening(self) -> Opening | None:
        """The name of the last position so far that has one."""
        return next((opening for opening in reversed(self._openings) if opening), None)

    def seconds_left(self, color: chess.Color, now: float) -> float | None:
        """What is on a player's clock; None without a clock."""
        clock = self._clocks[-1]
        return None if clock is None else clock.left(color, now)

    def see(self) -> None:
        """The prediction for the position on the board has been seen, so that it cannot count any more."""
        self._seen.add(self._path())

    def has_seen(self) -> bool:
        """Whether the prediction for the position on the board has been seen."""
        return self._path() in self._seen

    def predicted(self, show: Show) -> list[Event]:
        """What both are expected to do now, if it is to be shown before the move."""
        if show != "before" or self._over:
            return []
        self.see()
        if not self.telling:
            return []
        return [Predicted(len(self._played) + 1, self.foresight.forecast())]

    def play(self, move: chess.Move, now: float, show: Show) -> list[Event]:
        """Play a legal move. Raises UsageError when the game is over, for a flag that has fallen too."""
        events = self.tick(now)
        if events:
            return events
        self.refuse_after_end()
        self._undone.clear()
        return self._make(move, now, show, None)

    def undo(self, count: int, now: float, show: Show) -> TakenBack:
        """Take moves back; the clocks stand as they stood then. Raises UsageError when there are not so many."""
        if count > len(self._played):
            there = f"only {len(self._played)} to take back" if self._played else "no move to take back"
            raise UsageError(f"there is {there}")
        names = []
        for _ in range(count):
            played = self._played.pop()
            names.append(played.san)
            self.foresight.pop()
            self._undone.append(played)
            self._openings.pop()
            self._clocks.pop()
            if show != "off":
                self.see()
        self._over = None
        clock = self._clocks[-1]
        if clock is not None and clock.running is not None:
            self._clocks[-1] = clock.resumed(clock.running, now)
        return TakenBack(tuple(names), len(self._played))

    def redo(self, count: int, now: float, show: Show) -> list[Event]:
        """Play moves again as they were. Raises UsageError when there are not so many."""
        if count > len(self._undone):
            there = f"only {len(self._undone)} to repeat" if self._undone else "no move to repeat"
            raise UsageError(f"there is {there}")
        self.refuse_after_end()
        events: list[Event] = []
        for _ in range(count):
            again = self._undone.pop()
            events += self._make(again.move, now, show, again)
        return events

    def end(self, over: GameOver, now: float) -> GameOver:
        """End the game. Raises UsageError when it is over already."""
        self.refuse_after_end()
        self._over = over
        self._undone.clear()
        clock = self._clocks[-1]
        if clock is not None:
            self._clocks[-1] = clock.stopped(now)
        return over

    def tick(self, now: float) -> list[Event]:
        """See whether a flag has fallen."""
        clock = self._clocks[-1]
        loser = None if clock is None or self._over else clock.flagged(now)
        return [] if loser is None else [self.end(flag_fall(self.board, loser), now)]

    def hold_clock(self, now: float) -> None:
        """The time until now did not pass in the game: nobody was at the board."""
        clock = self._clocks[-1]
        if clock is not None and clock.running is not None:
            self._clocks[-1] = replace(clock, since=now)

    def refuse_after_end(self) -> None:
        """Raises UsageError when the game is over."""
        if self._over:
            raise UsageError(f"the game is over: {self._over.reason}", hint="undo, new or quit")

    def _make(self, move: chess.Move, now: float, show: Show, again: PlayedMove | None) -> list[Event]:
        """Play a move, for the first time or as it was."""
        board, mover = self.board, self.board.turn
        seat, san = self.foresight.seat(mover), board.san(move)
        hidden = show == "after" and not self.has_seen() and seat.by == "person"
        if show == "after" and self.telling:
            self.foresight.forecast()
        ahead = self.foresight.foreseen_answer()
        clock = self._pressed(mover, now, again)
        left = clock.left(mover, now) if clock else None
        judged = self.foresight.push(move, left)  # The board moves with it.
        played = again or PlayedMove(move, mover, san, left, judged, hidden)
        self._played.append(played)
        self._clocks.append(clock)
        events = [self._moved(played, board, show, ahead)]
        events += self._remarks(played, board)
        self._over = outcome_of(board)
        if self._over:
            if clock is not None:
                self._clocks[-1] = clock.stopped(now)
            events.append(self._over)
        return events

    def _pressed(self, mover: chess.Color, now: float, again: PlayedMove | None) -> Clock | None:
        clock = self._clocks[-1]
        if clock is None or again is None or again.seconds_left is None:
            return clock and clock.pressed(mover, now)
        return clock.pressed_with(mover, again.seconds_left, now)

    def _moved(self, played: PlayedMove, after: chess.Board, show: Show, ahead: Expectation | None) -> Event:
        return Moved(
            ply=len(self._played),
            colour=colour_of(played.color),
            name=self.foresight.seat(played.color).name,
            san=played.san,
            uci=played.move.uci(),
            fen=after.fen(),
            seconds_left=played.seconds_left,
            judged=None if show == "off" else played.judged,
            ahead=None if show == "off" else ahead,
            counted=played.counted,
        )

    def _remarks(self, played: PlayedMove, after: chess.Board) -> list[Event]:
        """What is to be said of a move beside itself: the opening, the repertoire, who is playing."""
        events: list[Event] = []
        named = named_positions().get(position_key(after))
        if named and named != self.opening:
            events.append(OpeningNamed(named.eco, named.name))
        self._openings.append(named)
        judged, colour = played.judged, colour_of(played.color)
        seat = self.foresight.seat(played.color)
        if judged.usual and seat.by == "person":
            events.append(LeftRepertoire(colour, seat.name, played.san, judged.usual))
        if not seat.certain:
            shares = sorted(zip((one.name for one in seat.people), seat.shares, strict=True), key=lambda one: -one[1])
            events.append(Believed(colour, tuple(shares)))
        return events

    def _path(self) -> tuple[chess.Move, ...]:
        return tuple(one.move for one in self._played)
