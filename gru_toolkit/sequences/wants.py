"""What a task needs to find in a file."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Wants:
    """What the reader must find."""

    target: Literal["step", "sequence", "event", "text", "tag", "labelled text", "translation", "game"]
    """Step columns to forecast, one label for each sequence, the item of each event (a text; times may tie), the
    tag of each token, or the moves of games (see `games`)."""
    label: Literal["text", "number"] | None = None
    """The kind of the label of a sequence; None for step targets."""
    need_target: bool = True
    """Whether the truth must be there; False when predicting."""
    allow_text_inputs: bool = False
    """Whether text columns may be channels of a sequence."""
    regular: bool = True
    """Whether steps need rising times at a regular distance; else the rows' order counts, and what is odd is said."""
    marks: Literal["read", "ignore"] | None = None
    """Whether rows may be marked as anomalies, and whether the marks are read; None for tasks without marks."""
    scheme: str | None = None
    """The scheme in which tags mark spans; None tells it from the tags."""
