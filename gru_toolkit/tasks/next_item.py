"""Next: what somebody does next, told from what they did: items bought, heard or seen, one event after the other."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits
from gru_toolkit.sequences.splits import split_by_time
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks import next_baselines, next_parts, next_scores
from gru_toolkit.tasks.figures import Figure, Shown
from gru_toolkit.tasks.next_codec import FIRST, NextCodec, fit_codec, item_column
from gru_toolkit.tasks.next_examples import (
    EventExamples,
    Past,
    asked_windows,
    events_of,
    next_on_stream,
    request_windows,
    training_windows,
)
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind

if TYPE_CHECKING:
    import keras

WIDTHS = {"fast": (32, 64), "good": (64, 128), "best": (128, 256)}
"""Width of items and of recurrent layers, by preset."""
STEPS = {"fast": 600, "good": 1_500, "best": 3_000}
"""Training steps of a preset, unless so many passes would be too few or too many."""
FEWEST_EPOCHS, MOST_EPOCHS = 4, 100
WARMUP = 50
"""Events that a training window reads before the first that it learns from."""
BATCH_SIZE = 16
MOST_SCORES = 80_000_000
"""Scores of one training batch: every item at every place."""
ALLOWED = ("all", "unseen")


@dataclass(frozen=True)
class Next:
    """Predict the next item of each user."""

    preset: str = "good"
    """fast, good or best: width of the network and number of steps."""
    cell: str = "gru"
    """gru, lstm, rnn or mingru."""
    width: int | None = None
    """Numbers that stand for an item; by default what the preset says."""
    units: int | None = None
    """Width of each recurrent layer; by default what the preset says."""
    layers: int = 1
    """Recurrent layers on top of each other."""
    dropout: float = 0.3
    """Share of features dropped before and after the recurrent layers in training."""
    item_dropout: float = 0.1
    """Share of items read as unknown in training, which also teaches what to do after an unknown item."""
    tied: bool = True
    """Score items with the embeddings they are read with."""
    label_smoothing: float = 0.0
    """Share of each item's probability spread over all items in training."""
    ahead: int = 1
    """Events ahead that each step learns from, each worth 0.7 of the one before; 1 is the next alone."""
    window: int = 200
    """Events that are learned from in one piece; longer histories are cut."""
    history: int = 1000
    """Events of a user that are read for a prediction at most: the last ones."""
    least_count: int = 1
    """Items seen less often in training are read as unknown and never predicted."""
    allow: str | None = None
    """all, or unseen for items a user has not had; by default unseen where no user ever has an item twice."""
    leave_out: int | None = None
    """Last events of each user to test on, and as many before them to validate on; 1 unless --split is given."""
    top: int = 20
    """Items that a prediction lists."""

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, tuple(WIDTHS))
        require_choice("allow", self.allow, (None, *ALLOWED))
        for name in ("width", "units", "layers", "ahead", "window", "history", "least_count", "top"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("dropout", "item_dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} lies in [0, 1), got {getattr(self, name)}")
        if self.leave_out is not None and self.leave_out < 0:
            raise ConfigError(f"leave_out must be at least 0, got {self.leave_out}")


class NextTask:
    """The task `next`; see `Task` for what each method promises."""

    name = "next"
    settings: type[Any] = Next
    headline = "recall_at_20"
    higher_is_better = True

    def wants(self, settings: Next, *, labelled: bool) -> Wants:
        return Wants(target="event", label="text", need_target=True)

    def stream_kind(self, settings: Next) -> StreamKind:
        return "recurrent"

    def look_back(self, settings: Next) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: Next, origins: int) -> Part:
        return next_parts.last_events(dataset, origins)

    def resolve(self, dataset: Dataset, settings: Next, train: TrainConfig, given: frozenset[str]) -> Resolved:
        if len(dataset) < 2:
            raise DataError(f"at least two users are needed, found {len(dataset)}", hint="look at --id")
        notes = []
        leave_out, allow = settings.leave_out, settings.allow
        if leave_out is None:
            leave_out = 0 if {"split", "validation", "test"} & given else 1
        if allow is None:
            allow = "all" if next_parts.repeats(dataset) else "unseen"
            why = "users have items again" if allow == "all" else "no user has an item twice"
            notes.append(f"assumed --allow {allow}, because {why}")
        width, units = WIDTHS[settings.preset]
        chosen = replace(
            settings,
            leave_out=leave_out,
            allow=allow,
            width=settings.width or width,
            units=settings.units or units,
        )
        long = int((dataset.lengths > settings.history).sum())
        if long:
            notes.append(f"of {long:,} users only the last {settings.history:,} events are read; see --history")
        return Resolved(chosen, _schedule(dataset, chosen, train, given), tuple(notes))

    def split(self, dataset: Dataset, settings: Next, config: SplitConfig) -> Splits:
        if settings.leave_out:
            return next_parts.split_leaving_out(dataset, settings.leave_out)
        return split_by_time(dataset, config)

    def fit_codec(self, train: Part, settings: Next) -> NextCodec:
        return replace(fit_codec(train, settings.least_count), listed=settings.top)

    def codec(self, plain: Mapping[str, Any]) -> NextCodec:
        return NextCodec.from_plain(plain)

    def examples(self, part: Part, codec: NextCodec, settings: Next) -> Examples:
        events = events_of(part.dataset, codec)
        if part.name == next_parts.TRAINING:
            windows = training_windows(part, settings.window, WARMUP)
            return EventExamples(events, codec, windows, dropped=settings.item_dropout, ahead=settings.ahead)
        return EventExamples(events, codec, asked_windows(part, settings.history, len(codec.items)))

    def requests(self, dataset: Dataset, codec: NextCodec, settings: Next) -> Examples:
        windows = request_windows(dataset, settings.history)
        return EventExamples(events_of(dataset, codec), codec, windows, labelled=False)

    def recall(
        self, dataset: Dataset, codec: NextCodec, settings: Next, memory: Past | None
    ) -> tuple[EventExamples, Past]:
        return next_on_stream(dataset, codec, memory)

    def remarks(self, dataset: Dataset, codec: NextCodec, settings: Next) -> tuple[str, ...]:
        return next_parts.remarks(dataset, codec)

    def build(self, codec: NextCodec, settings: Next) -> "keras.Model":
        from gru_toolkit.networks.next_network import NextNetworkConfig, build_next_network

        assert settings.width is not None, "resolve fills in the width"
        assert settings.units is not None, "resolve fills in the units"
        config = NextNetworkConfig(
            ids=FIRST + len(codec.items),
            gaps=codec.gaps,
            numbers=len(codec.numbers),
            categories=tuple(len(values) + 1 for values in codec.categories.values()),
            width=settings.width,
            cell=settings.cell,
            units=settings.units,
            layers=settings.layers,
            dropout=settings.dropout,
            tied=settings.tied,
        )
        popularity = np.log(next_baselines.popularity_of(codec))
        return build_next_network(config, np.concatenate([np.full(FIRST, popularity.min()), popularity]))

    def loss(self, settings: Next) -> Loss:
        smoothing = settings.label_smoothing

        def cross_entropy(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            logs = ops.log_softmax(outputs["scores"], axis=-1)  # (B, K, ids)
            wanted = ops.take_along_axis(logs, ops.cast(targets["items"], "int32"), axis=-1)  # (B, K, A)
            losses = -ops.sum(wanted * targets["shares"], axis=-1)
            losses = (1 - smoothing) * losses - smoothing * ops.mean(logs, axis=-1)
            return ops.sum(losses * weights) / ops.maximum(ops.sum(weights), 1e-6)

        return cross_entropy

    def calibrate(self, codec: NextCodec, settings: Next, validation: Iterable[tuple[Decoded, Arrays]]) -> NextCodec:
        return codec

    def decode(self, outputs: Outputs, arrays: Arrays, codec: NextCodec, settings: Next) -> Decoded:
        scores = outputs["scores"][:, :, FIRST:]
        return {"log_probabilities": next_scores.log_probabilities(scores, _allowed(arrays, codec, settings))}

    def rows(self, decoded: Decoded, arrays: Arrays, codec: NextCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        return next_scores.rows(decoded, arrays, codec, dataset)

    def fit_baselines(self, train: Part, codec: NextCodec, settings: Next) -> dict[str, np.ndarray]:
        return next_baselines.fit(train, codec, unseen=settings.allow == "unseen")

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: NextCodec, settings: Next
    ) -> dict[str, Decoded]:
        allowed = _allowed(arrays, codec, settings)
        found = next_baselines.predict(state, arrays, next_scores.history_counts(arrays, len(codec.items)))
        return {
            name: {"log_probabilities": next_scores.log_probabilities(scores, allowed)}
            for name, scores in found.items()
        }

    def measure(self, decoded: Decoded, arrays: Arrays, codec: NextCodec, settings: Next) -> Measures:
        return next_scores.measure(decoded, arrays, codec)

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Next) -> dict[str, MetricValue]:
        return next_scores.metrics(sums)

    def figures(self, shown: Shown, codec: NextCodec, settings: Next) -> list[Figure]:
        return next_scores.figures(shown, codec)


NEXT = NextTask()


def _allowed(arrays: Arrays, codec: NextCodec, settings: Next) -> np.ndarray | None:
    """(B, K, V) bool, True on items that may come; None where all may."""
    if settings.allow != "unseen":
        return None
    return np.asarray(next_scores.history_counts(arrays, len(codec.items)) == 0)


def _schedule(dataset: Dataset, settings: Next, train: TrainConfig, given: frozenset[str]) -> TrainConfig:
    """About as many steps as the preset says, in whole passes, of batches whose scores fit into memory."""
    longest = min(settings.window, int(dataset.lengths.max()))
    fitting = MOST_SCORES // (longest * len(item_column(dataset).levels))
    batch_size = train.batch_size if "batch_size" in given else min(BATCH_SIZE, max(1, fitting))
    windows = int(np.ceil(dataset.lengths / settings.window).sum())
    passes = round(STEPS[settings.preset] * batch_size / windows)
    preset: dict[str, Any] = {
        "epochs": min(MOST_EPOCHS, max(FEWEST_EPOCHS, passes)),
        "batch_size": batch_size,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.05,
        "clip_norm": 1.0,
        "patience": max(3, math.ceil(passes / 4)),
    }
    return replace(train, **{name: value for name, value in preset.items() if name not in given})
