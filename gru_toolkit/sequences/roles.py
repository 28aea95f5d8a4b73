"""Which column means what: as the user says, else inferred from names and values, and then said."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from gru_toolkit.config import ReadConfig, nearest
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError
from gru_toolkit.sequences.arranging import as_text
from gru_toolkit.sequences.calendars import CALENDAR_TIME, split_calendar
from gru_toolkit.sequences.dataset import Roles
from gru_toolkit.sequences.games import game_roles
from gru_toolkit.sequences.table import Column, Table
from gru_toolkit.sequences.wants import Wants

ID_NAMES = ("id", "unique_id", "series_id", "item_id", "sequence_id", "case", "file")
USER_NAMES = ("user", "user_id", "userid", "customer", "customer_id", "session", "session_id", "visitor", "visitor_id")
ITEM_NAMES = ("item", "item_id", "itemid", "product", "product_id", "article", "article_id", "track", "track_id")
"""Columns of events: whose they are, and what was bought, heard or seen."""
TIME_NAMES = ("date", "time", "timestamp", "datetime", "ds")
STEP_NAMES = ("time", "timestamp", "step", "t", "ds", "date", "period")
TARGET_NAMES = ("target", "y", "value")
LABEL_NAMES = ("label", "class", "target", "y")
_TEXT_LABELS = LABEL_NAMES[:2]
_TEXT_NAMES = frozenset({*ID_NAMES, *_TEXT_LABELS, *USER_NAMES, *ITEM_NAMES})
_LARGEST_STEP = 2.0**53
_ROLE_FLAGS = {"step": "--known, --past or --static", "sequence": "--inputs or --static", "event": "--past or --static"}


def text_columns(config: ReadConfig, wants: Wants | None) -> "frozenset[str]":
    """Names (lower case for those told by convention) of columns that are text whatever their values look like."""
    named = {*config.text, *([config.id] if config.id else ID_NAMES)}
    if wants is not None and wants.target == "event":
        named |= {*USER_NAMES, *(config.target or ITEM_NAMES)}
    elif wants is not None and wants.label == "text":
        named |= set(config.target or _TEXT_LABELS)
    return frozenset(named - {*config.inputs, *config.known, *config.past})


def is_text_column(name: str, named: "frozenset[str]") -> bool:
    """Whether a column of that name is to be read as text."""
    return name in named or (name.lower() in named and name.lower() in _TEXT_NAMES)


def assign_roles(table: Table, config: ReadConfig, wants: Wants) -> tuple[Roles, tuple[str, ...]]:
    """The roles of the columns, and what was assumed to find them.

    Raises MissingInputError for a named column that is not there, UsageError for one with two roles, DataError when
    a role cannot be told.
    """
    if wants.target == "game":
        return game_roles(table), ()
    _check_names(table, config, wants)
    notes: list[str] = []
    roles = Roles(
        id=config.id,
        time=config.time,
        target=tuple(name for name in config.target if name in table.columns),
        inputs=config.inputs if wants.target == "sequence" else (),
        known=config.known if wants.target == "step" else (),
        past=_past(config, wants),
        static=config.static,
    )
    if roles.time is None:
        roles = replace(roles, time=_find_time(table, roles, config, notes))
    if roles.id is None:
        roles = replace(roles, id=_find_id(table, roles, config, wants, notes))
    if not roles.target and not (config.target and not wants.need_target):
        target = _find_target(table, roles, config, wants, notes)
        roles = replace(roles, target=target)
    roles = _with_channels(table, roles, config, wants, notes)
    _check_kinds(table, roles, wants)
    if notes:
        _note_unused(table, roles, config, wants, notes)
    return roles, tuple(notes)


def _past(config: ReadConfig, wants: Wants) -> tuple[str, ...]:
    """Covariates known up to now; whatever role the context of an event was given, it is known with the event."""
    if wants.target == "event":
        return (*config.inputs, *config.known, *config.past)
    return config.past if wants.target == "step" else ()


def _check_names(table: Table, config: ReadConfig, wants: Wants) -> None:
    label = () if wants.target == "sequence" and not wants.need_target else config.target
    others = (*config.inputs, *config.known, *config.past, *config.static, *config.ignore, *config.text)
    for name in (config.id, config.time, *label, *others):
        if name is not None and name not in table.columns:
            hint = nearest(name, table.columns) or f"the columns are {_listed(table.columns)}"
            raise MissingInputError(f"there is no column {name!r}", place=Place(table.source), hint=hint)
    if wants.target != "step" and len(config.target) > 1:
        what = "item" if wants.target == "event" else "label"
        raise UsageError(f"one {what} column is wanted, got {len(config.target)}: {_listed(config.target)}")
    roles = {"id": (config.id,), "time": (config.time,), "target": config.target, "inputs": config.inputs,
             "known": config.known, "past": config.past, "static": config.static, "ignore": config.ignore}  # fmt: skip
    taken: dict[str, str] = {}
    for role, names in roles.items():
        for name in names:
            if name is not None and name in taken:
                raise UsageError(f"column {name!r} is given twice: as --{taken[name]} and --{role}")
            if name is not None:
                taken[name] = role


def _free(table: Table, roles: Roles, config: ReadConfig, *kinds: str) -> list[Column]:
    """The columns of these kinds that have no role yet."""
    steps = (*roles.inputs, *roles.known, *roles.past)
    taken = {roles.id, roles.time, *roles.target, *steps, *roles.static, *config.ignore}
    taken |= set(split_calendar(table)) if roles.time == CALENDAR_TIME else set()
    return [column for name, column in table.columns.items() if name not in taken and column.kind in kinds]


def _find_time(table: Table, roles: Roles, config: ReadConfig, notes: list[str]) -> str | None:
    times = _free(table, roles, config, "time")
    named = [column for column in times if column.name.lower() in TIME_NAMES]
    if CALENDAR_TIME in table.columns and table.columns[CALENDAR_TIME] in times and split_calendar(table):
        return CALENDAR_TIME
    if len(times) == 1 or len(named) == 1:
        found = (named if len(named) == 1 else times)[0].name
        why = "it is the only column of dates" if len(times) == 1 else "of its name"
        notes.append(f"assumed the time column is `{found}`, because {why}; override with --time")
        return found
    if times:
        names = _listed(column.name for column in times)
        message = f"the time column cannot be told: {names}"
        raise DataError(message, place=Place(table.source), hint="name it with --time")
    for column in _free(table, roles, config, "number"):
        if column.name.lower() in STEP_NAMES and _whole_steps(column):
            notes.append(f"assumed the time column is `{column.name}`, because of its name; override with --time")
            return column.name
    for column in _free(table, roles, config, "text"):
        if column.name.lower() in TIME_NAMES:
            message = f"the values of `{column.name}` are no ISO dates, found {column.texts()[0]!r}"
            hint = f"write them as 2020-01-31 or 2020-01-31T12:30, or leave the column out with --ignore {column.name}"
            raise DataError(message, place=table.place_of(0, column.name), hint=hint)
    return None


def _whole_steps(column: Column) -> bool:
    """Whether a column holds whole numbers that a float64 holds exactly."""
    if column.kind != "number":
        return False
    values = column.values[~column.missing()]
    return bool(len(values) and (values == np.floor(values)).all() and np.abs(values).max() < _LARGEST_STEP)


def _find_id(table: Table, roles: Roles, config: ReadConfig, wants: Wants, notes: list[str]) -> str | None:
    if wants.target == "event":
        return _find_user(table, roles, config, notes)
    labels = LABEL_NAMES if wants.target == "sequence" else ()
    texts = [column for column in _free(table, roles, config, "text") if column.name.lower() not in labels]
    for name in ID_NAMES:
        for column in texts:
            if column.name.lower() == name:
                if wants.target == "step" and len(column.levels) == len(table) > 1:
                    notes.append(f"`{column.name}` differs in every row, so it was not taken to tell sequences apart")
                    continue
                why = "because of its name"
                notes.append(f"assumed `{column.name}` tells the sequences apart, {why}; override with --id")
                return column.name
    time = table.columns[roles.time].values if roles.time else None
    alone = time is not None and bool((time[1:] > time[:-1]).all())
    fitting = [] if alone else [column for column in texts if _tells_apart(column, time)]
    if len(fitting) == 1:
        why = "its rows come in blocks" if time is None else "times repeat but differ within each of its values"
        notes.append(f"assumed `{fitting[0].name}` tells the sequences apart, because {why}; override with --id")
        return fitting[0].name
    if wants.target == "sequence" and wants.need_target:
        message = "the column that tells the sequences apart cannot be told, and one sequence alone teaches nothing"
        raise DataError(message, place=Place(table.source), hint="name it with --id")
    return None


def _find_user(table: Table, roles: Roles, config: ReadConfig, notes: list[str]) -> str:
    """The column that says whose an event is."""
    free = {column.name.lower(): column.name for column in _free(table, roles, config, "text", "number")}
    for name in (*USER_NAMES, *(name for name in ID_NAMES if name not in ITEM_NAMES)):
        if name in free:
            notes.append(f"assumed `{free[name]}` says whose an event is, because of its name; override with --id")
            return free[name]
    message = "the column that says whose an event is cannot be told"
    raise DataError(message, place=Place(table.source), hint="name it with --id")


def _find_item(table: Table, roles: Roles, config: ReadConfig, notes: list[str]) -> tuple[str, ...]:
    """The column of the items."""
    free = _free(table, roles, config, "text", "number")
    texts = [column.name for column in free if column.kind == "text"]
    named = [column.name for name in ITEM_NAMES for column in free if column.name.lower() == name]
    if named or len(texts) == 1:
        why = "of its name" if named else "it is the only column of text left"
        notes.append(f"assumed the item is `{(named or texts)[0]}`, because {why}; override with --target")
        return ((named or texts)[0],)
    listed = _listed(column.name for column in free) or "none"
    message = f"the column of the items cannot be told; candidates: {listed}"
    raise DataError(message, place=Place(table.source), hint="name it with --target")


def _tells_apart(column: Column, time: np.ndarray | None) -> bool:
    """Whether grouping by the column makes sequences: blocks of rows, or each time once in a group."""
    codes = column.values
    if len(column.levels) == len(codes) or column.missing().any():
        return False
    if time is None:
        return bool(np.count_nonzero(np.diff(codes)) + 1 == len(column.levels) > 1)
    if not ((codes[1:] == codes[:-1]) & (time[1:] <= time[:-1])).any():
        return True
    order = np.lexsort((time, codes))
    same = (codes[order][1:] == codes[order][:-1]) & (time[order][1:] == time[order][:-1])
    return not same.any()


def _find_target(table: Table, roles: Roles, config: ReadConfig, wants: Wants, notes: list[str]) -> tuple[str, ...]:
    if wants.target == "event":
        return _find_item(table, roles, config, notes)
    step = wants.target == "step"
    kinds = ("number",) if step else ("text", "number") if wants.label == "text" else ("number",)
    free = _free(table, roles, config, *kinds)
    if not step and roles.id is not None:
        free = [column for column in free if _constant_within(column, as_text(table.columns[roles.id]))]
    names = TARGET_NAMES if step else LABEL_NAMES
    named = [column.name for name in names for column in free if column.name.lower() == name]
    texts = [column.name for column in free if column.kind == "text"]
    found, why = "", ""
    if step and len(free) == 1:
        found, why = free[0].name, "it is the only column of numbers left"
    elif named:
        found, why = named[0], "of its name"
    elif not step and wants.label == "text" and len(texts) == 1:
        found, why = texts[0], "it is the only column of text left"
    if found:
        notes.append(f"assumed the {'target' if step else 'label'} is `{found}`, because {why}; override with --target")
        return (found,)
    if not step and not wants.need_target:
        return ()
    what = "column to forecast" if step else "label column"
    listed = _listed(column.name for column in free) or "none"
    hint = "name it with --target"
    raise DataError(f"the {what} cannot be told; candidates: {listed}", place=Place(table.source), hint=hint)


def _constant_within(column: Column, ids: Column) -> bool:
    """Whether the column has one value for each id."""
    if not len(ids.levels):
        return False
    first = np.zeros(len(ids.levels), dtype=np.int64)
    rows = np.arange(len(ids))[::-1]
    first[ids.values[rows]] = rows
    same = column.values == column.values[first[ids.values]]
    return bool((same | column.missing() | ids.missing()).all())


def _with_channels(table: Table, roles: Roles, config: ReadConfig, wants: Wants, notes: list[str]) -> Roles:
    """Roles with the channels of a series to classify or regress."""
    if wants.target != "sequence" or roles.inputs:
        return roles
    kinds = ("number", "text") if wants.allow_text_inputs else ("number",)
    channels = tuple(dict.fromkeys(
        (*config.known, *config.past, *(column.name for column in _free(table, roles, config, *kinds)))
    ))  # fmt: skip
    if not channels:
        raise DataError("there is no column of numbers left to read as a channel", place=Place(table.source))
    if len(channels) > 1:
        notes.append(f"assumed the channels are {_listed(channels)}, all number columns left; override with --inputs")
    return replace(roles, inputs=channels)


def _check_kinds(table: Table, roles: Roles, wants: Wants) -> None:
    place = Place(table.source)
    if roles.time is not None:
        column = table.columns[roles.time]
        if column.kind != "time" and not _whole_steps(column):
            hint = "write dates as 2020-01-31, or whole step numbers below 2^53"
            message = f"the time column `{roles.time}` holds neither dates nor whole numbers"
            raise DataError(message, place=place, hint=hint)
    numbers = (*roles.target,) if wants.target == "step" or wants.label == "number" else ()
    if not wants.allow_text_inputs:
        numbers += roles.inputs
    for name in numbers:
        if table.columns[name].kind != "number":
            kind = table.columns[name].kind
            raise DataError(f"column `{name}` holds {kind} values, expected numbers", place=table.place_of(0, name))
    for name in (*roles.inputs, *roles.known, *roles.past, *roles.static, *roles.target):
        if table.columns[name].kind == "time":
            raise DataError(f"column `{name}` holds times, expected numbers or text", place=table.place_of(0, name))


def _note_unused(table: Table, roles: Roles, config: ReadConfig, wants: Wants, notes: list[str]) -> None:
    unused = [column.name for column in _free(table, roles, config, "number", "text", "time")]
    if unused:
        flags = _ROLE_FLAGS[wants.target]
        notes.append(f"not used: {_listed(unused)}; give a role with {flags}, or leave out with --ignore")


def _listed(names: Iterable[str]) -> str:
    """Names for a message, shortened."""
    found: Sequence[str] = [f"`{name}`" for name in names]
    return ", ".join(found[:8]) + (f" and {len(found) - 8:,} more" if len(found) > 8 else "")
