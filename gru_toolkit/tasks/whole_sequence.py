"""What classify and regress share: one target a sequence, presets, splits, the network.

The target is the one static column of role target.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DataError, UsageError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Part, Splits
from gru_toolkit.sequences.splits import split_by_group, split_stratified
from gru_toolkit.sequences.table import Column
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks.sound_codec import SoundCodec, WholeCodec
from gru_toolkit.tasks.task import Resolved, StreamKind

if TYPE_CHECKING:
    import keras

PRESETS = ("fast", "good", "best")
FEWEST_EPOCHS = 20
MOST_EPOCHS = 400
SPLIT_SEED = 0
RECURRENT_STEPS = 24
"""Without a setting, so many steps are joined into one that recurrent layers see about this many at most."""


class WholeSequence(Protocol):
    """The settings that `Classify` and `Regress` have in common."""

    @property
    def preset(self) -> str: ...
    @property
    def cell(self) -> str: ...
    @property
    def units(self) -> int: ...
    @property
    def layers(self) -> int: ...
    @property
    def filters(self) -> int | None: ...
    @property
    def blocks(self) -> int: ...
    @property
    def members(self) -> int | None: ...
    @property
    def dropout(self) -> float: ...
    @property
    def causal(self) -> bool: ...
    @property
    def longest(self) -> int: ...
    @property
    def stride(self) -> int | None: ...
    @property
    def warp(self) -> float: ...
    @property
    def crop(self) -> float: ...
    @property
    def shrink(self) -> int | None: ...


@dataclass(frozen=True)
class Budget:
    """What a preset spends.

    steps       training steps on a small training part
    epochs      fewest epochs, which a large part gets
    batch_size  of a large part
    """

    members: int
    filters: int
    steps: int
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    epochs: int = FEWEST_EPOCHS
    batch_size: int = 64


def target_column(dataset: Dataset) -> Column:
    """The one static column of role target. Raises DataError if there is none, or more than one."""
    names = dataset.roles.target
    if len(names) != 1:
        found = f"found {', '.join(names)}" if names else "found none"
        raise DataError(f"one label column is needed, {found}", hint="name it with --target")
    if names[0] not in dataset.statics:
        raise DataError(
            f"the target {names[0]} changes within a sequence: one value a sequence is wanted",
            hint="use --task forecast to predict a column step by step",
        )
    return dataset.statics[names[0]]


def check_settings(settings: WholeSequence) -> None:
    """Raise ConfigError for a value that no network can have."""
    require_choice("preset", settings.preset, PRESETS)
    for name in ("units", "layers", "longest"):
        if getattr(settings, name) < 1:
            raise ConfigError(f"{name} must be at least 1, got {getattr(settings, name)}")
    for name in ("filters", "members", "stride", "shrink"):
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise ConfigError(f"{name} must be at least 1, got {value}")
    if settings.blocks < 0:
        raise ConfigError(f"blocks must be at least 0, got {settings.blocks}")
    if not 0 <= settings.dropout < 1 or not 0 <= settings.crop < 1 or settings.warp < 0:
        raise ConfigError("dropout and crop lie in [0, 1) and warp is at least 0")


def wants(label: Literal["text", "number"], *, labelled: bool) -> Wants:
    """One label a sequence; any column may be a channel."""
    return Wants(target="sequence", label=label, need_target=labelled, allow_text_inputs=True)


def split(dataset: Dataset, config: SplitConfig) -> Splits:
    """Whole groups where a group column is named, otherwise every label in equal shares; always cut the same way."""
    if config.group is not None:
        return split_by_group(dataset, config, SPLIT_SEED)
    return split_stratified(dataset, config, SPLIT_SEED)


def stream_kind(settings: WholeSequence) -> StreamKind:
    """A causal network carries its state; the other one reads from both ends."""
    return "recurrent" if settings.causal else "none"


def refuse_backtest(name: str) -> Part:
    """Raise UsageError: a whole sequence has no later steps to predict."""
    raise UsageError(f"{name} predicts one value a sequence, so there is nothing to backtest")


def resolve(
    dataset: Dataset, settings: Any, train: TrainConfig, given: frozenset[str], budgets: Mapping[str, Budget]
) -> Resolved:
    """The settings with stride and budget filled in, and the training settings that suit the number of sequences.

    Raises DataError when there is no target, no channel, or fewer than two sequences.
    """
    target_column(dataset)
    if not dataset.roles.inputs:
        raise DataError("there is no column to read a sequence from", hint="name the channels with --inputs")
    count = len(dataset)
    if count < 2:
        raise DataError(f"at least two sequences are needed, found {count}")
    budget = budgets[settings.preset]
    longest = int(dataset.lengths.max())
    stride = settings.stride or (1 if settings.causal else math.ceil(longest / settings.longest))
    averaged = math.ceil(longest / stride)
    chosen = replace(
        settings,
        stride=stride,
        shrink=settings.shrink or (1 if settings.causal else math.ceil(averaged / RECURRENT_STEPS)),
        members=settings.members or budget.members,
        filters=settings.filters or budget.filters,
    )
    notes = [f"preset {settings.preset}: {chosen.members} networks side by side, {chosen.filters} channels each"]
    if stride > 1:
        notes.append(
            f"averaged every {stride} steps into one, because sequences have up to {longest} steps and more than "
            f"{settings.longest} are slow; override with --stride or --longest"
        )
    return Resolved(chosen, _schedule(count, budget, train, given), tuple(notes))


def _schedule(count: int, budget: Budget, train: TrainConfig, given: frozenset[str]) -> TrainConfig:
    """Few sequences get small batches and a fixed number of steps; many get larger batches and early stopping."""
    largest = train.batch_size if "batch_size" in given else 16 if count <= 1000 else budget.batch_size
    # Batches of nearly equal size: batch normalisation suffers from a rest of one or two sequences.
    batch_size = largest if "batch_size" in given else math.ceil(count / math.ceil(count / largest))
    epochs = min(MOST_EPOCHS, max(budget.epochs, math.ceil(budget.steps * batch_size / count)))
    preset: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": budget.learning_rate,
        "schedule": "cosine",
        "warmup": 0.05,
        "weight_decay": budget.weight_decay,
        "clip_norm": 5.0,
        "patience": 0 if count <= 1000 else 8,
    }
    return replace(train, **{name: value for name, value in preset.items() if name not in given})


def build(series: WholeCodec, settings: Any, *, outputs: int) -> "keras.Model":
    """The network for these sequences, with `outputs` numbers a member."""
    from gru_toolkit.networks.classifier import ClassifierConfig, build_classifier

    shared = ("cell", "units", "layers", "filters", "blocks", "dropout", "members", "causal")
    return build_classifier(
        ClassifierConfig(
            features=series.width,
            statistics=len(series.centre),
            outputs=outputs,
            stride=settings.shrink,
            bands=len(series.channels) if isinstance(series, SoundCodec) else 0,
            **{name: getattr(settings, name) for name in shared},
        )
    )


def heads(settings: Any) -> int:
    """Score vectors of the network: each member reads out its recurrent layers and, if it has one, its stem."""
    return int(settings.members * (2 if settings.blocks else 1))


def id_column(arrays: Arrays, dataset: Dataset) -> dict[str, np.ndarray]:
    """The names of the batch's sequences, under the name of their column."""
    ids = [dataset.ids[sequence] for sequence in arrays.context["sequence"].tolist()]
    return {dataset.roles.id or "id": np.array(ids, dtype=object)}
