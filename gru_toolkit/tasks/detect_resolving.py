"""What a detector's settings become once the data are known, and how the data are parted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, replace
from gru_toolkit.errors import DataError, Place, UsageError
from gru_toolkit.sequences.dataset import Dataset, Part, Splits
from gru_toolkit.sequences.splits import split_by_time
from gru_toolkit.tasks.cycles import season_of
from gru_toolkit.tasks.detect_examples import PIECE
from gru_toolkit.tasks.false_alarms import LEAST_STEPS
from gru_toolkit.tasks.task import Resolved

if TYPE_CHECKING:
    from gru_toolkit.tasks.detect import Detect


@dataclass(frozen=True)
class Budget:
    """What a preset spends: the width of the network, and its training steps."""

    units: int
    steps: int


BUDGETS = {"fast": Budget(24, 300), "good": Budget(48, 600), "best": Budget(64, 2_000)}
BATCH, LEARNING_RATE, PATIENCE = 32, 3e-3, 10
TRAINING_SHARE = 0.7
_MOST_EPOCHS = 150


def resolve(dataset: Dataset, settings: "Detect", train: TrainConfig, given: frozenset[str]) -> Resolved:
    """Settings with nothing left open, and notes on what was assumed. Raises UsageError for static columns."""
    if dataset.roles.static:
        raise UsageError("detect reads no static columns", hint="leave --static out")
    notes = []
    season = settings.season
    if season is None:
        season = _season(dataset)
        if season > 1:
            notes.append(f"assumed a season of {season} steps for the baseline (--season)")
    budget = BUDGETS[settings.preset]
    count = max(1, int((dataset.lengths * TRAINING_SHARE / (PIECE / 2)).sum()))
    batch = train.batch_size if "batch_size" in given else int(np.clip(2 ** np.round(np.log2(count / 12)), 4, BATCH))
    implied: dict[str, Any] = {
        "batch_size": batch,
        "epochs": int(np.clip(round(budget.steps * batch / count), 4, _MOST_EPOCHS)),
        "learning_rate": LEARNING_RATE,
        "patience": PATIENCE,
    }
    notes.append(
        f"an alarm stands where the score reaches {1 - settings.rate:.10g}: one in {1 / settings.rate:,.0f} "
        "ordinary steps, counted on the validation part (--false-alarms)"
    )
    if not dataset.roles.marks:
        notes.append("no column or file says which rows are anomalies, so alarms are counted, not judged (--marks)")
    resolved = replace(settings, season=season, units=settings.units or budget.units)
    training = replace(train, **{name: value for name, value in implied.items() if name not in given})
    return Resolved(resolved, training, tuple(notes))


def _season(dataset: Dataset) -> int:
    """Steps in a season of the usual distance between rows; 1 where a series is shorter than two of them."""
    times = dataset.times
    if times is None or times.dtype.kind != "M" or len(times) < 2:
        return 1
    step = dataset.step or int(np.median(np.diff(times).astype(np.int64)))
    season = season_of(step) if step > 0 else 1
    return season if 2 * season <= np.median(dataset.lengths) * TRAINING_SHARE else 1


def split(dataset: Dataset, config: SplitConfig) -> Splits:
    """Each series cut in the order of its rows, by its own shares: its times need not rise.

    Raises DataError when the validation part is too small to tell the rate of alarms.
    """
    ordered = dataset
    if dataset.times is not None and dataset.step is None:
        ordered = Dataset(**{**dataset.__dict__, "times": None})
    found = split_by_time(ordered, config)
    parts = [Part(dataset, part.spans, part.name) for part in (found.train, found.validation, found.test)]
    if parts[1].rows < LEAST_STEPS:
        raise DataError(
            f"the validation part has {parts[1].rows} rows, and {LEAST_STEPS} are needed to tell how often alarms come",
            place=Place(", ".join(dataset.sources)) if dataset.sources else None,
            hint="give it a larger share with --split, such as --split 0.6,0.2,0.2",
        )
    return Splits(parts[0], parts[1], parts[2], found.description)
