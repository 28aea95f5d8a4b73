"""A recurrent layer whose memory outlives the batch, and scores that share the weights of an embedding."""

from typing import Any

import keras
from keras import ops

from gru_toolkit.networks.cells import recurrent
from gru_toolkit.networks.scanned_gru import is_faster, scanned_gru


class Carried(keras.layers.Layer):  # type: ignore[misc]
    """A recurrent layer that in training goes on, row by row, where the batch before ended.

    x       (B, T, F), in training with B = lanes
    ids     (B, T): a row whose first id is `start` begins with an empty memory
    returns (B, T, units)

    The memory is a weight that no gradient reaches, so that it is saved and restored with all others. Outside training
    every row begins with an empty memory; the ONNX graph takes it in and gives it out.
    """

    def __init__(self, cell: str, units: int, lanes: int, start: int, name: str | None = None):
        super().__init__(name=name)
        self.units = units
        self.lanes = lanes
        self.start = start
        self.recurrent = recurrent(cell, units, "cell", return_sequences=True, return_state=True)
        self.memories = 2 if cell == "lstm" else 1

    def build(self, x_shape: Any, ids_shape: Any = None) -> None:
        self.memory = [
            self.add_weight(
                shape=(self.lanes, self.units), initializer="zeros", trainable=False, name=f"memory_{n}", autocast=False
            )
            for n in range(self.memories)
        ]
        self.recurrent.build(x_shape)
        self.scanned = is_faster(self.recurrent)

    def call(self, x: Any, ids: Any, training: bool = False) -> Any:
        if not training:
            return self.recurrent(x)[0]
        kept = ops.cast(ops.not_equal(ids[:, :1], self.start), "float32")
        before = [ops.cast(memory * kept, self.compute_dtype) for memory in self.memory]
        if self.scanned:
            cell = self.recurrent.cell
            steps, last = scanned_gru(x, self.memory[0] * kept, cell.kernel, cell.recurrent_kernel, cell.bias)
            steps, after = ops.cast(steps, self.compute_dtype), [last]
        else:
            steps, *after = self.recurrent(x, initial_state=before if len(before) > 1 else before[0])
        for memory, state in zip(self.memory, after, strict=True):
            memory.assign(ops.cast(ops.stop_gradient(state), "float32"))
        return steps

    def compute_output_shape(self, x_shape: Any, ids_shape: Any = None) -> Any:
        return (*x_shape[:2], self.units)


class Scaled(keras.layers.Layer):  # type: ignore[misc]
    """x times a constant.

    A table that is read and scored with starts small, as scores want it; what is read of it is brought to the size
    that a recurrent layer wants (Vaswani et al. 2017, section 3.4).
    """

    def __init__(self, factor: float, name: str | None = None):
        super().__init__(name=name)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor

    def compute_output_shape(self, x_shape: Any) -> Any:
        return x_shape


class TiedScores(keras.layers.Layer):  # type: ignore[misc]
    """A score for each of V ids, (B, T, E) → (B, T, V) in float32: the product with the ids' embeddings, and a bias.

    After Press and Wolf 2017, "Using the Output Embedding to Improve Language Models".
    """

    def __init__(self, embedding: Any, name: str | None = None):
        super().__init__(name=name)
        self.embedding = embedding

    def build(self, x_shape: Any) -> None:
        self.bias = self.add_weight(shape=(self.embedding.input_dim,), initializer="zeros", name="bias", autocast=False)

    def call(self, x: Any) -> Any:
        table = ops.cast(self.embedding.embeddings, x.dtype)
        return ops.cast(ops.matmul(x, ops.transpose(table)), "float32") + self.bias

    def compute_output_shape(self, x_shape: Any) -> Any:
        return (*x_shape[:-1], self.embedding.input_dim)

    def compute_output_spec(self, x: Any) -> Any:
        return keras.KerasTensor(self.compute_output_shape(x.shape), dtype="float32")
