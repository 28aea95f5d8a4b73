"""What a tagger spends: networks, widths and steps, by preset and by the size of the training part."""

import math
from dataclasses import dataclass, replace
from typing import Any

from gru_toolkit.config import TrainConfig

PRESETS = ("fast", "good", "best")
SENTENCES = 32
"""Sentences in a batch; half as many where there are few."""
FEW_TOKENS = 100_000


@dataclass(frozen=True)
class Budget:
    """What a preset spends.

    tokens  read in training, over all epochs
    fewest, most  epochs
    """

    members: int
    units: int
    tokens: float
    fewest: int
    most: int


BUDGETS = {
    "fast": Budget(members=1, units=100, tokens=0.8e6, fewest=4, most=12),
    "good": Budget(members=1, units=200, tokens=2.5e6, fewest=8, most=25),
    "best": Budget(members=3, units=150, tokens=2.5e6, fewest=8, most=25),
}


def schedule(tokens: int, budget: Budget, train: TrainConfig, given: frozenset[str]) -> TrainConfig:
    """The training settings for so many tokens; what the user gave is left alone.

    The last weights are kept, not those of the lowest loss: the share of right tags still rises when the network has
    become too sure of its errors, which the loss punishes.
    """
    epochs = min(budget.most, max(budget.fewest, math.ceil(budget.tokens / max(tokens, 1))))
    preset: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": SENTENCES // 2 if tokens < FEW_TOKENS else SENTENCES,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.05,
        "clip_norm": 5.0,
        "patience": 0,
        "keep": "last",
    }
    return replace(train, **{name: value for name, value in preset.items() if name not in given})
