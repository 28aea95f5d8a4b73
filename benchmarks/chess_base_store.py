"""Observe the training games of the base network once and for all: what `chess_base_train.py` reads.

    python benchmarks/chess_base_store.py --data ../shared/data --out STORE

Reads data/chess/teacher.parquet (real games, with what Maia-1 expects at each ply; the newest 600 games of the blitz
and bullet collection are not in it). Games given twice enter once; games that an account in players/ played too (a
tournament can be in two collections) do not enter at all. 300 games each of two collections are held out for
validation, drawn with seed 0. Needs 10 GB of disk and three minutes on one core.
"""

import argparse
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gru_toolkit.chess.board_features import UNKNOWN, time_control
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.game_replay import Replay
from gru_toolkit.chess.pgn import Reject, read_games
from gru_toolkit.chess.position_store import SOFT, Batch, write_store

Array = np.ndarray

SOURCES = ("lichess_blitz_bullet", "lichess_20k", "lichess_2016_2017", "masters")
HELD_OUT = 300
FREQUENT = 1000
"""From so many games of one collection on, a player is a person of their own there, not people in general."""
SHORTEST = 4
GAMES_AT_ONCE = 256
OWN, MOST_PLIES = 20, 120


def main() -> None:
    """Write STORE/val and STORE/train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    file = options.data / "chess" / "teacher.parquet"
    if not file.is_file():
        parser.exit(2, f"{file} is not there; give the data folder with --data\n")
    taught = Taught(pq.read_table(file))
    frequent = taught.frequent(read_games([str(options.data / "chess" / "lichess_blitz_bullet.pgn.gz")]))
    kept = taught.different_games(games_of_accounts(options.data / "chess" / "players"))
    rng = np.random.default_rng(0)
    rng.shuffle(kept)
    val = np.concatenate([kept[taught.source[kept] == source][:HELD_OUT] for source in (0, 1)])
    train = np.setdiff1d(kept, val)
    rng.shuffle(train)
    for name, rows in (("val", val), ("train", train)):
        plies = write_store(options.out / name, taught.batches(rows, frequent))
        print(name, len(rows), "games", plies, "plies", flush=True)


def games_of_accounts(folder: Path) -> set[bytes]:
    """The moves of every game in players/, as far as the table holds games; very short ones are nobody's."""
    found = set()
    for game in read_games(sorted(str(path) for path in folder.iterdir())):
        if isinstance(game, Game) and len(game) >= OWN:
            found.add(game.moves[:MOST_PLIES].tobytes())
    return found


class Taught:
    """The table of games as flat columns and where each game begins."""

    def __init__(self, table: pa.Table):
        self._moves, self._first = _ragged(table, "moves")
        self._clocks, _ = _ragged(table, "clock")
        self._soft_moves, _ = _ragged(table, "teacher_moves")
        self._soft_shares, _ = _ragged(table, "teacher_probs")
        self.source = np.array([SOURCES.index(name) for name in table["source"].to_pylist()], np.uint8)
        ratings = np.stack([table["white_elo"].to_numpy(), table["black_elo"].to_numpy()], 1).astype(np.int16)
        self._ratings = np.where(ratings > 0, ratings, UNKNOWN)
        self._teacher = np.stack([table["white_teacher"].to_numpy(), table["black_teacher"].to_numpy()], 1)
        self._control = np.array([time_control(text) for text in table["time_control"].to_pylist()], np.int16)

    def different_games(self, barred: set[bytes]) -> Array:
        """The rows of games that are long enough, each only once, but for those whose moves are barred."""
        seen: dict[bytes, int] = {}
        for row, moves in enumerate(self._all_moves()):
            if len(moves) >= SHORTEST * self._moves.itemsize:
                seen.setdefault(moves, row)
        return np.array([row for moves, row in seen.items() if moves not in barred])

    def frequent(self, games: Iterable[Game | Reject]) -> Array:
        """(G, 2): whether White and Black are among those who played `FREQUENT` games; the table has no names."""
        row_of: dict[bytes, int] = {}
        for row, moves in enumerate(self._all_moves()):
            row_of.setdefault(moves, row)
        played: dict[str, list[tuple[int, int]]] = {}
        for game in games:
            row = row_of.get(game.moves[:MOST_PLIES].tobytes()) if isinstance(game, Game) else None
            if row is not None:
                played.setdefault(game.white, []).append((row, 0))
                played.setdefault(game.black, []).append((row, 1))
        found = np.zeros((len(self.source), 2), bool)
        for places in played.values():
            if len(places) >= FREQUENT:
                found[tuple(zip(*places, strict=True))] = True
        return found

    def batches(self, rows: Array, frequent: Array) -> Iterator[Batch]:
        """The games of these rows, some at a time."""
        for start in range(0, len(rows), GAMES_AT_ONCE):
            some = rows[start : start + GAMES_AT_ONCE]
            yield self._batch(some, frequent[some])

    def _all_moves(self) -> Iterator[bytes]:
        """The moves of every row."""
        for first, last in pairwise(self._first):
            yield self._moves[first:last].tobytes()

    def _batch(self, rows: Array, frequent: Array) -> Batch:
        first, last = self._first[rows], self._first[rows + 1]
        lengths = last - first
        moves = np.zeros((len(rows), int(lengths.max())), np.uint16)
        clocks = np.full(moves.shape, UNKNOWN, np.int16)
        for row, (begin, end) in enumerate(zip(first, last, strict=True)):
            moves[row, : end - begin] = self._moves[begin:end]
            clocks[row, : end - begin] = self._clocks[begin:end]
        replay = Replay(moves, lengths, self._ratings[rows], clocks, self._control[rows])
        soft = np.concatenate([np.arange(SOFT * b, SOFT * e) for b, e in zip(first, last, strict=True)])
        soft_moves, soft_shares = (a[soft].reshape(-1, SOFT) for a in (self._soft_moves, self._soft_shares))
        return Batch(replay, self.source[rows], self._teacher[rows], frequent, soft_moves, soft_shares)


def _ragged(table: pa.Table, name: str) -> tuple[Array, Array]:
    """A column of lists as its values and the offset of each list, and of the end."""
    column = table[name].combine_chunks()
    return column.values.to_numpy(), column.offsets.to_numpy()


if __name__ == "__main__":
    main()
