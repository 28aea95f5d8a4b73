"""Games parsed by several processes, in the order they stand in the file, with few of them in memory."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import connection

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.pgn_parsing import is_latin, parse
from gru_toolkit.chess.pgn_splitting import RawGame
from gru_toolkit.chess.rows import Row, row_of
from gru_toolkit.errors import StorageError

BATCH_BYTES = 256 << 10
"""Text that a process gets at a time."""
BATCHES_AHEAD = 3
"""Batches for each process that are read before they are wanted."""
PARENT_GONE = 1


@dataclass(frozen=True)
class Batch:
    """Games of one stretch of a file, read.

    rows      of the accepted games, for the library
    rejects   offset, line and reason of each refused game
    latin1    how many were not UTF-8
    end, end_line  where the stretch ends
    """

    end: int
    end_line: int
    rows: list[Row] = field(default_factory=list)
    rejects: list[tuple[int, int, str]] = field(default_factory=list)
    latin1: int = 0


def usable_cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parsed(games: Iterable[RawGame], name: str, processes: int) -> Iterator[Batch]:
    """The games as batches in their order.

    processes  1 reads them in this process

    Raises StorageError if a process dies.
    """
    stretches = _stretches(games)
    if processes <= 1:
        for stretch in stretches:
            yield parse_stretch(stretch, name)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin)
    waiting: deque[Future[Batch]] = deque()
    try:
        for stretch in stretches:
            waiting.append(pool.submit(parse_stretch, stretch, name))
            if len(waiting) >= processes * BATCHES_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise StorageError("a reading process ended without an answer", hint="try --processes 1") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def parse_stretch(games: list[RawGame], name: str) -> Batch:
    """The games of a stretch, read one after the other."""
    batch = Batch(games[-1].end, games[-1].end_line, latin1=sum(map(is_latin, games)))
    for raw in games:
        game = parse(raw, name)
        if isinstance(game, Game):
            batch.rows.append(row_of(game))
        else:
            batch.rejects.append((raw.offset, game.place.line or raw.line, game.reason))
    return batch


def _stretches(games: Iterable[RawGame]) -> Iterator[list[RawGame]]:
    stretch: list[RawGame] = []
    size = 0
    for game in games:
        stretch.append(game)
        size += len(game.data)
        if size >= BATCH_BYTES:
            yield stretch
            stretch, size = [], 0
    if stretch:
        yield stretch


def _begin() -> None:
    """Make this process leave Ctrl-C to its parent, and end with it even if that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "a process of a pool has a parent"
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(PARENT_GONE)
