"""What a forecaster's settings become once the data are known: horizon, look-back, season, and what a preset spends."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import TrainConfig, replace
from gru_toolkit.errors import ConfigError, HistoryTooShort, Place
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.splits import future_lengths
from gru_toolkit.tasks.cycles import DAY, season_of
from gru_toolkit.tasks.task import Resolved

if TYPE_CHECKING:
    from gru_toolkit.tasks.forecast import Forecast


@dataclass(frozen=True)
class Budget:
    """What a preset spends: the width of a network, how many there are, and the steps at full batch size."""

    units: int
    members: int
    steps: int


BUDGETS = {"fast": Budget(32, 1, 800), "good": Budget(128, 1, 2_000), "best": Budget(128, 4, 6_000)}
FULL_BATCH = 256
LEARNING_RATE = 4e-3
PATIENCE = 3
AVERAGE = 0.99
"""Decay of the average of the weights: its validation loss does not depend on how far the learning rate has fallen."""
LONGEST_SEASON = 48
"""Longer seasons are read in several segments."""
MOST_WINDOWS = 500_000
"""With more training windows, only every second, third … place is learned from and validated on."""
LONG_SERIES = 30
"""Look-backs in a series from which its own deviation is the better unit."""
TRAINING_SHARE = 0.7
_SEASONS = (4, 7, 12, 24, 48, 52, 96, 168)
_SAMPLED_SERIES = 50
_LEAST_CORRELATION = 0.3


def resolve(dataset: Dataset, settings: "Forecast", train: TrainConfig, given: frozenset[str]) -> Resolved:
    """Settings with nothing left open, and notes on what was assumed.

    Raises ConfigError when the horizon is not told by the frequency, HistoryTooShort when no series is long enough.
    """
    notes: list[str] = []
    lengths = dataset.lengths - future_lengths(dataset)
    season = settings.season or _season(dataset, notes)
    horizon = settings.horizon or _horizon(season, notes)
    look_back = settings.look_back or _look_back(dataset, lengths, season, horizon, notes)
    if int(lengths.max(initial=0)) < look_back + horizon:
        raise HistoryTooShort(
            f"the longest series has {int(lengths.max(initial=0)):,} rows, and a look-back of {look_back:,} and "
            f"a horizon of {horizon:,} need {look_back + horizon:,}",
            place=Place(", ".join(dataset.sources)) if dataset.sources else None,
        )
    targets = len(dataset.roles.target)
    windows = np.maximum(lengths * TRAINING_SHARE - look_back - horizon, 1).sum() * targets
    stride = settings.stride or min(math.ceil(windows / MOST_WINDOWS), horizon)
    if stride > 1 and settings.stride is None:
        notes.append(f"learning from one in {stride} of {windows:,.0f} windows (--stride)")
    budget = BUDGETS[settings.preset]
    resolved = replace(
        settings,
        season=season,
        horizon=horizon,
        look_back=look_back,
        segment=settings.segment or _segment(season, horizon, look_back),
        scale=settings.scale or ("series" if np.median(lengths) >= LONG_SERIES * look_back else "window"),
        units=settings.units or budget.units,
        members=settings.members or budget.members,
        stride=stride,
    )
    return Resolved(resolved, _training(train, given, budget, math.ceil(windows / stride)), tuple(notes))


def _training(train: TrainConfig, given: frozenset[str], budget: Budget, windows: int) -> TrainConfig:
    """Training settings that spend the budget; what the user gave stays."""
    batch = train.batch_size
    if "batch_size" not in given:
        batch = int(2 ** np.clip(np.round(np.log2(windows / 40)), 4, math.log2(FULL_BATCH)))
    implied: dict[str, Any] = {
        "batch_size": batch,
        "epochs": int(np.clip(round(budget.steps * batch / windows), 1, 200)),
        "learning_rate": LEARNING_RATE,
        "patience": PATIENCE,
        "average": AVERAGE,
    }
    return replace(train, **{name: value for name, value in implied.items() if name not in given})


def _season(dataset: Dataset, notes: list[str]) -> int:
    if dataset.times is not None and dataset.times.dtype.kind == "M" and dataset.step is not None:
        season = season_of(dataset.step)
        notes.append(f"assumed a season of {season} steps, told from the distance between rows (--season)")
        return season
    season = repeating_season(dataset)
    if season > 1:
        notes.append(f"assumed a season of {season} steps, at which the values repeat most (--season)")
    return season


def repeating_season(dataset: Dataset) -> int:
    """The usual season at which the changes of the series correlate most with themselves; 1 if they hardly do."""
    chosen = np.unique(np.linspace(0, len(dataset) - 1, _SAMPLED_SERIES).astype(np.int64))
    totals = dict.fromkeys(_SEASONS, 0.0)
    for sequence in chosen.tolist():
        rows = slice(int(dataset.offsets[sequence]), int(dataset.offsets[sequence + 1]))
        values = dataset.steps[dataset.roles.target[0]].values[rows]
        changes = np.diff(values[~np.isnan(values)])
        changes = changes - changes.mean() if len(changes) else changes
        power = float(np.square(changes).sum())
        for season in _SEASONS:
            if power > 0 and len(changes) >= 3 * season:
                correlation = float((changes[season:] * changes[:-season]).sum()) / power
                totals[season] += correlation / len(chosen) * len(changes) / (len(changes) - season)
    best = max(totals, key=totals.__getitem__)
    return best if totals[best] >= _LEAST_CORRELATION else 1


def _horizon(season: int, notes: list[str]) -> int:
    if season == 1:
        raise ConfigError("how many steps to predict is not told by the data", hint="choose it, as in --horizon 12")
    notes.append(f"assumed a horizon of one season, {season} steps (--horizon)")
    return season


def _look_back(dataset: Dataset, lengths: np.ndarray, season: int, horizon: int, notes: list[str]) -> int:
    """Several seasons and horizons, but no more than the series allow.

    Beside it the shortest series must hold two horizons, to validate and test on, and the others one more to train on.
    """
    daily = dataset.times is not None and dataset.times.dtype.kind == "M" and (dataset.step or DAY) < DAY
    seasons = 7 if (daily or season == 24) and 7 * season <= 512 else 2
    wanted = max(seasons * season, 3 * horizon, 16)
    single = int(lengths.max(initial=0) * TRAINING_SHARE - horizon) // 2
    shortest, usual = np.quantile(lengths, [0.02, 0.5], method="lower").astype(int).tolist()
    allowed = min(shortest - 2 * horizon, usual - 3 * horizon, single)
    look_back: int = max(min(wanted, allowed), 2)
    unit = min(_ideal_segment(season, horizon), look_back)
    look_back = look_back // unit * unit
    shortened = f", less than the {wanted} it would be for longer series" if look_back < wanted // unit * unit else ""
    notes.append(f"assumed a look-back of {look_back} steps{shortened} (--look-back)")
    return look_back


def _ideal_segment(season: int, horizon: int) -> int:
    return season if 4 <= season <= LONGEST_SEASON else min(max(horizon, 4), 24)


def _segment(season: int, horizon: int, look_back: int) -> int:
    """The divisor of the look-back that is nearest to a season, or to the horizon without one."""
    ideal = _ideal_segment(season, horizon)
    divisors = [size for size in range(1, look_back + 1) if look_back % size == 0]
    return min(divisors, key=lambda size: abs(math.log(size / ideal)))
