"""Small datasets of whole sequences for the tests of classify and regress."""

from collections.abc import Sequence

import numpy as np

from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.table import Column


def dataset_of(sequences: Sequence[np.ndarray], target: Column, statics: Sequence[Column] = ()) -> Dataset:
    """A dataset of (T, F) sequences of unequal length, channels `c0`, `c1`, … and one target a sequence."""
    rows = np.concatenate(sequences).astype(np.float64)
    names = tuple(f"c{index}" for index in range(rows.shape[1]))
    return Dataset(
        ids=tuple(f"s{index}" for index in range(len(sequences))),
        offsets=np.concatenate([[0], np.cumsum([len(sequence) for sequence in sequences])]).astype(np.int64),
        steps={name: Column(name, "number", rows[:, index]) for index, name in enumerate(names)},
        statics={target.name: target, **{column.name: column for column in statics}},
        roles=Roles(id="id", target=(target.name,), inputs=names, static=tuple(column.name for column in statics)),
    )


def labels(texts: Sequence[str]) -> Column:
    """A text column `label`."""
    levels = tuple(dict.fromkeys(texts))
    return Column("label", "text", np.array([levels.index(text) for text in texts], np.int32), levels)


def order_of_bumps(count: int, seed: int) -> Dataset:
    """Two bumps, one up and one down, at random places; the label says which comes first, so level tells nothing."""
    rng = np.random.default_rng(seed)
    sequences, texts = [], []
    for index in range(count):
        length = int(rng.integers(24, 40))
        first, second = np.sort(rng.choice(np.arange(2, length - 3), size=2, replace=False))
        sign = 1.0 if index % 2 else -1.0
        values = 0.1 * rng.normal(size=length)
        values[first : first + 3] += sign
        values[second : second + 3] -= sign
        sequences.append(values[:, None])
        texts.append("up first" if index % 2 else "down first")
    return dataset_of(sequences, labels(texts))


def frequency(count: int, seed: int) -> Dataset:
    """Sines of random phase and height; the target is their frequency."""
    rng = np.random.default_rng(seed)
    target = rng.uniform(1.0, 4.0, count)
    clock = np.linspace(0, 1, 32)
    waves = [
        rng.uniform(0.5, 2) * np.sin(2 * np.pi * (rate * clock + rng.random())) + 0.05 * rng.normal(size=32)
        for rate in target
    ]
    return dataset_of([wave[:, None] for wave in waves], Column("rate", "number", target))
