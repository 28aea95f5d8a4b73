"""Layers of the tagger: distinct words of a batch read letter by letter once, and the scores between neighbouring tags.

Every input of a network has the batch as its first axis. So the W distinct words of a batch are packed into the rows of
an array (B, K, L) with B · K ≥ W, and each token says where its word lies: row and column.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

FORBIDDEN = -1e4
"""The score of a transition that the scheme does not allow: its exponential is zero, and sums stay finite."""


class UnpackWords(keras.layers.Layer):  # type: ignore[misc]
    """Letters (B, K, L) of packed words as one word a row (B · K, L)."""

    def __init__(self, name: str | None = None):
        super().__init__(name=name, dtype="int32")

    def call(self, letters: Any) -> Any:
        return ops.reshape(letters, (-1, ops.shape(letters)[2]))

    def compute_output_shape(self, letters_shape: Any) -> Any:
        return (None, letters_shape[2])


class WordLengths(keras.layers.Layer):  # type: ignore[misc]
    """The letters (W,) of each word of (W, L), which id 0 pads; 1 for the empty words that fill up the packing."""

    def __init__(self, name: str | None = None):
        super().__init__(name=name, dtype="int32")

    def call(self, letters: Any) -> Any:
        return ops.maximum(ops.sum(ops.cast(ops.not_equal(letters, 0), "int32"), axis=1), 1)

    def compute_output_shape(self, letters_shape: Any) -> Any:
        return (letters_shape[0],)


class PlaceWords(keras.layers.Layer):  # type: ignore[misc]
    """The vectors (B, T, F) of the tokens' words, taken from the vectors (B · K, F) of packed words.

    places   (B, T, 2) int32: row and column of each token's word in the packing
    letters  (B, K, L): the packing itself, of which only K is read
    """

    def call(self, words: Any, places: Any, letters: Any) -> Any:
        return ops.take(words, places[:, :, 0] * ops.shape(letters)[1] + places[:, :, 1], axis=0)

    def compute_output_shape(self, words_shape: Any, places_shape: Any, letters_shape: Any) -> Any:
        return (*places_shape[:2], words_shape[-1])


class Transitions(keras.layers.Layer):  # type: ignore[misc]
    """Learned scores (K + 2, K) of a tag after a tag; row K is the start of a sequence, row K + 1 its end.

    allowed  (K + 2, K) bool; what is not allowed scores `FORBIDDEN`
    learned  whether what is allowed gets a score of its own, or 0

    The input is not read: it only ties the layer to the network.
    """

    def __init__(self, allowed: Sequence[Sequence[bool]], learned: bool = True, name: str | None = None):
        super().__init__(name=name)
        self.learned = learned
        self.forbidden = np.where(np.asarray(allowed, bool), 0.0, FORBIDDEN).astype(np.float32)

    def build(self, x_shape: Any) -> None:
        self.scores = self.add_weight(
            shape=self.forbidden.shape, initializer="zeros", trainable=self.learned, name="scores", autocast=False
        )

    def call(self, x: Any) -> Any:
        return self.scores + ops.convert_to_tensor(self.forbidden)

    def compute_output_shape(self, x_shape: Any) -> Any:
        return self.forbidden.shape
