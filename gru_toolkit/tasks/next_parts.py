"""Parts of users' events, and what is worth saying about events that a run is given."""

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Dataset, Part, Splits
from gru_toolkit.tasks.next_codec import OTHER, NextCodec, item_column, item_ids

TRAINING = "training"


def split_leaving_out(dataset: Dataset, count: int) -> Splits:
    """The last `count` events of each user to test on, as many before them to validate on, the rest to train on.

    A user keeps at least one event in training, then has events in the test part, then in the validation part.

    Raises DataError when nobody has two events.
    """
    length = dataset.lengths
    test = length - np.minimum(count, length - 1)
    validation = test - np.minimum(count, test - 1)
    user = np.arange(len(dataset), dtype=np.int64)
    if not (test < length).any():
        raise DataError("no user has two events, so there is nothing to test on", hint="look at --id")
    bounds = {
        TRAINING: (np.zeros_like(validation), validation),
        "validation": (validation, test),
        "test": (test, length),
    }
    parts = {}
    for name, (start, stop) in bounds.items():
        spans = np.stack([user, start, stop], axis=1)[stop > start]
        parts[name] = Part(dataset, spans, name)
    events = "event" if count == 1 else f"{count:,} events"
    lines = [f"{name}: {part.rows:,} events of {len(part):,} users" for name, part in parts.items()]
    how = f"the last {events} of each user tested, those before validated; other users' later events are in training"
    return Splits(parts[TRAINING], parts["validation"], parts["test"], (how, *lines))


def last_events(dataset: Dataset, count: int) -> Part:
    """The last `count` events of each user."""
    length = dataset.lengths
    spans = np.stack([np.arange(len(dataset), dtype=np.int64), np.maximum(length - count, 0), length], axis=1)
    return Part(dataset, spans, "backtest")


def repeats(dataset: Dataset) -> int:
    """Events whose item the same user had before; the last event of each user is not looked at."""
    user = np.repeat(np.arange(len(dataset)), dataset.lengths)
    kept = np.ones(len(user), bool)
    kept[dataset.offsets[1:] - 1] = False
    keys = user[kept] * (1 + len(item_column(dataset).levels)) + item_column(dataset).values[kept]
    return len(keys) - len(np.unique(keys))


def remarks(dataset: Dataset, codec: NextCodec) -> tuple[str, ...]:
    """What the model does not know about the events it is given."""
    unknown = item_ids(dataset, codec) == OTHER
    if not unknown.any():
        return ()
    column = item_column(dataset)
    items = len(np.unique(column.values[unknown]))
    share = unknown.mean()
    return (
        f"{int(unknown.sum()):,} events ({share:.1%}) are of {items:,} items that the training part does not have; "
        "they are read as an unknown item and never predicted",
    )
