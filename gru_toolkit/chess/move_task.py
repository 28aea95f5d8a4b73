"""Chess: the next move of whoever is to move, told from the game so far. The task `chess` of the generic door."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gru_toolkit.chess import move_counts, move_scores
from gru_toolkit.chess.board_features import MARKS, SCALARS
from gru_toolkit.chess.move_examples import CELLS, MoveExamples, games_of, next_movers, players_of
from gru_toolkit.config import SplitConfig, TrainConfig, require_choice
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError, UsageError
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples, Part, Splits
from gru_toolkit.sequences.games import repeated_games
from gru_toolkit.sequences.splits import split_by_group, split_stratified
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks.figures import Figure, Shown
from gru_toolkit.tasks.task import Decoded, Loss, Measures, MetricValue, Outputs, Resolved, StreamKind

if TYPE_CHECKING:
    import keras

SIZES = {"fast": (24, 1, 64), "good": (48, 1, 128), "best": (64, 2, 256)}
"""Features of a square, blocks before the GRU, and the GRU's units, by preset."""
SUMMARY = {"fast": 2, "good": 4, "best": 8}
"""Features of a square that the whole board is seen by, by preset."""
STEPS = {"fast": 300, "good": 3_000, "best": 20_000}
"""Training steps of a preset, unless so many passes would be too few or too many."""
FEWEST_EPOCHS, MOST_EPOCHS = 3, 60
PLAYERS_AT_ONCE = 8
NEVER = -1e9
SPLIT_SEED = 0
GAIN = 0.1
_UNUSUAL = math.log(0.01)


@dataclass(frozen=True)
class Chess:
    """Predict the next move of a game of chess."""

    preset: str = "good"
    """fast, good or best: size of the network and number of steps."""
    channels: int | None = None
    """Features of a square; by default what the preset says."""
    blocks: int | None = None
    """Blocks of the board encoder before the GRU; by default what the preset says."""
    memory: int | None = None
    """Units of the GRU over the game; by default what the preset says."""
    listed: int = 3
    """Moves that a prediction lists."""

    def __post_init__(self) -> None:
        require_choice("preset", self.preset, tuple(SIZES))
        for name in ("channels", "blocks", "memory", "listed"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")


@dataclass(frozen=True)
class MoveCodec:
    """The rules of chess are known, so nothing is learned; how many moves a prediction lists travels along."""

    listed: int

    def to_plain(self) -> dict[str, Any]:
        """See `Codec`."""
        return {"listed": self.listed}


class ChessTask:
    """The task `chess`; see `Task` for what each method promises."""

    name = "chess"
    settings: type[Any] = Chess
    headline = "accuracy"
    higher_is_better = True

    def wants(self, settings: Chess, *, labelled: bool) -> Wants:
        return Wants(target="game", regular=False)

    def stream_kind(self, settings: Chess) -> StreamKind:
        return "none"

    def look_back(self, settings: Chess) -> int:
        return 1

    def backtest(self, dataset: Dataset, settings: Chess, origins: int) -> Part:
        raise UsageError("games are evaluated at every move; a backtest has nothing to add")

    def resolve(self, dataset: Dataset, settings: Chess, train: TrainConfig, given: frozenset[str]) -> Resolved:
        if len(dataset) < 3:
            raise DataError(f"at least three games are needed, found {len(dataset)}")
        channels, blocks, memory = SIZES[settings.preset]
        chosen = replace(
            settings,
            channels=settings.channels or channels,
            blocks=settings.blocks or blocks,
            memory=settings.memory or memory,
        )
        return Resolved(chosen, _schedule(dataset, chosen, train, given))

    def split(self, dataset: Dataset, settings: Chess, config: SplitConfig) -> Splits:
        if config.group:
            return _without_repeats(split_by_group(dataset, config, SPLIT_SEED))
        return _without_repeats(split_stratified(dataset, config, SPLIT_SEED))

    def fit_codec(self, train: Part, settings: Chess) -> MoveCodec:
        return MoveCodec(settings.listed)

    def codec(self, plain: Mapping[str, Any]) -> MoveCodec:
        if set(plain) != {"listed"} or not isinstance(plain["listed"], int) or plain["listed"] < 1:
            raise DamagedRunError(f"expected the number of moves that are listed, found {plain}")
        return MoveCodec(plain["listed"])

    def examples(self, part: Part, codec: MoveCodec, settings: Chess) -> Examples:
        return MoveExamples(games_of(part.dataset), players_of(part))

    def requests(self, dataset: Dataset, codec: MoveCodec, settings: Chess) -> Examples:
        return MoveExamples(games_of(dataset), next_movers(dataset), asked=True)

    def build(self, codec: MoveCodec, settings: Chess) -> "keras.Model":
        from gru_toolkit.networks.board import BoardNetworkConfig, build_game_network

        assert settings.channels is not None, "resolve fills in the channels"
        assert settings.blocks is not None, "resolve fills in the blocks"
        assert settings.memory is not None, "resolve fills in the memory"
        config = BoardNetworkConfig(
            channels=settings.channels,
            blocks=settings.blocks,
            units=settings.memory,
            score=settings.channels,
            summary=SUMMARY[settings.preset],
            gain=GAIN,
            marks=MARKS,
            scalars=SCALARS,
        )
        return build_game_network(config)

    def loss(self, settings: Chess) -> Loss:
        def cross_entropy(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any) -> Any:
            from keras import ops

            scores = ops.reshape(outputs["scores"], ops.shape(targets["legal"]))  # (B, T, CELLS)
            logs = ops.log_softmax(ops.where(ops.cast(targets["legal"], "bool"), scores, NEVER), axis=-1)
            cells = ops.cast(targets["cells"], "int32")[:, :, None]
            losses = -ops.take_along_axis(logs, cells, axis=-1)[:, :, 0]
            promoted = ops.cast(targets["promoted"], "int32")
            kinds = ops.log_softmax(ops.pad(outputs["promotions"], ((0, 0), (0, 0), (1, 0))), axis=-1)
            chosen = ops.take_along_axis(kinds, ops.maximum(promoted, 0)[:, :, None], axis=-1)[:, :, 0]
            losses = losses - ops.where(promoted >= 0, chosen, ops.zeros_like(chosen))
            return ops.sum(losses * weights) / ops.maximum(ops.sum(weights), 1e-6)

        return cross_entropy

    def calibrate(self, codec: MoveCodec, settings: Chess, validation: Iterable[tuple[Decoded, Arrays]]) -> MoveCodec:
        return codec

    def decode(self, outputs: Outputs, arrays: Arrays, codec: MoveCodec, settings: Chess) -> Decoded:
        legal = arrays.context["legal"]
        shape = legal.shape[:2]
        logs = move_scores.legal_log_probabilities(outputs["scores"].reshape(-1, CELLS), legal.reshape(-1, 64))
        kinds = np.pad(outputs["promotions"].astype(np.float64), ((0, 0), (0, 0), (1, 0)))
        kinds -= np.log(np.exp(kinds - kinds.max(-1, keepdims=True)).sum(-1, keepdims=True)) + kinds.max(
            -1, keepdims=True
        )
        return {"log_probabilities": logs.reshape(*shape, CELLS), "promotions": kinds.astype(np.float32)}

    def rows(self, decoded: Decoded, arrays: Arrays, codec: MoveCodec, dataset: Dataset) -> dict[str, np.ndarray]:
        return move_scores.rows(decoded, arrays, codec.listed, dataset)

    def fit_baselines(self, train: Part, codec: MoveCodec, settings: Chess) -> dict[str, np.ndarray]:
        return move_counts.fit(MoveExamples(games_of(train.dataset), players_of(train)))

    def baselines(
        self, state: Mapping[str, np.ndarray], arrays: Arrays, codec: MoveCodec, settings: Chess
    ) -> dict[str, Decoded]:
        legal, pieces, castling = (arrays.context[name] for name in ("legal", "pieces", "castling"))
        shape = legal.shape[:2]
        flat = pieces.reshape(-1, 64), castling.reshape(-1, 4), legal.reshape(-1, 64)
        counts = move_counts.predict(state, *flat).reshape(*shape, CELLS)
        anything = move_scores.legal_log_probabilities(np.zeros((len(flat[0]), CELLS)), flat[2]).reshape(*shape, CELLS)
        queen = np.tile(np.array([math.log(0.97), *[_UNUSUAL] * 3], np.float32), (*shape, 1))
        return {
            "counts": {"log_probabilities": counts, "promotions": queen},
            "any legal move": {"log_probabilities": anything, "promotions": queen},
        }

    def measure(self, decoded: Decoded, arrays: Arrays, codec: MoveCodec, settings: Chess) -> Measures:
        return move_scores.measure(decoded, arrays)

    def metrics(self, sums: Mapping[str, np.ndarray], settings: Chess) -> dict[str, MetricValue]:
        return move_scores.metrics(sums)

    def figures(self, shown: Shown, codec: MoveCodec, settings: Chess) -> list[Figure]:
        return move_scores.figures(shown)


CHESS = ChessTask()


def _without_repeats(splits: Splits) -> Splits:
    """The parts without games whose moves stand in the data before: a game that is tested was not trained on."""
    repeated = repeated_games(splits.train.dataset)
    if not repeated.any():
        return splits
    train, validation, test = (
        replace(part, spans=part.spans[~repeated[part.spans[:, 0]]])
        for part in (splits.train, splits.validation, splits.test)
    )
    line = f"{int(repeated.sum()):,} games that repeat the moves of another one are left out"
    return Splits(train, validation, test, (*splits.description, line))


def _schedule(dataset: Dataset, settings: Chess, train: TrainConfig, given: frozenset[str]) -> TrainConfig:
    """About as many steps as the preset says, in whole passes."""
    batch_size = train.batch_size if "batch_size" in given else PLAYERS_AT_ONCE
    passes = round(STEPS[settings.preset] * batch_size / (2 * len(dataset)))
    preset: dict[str, Any] = {
        "epochs": min(MOST_EPOCHS, max(FEWEST_EPOCHS, passes)),
        "batch_size": batch_size,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup": 0.05,
        "clip_norm": 1.0,
    }
    return replace(train, **{name: value for name, value in preset.items() if name not in given})
