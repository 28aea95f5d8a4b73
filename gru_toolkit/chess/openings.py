"""Names of openings: a table of our own, from positions to names, so that transpositions are recognised.

`openings.tsv` has a line for each named position: its key (see position_keys) in hexadecimal, its ECO code, its name,
and one way to reach it. `keyed_lines` makes it from the last three columns; a test holds the file to it.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

import chess

from gru_toolkit.chess.position_keys import position_key

_MOVE = re.compile(r"[KQRBN]?x?[a-h][1-8]\+?")


@dataclass(frozen=True)
class Opening:
    """A named position.

    eco   its code in the Encyclopaedia of Chess Openings
    name  family, and after a colon the variation
    line  one way to reach it, in SAN without move numbers
    """

    eco: str
    name: str
    line: str

    @property
    def family(self) -> str:
        """`Sicilian Defense` of `Sicilian Defense: Najdorf Variation, English Attack`."""
        return self.name.partition(":")[0]

    @property
    def variation(self) -> str | None:
        """`Najdorf Variation` of `Sicilian Defense: Najdorf Variation, English Attack`; None without one.

        A move that stands for a variation in the name, as in `Sicilian Defense: Nf3`, is none.
        """
        rest = self.name.partition(":")[2].strip().partition(",")[0]
        return None if not rest or _MOVE.fullmatch(rest) else rest


@functools.cache
def named_positions() -> dict[int, Opening]:
    """Every named position by its key."""
    text = resources.files("gru_toolkit.chess").joinpath("openings.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {int(key, 16): Opening(eco, name, moves) for key, eco, name, moves in rows}


def opening_of(keys: Sequence[int]) -> Opening | None:
    """The opening of a game by the keys of its positions so far: the name of the last one that has any."""
    table = named_positions()
    return next((table[key] for key in reversed(keys) if key in table), None)


def keyed_lines(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """The lines of the table from (eco, name, moves), each with the key of the position that the moves lead to.

    Raises ValueError for an illegal move.
    """
    yield "key\teco\tname\tmoves"
    for eco, name, moves in rows:
        board = chess.Board()
        for move in moves.split():
            board.push_san(move)
        yield f"{position_key(board):016x}\t{eco}\t{name}\t{moves}"
