"""What the presets of `generate` spend, fitted to the length of the text."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gru_toolkit.config import TrainConfig
from gru_toolkit.errors import DataError
from gru_toolkit.tasks.task import Resolved

if TYPE_CHECKING:
    from gru_toolkit.tasks.generate import Generate

SHORTEST = 200
"""Bytes that a text must have."""
MOST_EPOCHS = 60
FEWEST_UPDATES = 40
"""Updates in an epoch that a short text gets at least, by fewer lanes."""
_BYTES_OF_UNIT = {"char": 1, "byte": 1, "word": 4, "subword": 4}


@dataclass(frozen=True)
class Budget:
    """Size of the network, and units of text that it reads in training, however often it meets each."""

    units: int
    layers: int
    width: int
    dropout: float
    read: int
    lanes: int = 32
    steps: int = 64
    learning_rate: float = 2e-3


PRESETS = {
    "fast": Budget(units=256, layers=1, width=96, dropout=0.1, read=3_000_000),
    "good": Budget(units=512, layers=2, width=128, dropout=0.3, read=12_000_000),
    "best": Budget(units=768, layers=3, width=192, dropout=0.4, read=40_000_000),
}


def fill_in(settings: "Generate", size: int, train: TrainConfig, given: frozenset[str]) -> Resolved:
    """The settings with what the preset says, and training settings for a text of `size` bytes.

    Raises DataError for a text that is too short to part.
    """
    if size < SHORTEST:
        raise DataError(f"the text has {size:,} bytes; at least {SHORTEST} are needed to learn and check anything")
    budget = PRESETS[settings.preset]
    count = max(1, size // _BYTES_OF_UNIT[settings.unit])
    steps = settings.steps or budget.steps
    fitting = max(1, count // (steps * FEWEST_UPDATES))
    lanes = settings.lanes or (train.batch_size if "batch_size" in given else min(budget.lanes, fitting))
    names = ("units", "layers", "width", "dropout")
    filled = {name: getattr(budget if getattr(settings, name) is None else settings, name) for name in names}
    chosen = replace(settings, steps=steps, lanes=lanes, **filled)
    implied: dict[str, Any] = {
        "epochs": min(MOST_EPOCHS, max(1, round(budget.read / count))),
        "learning_rate": budget.learning_rate,
        "schedule": "cosine",
        "warmup": 0.02,
        "clip_norm": 1.0,
        "patience": 0,
    }
    implied = {name: value for name, value in implied.items() if name not in given}
    note = (
        f"preset {settings.preset}: {chosen.layers} layers of {chosen.units} {settings.cell} units, "
        f"{lanes} places of the text read side by side, {steps} units an update"
    )
    return Resolved(chosen, replace(train, batch_size=lanes, **implied), (note,))
