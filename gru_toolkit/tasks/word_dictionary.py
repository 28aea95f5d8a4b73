"""A dictionary learned from parallel text, to translate word for word: the naive way.

How probable each word is as the translation of another is estimated by model 1 of Brown et al. 1993, "The Mathematics
of Statistical Machine Translation".
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

PAIRS = 50_000
"""Pairs of sentences that the dictionary is learned from at most."""
ROUNDS = 5
_WORD = re.compile(r"\w+|[^\w\s]")
_CLOSING = re.compile(r"\s+([.,;:!?)\]}%])")


def learn(sources: Sequence[str], translations: Sequence[str]) -> dict[str, np.ndarray]:
    """The most probable translation of every word, as lines `word TAB translation` in bytes."""
    read, known = _numbered(sources[:PAIRS])
    written, names = _numbered(translations[:PAIRS])
    sentence, left, right = _cells(read, written)
    both, cell = np.unique(left.astype(np.int64) * len(names) + right, return_inverse=True)
    place = np.unique(sentence.astype(np.int64) * len(names) + right, return_inverse=True)[1]  # a word of a sentence
    chance = np.full(len(both), 1.0)
    of_word = both // len(names)
    for _ in range(ROUNDS):
        shares = chance[cell]
        shares = shares / np.bincount(place, shares)[place]
        chance = np.bincount(cell, shares, len(both))
        chance = chance / np.bincount(of_word, chance)[of_word]
    order = np.lexsort((both, -chance, of_word))
    first = order[np.unique(of_word[order], return_index=True)[1]]
    lines = [
        f"{known[word]}\t{names[other]}" for word, other in zip(of_word[first], both[first] % len(names), strict=True)
    ]
    return {"dictionary": np.frombuffer("\n".join(lines).encode(), np.uint8)}


def translations(state: Mapping[str, np.ndarray], texts: Sequence[str]) -> list[str]:
    """The texts word for word; words that are not in the dictionary are copied."""
    lines = state["dictionary"].tobytes().decode().split("\n")
    known = dict(line.split("\t") for line in lines if line)
    return [_CLOSING.sub(r"\1", " ".join(known.get(word, word) for word in _WORD.findall(text))) for text in texts]


def _numbered(texts: Sequence[str]) -> tuple[list[np.ndarray], list[str]]:
    """Each text as the different words in it, by number, and the words."""
    cut = [_WORD.findall(text) for text in texts]
    names = [word for word, _ in Counter(word for words in cut for word in words).most_common()]
    number = {word: place for place, word in enumerate(names)}
    return [np.array(sorted({number[word] for word in words}), np.int64) for words in cut], names


def _cells(read: Sequence[np.ndarray], written: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every word of a sentence beside every word of its translation: sentence, word, other word, (N,) each."""
    sizes = [len(left) * len(right) for left, right in zip(read, written, strict=True)]
    left = np.concatenate([np.repeat(words, len(other)) for words, other in zip(read, written, strict=True)])
    right = np.concatenate([np.tile(other, len(words)) for words, other in zip(read, written, strict=True)])
    return np.repeat(np.arange(len(sizes)), sizes), left, right
