"""Words, spellings and features as numbers, and tags as the labels that the network learns.

Every distinct word is encoded once for a dataset; a token is then a look-up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gru_toolkit.errors import DamagedRunError, DataError
from gru_toolkit.sequences.dataset import Dataset, Part
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks.tag_schemes import KINDS, Inventory, in_scheme, types_of

UNKNOWN = 1
"""The id of a word, letter or value that training has not seen; 0 pads, what is known follows."""
LONGEST_WORD = 24
"""Letters of a longer word are read from both its ends."""
RARE_LETTER = 2
"""Letters seen less often are unknown, so that the network learns what an unknown one means."""
AFFIXES = (("prefix", 2), ("prefix", 3), ("suffix", 1), ("suffix", 2), ("suffix", 3), ("suffix", 4))
SHAPE = "shape"


@dataclass(frozen=True)
class Feature:
    """One feature of a token: a column of the file, or a part of its word.

    column  the column's name; None for a part of the word
    part    prefix, suffix or shape; "" for a column
    size    letters of a prefix or suffix
    values  known values, whose ids start at `first` + 2
    """

    column: str | None
    part: str
    size: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class TagCodec:
    """What training has seen, in the order of its ids.

    column     the column of words
    words      known words, lower case and with every digit as 0
    letters    known letters
    features   features of each token beside word and letters
    inventory  the types of tags in the user's scheme
    scored     (K,) codes of the tags that the network scores, as `learned` writes them
    closed     whether a tag is told when its sentence has ended, not when its word comes
    sentence   labels of whole sentences; empty without
    places     of facts about what stands around a token; 0 where the network knows none
    """

    column: str
    words: tuple[str, ...]
    letters: str
    features: tuple[Feature, ...]
    inventory: Inventory
    scored: tuple[int, ...]
    closed: bool
    sentence: tuple[str, ...]
    places: int

    def to_plain(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "words": list(self.words),
            "letters": self.letters,
            "features": [[f.column, f.part, f.size, list(f.values)] for f in self.features],
            "scheme": self.inventory.scheme,
            "types": list(self.inventory.types),
            "scored": list(self.scored),
            "closed": self.closed,
            "sentence": list(self.sentence),
            "places": self.places,
        }

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "TagCodec":
        """The codec that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
        try:
            features = tuple(
                Feature(column, part, size, tuple(values)) for column, part, size, values in plain["features"]
            )
            inventory = Inventory(plain["scheme"], tuple(plain["types"]))
            scored = tuple(int(code) for code in plain["scored"])
            words, sentence, closed = tuple(plain["words"]), tuple(plain["sentence"]), bool(plain["closed"])
            places = int(plain.get("places", 0))  # earlier versions knew no facts
            return TagCodec(
                plain["column"], words, plain["letters"], features, inventory, scored, closed, sentence, places
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a tagger's codec: {error}") from error

    @property
    def given(self) -> tuple[int, ...]:
        """The places of the features that are columns of the file."""
        return tuple(place for place, feature in enumerate(self.features) if feature.column is not None)

    @property
    def spans(self) -> bool:
        """Whether tags mark spans of tokens."""
        return self.inventory.scheme != "none"

    @property
    def learned(self) -> str:
        """The scheme of the network's tags: iobes tells where spans end, which is not known when a word comes."""
        return "iobes" if self.spans and self.closed else "none"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the rows of the confusion matrix: outside, the types, and what training has not seen."""
        return ("O", *self.types) if self.spans else self.types

    @property
    def types(self) -> tuple[str, ...]:
        """The types of tags, and as one those that training has not seen."""
        return (*self.inventory.types, "(unknown)")

    def feature_values(self) -> int:
        """Ids of all features together."""
        return sum(len(feature.values) + 2 for feature in self.features)


@dataclass(frozen=True)
class Lexicon:
    """The encoded distinct words of a dataset, by the code of the word in its column.

    words     (V,) int32 ids
    letters   (V, L) int32 ids, padded with 0
    features  for each feature (N values of its column or V words,) int32 ids
    """

    words: np.ndarray
    letters: np.ndarray
    features: tuple[np.ndarray, ...]


def normal_form(word: str) -> str:
    """The word in lower case, with every digit as 0."""
    lowered = word.lower()
    return "".join("0" if letter.isdigit() else letter for letter in lowered) if not word.isalpha() else lowered


def shape_of(word: str) -> str:
    """The kinds of letters in a word, with repeats left out: `Rockwell's` is `Aa'a`, `1,000` is `0,0`."""
    shape = ""
    for letter in word[:LONGEST_WORD]:
        kind = "A" if letter.isupper() else "a" if letter.isalpha() else "0" if letter.isdigit() else letter
        if not shape.endswith(kind):
            shape += kind
    return shape


def part_of(word: str, part: str, size: int) -> str:
    """A word's prefix, suffix (of the normal form) or shape."""
    if part == SHAPE:
        return shape_of(word)
    form = normal_form(word)
    return form[:size] if part == "prefix" else form[-size:]


def fit_features(part: Part, columns: Iterable[str], words: Counter[str], *, affixes: bool) -> tuple[Feature, ...]:
    """The columns' values and the affixes of the training part, each seen at least twice."""
    found = []
    for name in columns:
        counts = counted(part, part.dataset.steps[name])
        found.append(Feature(name, "", 0, tuple(sorted(value for value, count in counts.items() if count > 1))))
    for kind, size in (*AFFIXES, (SHAPE, 0)) if affixes else ():
        pieces: Counter[str] = Counter()
        for word, count in words.items():
            pieces[part_of(word, kind, size)] += count
        found.append(Feature(None, kind, size, tuple(sorted(piece for piece, count in pieces.items() if count > 1))))
    return tuple(found)


def fit_letters(words: Counter[str]) -> str:
    """The letters of the training part that are not rare, sorted."""
    letters: Counter[str] = Counter()
    for word, count in words.items():
        for letter in word:
            letters[letter] += count
    return "".join(sorted(letter for letter, count in letters.items() if count >= RARE_LETTER))


def rows_of(part: Part) -> np.ndarray:
    """(M,) int64 rows of the part's dataset that lie in its spans, in the order of the spans."""
    first = part.dataset.offsets[part.spans[:, 0]] + part.spans[:, 1]
    lengths = part.spans[:, 2] - part.spans[:, 1]
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(first - (ends - lengths), lengths))


def counted(part: Part, column: Column) -> Counter[str]:
    """How often each value of a text column stands in the part."""
    codes = column.values[rows_of(part)]
    counts = np.bincount(codes[codes >= 0], minlength=len(column.levels))
    return Counter({level: int(count) for level, count in zip(column.levels, counts, strict=True) if count})


def lexicon(dataset: Dataset, codec: TagCodec) -> Lexicon:
    """The distinct words and feature values of a dataset as numbers.

    Raises DataError when a column is missing that the model was trained on.
    """
    levels = _column(dataset, codec.column).levels
    known = {word: number for number, word in enumerate(codec.words, UNKNOWN + 1)}
    words = np.array([known.get(normal_form(word), UNKNOWN) for word in levels], np.int32)
    features, first = [], 0
    for feature in codec.features:
        ids = {value: number for number, value in enumerate(feature.values, UNKNOWN + 1)}
        if feature.column is None:
            texts: Iterable[str] = (part_of(word, feature.part, feature.size) for word in levels)
        else:
            texts = _column(dataset, feature.column).levels
        features.append(np.array([first + ids.get(text, UNKNOWN) for text in texts], np.int32))
        first += len(feature.values) + UNKNOWN + 1
    return Lexicon(words, _spelt(levels, codec.letters), tuple(features))


def _spelt(levels: tuple[str, ...], letters: str) -> np.ndarray:
    """(V, L) int32 ids of the words' letters."""
    known = {letter: number for number, letter in enumerate(letters, UNKNOWN + 1)}
    half = LONGEST_WORD // 2
    cut = [word if len(word) <= LONGEST_WORD else word[:half] + word[-half:] for word in levels]
    spelt = np.zeros((len(cut), max(map(len, cut), default=1)), np.int32)
    for row, word in enumerate(cut):
        spelt[row, : len(word)] = [known.get(letter, UNKNOWN) for letter in word]
    return spelt


def tag_codes(column: Column, inventory: Inventory) -> tuple[np.ndarray, tuple[str, ...]]:
    """(levels,) codes of a column's labels, and the types beyond the inventory's that they needed.

    A label that no row has any more, because its sentence was rejected, gets -1.
    """
    known = {name: number for number, name in enumerate(inventory.types)}
    codes = np.full(len(column.levels), -1, np.int64)
    for level in np.unique(column.values).tolist():
        codes[level] = inventory.code(column.levels[level], known)
    return codes, tuple(known)[len(inventory.types) :]


def label_rows(codec: TagCodec) -> np.ndarray:
    """(5 · types,) int64: the network's label of each code; -1 for codes that it does not score."""
    rows = np.full(KINDS * max(1, len(codec.inventory.types)), -1, np.int64)
    rows[list(codec.scored)] = np.arange(len(codec.scored))
    return rows


def _column(dataset: Dataset, name: str) -> Column:
    if name not in dataset.steps:
        raise DataError(f"there is no column {name}, which the model was trained on")
    return dataset.steps[name]


def fit_tags(train: Part, scheme: str, *, closed: bool) -> tuple[Inventory, tuple[int, ...]]:
    """The types of tags in the training part, and the codes that the network is to score: those that occur in it,
    rewritten to iobes where they mark spans and sentences are closed."""
    column = train.dataset.steps[train.dataset.roles.target[0]]
    rows = rows_of(train)
    present = np.unique(column.values[rows]).tolist()
    inventory = Inventory(scheme, types_of([column.levels[level] for level in present], scheme))
    codes = tag_codes(column, inventory)[0][column.values]
    if scheme == "none" or not closed:
        return inventory, tuple(np.unique(codes[rows]).tolist())
    scored: set[int] = set()
    lengths = train.spans[:, 2] - train.spans[:, 1]
    starts = np.cumsum(lengths) - lengths
    for first, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        scored |= set(in_scheme(codes[rows[first : first + length]][None], "iobes")[0].tolist())
    return inventory, tuple(sorted(scored))
