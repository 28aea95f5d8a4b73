"""Labelled texts as examples: each cut into units once, padded when a batch asks for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Part
from gru_toolkit.sequences.table import Column
from gru_toolkit.sequences.vocabularies import END, SPECIALS, START, UNKNOWN, Vocabulary

SMALL_PART = 1000


@dataclass(frozen=True)
class Texts:
    """Examples of whole texts.

    rows     (K,) the sequence of the dataset that each example is
    ids      K arrays of ids, START first and END last
    ngrams   K arrays of the places of the text's n-grams
    targets  what the loss compares with, by name, (K, …); empty when only predicting
    truth    (K,) what `measure` compares with; None when only predicting
    dropped  shares of units that training replaces by UNKNOWN, and of n-grams that it leaves out
    wide     whether the network reads the n-grams; the baselines find them in the context in any case
    """

    rows: np.ndarray
    ids: list[np.ndarray]
    ngrams: list[np.ndarray]
    targets: Mapping[str, np.ndarray]
    truth: np.ndarray | None
    dropped: tuple[float, float]
    wide: bool

    def __len__(self) -> int:
        return len(self.ids)

    def lengths(self) -> np.ndarray | None:
        """(len(self),) units of each text; None for a small part, whose batches stay fully random."""
        return np.array([len(ids) for ids in self.ids]) if len(self) > SMALL_PART else None

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The texts at `indices`; with a generator some units and n-grams are missing: none is relied on alone."""
        chosen = indices.tolist()
        ids, ngrams = _padded([self.ids[index] for index in chosen]), _padded([self.ngrams[index] for index in chosen])
        context = {"sequence": self.rows[indices], "ngrams": ngrams}
        if rng is not None and self.dropped[0]:
            ids[(rng.random(ids.shape) < self.dropped[0]) & (ids >= SPECIALS)] = UNKNOWN
        inputs = {"ids": ids, "lengths": np.array([len(self.ids[index]) for index in chosen], np.int32)}
        if self.wide:
            kept = ngrams if rng is None else np.where(rng.random(ngrams.shape) < self.dropped[1], 0, ngrams)
            inputs["ngrams"] = kept.astype(np.int32)
        if self.truth is not None:
            context["truth"] = self.truth[indices]
        targets = {name: values[indices] for name, values in self.targets.items()}
        return Arrays(inputs, targets, np.ones(len(chosen), np.float32), context)


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """(B, longest) int32 with zeros behind each row."""
    padded = np.zeros((len(rows), max(len(row) for row in rows)), np.int32)
    for row, values in enumerate(rows):
        padded[row, : len(values)] = values
    return padded


def text_column(dataset: Dataset) -> Column:
    """The one step column that holds whole texts. Raises DataError if there is none."""
    names = dataset.roles.inputs
    if len(names) != 1 or dataset.steps[names[0]].kind != "text":
        raise DataError("one column of texts is needed", hint="name it with --inputs")
    return dataset.steps[names[0]]


def texts_of(part: Part) -> list[str]:
    """The texts of a part. Raises DataError when there is none."""
    if not len(part):
        raise DataError(f"the {part.name} part has no texts")
    column = text_column(part.dataset)
    return [column.levels[code] for code in column.values[part.spans[:, 0]].tolist()]


def cut(texts: Iterable[str], vocabulary: Vocabulary, longest: int) -> tuple[list[np.ndarray], float, float]:
    """Ids of each text within START and END, the share of unknown units, and the share of texts that were too long."""
    ids, unknown, units, long = [], 0, 0, 0
    for text in texts:
        found = vocabulary.encode(text)
        unknown, units = unknown + int((found == UNKNOWN).sum()), units + len(found)
        long += len(found) > longest
        ids.append(np.concatenate([[START], found[:longest], [END]]).astype(np.int32))
    return ids, unknown / max(units, 1), long / max(len(ids), 1)
