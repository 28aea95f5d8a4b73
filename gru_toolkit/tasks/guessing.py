"""Which task a table is for, told from its columns."""

from dataclasses import dataclass

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.games import are_games
from gru_toolkit.sequences.marking import MARK_NAMES
from gru_toolkit.sequences.roles import ID_NAMES, ITEM_NAMES, LABEL_NAMES, STEP_NAMES, USER_NAMES
from gru_toolkit.sequences.table import Column, Table
from gru_toolkit.sequences.token_tables import LINE as TOKEN_LINE
from gru_toolkit.sequences.wide import is_wide

SURE_LABELS = ("label", "class")
"""Names that mean a label of the whole sequence."""
SURE_MARKS = MARK_NAMES[:-1]
"""Names that mean marks of anomalies; the last one, `label`, may mean anything."""
MOST_CLASSES = 20
"""Distinct whole numbers up to which a column of numbers is taken for classes."""


@dataclass(frozen=True)
class Guess:
    """A task and why it was taken."""

    task: str
    reason: str


def guess_task(table: Table, read: ReadConfig) -> Guess:
    """The task that the columns speak for.

    Raises DataError when they speak for none.
    """
    if are_games(table):
        return Guess("chess", "its rows are the moves of games")
    if _are_events(table, read):
        return Guess("next", "its rows say who had which item")
    if TOKEN_LINE in table.columns or {"sentence", "word", "tag"} <= set(table.columns):
        return Guess("tag", "its rows are the tokens of sentences")
    marks = _marks(table, read)
    if marks is not None:
        return Guess("detect", f"`{marks}` marks anomalies")
    target = _target(table, read)
    if target is not None and target.kind == "text":
        return Guess("classify", f"`{target.name}` is text")
    if target is not None and (target.name.lower() in SURE_LABELS or _constant_within(table, target, read)):
        if _few_classes(target):
            return Guess("classify", f"`{target.name}` is one of few whole numbers for each sequence")
        return Guess("regress", f"`{target.name}` is one number for each sequence")
    time = _time(table, read)
    if time is not None:
        return Guess("forecast", f"its rows are ordered by `{time}`")
    if is_wide(table, read, None):
        return Guess("forecast", "each row is a sequence and no column is a label")
    if target is not None:
        return Guess("forecast", f"`{target.name}` changes from row to row")
    raise DataError(
        "the task cannot be told: there is no time column and no label",
        place=Place(table.source),
        hint="name the task with --task, the column to predict with --target",
    )


def _are_events(table: Table, read: ReadConfig) -> bool:
    """Whether a column of users and one of items stand there under their names, and nothing else is the target."""
    names = {name.lower(): name for name in table.columns}
    users = [names[name] for name in USER_NAMES if name in names and read.id in (None, names[name])]
    items = [names[name] for name in ITEM_NAMES if name in names and read.target in ((), (names[name],))]
    return bool(users and items)


def _marks(table: Table, read: ReadConfig) -> str | None:
    """What says which rows are anomalies: what the user named, or a column of 0 and 1 named after it."""
    if read.marks is not None:
        return read.marks
    taken = {read.id, read.time, *read.target, *read.known, *read.past, *read.static, *read.inputs, *read.ignore}
    for name, column in table.columns.items():
        if (
            name.lower() in SURE_MARKS
            and name not in taken
            and column.kind == "number"
            and bool(np.isin(column.values, (0, 1)).all())
        ):
            return name
    return None


def _target(table: Table, read: ReadConfig) -> Column | None:
    """The column that the user or its name says is to be predicted."""
    names = {name.lower(): name for name in reversed(list(table.columns))}
    wanted = read.target[:1] or [names[name] for name in LABEL_NAMES if name in names][:1]
    return table.columns.get(wanted[0]) if wanted else None


def _time(table: Table, read: ReadConfig) -> str | None:
    """The column that orders the rows, by its kind or its name."""
    if read.time is not None:
        return read.time
    for name, column in table.columns.items():
        if column.kind == "time" or (column.kind == "number" and name.lower() in STEP_NAMES):
            return name
    return None


def _constant_within(table: Table, target: Column, read: ReadConfig) -> bool:
    """Whether the target has one value in each of several sequences of more than one row."""
    named = [name for name in table.columns if name == read.id or (read.id is None and name.lower() in ID_NAMES)]
    names = named[:1] or [name for name, column in table.columns.items() if column.kind == "text"]
    return any(_one_value_each(table.columns[name], target) for name in names if name != target.name)


def _one_value_each(ids: Column, target: Column) -> bool:
    rows = np.lexsort((target.values, ids.values))
    same_id = ids.values[rows][1:] == ids.values[rows][:-1]
    same_value = target.values[rows][1:] == target.values[rows][:-1]
    return bool(same_id.any() and not same_id.all() and same_value[same_id].all())


def _few_classes(target: Column) -> bool:
    if target.kind != "number":
        return False
    values = np.unique(target.values[~target.missing()])
    return len(values) <= MOST_CLASSES and bool((values == np.floor(values)).all())
