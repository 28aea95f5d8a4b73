"""Observed games on disk: what training reads, memory-mapped, so that no position is worked out twice."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gru_toolkit.chess.board_features import FACTS, HISTORY, PLANE_COUNT, planes
from gru_toolkit.chess.game_replay import Replay, observe_games

Array = np.ndarray

SOFT = 5
"""How many moves of a teacher are kept for each ply."""
_COLUMNS: dict[str, tuple[str, tuple[int, ...]]] = {
    "pieces": ("u1", (64,)),
    "recent": ("u1", (2 * HISTORY,)),
    "facts": ("<i2", (len(FACTS),)),
    "sights": ("<u8", (2, 64)),
    "legal": ("<u8", (64,)),
    "planes": ("<u8", (PLANE_COUNT,)),
    "checkers": ("<u8", ()),
    "moves": ("<u2", ()),
    "soft_moves": ("<u2", (SOFT,)),
    "soft_shares": ("u1", (SOFT,)),
}
_GAMES = {"first": "<i8", "plies": "<i4", "source": "u1", "teacher": "<i2", "frequent": "?"}


@dataclass(frozen=True)
class Batch:
    """Some games to store.

    replay       the games
    source       (G,) uint8: which collection each comes from
    teacher      (G, 2) int16: the rating the teacher was asked for, White's and Black's; -1 without a teacher
    frequent     (G, 2) bool: whether White and Black are people who play in a good part of their collection
    soft_moves   (N, SOFT) uint16: moves a teacher expects at each ply, from White's view as in `replay`
    soft_shares  (N, SOFT) uint8: their probabilities × 255, 0 where there are fewer
    """

    replay: Replay
    source: Array
    teacher: Array
    frequent: Array
    soft_moves: Array
    soft_shares: Array


@dataclass(frozen=True)
class PositionStore:
    """Columns over all plies, and the games that cut them.

    columns  name → (N, …) as `_COLUMNS` says
    games    name → (G, …): first ply, number of plies, and `source`, `teacher` and `frequent` of `Batch`
    """

    columns: dict[str, Array]
    games: dict[str, Array]


def write_store(folder: Path, batches: Iterable[Batch]) -> int:
    """Observe games and write them as one store; returns the number of plies."""
    folder.mkdir(parents=True)
    files = {name: (folder / f"{name}.bin").open("wb") for name in _COLUMNS}
    games: dict[str, list[Array]] = {name: [] for name in _GAMES}
    total = 0
    for batch in batches:
        rows = _rows(batch)
        for name, (dtype, shape) in _COLUMNS.items():
            assert rows[name].shape == (len(rows["moves"]), *shape), f"{name} has the shape {rows[name].shape}"
            files[name].write(np.ascontiguousarray(rows[name], dtype).tobytes())
        lengths = batch.replay.lengths
        games["first"].append(total + np.cumsum(lengths) - lengths)
        games["plies"].append(lengths)
        games["source"].append(batch.source)
        games["teacher"].append(batch.teacher)
        games["frequent"].append(batch.frequent)
        total += int(lengths.sum())
    for file in files.values():
        file.close()
    for name, dtype in _GAMES.items():
        np.save(folder / f"game_{name}.npy", np.concatenate(games[name]).astype(dtype))
    (folder / "store.json").write_text(json.dumps({"plies": total}), encoding="utf-8")
    return total


def open_store(folder: Path) -> PositionStore:
    """A finished store; its columns are read from disk as they are used."""
    total = json.loads((folder / "store.json").read_text(encoding="utf-8"))["plies"]
    columns: dict[str, Array] = {
        name: np.memmap(folder / f"{name}.bin", dtype, "r", shape=(total, *shape))
        for name, (dtype, shape) in _COLUMNS.items()
    }
    return PositionStore(columns, {name: np.load(folder / f"game_{name}.npy") for name in _GAMES})


def _rows(batch: Batch) -> dict[str, Array]:
    observations, moves = observe_games(batch.replay)
    sets = observations.sets()
    black = (observations.facts[:, FACTS.index("white")] == 0)[:, None]
    flip = np.where(black, np.uint16(56 | 56 << 6), np.uint16(0))
    return {
        "pieces": observations.pieces,
        "recent": observations.recent,
        "facts": observations.facts,
        "sights": np.stack([sets.rook_sight, sets.bishop_sight], axis=1),
        "legal": sets.legal,
        "planes": planes(sets),
        "checkers": sets.checkers,
        "moves": moves,
        "soft_moves": np.where(batch.soft_shares > 0, batch.soft_moves ^ flip, 0),
        "soft_shares": batch.soft_shares,
    }
