"""The network that predicts a move: a board encoder along the lines of sight, a GRU over the game, from × to scores.

A position is 64 squares with C features. In every block a square gathers what it sees along ranks and files and along
diagonals (lines end at the first piece, so the board itself says who can act on whom: a graph network whose edges are
the position), and what a dense layer makes of the whole board. The GRU carries the game; what it remembers returns to
the squares before the last block. A move's score is the product of what its two squares have become.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

SQUARES = 64
PIECES = 13
PROMOTIONS = 3
"""Knight, bishop and rook, against the queen."""


@dataclass(frozen=True)
class BoardNetworkConfig:
    """The sizes of a board network."""

    channels: int = 64
    """Features of a square."""
    blocks: int = 3
    """Blocks before the GRU; one more follows it."""
    units: int = 256
    """Size of the GRU's state."""
    summary: int = 8
    """Features of a square that are seen by the whole board at once."""
    score: int = 64
    """Size of the product that scores a move."""
    marks: int = 32
    """Features of a square that come with the position: recent moves and sets of squares."""
    scalars: int = 25
    """Facts about the position and the game."""
    gain: float = 1.0
    """Factor on the sums over the squares that are seen; a small one keeps untrained networks quiet."""


class LinesOfSight(keras.layers.Layer):  # type: ignore[misc]
    """What a square is and what it sees: squares (…, 64, C), sights (…, 128, 64) → (…, 64, U).

    y = x W + b + gain [S x, D x] V. The rows of `sights` alternate: what square i sees along ranks and files (S), and
    along diagonals (D), so that their product with x is both sums of square i side by side.
    """

    def __init__(self, units: int, gain: float = 1.0, name: str | None = None):
        super().__init__(name=name)
        self.units = units
        self.gain = gain

    def build(self, squares_shape: Any, sights_shape: Any) -> None:
        channels = squares_shape[-1]
        self.kernel = self.add_weight(shape=(channels, self.units), name="kernel")
        self.seen_kernel = self.add_weight(shape=(2 * channels, self.units), name="seen_kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, squares: Any, sights: Any) -> Any:
        shape = (*ops.shape(squares)[:-1], 2 * squares.shape[-1])
        seen = ops.reshape(ops.matmul(sights, squares), shape)
        told = ops.matmul(seen, self.seen_kernel)
        told = told if self.gain == 1.0 else told * self.gain
        return ops.matmul(squares, self.kernel) + self.bias + told

    def compute_output_shape(self, squares_shape: Any, sights_shape: Any) -> Any:
        return (*squares_shape[:-1], self.units)


class MoveScores(keras.layers.Layer):  # type: ignore[misc]
    """The product of every square as a start with every square as an end: squares (…, 64, C) → (…, 64, 64)."""

    def __init__(self, units: int, name: str | None = None):
        super().__init__(name=name)
        self.units = units

    def build(self, squares_shape: Any) -> None:
        shape = (squares_shape[-1], self.units)
        names = ("start_kernel", "end_kernel")
        self.start_kernel, self.end_kernel = (self.add_weight(shape=shape, name=name) for name in names)
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, squares: Any) -> Any:
        start = ops.matmul(squares, self.start_kernel) + self.bias
        return ops.matmul(start, ops.swapaxes(ops.matmul(squares, self.end_kernel), -1, -2)) * (self.units**-0.5)

    def compute_output_shape(self, squares_shape: Any) -> Any:
        return (*squares_shape[:-1], SQUARES)


@dataclass(frozen=True)
class BoardNetwork:
    """A network in its three parts, which share no weights.

    encoder  pieces, marks, scalars and sights of a ply → squares (B, 64, C) and summary (B, U)
    memory   the GRU over the plies of one player
    head     squares, sights, memory (B, U) → scores (B, 64, 64) and promotions (B, 3)
    """

    config: BoardNetworkConfig
    encoder: keras.Model
    memory: keras.layers.GRU
    head: keras.Model


def build_board_network(config: BoardNetworkConfig) -> BoardNetwork:
    """Fresh parts with Keras' initial weights."""
    memory = keras.layers.GRU(config.units, name="memory")
    memory.build((None, None, config.units))
    return BoardNetwork(config, _encoder(config, _ALONE), memory, _head(config, _ALONE))


def step_model(network: BoardNetwork) -> keras.Model:
    """One ply with the state carried: what is written as ONNX with `convert(model, state=True)`.

    Outputs: scores (B, 64, 64), promotions (B, 3), and memory (B, U), the GRU's state that the head has read.
    """
    inputs = network.encoder.input
    encoded = network.encoder(inputs)
    step = keras.layers.Reshape((1, network.config.units), name="step")(encoded["summary"])
    memory = network.memory(step)
    outputs = network.head({"squares": encoded["squares"], "memory": memory, "sights": inputs["sights"]})
    return keras.Model(inputs, {**outputs, "memory": memory}, name="board_network")


def build_game_network(config: BoardNetworkConfig) -> keras.Model:
    """The same network over the plies of one player: pieces (B, T, 64), marks (B, T, 64, M), sights (B, T, 128, 64)
    and scalars (B, T, F) → scores (B, T, 64, 64) and promotions (B, T, 3)."""
    encoder, head = _encoder(config, _PLIES), _head(config, _PLIES)
    inputs = encoder.input
    encoded = encoder(inputs)
    memory = keras.layers.GRU(config.units, return_sequences=True, name="memory")(encoded["summary"])
    outputs = head({"squares": encoded["squares"], "memory": memory, "sights": inputs["sights"]})
    return keras.Model(inputs, outputs, name="game_network")


@dataclass(frozen=True)
class _Lead:
    """The axes between the batch and the squares: none, or the plies.

    given  their sizes in an input
    kept   their sizes where a layer reshapes
    """

    given: tuple[int | None, ...]
    kept: tuple[int, ...]


_ALONE, _PLIES = _Lead((), ()), _Lead((None,), (-1,))


def _encoder(config: BoardNetworkConfig, lead: _Lead) -> keras.Model:
    pieces = keras.Input((*lead.given, SQUARES), dtype="int32", name="pieces")
    marks = _given((*lead.given, SQUARES, config.marks), "marks")
    sights = _sights(lead)
    scalars = _given((*lead.given, config.scalars), "scalars")
    x = keras.layers.Add(name="squares")(
        [
            keras.layers.Embedding(PIECES * SQUARES, config.channels, name="pieces_on_squares")(pieces),
            keras.layers.Dense(config.channels, use_bias=False, name="marks_of_squares")(marks),
            _everywhere(config, "facts", scalars, lead),
        ]
    )
    for number in range(config.blocks):
        x = _block(config, f"block{number}", x, sights, lead)
    flat = _summary(config, "summary", x, lead)
    facts = keras.layers.Dense(32, activation="relu", name="facts_for_memory")(scalars)
    summary = keras.layers.Dense(config.units, activation="relu", name="summary_of_board")(
        keras.layers.Concatenate(name="summary_and_facts")([flat, facts])
    )
    inputs = {"pieces": pieces, "marks": marks, "scalars": scalars, "sights": sights}
    return keras.Model(inputs, {"squares": x, "summary": summary}, name="encoder")


def _head(config: BoardNetworkConfig, lead: _Lead) -> keras.Model:
    squares = _given((*lead.given, SQUARES, config.channels), "squares")
    sights = _sights(lead)
    memory = _given((*lead.given, config.units), "memory")
    flat = _summary(config, "recall", squares, lead)
    recalled = keras.layers.Dense(SQUARES * config.summary, activation="relu", name="recalled")(
        keras.layers.Concatenate(name="board_and_memory")([flat, memory])
    )
    recalled = keras.layers.Dense(SQUARES * config.summary, activation="relu", name="recalled_squares")(recalled)
    recalled = keras.layers.Reshape((*lead.kept, SQUARES, config.summary), name="recalled_by_square")(recalled)
    x = keras.layers.Add(name="reminded")(
        [
            squares,
            keras.layers.Dense(config.channels, use_bias=False, name="recalled_features")(recalled),
            _everywhere(config, "memory_everywhere", memory, lead),
        ]
    )
    x = _block(config, "last_block", x, sights, lead)
    outputs = {
        "scores": MoveScores(config.score, name="scores")(keras.layers.ReLU(name="settled")(x)),
        "promotions": keras.layers.Dense(PROMOTIONS, name="promotions")(memory),
    }
    return keras.Model({"squares": squares, "memory": memory, "sights": sights}, outputs, name="head")


def _given(shape: tuple[int | None, ...], name: str) -> Any:
    """An input in the type that the layers compute in: an input of another is cast to float32 and back."""
    return keras.Input(shape, dtype=keras.config.dtype_policy().compute_dtype, name=name)


def _sights(lead: _Lead) -> Any:
    return _given((*lead.given, 2 * SQUARES, SQUARES), "sights")


def _block(config: BoardNetworkConfig, name: str, x: Any, sights: Any, lead: _Lead) -> Any:
    """x (…, 64, C) with what every square sees, and what the whole board makes of itself, added."""
    seen = LinesOfSight(config.channels, config.gain, name=f"{name}_lines")(x, sights)
    board = keras.layers.Dense(SQUARES * config.summary, activation="relu", name=f"{name}_board")(
        _summary(config, f"{name}_summary", x, lead)
    )
    board = keras.layers.Reshape((*lead.kept, SQUARES, config.summary), name=f"{name}_by_square")(board)
    board = keras.layers.Dense(config.channels, use_bias=False, name=f"{name}_features")(board)
    gathered = keras.layers.ReLU(name=f"{name}_gathered")(keras.layers.Add(name=f"{name}_sum")([seen, board]))
    change = keras.layers.Dense(config.channels, use_bias=False, name=f"{name}_change")(gathered)
    return keras.layers.Add(name=f"{name}_out")([x, change])


def _summary(config: BoardNetworkConfig, name: str, x: Any, lead: _Lead) -> Any:
    """The whole board in one vector: (…, 64, C) → (…, 64 × summary)."""
    narrow = keras.layers.Dense(config.summary, activation="relu", name=f"{name}_narrow")(x)
    return keras.layers.Reshape((*lead.kept, SQUARES * config.summary), name=f"{name}_flat")(narrow)


def _everywhere(config: BoardNetworkConfig, name: str, vector: Any, lead: _Lead) -> Any:
    """A vector (…, F) as the same features on every square: (…, 1, C), which broadcasts."""
    row = keras.layers.Dense(config.channels, name=name)(vector)
    return keras.layers.Reshape((*lead.kept, 1, config.channels), name=f"{name}_row")(row)
