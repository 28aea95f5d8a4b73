"""The naive tagger: the most frequent tag of the word, and the most frequent label of sentences."""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Examples, batches
from gru_toolkit.tasks.tag_codec import TagCodec
from gru_toolkit.tasks.tag_schemes import KINDS, PADDING
from gru_toolkit.tasks.task import Decoded

NAME = "most frequent tag"
_BATCH = 256


def remember(examples: Examples, codec: TagCodec) -> dict[str, np.ndarray]:
    """Arrays by name.

    tags      (known words + 2,) code of the most frequent tag of each word; that of words seen once for unknown ones
    sentence  (1,) the most frequent label of sentences, if they have labels
    """
    words, tags, sentences = [], [], []
    for arrays in batches(examples, _BATCH):
        real = arrays.context["truth"] != PADDING
        words.append(arrays.context["words"][real])
        tags.append(arrays.context["truth"][real])
        if "sentence" in arrays.context:
            sentences.append(arrays.context["sentence"])
    word, tag = np.concatenate(words), np.concatenate(tags)
    counts = np.bincount(word, minlength=len(codec.words) + 2)
    size = KINDS * max(1, len(codec.inventory.types))
    once = tag[counts[word] == 1]
    usual = int(np.bincount(once if len(once) else tag, minlength=size).argmax())
    state = {"tags": _most_frequent(word, tag, np.full(len(counts), usual, np.int64))}
    if sentences:
        state["sentence"] = np.array([np.bincount(np.concatenate(sentences)).argmax()], np.int64)
    return state


def _most_frequent(word: np.ndarray, tag: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """`usual` (V,) with the most frequent tag of each word that has one, the lowest code of several."""
    pairs, counts = np.unique(np.stack([word, tag], axis=1), axis=0, return_counts=True)
    order = np.lexsort((-pairs[:, 1], counts))  # the last of a word stays
    usual[pairs[order, 0]] = pairs[order, 1]
    return usual


def answer(state: Mapping[str, np.ndarray], arrays: Arrays) -> Decoded:
    """The naive tags of a batch, in the form of the network's."""
    words, lengths = arrays.context["words"], arrays.context["lengths"]
    real = np.arange(words.shape[1])[None, :] < lengths[:, None]
    decoded = {"tags": np.where(real, state["tags"][words], PADDING)}
    if "sentence" in state:
        decoded["sentence"] = np.repeat(state["sentence"], len(words))
    return decoded
