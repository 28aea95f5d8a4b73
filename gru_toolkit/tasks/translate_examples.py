"""Sentences and their translations as examples: each cut into units once, padded when a batch asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gru_toolkit.config import SplitConfig
from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Part, Splits
from gru_toolkit.sequences.splits import NAMES, in_counts, split_by_group
from gru_toolkit.sequences.vocabularies import END, START, Vocabulary
from gru_toolkit.tasks.text_examples import SMALL_PART, text_column, texts_of

SPLIT_SEED = 0


@dataclass(frozen=True)
class Sentences:
    """Examples of sentences.

    rows    (K,) the sequence of the dataset that each example is
    source  K arrays of ids, END last
    target  K arrays of ids within START and END; None when nothing is known of the translation
    texts   the sentences and, where they are known, their translations, as they stand in the data
    """

    rows: np.ndarray
    source: list[np.ndarray]
    target: list[np.ndarray] | None
    texts: tuple[list[str], list[str] | None]

    def __len__(self) -> int:
        return len(self.source)

    def within(self, longest: int) -> "Sentences":
        """Those of at most so many units on either side."""
        assert self.target is not None, "only pairs are chosen by their length"
        kept = [place for place, sizes in enumerate(self.units()) if sizes <= longest]
        if not kept:
            raise DataError(f"every pair has more than {longest} units", hint="raise --longest")
        target, texts = [self.target[place] for place in kept], self.texts
        chosen = [texts[0][place] for place in kept], texts[1] and [texts[1][place] for place in kept]
        return Sentences(self.rows[kept], [self.source[place] for place in kept], target, chosen)

    def units(self) -> list[int]:
        """Units of the longer side of each pair, without START and END."""
        other = [len(ids) - 1 for ids in self.target] if self.target else [0] * len(self)
        return [max(len(ids), length) - 1 for ids, length in zip(self.source, other, strict=True)]

    def lengths(self) -> np.ndarray | None:
        """(len(self),) units of each pair; None for a small part, whose batches stay fully random."""
        return np.array(self.units()) + 1 if len(self) > SMALL_PART else None

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The sentences at `indices`; with translations the network reads each up to a unit and is asked for it."""
        chosen = indices.tolist()
        source = [self.source[index] for index in chosen]
        inputs = {"source": _padded(source), "source_lengths": np.array([len(ids) for ids in source], np.int32)}
        texts = [np.array([side[index] for index in chosen], dtype=object) for side in self.texts if side is not None]
        context = dict(zip(("text", "truth"), texts, strict=False))
        context["sequence"] = self.rows[indices]
        if self.target is None:
            return Arrays(inputs, {}, np.ones(len(chosen), np.float32), context)
        target = [self.target[index] for index in chosen]
        wanted = _padded([ids[1:] for ids in target])
        inputs["target"] = _padded([ids[:-1] for ids in target])
        lengths = np.array([len(ids) - 1 for ids in target])
        real = np.arange(wanted.shape[1])[None, :] < lengths[:, None]
        return Arrays(inputs, {"next": wanted}, real.astype(np.float32), context)


def sources_of(part: Part) -> list[str]:
    """The sentences of a part. Raises DataError when there is none."""
    return texts_of(part)


def translations_of(part: Part) -> list[str]:
    """The translations of a part's sentences. Raises DataError when they are not known."""
    names = part.dataset.roles.target
    if not names or names[0] not in part.dataset.statics:
        raise DataError("the translations of the sentences are needed", hint="name their file behind the data's")
    column = part.dataset.statics[names[0]]
    return [column.levels[code] for code in column.values[part.spans[:, 0]].tolist()]


def read_ids(texts: Sequence[str], vocabulary: Vocabulary) -> list[np.ndarray]:
    """What the network reads of each text: its ids, and END."""
    return [np.concatenate([vocabulary.encode(text), [END]]).astype(np.int32) for text in texts]


def written_ids(texts: Sequence[str], vocabulary: Vocabulary) -> list[np.ndarray]:
    """What the network is to write: the ids of each text within START and END."""
    return [np.concatenate([[START], vocabulary.encode(text), [END]]).astype(np.int32) for text in texts]


def split_pairs(dataset: Dataset, config: SplitConfig) -> Splits:
    """The sentences in random order cut into three parts, so that equal sentences stand in one part.

    Raises DataError when a part that was asked for would be empty.
    """
    if config.group is not None:
        return split_by_group(dataset, config, SPLIT_SEED)
    codes = text_column(dataset).values
    order = np.random.default_rng(SPLIT_SEED).permutation(int(codes.max()) + 1)
    turn = np.argsort(order[codes], kind="stable")  # sentences, equal ones side by side
    total = len(dataset)
    shares = np.array(config.split, np.float64)
    edges = np.minimum(np.cumsum(shares if in_counts(config.split) else shares * total), total)
    cuts = [0, *(_whole(order[codes][turn], round(float(edge))) for edge in edges)]
    parts = []
    for place, name in enumerate(NAMES):
        chosen = np.sort(turn[cuts[place] : cuts[place + 1]])
        if shares[place] and not len(chosen):
            raise DataError(f"the {name} part would be empty: there are {total:,} sentences", hint="change --split")
        spans = np.stack([chosen, np.zeros_like(chosen), np.ones_like(chosen)], axis=1).astype(np.int64)
        parts.append(Part(dataset, spans, name))
    lines = [f"{part.name}: {len(part):,} sentences" for part in parts]
    return Splits(parts[0], parts[1], parts[2], ("parted at random, equal sentences together", *lines))


def _whole(groups: np.ndarray, cut: int) -> int:
    """The first place from `cut` on where another group begins."""
    while 0 < cut < len(groups) and groups[cut] == groups[cut - 1]:
        cut += 1
    return cut


def _padded(rows: Sequence[np.ndarray]) -> np.ndarray:
    """(B, T) int32 with zeros on the right."""
    padded = np.zeros((len(rows), max((len(ids) for ids in rows), default=0)), np.int32)
    for row, ids in enumerate(rows):
        padded[row, : len(ids)] = ids
    return padded
