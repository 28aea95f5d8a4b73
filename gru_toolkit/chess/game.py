"""One game as it is read from a PGN file or from the library."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gru_toolkit.errors import Place

Colour = Literal["white", "black"]
RESULTS = ("1-0", "0-1", "1/2-1/2", "*")
UNKNOWN_NAME = "?"


@dataclass(frozen=True, eq=False)
class Game:
    """A game's moves and what its file says of it.

    moves         (T,) uint16 move codes (see `moves`), T ≥ 1; every move is legal
    white, black  the players' names; "?" where nobody is named
    white_rating, black_rating  None where unknown
    date          "2023-05-01", "2023-05" or "2023"; None where unknown
    time          when it began that day, "13:24:36"; None where unknown
    time_control  as PGN writes it, "600+5"; None where unknown
    clocks        (T,) float32 seconds left on the mover's clock after the move, NaN where unknown; None without any
    result        "1-0", "0-1", "1/2-1/2", or "*" for unfinished
    fen           the position at the start; None for the usual one
    site          where it was played: a place, a server or the game's web address; None where unknown
    place         the file and line where the game begins
    id            the game's number in its library; None where it comes from a file
    """

    moves: np.ndarray
    white: str
    black: str
    place: Place
    white_rating: int | None = None
    black_rating: int | None = None
    date: str | None = None
    time: str | None = None
    time_control: str | None = None
    clocks: np.ndarray | None = None
    result: str = "*"
    fen: str | None = None
    site: str | None = None
    id: int | None = None

    def __len__(self) -> int:
        return len(self.moves)

    def named(self, white: str, black: str) -> "Game":
        """The same game under other names of its players."""
        return replace(self, white=white, black=black)
