"""What a session tells: one frozen value for everything that happens, fit for a screen, for lines and for JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

Show = Literal["before", "after", "off"]
SHOWS: tuple[Show, ...] = ("before", "after", "off")
Colour = Literal["white", "black"]
_DIGITS = 5


@dataclass(frozen=True)
class Expected:
    """One move somebody is expected to play."""

    san: str
    uci: str
    probability: float


@dataclass(frozen=True)
class Expectation:
    """What one person is expected to play in one position.

    top          the most likely moves, most likely first
    explanation  why the first stands first, in words
    weights      each source's share in it
    """

    colour: Colour
    name: str
    top: tuple[Expected, ...]
    explanation: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class ExpectedAnswer:
    """A likely move, and what the other person is expected to answer; None where it ends the game."""

    move: Expected
    answer: Expectation | None


@dataclass(frozen=True)
class Forecast:
    """Both people in one position: the next move of the one, and the other's answer to each likely move."""

    mover: Expectation
    answers: tuple[ExpectedAnswer, ...]


@dataclass(frozen=True)
class Judged:
    """A prediction beside the move that came.

    rank          1 if the move was thought the most likely one
    bits          its surprise
    network_bits  its surprise for the network that knows nothing of the person
    uniform_bits  its surprise if all legal moves were alike
    usual         what the person most often played here, if they had games here and never played this; else None
    """

    expectation: Expectation
    rank: int
    probability: float
    bits: float
    network_bits: float
    uniform_bits: float
    usual: str | None


@dataclass(frozen=True)
class Started:
    """A game begins, or goes on."""

    game: int
    white: str
    black: str
    fen: str
    show: Show
    plies: int = 0


@dataclass(frozen=True)
class Predicted:
    """What both people are expected to do now. `hint` says that it was asked for while predictions are hidden."""

    ply: int
    forecast: Forecast
    hint: bool = False


@dataclass(frozen=True)
class Moved:
    """A move was played.

    ply       counted from 1
    judged    what was predicted of it; None while predictions are off
    ahead     what had been expected as an answer to the move before, if that was among the likely ones
    counted   whether the prediction was hidden until now, and so counts in the hit rate
    """

    ply: int
    colour: Colour
    name: str
    san: str
    uci: str
    fen: str
    seconds_left: float | None
    judged: Judged | None
    ahead: Expectation | None
    counted: bool


@dataclass(frozen=True)
class TakenBack:
    """Moves were taken back; `san` names them, the last one first."""

    san: tuple[str, ...]
    ply: int


@dataclass(frozen=True)
class OpeningNamed:
    """The game has reached another named position."""

    eco: str
    name: str


@dataclass(frozen=True)
class LeftRepertoire:
    """Somebody played what they never played here before."""

    colour: Colour
    name: str
    san: str
    usual: str


@dataclass(frozen=True)
class Believed:
    """Who is probably playing one colour: names with their shares, most likely first."""

    colour: Colour
    people: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class GameOver:
    """The game has ended."""

    result: str
    reason: str


@dataclass(frozen=True)
class Learned:
    """A person's model has learned from the finished game; it has so many games now."""

    colour: Colour
    name: str
    games: int


@dataclass(frozen=True)
class Turned:
    """The board was turned around."""

    flipped: bool


@dataclass(frozen=True)
class ShowChanged:
    """Predictions are shown at another time from now on."""

    show: Show


@dataclass(frozen=True)
class Tally:
    """How well one person was predicted.

    plies    moves whose prediction was hidden until they were played
    top1     how many of them were the most likely one
    top3     how many were among the three most likely ones
    bits, network_bits, uniform_bits  their surprise in all: for the model of the person, the network, a blind guess
    """

    plies: int = 0
    top1: int = 0
    top3: int = 0
    bits: float = 0.0
    network_bits: float = 0.0
    uniform_bits: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True)
class Scored:
    """How well people were predicted in this session, by name."""

    tallies: Mapping[str, Tally]


@dataclass(frozen=True)
class Asked:
    """Something that needs a hand outside: `board`, `moves`, `help`, `save`, `load` or `quit`."""

    what: str
    argument: str = ""


@dataclass(frozen=True)
class Noted:
    """Something worth knowing that changes nothing."""

    text: str


@dataclass(frozen=True)
class Refused:
    """A command could not be carried out; nothing has changed."""

    message: str
    hint: str | None = None


Event = (
    Started | Predicted | Moved | TakenBack | OpeningNamed | LeftRepertoire | Believed | GameOver | Learned | Turned
    | ShowChanged | Scored | Asked | Noted | Refused
)  # fmt: skip


def as_plain(event: Event) -> dict[str, Any]:
    """The event as plain data: its kind under `event`, such as `taken_back`, and its fields."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": kind, **_plain(event)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
