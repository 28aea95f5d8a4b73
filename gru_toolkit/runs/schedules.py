"""The learning rate and the averaging decay as pure functions of the settings and the position."""

import math
from dataclasses import dataclass

from gru_toolkit.config import TrainConfig


@dataclass(frozen=True)
class Patience:
    """What early stopping and the plateau schedule remember between epochs.

    best      the lowest loss so far; None before the first epoch
    stalled   epochs since then
    waited    epochs since then or since the last halving
    halvings  how often the plateau schedule has halved the learning rate
    """

    best: float | None = None
    stalled: int = 0
    waited: int = 0
    halvings: int = 0

    def after(self, loss: float, config: TrainConfig) -> "Patience":
        """The state after one more epoch with this loss; the plateau schedule halves after half the patience."""
        if self.best is None or loss < self.best:
            return Patience(loss, 0, 0, self.halvings)
        stalled, waited = self.stalled + 1, self.waited + 1
        if config.schedule == "plateau" and waited >= max(1, config.patience // 2):
            return Patience(self.best, stalled, 0, self.halvings + 1)
        return Patience(self.best, stalled, waited, self.halvings)


def learning_rate(config: TrainConfig, step: int, total_steps: int, halvings: int = 0) -> float:
    """The learning rate of a step, counted from 0 over all epochs.

    Warm-up rises in equal parts to the full rate; cosine then falls to zero just after the last step.
    """
    warmup = round(config.warmup * total_steps)
    if step < warmup:
        return config.learning_rate * ((step + 1) / warmup)
    if config.schedule == "cosine":
        share = (step - warmup) / max(1, total_steps - warmup)
        return config.learning_rate * (1 + math.cos(math.pi * min(share, 1.0))) / 2
    if config.schedule == "plateau":
        return float(config.learning_rate * 0.5**halvings)
    return config.learning_rate


def average_decay(config: TrainConfig, step: int) -> float:
    """The decay of the moving average at a step: small at first, so that the initial weights are soon forgotten."""
    return min(config.average, (1 + step) / (10 + step))
