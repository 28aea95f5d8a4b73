"""How a classifier of recordings is sized: the stem for sound takes more steps than other networks."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.tasks.sound_codec import is_sound
from gru_toolkit.tasks.whole_sequence import Budget

if TYPE_CHECKING:
    from gru_toolkit.tasks.classify import Classify

SOUND_BUDGETS = {
    "fast": Budget(members=1, filters=32, steps=300, epochs=10, batch_size=32),
    "good": Budget(members=1, filters=32, steps=500, epochs=20, batch_size=32),
    "best": Budget(members=3, filters=32, steps=800, epochs=40, batch_size=32),
}
LONGER = 4
"""Steps of 10 ms may be so many times as many as those of other sequences before they are averaged."""
RECURRENT_STEPS = 128
"""So many steps reach the recurrent layers at most, unless settings say otherwise."""


def hears(dataset: Dataset, settings: "Classify") -> bool:
    """Whether the stem for sound reads this dataset. Raises DataError if it should and cannot."""
    possible = is_sound(dataset.roles.inputs)
    if settings.sound is None:
        return possible and not settings.causal and settings.blocks > 0
    if settings.sound and not possible:
        raise DataError("only recordings can be read as sound", hint="leave --sound out, or --ignore other columns")
    return settings.sound


def with_steps(settings: "Classify", dataset: Dataset) -> "Classify":
    """The settings with stride and shrink filled in where sound is read."""
    if not settings.sound:
        return settings
    longest = int(dataset.lengths.max())
    stride = settings.stride or math.ceil(longest / (LONGER * settings.longest))
    after_stem = math.ceil(longest / stride / 2)
    return replace(settings, stride=stride, shrink=settings.shrink or math.ceil(after_stem / RECURRENT_STEPS))
