"""Games as a table of moves, and that table as sequences: what a reader of games fills and a task about moves reads.

Nothing here knows a game's rules. A row is a move; what is said of a whole game stands in each of its rows.
"""

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError, Place
from gru_toolkit.sequences.arranging import Arranged, arrange
from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.table import Column, Table

GAME, PLY, MOVE, CLOCK = "game", "ply", "move", "clock"
"""The game's name, the number of the move in it from 1, the move, and the seconds left after it, -1 where unknown."""
FACTS = ("white", "black", "white_rating", "black_rating", "time_control", "date")
"""Of a whole game: who plays, ratings (-1 where unknown), time control and date ("" where unknown)."""
COLUMNS = (GAME, PLY, MOVE, CLOCK, *FACTS)


def are_games(table: Table) -> bool:
    """Whether the rows of a table are the moves of games."""
    return set(COLUMNS) <= set(table.columns)


def game_roles(table: Table) -> Roles:
    """What each column means. Raises MissingInputError for a table that does not hold games."""
    absent = next((name for name in COLUMNS if name not in table.columns), None)
    if absent is not None:
        hint = "give a PGN file, or a table with the columns " + ", ".join(COLUMNS)
        raise MissingInputError(f"there is no column {absent!r}", place=Place(table.source), hint=hint)
    return Roles(id=GAME, target=(MOVE,), inputs=(CLOCK,), static=FACTS)


def dataset_of_games(table: Table, config: ReadConfig) -> Dataset:
    """Each game as a sequence of moves, with what is known of it.

    Raises MissingInputError for a table that does not hold games, DataError when every game was rejected.
    """
    roles = game_roles(table)
    if not len(table):
        raise DataError("no game is left after the rejected ones", place=table.rejects[0].place)
    arranged = arrange(table, roles, config, events=True)
    statics = {name: _first_of_each(arranged, name) for name in FACTS}
    steps = {name: column for name, column in arranged.columns.items() if name not in statics}
    return Dataset(
        ids=arranged.ids,
        offsets=arranged.offsets,
        steps=steps,
        statics=statics,
        roles=roles,
        sources=(table.source,),
        notes=table.notes,
        rejects=arranged.table.rejects,
    )


def _first_of_each(arranged: Arranged, name: str) -> Column:
    return arranged.columns[name].take(np.asarray(arranged.offsets[:-1]))


def repeated_games(dataset: Dataset) -> np.ndarray:
    """(S,) bool, True on a game whose moves an earlier game has too."""
    moves = dataset.steps[MOVE].values
    seen: set[bytes] = set()
    repeated = np.zeros(len(dataset), bool)
    for game, (start, stop) in enumerate(zip(dataset.offsets[:-1].tolist(), dataset.offsets[1:].tolist(), strict=True)):
        key = moves[start:stop].tobytes()
        repeated[game] = key in seen
        seen.add(key)
    return repeated
