"""PGN files as games: plain, gzip or zstd, or standard input."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.pgn_parsing import parse
from gru_toolkit.chess.pgn_splitting import raw_games
from gru_toolkit.config import nearest
from gru_toolkit.errors import DataError, MissingInputError, Place
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Reject

STDIN = "-"


def read_games(names: Iterable[str]) -> Iterator[Game | Reject]:
    """Every game of the files in order ("-" is standard input), or why and where it is refused.

    Raises MissingInputError, StorageError, and DataError for a file without any game or damaged while packed.
    """
    for name in names:
        with open_pgn(name) as stream:
            raw = None
            for raw in raw_games(stream, name):
                yield parse(raw, name)
            if raw is None:
                raise no_games(name)


def no_games(name: str) -> DataError:
    """The refusal of a file in which nothing is a game."""
    return DataError("holds no games", place=Place(name), hint="expected PGN text, plain or packed with gzip or zstd")


@contextmanager
def open_pgn(name: str) -> Iterator[BinaryIO]:
    """The unpacked bytes of a file. Raises MissingInputError if there is no such file."""
    path = Path(name)
    if name != STDIN and not path.exists():
        near = nearest(path.name, [item.name for item in path.parent.iterdir()]) if path.parent.is_dir() else None
        raise MissingInputError("there is no such file", place=Place(name), hint=near)
    if name != STDIN and path.is_dir():
        raise MissingInputError("is a folder, expected a file", place=Place(name))
    with opened(Source(name, "pgn")) as stream:
        yield stream
