"""Runs of words and of letters in a text, as places in a table: what n-gram models look up.

The text is hashed once as a polynomial over its letters, so that the hash of any stretch of it is one difference and
one product (Karp and Rabin 1987, "Efficient randomized pattern-matching algorithms", here modulo 2⁶⁴).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gru_toolkit.sequences.vocabularies import VocabularyConfig, words

MOST_WEIGHTS = 1 << 21
"""Places of one kind times labels at most."""
ROOM = 4
"""Places for each different run in training at least: where many share a place, naive Bayes loses two points in a
hundred on short reviews."""
_COUNTED = 1 << 29
_BASE = 0x9E3779B97F4A7C15
_UNDONE = pow(_BASE, -1, 1 << 64)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_SPACE = ord(" ")


@dataclass(frozen=True)
class Ngrams:
    """Which stretches of a text have a place, and how many places there are.

    words, letters  places of runs of words, 1 … words, and behind them of runs of letters; 0 for none
    longest_words   words of the longest run
    spans           letters of the shortest and longest run inside a word, its edges counted as letters
    lower           letters lose their case
    most            words of a text that are read; letters where runs of words have no place
    """

    words: int
    letters: int
    longest_words: int
    spans: tuple[int, int]
    lower: bool
    most: int

    @property
    def places(self) -> int:
        """All places; place 0 stands for nothing and is not counted."""
        return self.words + self.letters

    def of(self, text: str) -> np.ndarray:
        """(K,) int32 the different places of a text, in order; only place 0 for a text without words."""
        read = text if self.words else text[: self.most]
        found = words(read, VocabularyConfig("word", lower=self.lower))
        if not found:
            return np.zeros(1, np.int32)
        line = " ".join(["", *(found[: self.most] if self.words else found), ""])
        codes = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
        sums = np.concatenate([[np.uint64(0)], np.cumsum(codes * _powers(_BASE, len(codes)))])
        spaces = np.flatnonzero(codes == _SPACE)
        runs = [(spaces[:-count] + 1, spaces[count:]) for count in range(1, self.longest_words + 1)]
        pieces = [_places(sums, *run, self.words) for run in runs if self.words]
        if self.letters:
            inside = [_stretches(codes == _SPACE, length) for length in range(self.spans[0], self.spans[1] + 1)]
            pieces += [_places(sums, *run, self.letters) + self.words for run in inside]
        return np.unique(np.concatenate(pieces)).astype(np.int32)

    def to_plain(self) -> dict[str, Any]:
        return {**asdict(self), "spans": list(self.spans)}

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "Ngrams":
        """The n-grams that `to_plain` described. Raises KeyError, TypeError or ValueError for anything else."""
        shortest, longest = map(int, plain["spans"])
        counts = {name: int(plain[name]) for name in ("words", "letters", "longest_words", "most")}
        return Ngrams(**counts, spans=(shortest, longest), lower=bool(plain["lower"]))


def fit_ngrams(texts: Iterable[str], unit: str, labels: int, *, lower: bool, most: int) -> Ngrams:
    """What is looked up in texts of a unit: runs of letters, and runs of words where the text has several.

    There are as many places as the training texts fill, and a few times more, as far as the labels leave room.
    """
    letters_alone = unit in ("char", "byte")
    counted = Ngrams(
        words=0 if letters_alone else _COUNTED,
        letters=_COUNTED,
        longest_words=0 if letters_alone else 2,
        spans=(1, 5) if letters_alone else (3, 6),
        lower=lower,
        most=most,
    )
    found: set[int] = set()
    for text in texts:
        found.update(counted.of(text).tolist())
    found.discard(0)
    words = sum(place <= counted.words for place in found)
    return replace(
        counted, words=0 if letters_alone else _room(words, labels), letters=_room(len(found) - words, labels)
    )


def _room(runs: int, labels: int) -> int:
    """Places for so many different runs: a power of two."""
    wanted = 1 << int(np.ceil(np.log2(ROOM * max(runs, 1))))
    return min(wanted, 1 << int(np.log2(MOST_WEIGHTS / labels)))


def _powers(base: int, count: int) -> np.ndarray:
    """(count,) uint64 the base to the power 0, 1, 2 …, modulo 2⁶⁴."""
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.asarray(np.cumprod(factors))


def _places(sums: np.ndarray, starts: np.ndarray, ends: np.ndarray, places: int) -> np.ndarray:
    """(n,) places from 1 on of the stretches [start, end)."""
    hashes = (sums[ends] - sums[starts]) * _powers(_UNDONE, len(sums))[starts]
    hashes = (hashes ^ (hashes >> np.uint64(33))) * _MIX
    places_of = (hashes ^ (hashes >> np.uint64(33))) % np.uint64(places)
    return np.asarray(places_of, np.int64) + 1


def _stretches(spaces: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of all stretches of so many letters without a space inside, though perhaps at an edge."""
    passed = np.concatenate([[0], np.cumsum(spaces)])
    starts = np.arange(len(spaces) - length + 1)
    inner = passed[starts + length - 1] - passed[starts + 1] if length > 1 else spaces[starts]
    kept = starts[inner == 0]
    return kept, kept + length
