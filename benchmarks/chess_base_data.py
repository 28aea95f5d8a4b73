"""Stored games as the batches a base network trains on: each row walks through one player's plies, game after game."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from gru_toolkit.chess.bitboards import unpack
from gru_toolkit.chess.board_features import FACT, HISTORY, UNKNOWN, marks, placed, scalars, sights
from gru_toolkit.chess.position_store import PositionStore

Array = np.ndarray

MASTERS = 3
"""The collection whose players are stronger than any the teacher knows."""
NOWHERE = 4096
"""The place of a move that is not there."""
LACKING = ("sights", "memory", "history", "planes", "ratings", "clock", "teacher", "played", "masters", "mask")
"""What a network can be trained without, to learn what it is worth."""
_RATED_AS_TEACHER, _UNRATED, _UNTIMED = 0.6, 0.06, 0.1
"""Shares of streams: masters seen as the teacher's pupils; ratings hidden; clocks hidden."""


@dataclass(frozen=True)
class Rows:
    """One batch of N = streams × steps plies, and what is to be learned from them."""

    pieces: Array
    marks: Array
    sights: Array
    scalars: Array
    legal: Array
    resets: Array
    moves: Array
    promoted: Array
    soft_moves: Array
    soft_shares: Array
    hard_weight: Array
    soft_weight: Array
    source: Array
    frequent: Array


def without(rows: Rows, names: list[str]) -> Rows:
    """The batch as a network sees it that lacks something, to learn what that is worth."""
    if "sights" in names:
        rows = replace(rows, sights=np.zeros_like(rows.sights))
    if "memory" in names:
        rows = replace(rows, resets=np.ones_like(rows.resets))
    history = 2 * HISTORY
    hidden = [slice(0, history)] * ("history" in names) + [slice(history, None)] * ("planes" in names)
    if hidden:
        marks = rows.marks.copy()
        for part in hidden:
            marks[:, :, part] = 0
        rows = replace(rows, marks=marks)
    if "ratings" in names or "clock" in names:
        scalars = rows.scalars.copy()
        for name, part in (("ratings", slice(11, 16)), ("clock", slice(16, None))):
            scalars[:, part] *= name not in names
        rows = replace(rows, scalars=scalars)
    if "teacher" in names:
        rows = replace(rows, hard_weight=np.ones_like(rows.hard_weight), soft_weight=np.zeros_like(rows.soft_weight))
    if "played" in names:
        rows = replace(rows, hard_weight=np.zeros_like(rows.hard_weight), soft_weight=np.ones_like(rows.soft_weight))
    if "masters" in names:
        amateur = rows.source != MASTERS
        kept = (amateur / max(amateur.mean(), 1 / len(amateur))).astype(np.float32)
        rows = replace(rows, hard_weight=rows.hard_weight * kept, soft_weight=rows.soft_weight * kept)
    return rows


def ahead(made: Callable[[int], Rows], batches: Iterable[int], workers: int) -> Iterator[Rows]:
    """The batches in order; with several workers, some are made while others are learned from."""
    if workers == 1:
        yield from map(made, batches)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Rows]] = deque()
        for batch in batches:
            waiting.append(pool.submit(made, batch))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class Feed:
    """The order of plies, a function of seed and epoch. Without a seed: every game as it is, in the store's order.

    workers  threads that make batches ahead
    part     which part of the streams is read, and of how many parts
    teacher  weight of the soft target where an amateur played; the rest is the move played. One person who plays in
             every other game would teach their own habits: there the soft target is all
    """

    def __init__(
        self,
        store: PositionStore,
        streams: int,
        steps: int,
        seed: int | None,
        workers: int = 1,
        part: tuple[int, int] = (0, 1),
        teacher: float = 0.5,
    ):
        self._store = store
        self.streams, self.steps = streams, steps
        self._seed = seed
        self._workers = workers
        self._part = slice(part[0] * streams // part[1], (part[0] + 1) * streams // part[1])
        self._teacher = teacher

    def epoch(self, number: int, start: int = 0) -> Iterator[Rows]:
        """All batches of an epoch from `start` on; what does not fill the last batch waits for another epoch."""
        games = self._store.games
        rng = np.random.default_rng([self._seed or 0, number])
        count = len(games["first"])
        order = np.arange(2 * count) if self._seed is None else rng.permutation(2 * count)
        modes = rng.random((3, 2 * count)) if self._seed is not None else np.ones((3, 2 * count))
        game, colour = order // 2, order % 2
        lengths = (games["plies"][game] + 1 - colour) // 2
        ends = np.cumsum(lengths)
        stream = np.repeat(np.arange(2 * count), lengths)
        within = np.arange(ends[-1]) - (ends - lengths)[stream]
        plies = games["first"][game][stream] + colour[stream] + 2 * within
        columns = len(plies) // (self.streams * self.steps) * self.steps
        if self._seed is None:
            columns += self.steps  # the last plies are seen too, after a few of the first
            plies, stream, within = (np.resize(a, columns * self.streams) for a in (plies, stream, within))
        used = columns * self.streams
        table = [a[:used].reshape(self.streams, columns)[self._part] for a in (plies, stream, within)]

        def made(batch: int) -> Rows:
            steps = slice(batch * self.steps, (batch + 1) * self.steps)
            return self._rows(*(a[:, steps] for a in table), order, modes)

        yield from ahead(made, range(start, columns // self.steps), self._workers)

    def _rows(self, plies: Array, stream: Array, within: Array, order: Array, modes: Array) -> Rows:
        flat, streams = plies.ravel(), stream.ravel()
        columns = {name: column[flat] for name, column in self._store.columns.items()}
        chosen = order[streams]
        source = self._store.games["source"][chosen // 2]
        teacher = self._store.games["teacher"][chosen // 2]
        hide = modes[:, streams]
        facts = columns["facts"].copy()
        pupil = (source == MASTERS) & (hide[0] < _RATED_AS_TEACHER)
        for column, colour in (("own_rating", chosen % 2), ("other_rating", 1 - chosen % 2)):
            asked = teacher[np.arange(len(flat)), colour]
            facts[:, FACT[column]] = np.where(pupil, asked, facts[:, FACT[column]])
            facts[hide[1] < _UNRATED, FACT[column]] = UNKNOWN
        for column in ("seconds", "base", "increment"):
            facts[hide[2] < _UNTIMED, FACT[column]] = UNKNOWN
        shares = columns["soft_shares"] / np.float32(255.0)
        frequent = self._store.games["frequent"][chosen // 2, chosen % 2]
        soft = np.where(source == MASTERS, pupil, np.where(frequent, 1.0, self._teacher)).astype(np.float32)
        moves = columns["moves"]
        promotion = moves >> 12
        legal = _listed(unpack(columns["legal"]).reshape(len(flat), -1))
        return Rows(
            pieces=placed(columns["pieces"]),
            marks=marks(columns["recent"], columns["planes"], columns["checkers"], facts),
            sights=sights(columns["sights"][:, 0], columns["sights"][:, 1]),
            scalars=scalars(facts, columns["checkers"]),
            legal=legal,
            resets=within == 0,
            moves=_where(legal, _cell(moves)[:, None])[:, 0],
            promoted=np.where(promotion > 0, _PROMOTED[promotion], -1),
            soft_moves=_where(legal, _cell(columns["soft_moves"])),
            soft_shares=shares / np.maximum(1.0, shares.sum(1, keepdims=True)),
            hard_weight=1 - soft,
            soft_weight=soft,
            source=source,
            frequent=frequent,
        )


_PROMOTED = np.array([-1, -1, 1, 2, 3, 0], np.int64)
"""Promotion code → queen, knight, bishop, rook."""


def _listed(legal: Array) -> Array:
    """legal (N, 4096) of zeros and ones → (N, M) places of the legal moves, the rest filled with `NOWHERE`."""
    row, cell = np.divmod(np.flatnonzero(legal), legal.shape[1])
    counts = np.bincount(row, minlength=len(legal))
    listed = np.full((len(legal), int(counts.max())), NOWHERE, np.int64)
    listed[row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)] = cell
    return listed


def _where(legal: Array, cells: Array) -> Array:
    """cells (N, K) → (N, K) columns of `legal` (N, M) that hold them; 0 for one that is not there."""
    found: Array = (legal[:, None, :] == cells[:, :, None]).argmax(axis=2)
    return found


def _cell(moves: Array) -> Array:
    """Move codes → the score's place: 64 · from + to."""
    return (64 * (moves & 63).astype(np.int64) + (moves >> 6 & 63)).astype(np.int64)
