"""What a training is asked to do, what it tells on the way, and what comes out."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import keras

from gru_toolkit.config import TrainConfig
from gru_toolkit.runs.checkpoints import Checkpoints, EpochResult
from gru_toolkit.runs.interruption import StopRequest
from gru_toolkit.runs.stepper import Stepper
from gru_toolkit.sequences.dataset import Examples
from gru_toolkit.tasks.task import Loss


@dataclass(frozen=True)
class FitJob:
    """One network to train.

    validation   None or empty: nothing is stopped early and the last weights are kept
    checkpoints  where the state goes; when it holds one already, training continues from it
    identity     plain facts of data and settings that must be the same when training continues
    inexact      continue although library versions, threads or the processor are others
    clock        seconds, ever rising
    """

    model: keras.Model
    loss: Loss
    train: Examples
    validation: Examples | None
    config: TrainConfig
    checkpoints: Checkpoints | None = None
    stop: StopRequest = field(default_factory=StopRequest)
    identity: Mapping[str, Any] = field(default_factory=dict)
    inexact: bool = False
    clock: Callable[[], float] = time.perf_counter


@dataclass(frozen=True)
class FitEvent:
    """What training has come to.

    kind             resumed, step (a few a second), epoch (one each), note (text for the user) or end
    epoch, step      counted from 1; of `epochs` and `steps` in an epoch
    train_loss       mean of this epoch so far
    examples_per_second  over this epoch
    seconds_left     at this speed, if no epoch is saved by early stopping; None before the first step
    """

    kind: Literal["resumed", "step", "epoch", "note", "end"]
    epoch: int
    epochs: int
    step: int
    steps: int
    train_loss: float | None = None
    validation_loss: float | None = None
    learning_rate: float | None = None
    examples_per_second: float | None = None
    seconds_left: float | None = None
    best: bool = False
    text: str | None = None


@dataclass(frozen=True)
class FitResult:
    """A trained network: the model holds the best weights.

    stopped  epochs, patience or time limit
    stepper  for predictions with these weights
    """

    history: tuple[EpochResult, ...]
    best_epoch: int
    steps: int
    elapsed: float
    stopped: str
    stepper: Stepper

    def to_plain(self) -> dict[str, Any]:
        """The facts for `metrics.json`; `seconds` are the clock's, everything else is reproducible."""
        best = self.history[self.best_epoch - 1]
        return {
            "epochs": len(self.history),
            "best_epoch": self.best_epoch,
            "steps": self.steps,
            "stopped": self.stopped,
            "train_loss": best.train_loss,
            "validation_loss": best.validation_loss,
            "seconds": self.elapsed,
        }

    def history_csv(self) -> str:
        """One line an epoch, with a header."""
        names = [column.name for column in dataclasses.fields(EpochResult)]
        rows = ([getattr(row, name) for name in names] for row in self.history)
        lines = (",".join("" if value is None else repr(value) for value in row) for row in rows)
        return "\n".join([",".join(names), *lines]) + "\n"
