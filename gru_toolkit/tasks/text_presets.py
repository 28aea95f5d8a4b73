"""What a text classifier spends, and what suits the unit of text that it reads."""

import math
from dataclasses import dataclass, replace
from typing import Any

from gru_toolkit.config import TrainConfig


@dataclass(frozen=True)
class Budget:
    """What a preset spends."""

    members: int
    units: int
    width: int
    updates: int


BUDGETS = {
    "fast": Budget(members=1, units=64, width=64, updates=600),
    "good": Budget(members=4, units=64, width=64, updates=600),
    "best": Budget(members=8, units=100, width=100, updates=800),
}


@dataclass(frozen=True)
class Habits:
    """What suits a unit of text."""

    dropout: float
    """Share of features dropped in training."""
    word_dropout: float
    """Share of units that training replaces by the unknown one."""
    passes: int
    """Fewest passes."""
    rate: float
    """Learning rate."""
    keep: str
    """`last` trains to the end of the schedule, as sure of itself as it may get: how much each opinion counts is
    learned afterwards on the validation part, which makes it less sure; `best` stops where that part says."""
    dropped_ngrams: float
    """Share of its n-grams that a text loses each time it is read."""
    ngram_rate: float
    """How many times faster than the rest n-grams learn."""
    widening: int
    """How many times wider than a budget says recurrent layers are, with so many times fewer networks."""


WORDS = Habits(
    dropout=0.5, word_dropout=0.1, passes=4, rate=2e-3, keep="last", dropped_ngrams=0.5, ngram_rate=15.0, widening=1
)
"""Words are learned by heart after a few passes."""
LETTERS = Habits(
    dropout=0.25, word_dropout=0.02, passes=14, rate=3e-3, keep="best", dropped_ngrams=0.2, ngram_rate=5.0, widening=2
)
"""Letters say less each, a lost one changes the word, and what they spell takes more units to remember."""


def habits_of(unit: str) -> Habits:
    """What suits texts of this unit."""
    return LETTERS if unit in ("char", "byte") else WORDS


def sizes(preset: str, unit: str) -> dict[str, int]:
    """Width of recurrent layers and of embeddings, and number of networks."""
    budget, widening = BUDGETS[preset], habits_of(unit).widening
    return {
        "units": budget.units * widening,
        "width": budget.width,
        "members": max(1, budget.members // widening),
    }


def schedule(count: int, spent: tuple[Budget, Habits], train: TrainConfig, given: frozenset[str]) -> TrainConfig:
    """Batches and passes for so many texts; what the user gave is left alone."""
    budget, habits = spent
    batch_size = train.batch_size if "batch_size" in given else 16 if count <= 1000 else 50
    preset: dict[str, Any] = {
        "epochs": min(40, max(habits.passes, math.ceil(budget.updates * batch_size / count))),
        "batch_size": batch_size,
        "learning_rate": habits.rate,
        "schedule": "cosine",
        "warmup": 0.05,
        "weight_decay": 1e-3,
        "clip_norm": 5.0,
        "patience": 5 if habits.keep == "best" else 0,
        "keep": habits.keep,
    }
    return replace(train, **{name: value for name, value in preset.items() if name not in given})
