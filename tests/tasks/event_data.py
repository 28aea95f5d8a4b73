"""Small tables of events for the tests of next."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.memory import table_from_columns
from gru_toolkit.sequences.reading import dataset_from_table
from gru_toolkit.sequences.wants import Wants

EVENT = Wants("event", "text")


def events(users: Sequence[Sequence[str]], times: Sequence[Sequence[int]] | None = None, **columns: Any) -> Dataset:
    """A dataset in which user u0 has the items of the first sequence, and so on; by default in steps of one."""
    rows: dict[str, Any] = {
        "user": np.array([f"u{number}" for number, items in enumerate(users) for _ in items], object),
        "item": np.array([item for items in users for item in items], object),
        "step": np.array(
            [time for number, items in enumerate(users) for time in (times[number] if times else range(len(items)))],
            float,
        ),
    }
    for name, values in columns.items():
        rows[name] = np.array(values)
    read = ReadConfig(past=tuple(columns))
    return dataset_from_table(table_from_columns(rows, "memory"), read, EVENT)


def turns(users: int, seed: int, *, length: int = 14) -> Dataset:
    """Users with two circular walks over letters in turn: the next item follows the last but one, never the last."""
    rng = np.random.default_rng(seed)
    sequences = []
    for _ in range(users):
        places = rng.integers(0, 6, 2)
        walk = [f"{'ab'[step % 2]}{(places[step % 2] + step // 2) % 6}" for step in range(length)]
        sequences.append(walk)
    return events(sequences)
