"""Sentences as examples: one a span of the part, looked up and padded when a batch asks for it."""

import functools
from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.dataset import Arrays, Part
from gru_toolkit.tasks import tag_windows
from gru_toolkit.tasks.tag_codec import UNKNOWN, Lexicon, TagCodec, label_rows, lexicon, rows_of, tag_codes
from gru_toolkit.tasks.tag_schemes import PADDING, in_scheme

AT_ONCE = 32
LETTER_STEPS = 8
"""Spellings are padded to multiples of so many letters, so that a compiled step is reused."""


@dataclass(frozen=True)
class Truth:
    """The truth about the tokens of a dataset.

    tags      (N,) int64 codes as the user writes them; types beyond the codec's are unknown
    sentence  (S,) int64 label of each sentence, -1 for one that training has not seen; None without such labels
    """

    tags: np.ndarray
    sentence: np.ndarray | None


@dataclass(frozen=True)
class Sentences:
    """Examples of whole sentences.

    truth         None when only predicting
    word_dropout  a word seen n times is taken for unknown with probability word_dropout / (word_dropout + n)
    spelt         whether the network reads letters
    """

    part: Part
    codec: TagCodec
    lexicon: Lexicon
    truth: Truth | None
    word_dropout: float
    spelt: bool

    def __len__(self) -> int:
        return len(self.part)

    def lengths(self) -> np.ndarray | None:
        """(len(self),) tokens of each sentence."""
        return np.asarray(self.part.spans[:, 2] - self.part.spans[:, 1])

    @property
    def at_once(self) -> int:
        """Sentences in a batch where nothing is learned: in file order, where a long one pads all others."""
        return AT_ONCE

    @functools.cached_property
    def drop_chance(self) -> np.ndarray:
        """(known words + 2,) chance of each word id to be taken for unknown in training."""
        words = self.lexicon.words[self.part.dataset.steps[self.codec.column].values[rows_of(self.part)]]
        counts = np.bincount(words, minlength=len(self.codec.words) + 2)
        chance = self.word_dropout / (self.word_dropout + np.maximum(counts, 1))
        chance[: UNKNOWN + 1] = 0.0
        return chance

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The sentences at `indices`; with a generator, rare words are sometimes unknown."""
        spans = self.part.spans[indices]
        lengths = (spans[:, 2] - spans[:, 1]).astype(np.int32)
        steps = np.arange(int(lengths.max()))[None, :]
        real = steps < lengths[:, None]  # (B, T)
        first = self.part.dataset.offsets[spans[:, 0]] + spans[:, 1]
        rows = np.where(real, first[:, None] + steps, first[:, None])
        levels = self.part.dataset.steps[self.codec.column].values[rows]  # (B, T) distinct words
        words = np.where(real, self.lexicon.words[levels], 0)
        if rng is not None and self.word_dropout:
            words = np.where(rng.random(words.shape) < self.drop_chance[words], UNKNOWN, words)
        inputs = {"words": words.astype(np.int32), "lengths": lengths}
        if self.codec.features:
            inputs["features"] = self._features(rows, levels, real)
        if self.codec.places:
            columns = [inputs["features"][:, :, place] for place in self.codec.given]
            inputs["facts"] = tag_windows.facts(words, columns, real, self.codec.places)
        if self.spelt:
            inputs["letters"], inputs["places"] = packed(np.where(real, levels, -1), self.lexicon.letters)
        context = {"sequence": spans[:, 0], "start": spans[:, 1], "words": words, "lengths": lengths}
        if self.truth is None:
            return Arrays(inputs, {}, real.astype(np.float32), context)
        tags = np.where(real, self.truth.tags[rows], PADDING)
        context["truth"] = tags
        targets, weights = self._targets(tags, real)
        if self.truth.sentence is not None:
            context["sentence"] = self.truth.sentence[spans[:, 0]]
            targets["sentence"] = context["sentence"].astype(np.int32)
        return Arrays(inputs, targets, weights, context)

    def _features(self, rows: np.ndarray, levels: np.ndarray, real: np.ndarray) -> np.ndarray:
        """(B, T, features) int32 ids, 0 on padding."""
        found = []
        for feature, ids in zip(self.codec.features, self.lexicon.features, strict=True):
            codes = levels if feature.column is None else self.part.dataset.steps[feature.column].values[rows]
            found.append(np.where(real, ids[codes], 0))
        return np.stack(found, axis=2).astype(np.int32)

    def _targets(self, tags: np.ndarray, real: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The network's labels (B, T) int32, and weights: 0 throughout a sentence with a tag that it cannot score."""
        scored = label_rows(self.codec)
        codes = in_scheme(tags, self.codec.learned)
        labels = np.where(real & (codes < len(scored)), scored[np.clip(codes, 0, len(scored) - 1)], -1)
        usable = (labels >= 0) | ~real
        weights = real & usable.all(axis=1, keepdims=True)
        return {"tags": np.maximum(labels, 0).astype(np.int32)}, weights.astype(np.float32)


def packed(levels: np.ndarray, letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct words of a batch, spelt once, in rows of equal number.

    levels   (B, T) codes of words, -1 on padding
    letters  (V, L) the spelling of each word
    returns  (B, K, L') int32 spellings, and (B, T, 2) int32 row and column of each token's word
    """
    distinct, place = np.unique(levels, return_inverse=True)
    if distinct[0] < 0:
        distinct, place = distinct[1:], np.maximum(place - 1, 0)
    batch = len(levels)
    columns = -(-len(distinct) // batch)
    spelt = letters[distinct]
    used = int(np.count_nonzero(spelt.any(axis=0)))
    width = min(-(-max(used, 1) // LETTER_STEPS) * LETTER_STEPS, max(used, letters.shape[1]))
    table = np.zeros((batch * columns, width), np.int32)
    kept = spelt[:, :width]
    table[: len(distinct), : kept.shape[1]] = kept
    place = place.reshape(levels.shape)
    places = np.stack([place // columns, place % columns], axis=2).astype(np.int32)
    return table.reshape(batch, columns, width), places


def sentences(part: Part, codec: TagCodec, *, labelled: bool, word_dropout: float, spelt: bool) -> Sentences:
    """Examples of a part's sentences.

    Raises DataError for an empty part, or when no tag or no sentence label is one that training has seen.
    """
    if not len(part):
        raise DataError(f"the {part.name} part has no sentences")
    truth = _truth(part, codec) if labelled else None
    return Sentences(part, codec, lexicon(part.dataset, codec), truth, word_dropout, spelt)


def _truth(part: Part, codec: TagCodec) -> Truth:
    dataset = part.dataset
    column = dataset.steps[dataset.roles.target[0]]
    codes, unknown = tag_codes(column, codec.inventory)
    if not set(codes.tolist()) & set(range(0, 5 * len(codec.inventory.types))):
        raise DataError(
            f"none of the tags of column {column.name} was seen in training, such as {', '.join(unknown[:3])}",
            hint=f"the model knows {', '.join(codec.inventory.types[:10])}; name the column with --target",
        )
    sentence = None
    if codec.sentence:
        label = dataset.statics[dataset.roles.target[1]]
        known = {name: number for number, name in enumerate(codec.sentence)}
        ids = np.array([known.get(name, -1) for name in label.levels], np.int64)
        sentence = ids[label.values]
    return Truth(codes[column.values], sentence)
