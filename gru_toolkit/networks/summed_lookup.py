"""The wide part of a network: sparse facts that speak for an answer directly, beside what the recurrence makes of them.

Wide and deep: Cheng et al. 2016; n-grams of words and tags beside a recurrent tagger: Huang et al. 2015.
"""

from typing import Any

import keras
from keras import ops


class SummedLookup(keras.layers.Layer):  # type: ignore[misc]
    """The sum over the K facts of each place: ids (…, K) → (…, U). Id 0 is no fact and adds nothing.

    dropout  share of facts left out in training, the others scaled up
    """

    def __init__(self, facts: int, units: int, dropout: float = 0.0, name: str | None = None):
        super().__init__(name=name)
        self.facts = facts
        self.units = units
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, ids_shape: Any) -> None:
        self.table = self.add_weight(shape=(self.facts, self.units), initializer="zeros", name="table")

    def call(self, ids: Any, training: bool = False) -> Any:
        present = ops.cast(ops.not_equal(ids, 0), self.compute_dtype)
        kept = self.dropout(present, training=training)[..., None]
        return ops.sum(ops.take(self.table, ids, axis=0) * kept, axis=-2)

    def compute_output_shape(self, ids_shape: Any) -> Any:
        return (*ids_shape[:-1], self.units)
