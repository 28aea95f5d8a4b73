"""What a user may ask of a session."""

from dataclasses import dataclass

import chess

from gru_toolkit.chess.clocks import TimeControl
from gru_toolkit.chess.names import name_key
from gru_toolkit.chess.next_move import Setting
from gru_toolkit.chess.session import SessionConfig
from gru_toolkit.chess.session_events import SHOWS
from gru_toolkit.config import nearest
from gru_toolkit.errors import ConfigError, UsageError


@dataclass(frozen=True)
class PlayConfig:
    """What a user asks for when a session begins; plain values only."""

    white: tuple[str, ...] = ()
    """Who has White; several names if it is one of them, none if it is not known."""
    black: tuple[str, ...] = ()
    """Who has Black."""
    model: str | None = None
    """Play against the model of this person."""
    engine: str | None = None
    """Play against this UCI engine: its program, with arguments."""
    engine_seconds: float = 1.0
    """Seconds for a move of the engine, where there is no clock."""
    engine_options: tuple[str, ...] = ()
    """NAME=VALUE, set in the engine."""
    temperature: float = 1.0
    """How freely the model draws its moves; 0 always plays the likeliest."""
    seed: int = 0
    """For the moves that are drawn."""
    show: str = "before"
    """Predictions before the move, after it (hits count), or off."""
    clock: str | None = None
    """Minutes for the game and seconds a move, 10+5."""
    white_rating: int | None = None
    """White's rating."""
    black_rating: int | None = None
    """Black's rating."""
    fen: str | None = None
    """The position at the start."""

    def __post_init__(self) -> None:
        if self.show not in SHOWS:
            hint = nearest(self.show, SHOWS) or f"one of {', '.join(SHOWS)}"
            raise ConfigError(f"predictions cannot be shown {self.show!r}", hint=hint)
        if not 0 <= self.temperature <= 10:
            raise ConfigError(f"temperature must be from 0 to 10, got {self.temperature:g}")
        if not 0 < self.engine_seconds <= 3600:
            raise ConfigError(f"a move of the engine takes more than 0 and up to 3600 s, got {self.engine_seconds:g}")
        if self.seed < 0:
            raise ConfigError(f"seed must be at least 0, got {self.seed}")
        if self.model is not None and self.engine is not None:
            raise UsageError("a session has one opponent: --as or --engine, not both")
        if any("=" not in option for option in self.engine_options):
            raise UsageError("an option of the engine is written NAME=VALUE", hint="--engine-option Threads=1")

    @property
    def session(self) -> SessionConfig:
        """The session's own settings; its id is still to be given. Raises UsageError for a bad clock."""
        control = TimeControl.parse(self.clock) if self.clock else None
        setting = Setting(self.white_rating, self.black_rating, str(control) if control else None)
        show = next(show for show in SHOWS if show == self.show)
        return SessionConfig("", setting, control, self.fen, show)

    @property
    def opponent_color(self) -> chess.Color | None:
        """The colour of the opponent who is no person: the one that is named, else the one left free, else Black.

        Raises UsageError if both colours are taken by others.
        """
        if self.model is None and self.engine is None:
            return None
        for color, names in ((chess.WHITE, self.white), (chess.BLACK, self.black)):
            if self.model is not None and [name_key(name) for name in names] == [name_key(self.model)]:
                return color
        free = [color for color, names in ((chess.BLACK, self.black), (chess.WHITE, self.white)) if not names]
        if not free:
            raise UsageError(
                "both colours have a player, and the opponent has none", hint="leave out --white or --black"
            )
        return free[0]
