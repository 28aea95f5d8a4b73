"""A person as an engine: the Universal Chess Interface, line by line.

A move is drawn from what the person is expected to play, so it takes no thinking time: `go` answers at once, and only
`go infinite` and `go ponder` hold the move back until `stop` or `ponderhit`. Scores are not evaluations: a score of 41
hundredths of a pawn says that the person plays the move 41 times out of 100. Source: the UCI specification, April 2006.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import chess
import numpy as np

from gru_toolkit.chess import players
from gru_toolkit.chess.next_move import NextMoveNetwork, Setting
from gru_toolkit.chess.opponents import tempered
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import GamePredictor, Prediction
from gru_toolkit.chess.set_up import board_of
from gru_toolkit.errors import GruToolkitError

NAME = "gru-toolkit"
NOBODY = "<empty>"
ANYBODY = "anybody"
_RATINGS = (0, 4000)
_OPENING_PLIES = 2
_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)


@dataclass(frozen=True)
class Spin:
    """A whole number within bounds."""

    default: int
    least: int
    most: int

    def __str__(self) -> str:
        return f"type spin default {self.default} min {self.least} max {self.most}"


@dataclass(frozen=True)
class Text:
    """A line of text; empty by default."""

    default: str = ""

    def __str__(self) -> str:
        return f"type string default {self.default or NOBODY}"


OPTIONS: Mapping[str, Spin | Text] = {
    "Player": Text(),
    "Opponent": Text(),
    "PlayerRating": Spin(0, *_RATINGS),
    "OpponentRating": Spin(0, *_RATINGS),
    "Temperature": Spin(100, 0, 1000),
    "MultiPV": Spin(1, 1, 218),
    "Seed": Spin(0, 0, 2**31 - 1),
}
"""What a chess program may set. A rating of 0 is unknown; Temperature is in percent; Seed 0 draws anew every time."""
_ABOUT_PEOPLE = ("Player", "Opponent", "PlayerRating", "OpponentRating")


@dataclass(frozen=True)
class _Clocks:
    """What `go` says of the clocks, in seconds.

    white, black  left now, which is what each mover's last move left them
    increment     a move
    """

    white: float | None = None
    black: float | None = None
    increment: float = 0.0

    @classmethod
    def of(cls, words: list[str]) -> "_Clocks":
        """The clocks of `go wtime 60000 btime 60000 winc 1000`; a number that is none is not there."""
        said = {name: int(value) / 1000 for name, value in pairwise(words) if _WHOLE.fullmatch(value)}
        return cls(said.get("wtime"), said.get("btime"), said.get("winc", 0.0))

    def left(self, color: chess.Color) -> float | None:
        """Seconds left of one side."""
        return self.white if color == chess.WHITE else self.black

    @property
    def control(self) -> str | None:
        """The time control, if this is the beginning of a game."""
        return None if self.white is None else f"{round(self.white)}+{round(self.increment)}"


class UciPlayer:
    """Answers a chess program. The state it protects: the options, the position with what the network remembers of the
    game, and a move that is held back until `stop`."""

    def __init__(self, network: Callable[[], NextMoveNetwork], options: Mapping[str, str | int]):
        """network  gives the network when it is first needed; options  by name, as if they were set already"""
        self._load_network = network
        self._network: NextMoveNetwork | None = None
        self._options: dict[str, str | int] = {name: option.default for name, option in OPTIONS.items()}
        self._options |= options
        self._board = chess.Board()
        self._predictors: dict[chess.Color, GamePredictor] = {}
        self._held: str | None = None
        self._complaints: list[str] = []
        self._seed()
        self.ended = False

    def answer(self, line: str) -> list[str]:
        """What the engine says to a line; unknown words before a command are passed over, as the protocol wants."""
        words = line.split()
        while words and words[0] not in self._commands:
            words.pop(0)
        if not words:
            return []
        said = self._commands[words[0]](self, words[1:])
        complaints, self._complaints = self._complaints, []
        return [*complaints, *said]

    def _uci(self, words: list[str]) -> list[str]:
        person = str(self._options["Player"])
        name = f"{NAME} as {_one_line(person)}" if person else NAME
        options = [f"option name {name} {option}" for name, option in self._offered().items()]
        return [f"id name {name}", "id author the gru-toolkit authors", *options, "uciok"]

    def _offered(self) -> Mapping[str, Spin | Text]:
        """The options, with what the command line set as their defaults."""
        given = self._options
        return {
            name: Text(_one_line(str(given[name])))
            if isinstance(option, Text)
            else Spin(int(given[name]), option.least, option.most)
            for name, option in OPTIONS.items()
        }

    def _isready(self, words: list[str]) -> list[str]:
        self._ready()
        return ["readyok"]

    def _new_game(self, words: list[str]) -> list[str]:
        self._held = None
        self._board = chess.Board()
        self._predictors.clear()
        self._seed()
        return []

    def _seed(self) -> None:
        self._rng = np.random.default_rng(int(self._options["Seed"]) or None)

    def _set_option(self, words: list[str]) -> list[str]:
        name, value = _name_and_value(words)
        known = next((one for one in OPTIONS if one.lower() == name.lower()), None)
        if known is None:
            return [_said(f"there is no option {_one_line(name)}")]
        option = OPTIONS[known]
        if isinstance(option, Text):
            self._options[known] = "" if value == NOBODY else value
        else:
            if not _WHOLE.fullmatch(value) or not option.least <= int(value) <= option.most:
                return [_said(f"{known} is a whole number from {option.least} to {option.most}")]
            self._options[known] = int(value)
        if known == "Seed":
            self._seed()
        elif known in _ABOUT_PEOPLE:
            self._predictors.clear()
        return []

    def _position(self, words: list[str]) -> list[str]:
        self._held = None
        moves = words[words.index("moves") + 1 :] if "moves" in words else []
        start = words[: words.index("moves")] if "moves" in words else words
        try:
            board = board_of(" ".join(start[1:]) if start[:1] == ["fen"] else None)
        except ValueError as error:
            return [_said(f"no position, the one before stands: {_one_line(str(error))}")]
        for text in moves:
            move = _legal(text, board)
            if move is None:
                return [_said(f"{_one_line(text)} is not legal; the position before stands")]
            board.push(move)
        self._board = board
        return []

    def _go(self, words: list[str]) -> list[str]:
        self._held = None
        board, allowed = self._board, set(self._board.legal_moves)
        if "searchmoves" in words:
            named = [_legal(text, board) for text in words[words.index("searchmoves") + 1 :]]
            allowed = {move for move in named if move} or allowed
        if not allowed:
            return ["info depth 0 score " + ("mate 0" if board.is_check() else "cp 0"), "bestmove (none)"]
        prediction = self._ready(_Clocks.of(words)).predict()
        places = [k for k, move in enumerate(prediction.moves) if move in allowed]
        shares = prediction.probabilities[places]
        weights = tempered(shares, int(self._options["Temperature"]) / 100)
        chosen = prediction.moves[places[int(self._rng.choice(len(places), p=weights))]]
        said = self._lines(prediction, places)
        best = f"bestmove {chosen.uci()}"
        if "infinite" in words or "ponder" in words:
            self._held = best
            return said
        return [*said, best]

    def _lines(self, prediction: Prediction, places: list[int]) -> list[str]:
        lines = []
        for rank, place in enumerate(places[: int(self._options["MultiPV"])], start=1):
            share, move = float(prediction.probabilities[place]), prediction.moves[place].uci()
            lines.append(f"info depth 1 seldepth 1 multipv {rank} score cp {round(100 * share)} nodes 1 pv {move}")
            lines.append(_said(f"{move} {100 * share:.1f} %"))
        return [*lines, _said(prediction.explanation(self._board.san(prediction.moves[0])))]

    def _stop(self, words: list[str]) -> list[str]:
        held, self._held = self._held, None
        return [held] if held else []

    def _quit(self, words: list[str]) -> list[str]:
        self.ended = True
        return []

    def _nothing(self, words: list[str]) -> list[str]:
        return []

    def _ready(self, clocks: "_Clocks | None" = None) -> GamePredictor:
        """The predictor at the position on the board, in which Player is to move; it goes on from what it knows."""
        clocks = clocks or _Clocks()
        if self._network is None:
            self._network = self._load_network()
        predictor, moves = self._predictors.get(self._board.turn), self._board.move_stack
        if predictor is None or predictor.board.root() != self._board.root():
            predictor = self._begin(self._network, clocks)
        known = predictor.board.move_stack
        shared = min(len(known), len(moves))
        same = next((k for k in range(shared) if known[k] != moves[k]), shared)
        for _ in known[same:]:
            predictor.pop()
        for move in moves[same:]:
            predictor.push(move, clocks.left(predictor.board.turn))
        self._predictors[self._board.turn] = predictor
        return predictor

    def _begin(self, network: NextMoveNetwork, clocks: "_Clocks") -> GamePredictor:
        """A predictor at the start of the game; Player is whoever is to move when `go` comes."""
        mine = self._board.turn
        people = {mine: self._person("Player"), not mine: self._person("Opponent")}
        ratings = {mine: int(self._options["PlayerRating"]), not mine: int(self._options["OpponentRating"])}
        control = clocks.control if len(self._board.move_stack) < _OPENING_PLIES else None
        setting = Setting(ratings[chess.WHITE] or None, ratings[chess.BLACK] or None, control)
        return GamePredictor(people[chess.WHITE], people[chess.BLACK], network, setting, self._board.root())

    def _person(self, option: str) -> Player:
        """The person of an option; whoever cannot be had is said, and plays as anybody: a program waits for a move."""
        name = str(self._options[option])
        try:
            return players.load(name) if name else Player(ANYBODY)
        except GruToolkitError as error:
            self._complaints.append(_said(f"error: {error.message}; {ANYBODY} plays"))
            return Player(ANYBODY)

    _commands: ClassVar[Mapping[str, Callable[["UciPlayer", list[str]], list[str]]]] = {
        "uci": _uci,
        "isready": _isready,
        "ucinewgame": _new_game,
        "setoption": _set_option,
        "position": _position,
        "go": _go,
        "stop": _stop,
        "ponderhit": _stop,
        "quit": _quit,
        "debug": _nothing,
        "register": _nothing,
    }


def _name_and_value(words: list[str]) -> tuple[str, str]:
    """`name Multi PV value 3`: names and values may hold spaces."""
    rest = words[1:] if words[:1] == ["name"] else words
    if "value" not in rest:
        return " ".join(rest), ""
    at = rest.index("value")
    return " ".join(rest[:at]), " ".join(rest[at + 1 :])


def _legal(text: str, board: chess.Board) -> chess.Move | None:
    try:
        return board.parse_uci(text) or None
    except ValueError:
        return None


def _said(text: str) -> str:
    return f"info string {_one_line(text)}"


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
