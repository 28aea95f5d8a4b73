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
    """A tall and a wide bump of equal area upon a random slope; the label says which bump comes first."""
    rng = np.random.default_rng(seed)
    sequences, texts = [], []
    for index in range(count):
        length = int(rng.integers(24, 40))
        early = int(rng.integers(0, length - 12))
        late = int(rng.integers(early + 6, length - 5))
        tall, wide = (early, late) if index % 2 else (late, early)
        values = 0.1 * rng.normal(size=length) + rng.normal() * np.linspace(-1, 1, length)
        values[tall : tall + 2] += 2.5
        values[wide : wide + 5] += 1.0
        sequences.append(values[:, None])
        texts.append("tall first" if index % 2 else "wide first")
    return dataset_of(sequences, labels(texts))


def frequency(count: int, seed: int) -> Dataset:
    """Sines of random phase and height upon random slopes; the target is their frequency."""
    rng = np.random.default_rng(seed)
    target = rng.uniform(1.0, 4.0, count)
    clock = np.linspace(0, 1, 32)
    waves = [
        rng.uniform(0.5, 2) * np.sin(2 * np.pi * (rate * clock + rng.random()))
        + rng.normal(0, 3) * clock
        + 0.1 * rng.normal(size=32)
        for rate in target
    ]
    return dataset_of([wave[:, None] for wave in waves], Column("rate", "number", target))
