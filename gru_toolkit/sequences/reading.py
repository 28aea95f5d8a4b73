"""The one way in: files, or columns in memory, to one Dataset."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, UsageError
from gru_toolkit.sequences import parallel
from gru_toolkit.sequences.arranging import (
    Arranged,
    arrange,
    as_text,
    canonical_names,
    order_problem,
    statics_of,
)
from gru_toolkit.sequences.calendars import with_calendar
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.formats import read_sources
from gru_toolkit.sequences.games import dataset_of_games
from gru_toolkit.sequences.grids import Grid, fill_gaps, find_grid, gap_problem, irregular_problem
from gru_toolkit.sequences.joining import FILE_ID, join_tables
from gru_toolkit.sequences.labelled_texts import dataset_of_rows, lined_rows, table_rows, with_numbers
from gru_toolkit.sequences.marking import mark_column, with_marks
from gru_toolkit.sequences.memory import table_from_columns
from gru_toolkit.sequences.missing import (
    Filled,
    Plan,
    fill,
    fill_static,
    future_rows,
    missing_problem,
    static_problem,
    without_indicators,
)
from gru_toolkit.sequences.roles import assign_roles, is_text_column, text_columns
from gru_toolkit.sequences.running_text import read_running_text
from gru_toolkit.sequences.table import Column, Table
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.sequences.wide import is_wide, to_long

__all__ = ["Wants", "dataset_from_table", "read_dataset", "read_table", "read_tables", "table_from_columns"]


def read_dataset(paths: Sequence[str], config: ReadConfig, wants: Wants) -> Dataset:
    """The sequences of one or several files with equal columns; "-" is stdin.

    Raises MissingInputError for a file, table or column that is not there; DataError with file, line and column for
    content that cannot be used; UsageError and ConfigError for settings that cannot work.
    """
    if wants.target == "tag":
        from gru_toolkit.sequences.tagged import read_tagged

        return read_tagged(paths, config, wants)
    if wants.target == "text":
        return read_running_text(paths, config)
    if wants.target == "labelled text":
        return _labelled_texts(paths, config, wants)
    if wants.target == "translation":
        return _translations(paths, config, labelled=wants.need_target)
    table = read_tables(paths, config, wants)
    return replace(dataset_from_table(table, config, wants), sources=tuple(paths))


def _translations(paths: Sequence[str], config: ReadConfig, *, labelled: bool) -> Dataset:
    """A sentence a sequence, and its translation where it is known: from files of lines, or from any table."""
    sources = (*paths, *config.into)
    if config.query is None and config.table is None and config.format is None and paths:
        if all(parallel.is_lines(path) for path in paths):
            rows = parallel.file_rows(paths, config) if labelled else parallel.sentence_rows(paths[0])
            return dataset_of_rows(rows, sources)
        if labelled and len(paths) == 1 and parallel.is_columns(paths[0]):
            found = parallel.tab_rows(paths[0], config)
            if found is not None:
                return dataset_of_rows(found, sources)
    table = read_tables(paths, config, None)
    return dataset_of_rows(parallel.columns_of(table, config, labelled=labelled), sources)


def _labelled_texts(paths: Sequence[str], config: ReadConfig, wants: Wants) -> Dataset:
    """A text a sequence, with a label or a number: from plain lines, two columns with a TAB, or any table."""
    labelled, numbers = wants.need_target, wants.label == "number"
    rows = lined_rows(paths, config, labelled=labelled, numbers=numbers)
    if rows is None:
        rows = table_rows(read_tables(paths, config, None), config, labelled=labelled, numbers=numbers)
    return dataset_of_rows(with_numbers(rows) if numbers else rows, paths)


def read_table(path: str, config: ReadConfig) -> Table:
    """The typed columns of one file, in its own row order."""
    return read_tables([path], config, None)


def read_tables(paths: Sequence[str], config: ReadConfig, wants: Wants | None) -> Table:
    """The rows of all files, one file after the other. Raises DataError naming the difference when columns differ."""
    if not paths:
        raise UsageError("no file to read was given")
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise UsageError(f"{'stdin' if twice == '-' else twice} is given twice")
    named = text_columns(config, wants)
    rules = Rules(
        text=lambda name: is_text_column(name, named),
        max_rejects=config.max_rejects,
        several=len(paths) > 1,
        headerless=wants is not None and wants.target == "sequence",
    )
    tables = read_sources(paths, config, rules)
    if len(tables) == 1 and (config.id != FILE_ID or FILE_ID in tables[0].columns):
        return tables[0]
    return join_tables(tables, config, wants)


@dataclass(frozen=True)
class Prepared:
    """A long table whose columns have their roles.

    marked  columns whose missing values an earlier reading marked in a column of their own
    anomalies  the column that says which rows are anomalies, or None
    """

    table: Table
    config: ReadConfig
    roles: Roles
    marked: tuple[str, ...]
    notes: tuple[str, ...]
    anomalies: str | None = None


def prepare(table: Table, config: ReadConfig, wants: Wants) -> Prepared:
    """The table made long, with its time put together and its roles told. Raises as `read_dataset` does."""
    notes: tuple[str, ...] = ()
    if not len(table):
        raise DataError("no row is left after the rejected ones", place=table.rejects[0].place)
    if is_wide(table, config, wants):
        table, config, notes = to_long(table, config, wants)
    table = with_calendar(table, config)
    config, marked = without_indicators(table, config)
    anomalies, told = mark_column(table, config, wants)
    if anomalies is not None:
        config = replace(config, ignore=(*config.ignore, anomalies))
    roles, assumed = assign_roles(table, config, wants)
    if wants.target == "event" or (wants.target == "sequence" and wants.label == "text"):
        labels = {name: as_text(table.columns[name]) for name in roles.target}
        table = replace(table, columns={**table.columns, **labels})
    return Prepared(table, config, roles, marked, (*table.notes, *notes, *assumed, *told), anomalies)


def dataset_from_table(table: Table, config: ReadConfig, wants: Wants) -> Dataset:
    """The sequences of a table. Raises as `read_dataset` does for its content."""
    if wants.target == "tag":
        from gru_toolkit.sequences.tagged import tagged_dataset

        return tagged_dataset(table, config, wants)
    if wants.target == "game":
        dataset = dataset_of_games(table, config)
        return replace(dataset, fingerprint=fingerprint(dataset))
    prepared = prepare(table, config, wants)
    roles, policy = prepared.roles, config.missing
    events = wants.target == "event"
    arranged = arrange(prepared.table, roles, config, events=events)
    if wants.regular:
        raise_first(order_problem(arranged, ties=events))
    arranged = with_marks(arranged, prepared.anomalies, config, wants)
    statics = statics_of(arranged)
    raise_first(static_problem(arranged, statics, wants, policy))
    statics = {name: column if name in roles.target else fill_static(column) for name, column in statics.items()}
    steps = {name: column for name, column in arranged.columns.items() if name not in statics}
    dataset = _regular(replace(arranged, columns=steps), config, wants, Plan(policy, prepared.marked))
    dataset = replace(
        dataset,
        statics=statics,
        rejects=arranged.table.rejects,
        sources=(table.source,),
        notes=(*prepared.notes, *dataset.notes),
    )
    return replace(dataset, fingerprint=fingerprint(dataset))


def raise_first(*problems: DataError | None) -> None:
    """Raise the first problem that there is."""
    for problem in problems:
        if problem is not None:
            raise problem


def _regular(arranged: Arranged, config: ReadConfig, wants: Wants, plan: Plan) -> Dataset:
    """The dataset without statics: gaps and missing values dealt with."""
    grid, notes = _usable_grid(arranged, config, wants)
    future = future_rows(arranged, wants)
    problem = missing_problem(arranged, future, config.missing)
    inserted = None
    if grid is not None and grid.missing:
        if config.missing == "error":
            raise_first(problem, gap_problem(arranged, grid))
        raise_first(problem)
        arranged, inserted = fill_gaps(arranged, grid)
        future = future_rows(arranged, wants)
    raise_first(problem)
    filled = fill(arranged, future, inserted, plan)
    times, step = arranged.times, grid.micro if grid else None
    notes += _order_notes(arranged, config, wants)
    if times is None and wants.target == "step":
        lengths = np.diff(arranged.offsets)
        times = np.arange(int(arranged.offsets[-1]), dtype=np.int64) - np.repeat(arranged.offsets[:-1], lengths)
        step = 1
        notes += ("there is no time column; the rows are taken in file order, as steps 0, 1, 2, …",)
    if wants.target == "sequence" and grid is None:
        times = None
    notes += filled.notes
    roles = _with_indicators(arranged.roles, filled, wants)
    return Dataset(arranged.ids, arranged.offsets, filled.columns, {}, roles, times, step, notes=notes)


def _order_notes(arranged: Arranged, config: ReadConfig, wants: Wants) -> tuple[str, ...]:
    """What was done, or cannot be done, about the order of the rows."""
    times = arranged.times
    notes: tuple[str, ...] = ()
    if times is None:
        return ("there is no time column; events are taken in file order",) if wants.target == "event" else ()
    if config.sort:
        notes = ("the rows of each sequence were sorted by time",)
    tied = int(np.count_nonzero((times[1:] == times[:-1]) & arranged.within()))
    if not wants.regular:
        back = int(np.count_nonzero((times[1:] < times[:-1]) & arranged.within()))
        odd = ((tied, "repeat{} the time of the row before"), (back, "go{} back in time"))
        verbs = [(count, what.format("" if count > 1 else "es" if "go" in what else "s")) for count, what in odd]
        told = [f"{count:,} {'rows' if count > 1 else 'row'} {what}" for count, what in verbs if count]
        return (*notes, f"{' and '.join(told)}; the rows are taken in the file's order") if told else notes
    if tied:
        notes += (f"{tied:,} of {len(times):,} events have the time of the one before; they keep the file's order",)
    return notes


def _usable_grid(arranged: Arranged, config: ReadConfig, wants: Wants) -> tuple[Grid | None, tuple[str, ...]]:
    """The regular step; None where times need not be regular and are not."""
    if wants.target == "event" or (not wants.regular and order_problem(arranged) is not None):
        return None, ()
    grid = find_grid(arranged, config.frequency)
    if grid is None:
        return None, ()
    problem = irregular_problem(arranged, grid)
    if wants.target == "step" and wants.regular:
        raise_first(problem)
    elif problem is not None or (grid.missing and config.missing == "error"):
        more = "" if problem is not None else f" ({grid.missing:,} are missing)"
        return None, (f"the steps between times differ{more}; only the order of the rows is used",)
    if grid.monthly:
        days = grid.micro / 86_400_000_000
        months = "one calendar month" if grid.step == 1 else f"{grid.step} calendar months"
        return grid, (f"the step is {months}, {days:g} days in the median",)
    return grid, ()


def _with_indicators(roles: Roles, filled: Filled, wants: Wants) -> Roles:
    if wants.target != "sequence":
        return replace(roles, past=(*roles.past, *filled.indicators))
    return replace(roles, inputs=(*roles.inputs, *filled.indicators))


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 over ids, offsets, times and all values with their column names."""
    digest = hashlib.sha256()
    digest.update(canonical_names(dataset.ids))
    _add(digest, dataset.offsets)
    if dataset.times is not None:
        digest.update(str(dataset.times.dtype).encode())
        _add(digest, dataset.times.view(np.int64))
    for group in (dataset.steps, dataset.statics):
        _add_columns(digest, group)
    return digest.hexdigest()


def _add_columns(digest: "hashlib._Hash", columns: Mapping[str, Column]) -> None:
    digest.update(len(columns).to_bytes(8, "little"))
    for name in sorted(columns):
        column = columns[name]
        digest.update(canonical_names((name, column.kind, *column.levels)))
        _add(digest, column.values)


def _add(digest: "hashlib._Hash", values: np.ndarray) -> None:
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    digest.update(np.ascontiguousarray(little).data.cast("B"))
