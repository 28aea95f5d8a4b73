"""The training loop: batches in an order that can be found again, checkpoints from which it continues bit for bit."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from gru_toolkit.errors import ConfigError
from gru_toolkit.runs import backends, data_order
from gru_toolkit.runs.checkpoints import EpochResult, Progress, TrainState
from gru_toolkit.runs.fit_job import FitEvent, FitJob, FitResult
from gru_toolkit.runs.machine import identity, refuse_inexact
from gru_toolkit.runs.schedules import learning_rate
from gru_toolkit.runs.stepper import make_optimizer

__all__ = ["FitEvent", "FitJob", "FitResult", "fit"]

EVENT_SECONDS = 0.2
"""Least time between two events inside an epoch."""
UNFETCHED = 64
"""Losses that may wait on the device before they are fetched and checked."""
OnEvent = Callable[[FitEvent], None]


def fit(job: FitJob, *, on_event: OnEvent) -> FitResult:
    """Train the network, from the newest checkpoint on if there is one; afterwards it holds the best weights.

    Raises InterruptedRun when `job.stop` was requested (a checkpoint was written), ConfigError when the loss is no
    longer finite or when the checkpoint belongs to other data or settings, StorageError or CannotWriteError when a
    checkpoint cannot be written, and DamagedRunError when no checkpoint can be read.
    """
    return _Fit(job, on_event).run()


class _Fit:
    """One training in progress. Protected state: the position, the best weights, and losses not yet fetched."""

    def __init__(self, job: FitJob, on_event: OnEvent):
        info = backends.settled()
        self.job = job
        self.on_event = on_event
        self.identity = identity(info, job.config, job.identity)
        optimizer = make_optimizer(job.config, info.precision)
        self.stepper = backends.make_stepper(job.model, job.loss, job.config, optimizer)
        self.steps = data_order.steps_per_epoch(len(job.train), job.config.batch_size)
        self.progress = Progress()
        self.best: dict[str, np.ndarray] = {}
        self.unfetched: list[tuple[Any, float]] = []
        self.mark = self.last_event = job.clock()

    def run(self) -> FitResult:
        self._start()
        while self.progress.finished is None:
            self._train_epoch()
            self._end_epoch()
        self.stepper.assign_weights(self.best)
        self.on_event(self._event("end"))
        end = self.progress
        assert end.best_epoch is not None, "training ends after an epoch"
        assert end.finished is not None, "training has ended"
        return FitResult(end.history, end.best_epoch, end.total_steps, end.elapsed, end.finished, self.stepper)

    def _start(self) -> None:
        """Take up the newest checkpoint, or start anew."""
        checkpoints = self.job.checkpoints
        state = checkpoints.latest() if checkpoints else None
        for note in checkpoints.notes if checkpoints else ():
            self.on_event(replace(self._event("note"), text=note))
        if state is None:
            self.stepper.seed_dropout(self.job.config.seed)
            return
        refuse_inexact(state.identity, self.identity, inexact=self.job.inexact)
        self.stepper.restore(state.arrays)
        self.progress, self.best = state.progress, dict(state.best)
        self.on_event(self._event("resumed"))

    def _train_epoch(self) -> None:
        seed, epoch, examples = self.job.config.seed, self.progress.epoch, self.job.train
        order = data_order.epoch_order(examples, self.job.config.batch_size, seed=seed, epoch=epoch)
        batches = data_order.training_batches(examples, order, first=self.progress.step, seed=seed, epoch=epoch)
        for arrays in batches:
            loss = self.stepper.step(arrays, self._learning_rate(self.progress.total_steps))
            self.unfetched.append((loss, float(arrays.weights.sum(dtype=np.float64))))
            done = self.progress
            self.progress = replace(done, step=done.step + 1, total_steps=done.total_steps + 1)
            self._after_step()
            if self._time_is_up():
                break
        self._fetch()

    def _after_step(self) -> None:
        if self.job.stop.requested:
            self._interrupt()
        if len(self.unfetched) >= UNFETCHED:
            self._fetch()
        every, step = self.job.config.checkpoint_steps, self.progress.step
        if every and step % every == 0 and step < self.steps:
            self._checkpoint(best=False)
        if self.job.clock() - self.last_event >= EVENT_SECONDS:
            self._fetch()
            self.on_event(self._event("step"))
            self.last_event = self.job.clock()

    def _end_epoch(self) -> None:
        """Validate, write the history, decide whether training goes on, and save the state."""
        done = self.progress
        time_is_up = self._time_is_up()
        with self.stepper.averaged():
            validation = self._validation_loss()
            weights = self.stepper.weights()
        if self.job.stop.requested:
            self._interrupt()
        train = done.loss_sum / done.weight_sum
        patience = done.patience.after(train if validation is None else validation, self.job.config)
        best = validation is None or patience.stalled == 0 or self.job.config.keep == "last"
        self._tick()
        rate = self._learning_rate(done.total_steps - 1)
        seconds = self.progress.epoch_seconds
        row = EpochResult(done.epoch + 1, done.step, train, validation, rate, seconds)
        self.on_event(replace(self._event("epoch"), validation_loss=validation, best=best))
        self.best = weights if best else self.best
        self.progress = Progress(
            epoch=done.epoch + 1,
            total_steps=done.total_steps,
            elapsed=self.progress.elapsed,
            patience=patience,
            best_epoch=row.epoch if best else done.best_epoch,
            history=(*done.history, row),
            finished=self._reason_to_end(row, patience.stalled, time_is_up=time_is_up),
        )
        self._checkpoint(best=best)

    def _reason_to_end(self, row: EpochResult, stalled: int, *, time_is_up: bool) -> str | None:
        config = self.job.config
        if row.epoch == config.epochs:
            return "epochs"
        if config.patience and row.validation_loss is not None and stalled >= config.patience:
            return "patience"
        return "time limit" if time_is_up else None

    def _validation_loss(self) -> float | None:
        """The mean loss over the validation examples; None without any, or when a stop is requested on the way."""
        examples = self.job.validation
        if examples is None or not len(examples):
            return None
        loss_sum = weight_sum = 0.0
        for arrays in data_order.evaluation_batches(examples, self.job.config.batch_size):
            loss, weight = self.stepper.evaluate(arrays)
            loss_sum, weight_sum = loss_sum + loss, weight_sum + weight
            if self.job.stop.requested:
                return None
        self._refuse_not_finite(loss_sum, "validation loss", self.progress.step)
        return loss_sum / weight_sum

    def _fetch(self) -> None:
        """Add the waiting losses to the epoch's sums, in order."""
        first = self.progress.step - len(self.unfetched) + 1
        loss_sum, weight_sum = self.progress.loss_sum, self.progress.weight_sum
        for step, (loss, weight) in enumerate(self.unfetched, first):
            if weight:
                self._refuse_not_finite(float(loss), "training loss", step)
                loss_sum, weight_sum = loss_sum + float(loss) * weight, weight_sum + weight
        self.unfetched = []
        self.progress = replace(self.progress, loss_sum=loss_sum, weight_sum=weight_sum)

    def _refuse_not_finite(self, value: float, name: str, step: int) -> None:
        if not math.isfinite(value):
            raise ConfigError(
                f"the {name} became {value} in epoch {self.progress.epoch + 1}, step {step}; "
                "the last checkpoint is from before",
                hint="train anew with a lower learning_rate or clip_norm",
            )

    def _interrupt(self) -> None:
        self._checkpoint(best=False)
        place = f"in epoch {self.progress.epoch + 1} after step {self.progress.step} of {self.steps}"
        raise self.job.stop.error(place)

    def _checkpoint(self, *, best: bool) -> None:
        self._fetch()
        self._tick()
        if self.job.checkpoints is None:
            return
        arrays = self.stepper.state()
        finite = all(np.isfinite(array).all() for name, array in arrays.items() if name.startswith("trainable"))
        self._refuse_not_finite(0.0 if finite else math.nan, "weights' norm", self.progress.step)
        self.job.checkpoints.save(TrainState(arrays, self.best, self.progress, self.identity), best=best)

    def _tick(self) -> None:
        """Add the time since the last call to the epoch's and the whole training's."""
        now = self.job.clock()
        passed, self.mark = now - self.mark, now
        done = self.progress
        self.progress = replace(done, elapsed=done.elapsed + passed, epoch_seconds=done.epoch_seconds + passed)

    def _time_is_up(self) -> bool:
        limit = self.job.config.time_limit
        return limit is not None and self.progress.elapsed + self.job.clock() - self.mark >= limit

    def _learning_rate(self, step: int) -> float:
        config = self.job.config
        return learning_rate(config, step, config.epochs * self.steps, self.progress.patience.halvings)

    def _event(self, kind: Literal["resumed", "step", "epoch", "note", "end"]) -> FitEvent:
        config, done = self.job.config, self.progress
        passed = self.job.clock() - self.mark
        elapsed, epoch_seconds = done.elapsed + passed, done.epoch_seconds + passed
        left = None
        if done.total_steps:
            left = elapsed / done.total_steps * (config.epochs * self.steps - done.total_steps)
            left = left if config.time_limit is None else max(0.0, min(left, config.time_limit - elapsed))
        return FitEvent(
            kind=kind,
            epoch=min(done.epoch + 1, config.epochs),
            epochs=config.epochs,
            step=done.step,
            steps=self.steps,
            train_loss=done.loss_sum / done.weight_sum if done.weight_sum else None,
            learning_rate=self._learning_rate(max(0, done.total_steps - 1)),
            examples_per_second=done.step * config.batch_size / epoch_seconds if done.step and epoch_seconds else None,
            seconds_left=left,
        )
