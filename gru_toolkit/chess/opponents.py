"""Whoever makes moves without being at the board: the model of a person, or a UCI engine."""

import asyncio
import contextlib
import shlex
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import chess
import chess.engine
import numpy as np

from gru_toolkit.chess.prediction import Prediction
from gru_toolkit.errors import MissingInputError, UsageError

_START_SECONDS = 20.0
_GRACE_SECONDS = 15.0
_FAREWELL_SECONDS = 2.0


class OpponentFailed(Exception):
    """The opponent cannot move any more; the message says why."""


@dataclass(frozen=True)
class Turn:
    """A position in which an opponent is to move.

    game          its number in the session
    prediction    what the person of that seat is expected to play
    seconds_left  on both clocks, by colour; None without a clock
    increment     seconds added after a move
    """

    board: chess.Board
    game: int
    prediction: Prediction
    seconds_left: Mapping[chess.Color, float] | None = None
    increment: float = 0.0


class Opponent(Protocol):
    """Makes the moves of one side."""

    def choose(self, turn: Turn) -> chess.Move:
        """A legal move. Raises OpponentFailed."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


@dataclass(frozen=True)
class ModelOpponent:
    """Plays as a person is expected to: a move drawn from the prediction, not its likeliest.

    temperature  1 draws as the person would; lower is more predictable; 0 always plays the likeliest
    seed         the same seed plays the same moves in the same positions
    """

    temperature: float = 1.0
    seed: int = 0

    def choose(self, turn: Turn) -> chess.Move:
        """A move drawn from the prediction."""
        rng = np.random.default_rng([self.seed, turn.game, len(turn.board.move_stack)])
        return drawn(turn.prediction, self.temperature, rng)

    def close(self) -> None:
        """Nothing is held."""


def drawn(prediction: Prediction, temperature: float, rng: np.random.Generator) -> chess.Move:
    """A move drawn from a prediction whose probabilities are sharpened or flattened by the temperature."""
    if temperature <= 0:
        return prediction.moves[0]
    return prediction.moves[int(rng.choice(len(prediction.moves), p=tempered(prediction.probabilities, temperature)))]


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """(n,) probabilities, each to the power 1 / temperature, adding up to 1 again; at 0 all falls to the largest."""
    if temperature <= 0:
        weights = np.zeros_like(probabilities)
        weights[int(probabilities.argmax())] = 1.0
        return weights
    logits = np.log(np.maximum(probabilities, 1e-300)) / temperature
    weights = np.exp(logits - logits.max())
    result: np.ndarray = weights / weights.sum()
    return result


@dataclass(frozen=True)
class EngineConfig:
    """A UCI engine to play against.

    command  its program, with arguments if it has any
    seconds  for a move, where there is no clock
    options  set before the first move, by name
    """

    command: str
    seconds: float = 1.0
    options: Mapping[str, str] = field(default_factory=dict)


class EngineOpponent:
    """A UCI engine. The state it protects: the engine's process, which ends with `close`."""

    def __init__(self, config: EngineConfig):
        """Start the engine.

        Raises MissingInputError if there is no such program, UsageError if it is no UCI engine or lacks an option.
        """
        self.config = config
        words = [config.command] if Path(config.command).is_file() else shlex.split(config.command)
        try:
            self._engine = chess.engine.SimpleEngine.popen_uci(
                words, timeout=_START_SECONDS, stderr=subprocess.DEVNULL, setpgrp=True
            )
        except (FileNotFoundError, PermissionError, IndexError) as error:
            reason = getattr(error, "strerror", None) or "nothing is named"
            raise MissingInputError(f"the engine {config.command!r} cannot be started: {reason}") from None
        except (TimeoutError, chess.engine.EngineError, OSError) as error:
            raise UsageError(f"{config.command!r} is no UCI engine: {error or 'it does not answer'}") from None
        self.name = str(self._engine.id.get("name", config.command))
        self._configure()

    def choose(self, turn: Turn) -> chess.Move:
        """The engine's move. Raises OpponentFailed if it ends, stalls, or answers with nonsense."""
        limit = _limit(turn, self.config.seconds)
        longest = self.config.seconds if turn.seconds_left is None else turn.seconds_left[turn.board.turn]
        # python-chess waits without end for an engine that plays by the clock; a closed engine ends the waiting.
        watchdog = threading.Timer(longest + _GRACE_SECONDS, self._engine.close)
        watchdog.daemon = True
        watchdog.start()
        try:
            result = self._engine.play(turn.board, limit, game=turn.game)
        except TimeoutError:
            raise OpponentFailed(f"{self.name} did not answer in time") from None
        except (chess.engine.EngineError, OSError) as error:
            raise OpponentFailed(f"{self.name} failed: {error}") from None
        finally:
            watchdog.cancel()
        if result.move is None or not turn.board.is_legal(result.move):
            raise OpponentFailed(f"{self.name} has no move")
        return result.move

    def close(self) -> None:
        """End the engine's process, politely if it listens."""
        self._engine.timeout = _FAREWELL_SECONDS
        with contextlib.suppress(chess.engine.EngineError, asyncio.TimeoutError):
            self._engine.quit()
        self._engine.close()

    def _configure(self) -> None:
        for name, value in self.config.options.items():
            try:
                self._engine.configure({name: value})
            except (TimeoutError, chess.engine.EngineError) as error:
                self.close()
                raise UsageError(f"the engine refuses {name}={value}: {error}") from None


def _limit(turn: Turn, seconds: float) -> chess.engine.Limit:
    if turn.seconds_left is None:
        return chess.engine.Limit(time=seconds)
    return chess.engine.Limit(
        white_clock=turn.seconds_left[chess.WHITE],
        black_clock=turn.seconds_left[chess.BLACK],
        white_inc=turn.increment,
        black_inc=turn.increment,
    )
