"""What is wrong with data before training: everything that stops, and what is worth knowing, several at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, GruToolkitError, Place
from gru_toolkit.sequences.arranging import Arranged, arrange, order_problem, shown_time, statics_of
from gru_toolkit.sequences.columns import too_many
from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.grids import find_grid, gap_problem, irregular_problem, shown_step
from gru_toolkit.sequences.missing import future_rows, missing_problem, static_problem
from gru_toolkit.sequences.reading import Prepared, dataset_from_table, prepare, read_tables
from gru_toolkit.sequences.table import Column, Kind, Table
from gru_toolkit.sequences.wants import Wants

Severity = Literal["error", "warning", "note"]
_LOOK_AT = 10_000
"""Rejected rows that are looked past in search of more."""
_IMBALANCE = 10.0
_FEW = 5


@dataclass(frozen=True)
class Finding:
    """One thing found.

    code      stable name: unreadable, rejected_rows, roles, order, irregular, gaps, missing, static, constant, short,
              imbalance, rare_label or assumed
    severity  error stops training, warning may spoil it, note is an assumption
    """

    code: str
    severity: Severity
    message: str
    place: Place | None = None
    hint: str | None = None


@dataclass(frozen=True)
class ColumnSummary:
    """One column: its kind, role and range; numbers and times as text, None where there is no value."""

    name: str
    kind: Kind
    role: str | None
    missing: int
    minimum: str | None
    maximum: str | None
    different: int | None
    """Different values of a text column."""


@dataclass(frozen=True)
class Diagnosis:
    """All findings, worst first, and the data in numbers; a number that cannot be known is None."""

    findings: tuple[Finding, ...]
    sequences: int | None = None
    steps: int | None = None
    columns: tuple[ColumnSummary, ...] = ()
    first: str | None = None
    last: str | None = None
    step: str | None = None

    @property
    def fatal(self) -> bool:
        """Whether training would stop."""
        return any(finding.severity == "error" for finding in self.findings)


def examine(paths: Sequence[str], config: ReadConfig, wants: Wants, *, window: int | None = None) -> Diagnosis:
    """Everything worth knowing about files before training on them; nothing that a user can cause is raised.

    window  steps that an example needs, to find shorter sequences
    """
    if wants.target == "tag":
        from gru_toolkit.sequences.tag_doctor import examine_tags

        return examine_tags(paths, config, wants)
    if wants.target == "game":
        from gru_toolkit.sequences.game_doctor import examine_games

        return examine_games(paths, config, wants)
    if wants.target in ("text", "labelled text"):
        from gru_toolkit.sequences.text_doctor import examine_texts

        return examine_texts(paths, config, wants)
    findings: list[Finding] = []
    try:
        table = read_tables(paths, replace(config, max_rejects=max(config.max_rejects, _LOOK_AT)), wants)
    except GruToolkitError as error:
        return Diagnosis((_error("unreadable", error),))
    if len(table.rejects) > config.max_rejects:
        problem = too_many(table.rejects[0], len(table.rejects), config.max_rejects)
        findings.append(_error("rejected_rows", problem))
    try:
        prepared = prepare(table, config, wants)
        lenient = replace(config, max_rejects=len(table) + _LOOK_AT)
        arranged = arrange(prepared.table, prepared.roles, lenient, events=wants.target == "event")
    except GruToolkitError as error:
        findings.append(_error("roles", error))
        return Diagnosis(tuple(findings), steps=len(table), columns=_columns(table, Roles()))
    if len(arranged.table.rejects) > len(table.rejects):
        rejects = arranged.table.rejects[len(table.rejects) :]
        if len(arranged.table.rejects) > config.max_rejects:
            findings.append(_error("rejected_rows", too_many(rejects[0], len(rejects), config.max_rejects)))
    findings += _structure(arranged, config, wants)
    if not any(finding.severity == "error" for finding in findings):
        findings += _content(dataset_from_table(table, config, wants), wants, window)
    findings += [Finding("assumed", "note", note) for note in prepared.notes]
    order = {"error": 0, "warning": 1, "note": 2}
    findings.sort(key=lambda finding: order[finding.severity])
    return _diagnosis(tuple(findings), prepared, arranged, config)


def _error(code: str, error: GruToolkitError) -> Finding:
    return Finding(code, "error", error.message, error.place, error.hint)


def _structure(arranged: Arranged, config: ReadConfig, wants: Wants) -> list[Finding]:
    """Problems of order, distance and missing values."""
    problem = order_problem(arranged, ties=wants.target == "event")
    strict = wants.regular and wants.target == "step"
    findings = [replace(_error("order", problem), severity="error" if wants.regular else "warning")] if problem else []
    try:
        statics = statics_of(arranged)
        problem = static_problem(arranged, statics, wants, config.missing)
    except DataError as error:
        statics, problem = {}, error
    findings += [_error("static", problem)] if problem else []
    whole = {*arranged.roles.static, *(arranged.roles.target if arranged.roles.inputs else ())}
    steps = replace(arranged, columns={name: c for name, c in arranged.columns.items() if name not in whole})
    problem = missing_problem(steps, future_rows(steps, wants), config.missing)
    findings += [_error("missing", problem)] if problem else []
    if wants.target == "event" or any(finding.code == "order" for finding in findings):
        return findings
    try:
        grid = find_grid(arranged, config.frequency)
    except GruToolkitError as error:
        return [*findings, _error("irregular", error)]
    if grid is not None:
        for code, problem in (("irregular", irregular_problem(arranged, grid)), ("gaps", gap_problem(arranged, grid))):
            if problem is not None:
                stops = strict and (code == "irregular" or config.missing == "error")
                findings.append(replace(_error(code, problem), severity="error" if stops else "warning"))
    return findings


def _content(dataset: Dataset, wants: Wants, window: int | None) -> list[Finding]:
    """What may spoil training although the data can be read."""
    findings = []
    for name, column in dataset.steps.items():
        values = column.values[~column.missing()]
        if len(values) > 1 and bool((values == values[0]).all()):
            message = f"`{name}` has the same value everywhere"
            findings.append(Finding("constant", "warning", message, hint=f"leave it out with --ignore {name}"))
    if window is not None:
        short = dataset.lengths < window
        if short.any():
            which, count = int(np.argmax(short)), int(short.sum())
            message = (
                f"{count:,} of {len(dataset):,} sequences have fewer than {window:,} steps, "
                f"such as {dataset.ids[which]!r} with {dataset.lengths[which]:,}"
            )
            severity: Severity = "error" if short.all() else "warning"
            findings.append(Finding("short", severity, message, hint="choose a shorter look-back or horizon"))
    if wants.target == "sequence" and wants.label == "text":
        findings += _balance(dataset)
    return findings


def _balance(dataset: Dataset) -> list[Finding]:
    findings: list[Finding] = []
    for name in dataset.roles.target:
        column = dataset.statics[name]
        codes, counts = np.unique(column.values[~column.missing()], return_counts=True)
        if len(codes) < 2:
            findings.append(Finding("constant", "error", f"the label `{name}` has fewer than two different values"))
            continue
        rare, common = int(np.argmin(counts)), int(np.argmax(counts))
        few, many = column.levels[codes[rare]], column.levels[codes[common]]
        if counts[common] >= _IMBALANCE * counts[rare]:
            message = f"the label {many!r} stands {counts[common]:,} times, {few!r} only {counts[rare]:,} times"
            findings.append(Finding("imbalance", "warning", message, hint="look at the scores of each label"))
        if counts[rare] < _FEW:
            message = f"the label {few!r} stands {counts[rare]:,} times only; it may be missing from a part"
            findings.append(Finding("rare_label", "warning", message))
    return findings


def _diagnosis(findings: tuple[Finding, ...], prepared: Prepared, arranged: Arranged, config: ReadConfig) -> Diagnosis:
    times = arranged.times
    first, last, step = None, None, None
    if times is not None:
        first, last = shown_time(times.min()), shown_time(times.max())
        known = {finding.code for finding in findings}
        odd = {"order", "irregular"} & known or order_problem(arranged) is not None  # events may tie
        grid = None if odd else find_grid(arranged, config.frequency)
        step = shown_step(grid.micro, dated=times.dtype.kind == "M") if grid else None
        if grid and grid.monthly:
            step = f"{grid.step} mo"
    columns = _columns(prepared.table, prepared.roles)
    return Diagnosis(findings, len(arranged.ids), int(arranged.offsets[-1]), columns, first, last, step)


def _columns(table: Table, roles: Roles) -> tuple[ColumnSummary, ...]:
    role = {name: kind for kind in ("target", "inputs", "known", "past", "static") for name in getattr(roles, kind)}
    role |= {name: kind for kind, name in (("id", roles.id), ("time", roles.time)) if name is not None}
    return tuple(_summary(column, role.get(name)) for name, column in table.columns.items())


def _summary(column: Column, role: str | None) -> ColumnSummary:
    absent = column.missing()
    values = column.values[~absent]
    count = int(np.count_nonzero(absent))
    if column.kind == "text":
        return ColumnSummary(column.name, "text", role, count, None, None, len(np.unique(values)))
    if not len(values):
        return ColumnSummary(column.name, column.kind, role, count, None, None, None)
    ends = [shown_time(value) if column.kind == "time" else f"{value:g}" for value in (values.min(), values.max())]
    return ColumnSummary(column.name, column.kind, role, count, ends[0], ends[1], None)
