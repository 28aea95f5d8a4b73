"""The chess clock of a session: base time and increment, told the time from outside."""

from dataclasses import dataclass, replace

import chess

from gru_toolkit.errors import UsageError

_LONGEST = 24 * 3600.0


@dataclass(frozen=True)
class TimeControl:
    """Seconds for the game and seconds added after every move."""

    base: float
    increment: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "TimeControl":
        """The time control a player writes: `10+5` is ten minutes and five seconds a move, `3` three minutes.

        Raises UsageError for anything else.
        """
        minutes, _, seconds = text.partition("+")
        try:
            control = cls(60 * float(minutes), float(seconds or 0))
        except ValueError:
            control = cls(0.0)
        if not (0 < control.base <= _LONGEST and 0 <= control.increment <= control.base):
            raise UsageError(f"{text!r} is no time control", hint="minutes and seconds a move, such as 10+5")
        return control

    def __str__(self) -> str:
        """As PGN writes it: `600+5`."""
        return f"{self.base:g}+{self.increment:g}" if self.increment else f"{self.base:g}"


@dataclass(frozen=True)
class Clock:
    """Both players' time at one moment; times of day are whatever the caller counts in seconds.

    white, black  seconds left when `since` was
    running       whose clock runs; None before the first move and after the game
    """

    control: TimeControl
    white: float
    black: float
    running: chess.Color | None = None
    since: float = 0.0

    @classmethod
    def ready(cls, control: TimeControl) -> "Clock":
        """Both players have their whole time; nothing runs before the first move."""
        return cls(control, control.base, control.base)

    def left(self, color: chess.Color, now: float) -> float:
        """Seconds left of one player; never below 0."""
        kept = self.white if color == chess.WHITE else self.black
        return max(0.0, kept - max(0.0, now - self.since)) if self.running == color else kept

    def pressed(self, mover: chess.Color, now: float) -> "Clock":
        """After the mover's move: the increment is added, and the other clock runs. The first move costs nothing."""
        gained = self.control.increment if self.running == mover else 0.0
        return self.pressed_with(mover, self.left(mover, now) + gained, now)

    def pressed_with(self, mover: chess.Color, left: float, now: float) -> "Clock":
        """After the mover's move, which left them so many seconds."""
        return replace(self._with(mover, left), running=not mover, since=now)

    def stopped(self, now: float) -> "Clock":
        """Nothing runs any more."""
        if self.running is None:
            return self
        return replace(self._with(self.running, self.left(self.running, now)), running=None, since=now)

    def resumed(self, color: chess.Color, now: float) -> "Clock":
        """The player's clock runs from now on, with what was left when it stopped."""
        return replace(self, running=color, since=now)

    def flagged(self, now: float) -> chess.Color | None:
        """Whose time has run out."""
        return self.running if self.running is not None and self.left(self.running, now) <= 0 else None

    def _with(self, color: chess.Color, left: float) -> "Clock":
        return replace(self, white=left) if color == chess.WHITE else replace(self, black=left)
