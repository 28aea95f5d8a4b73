"""Whole sequences, one after another, to a long table: for formats in which a case is a unit."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.casting import cast_numbers, cast_texts
from gru_toolkit.sequences.columns import Rules, too_many
from gru_toolkit.sequences.sources import Source
from gru_toolkit.sequences.table import Column, Reject, Table

CASE, LABEL, VALUE = "case", "label", "value"


@dataclass
class Cases:
    """Sequences while they are read.

    channels  a list of (T,) float64 arrays a channel, one array a case
    labels    the label of each case as written, "" where missing; None in a file without labels
    lines     the line (or number) of each case
    """

    source: Source
    rules: Rules
    channels: list[list[np.ndarray]] = field(default_factory=list)
    labels: list[str] | None = None
    lines: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def add(self, channels: Sequence[np.ndarray], line: int, label: str | None) -> None:
        """Append a case whose channels have equal length."""
        if not self.channels:
            self.channels = [[] for _ in channels]
        for values, channel in zip(self.channels, channels, strict=True):
            values.append(channel)
        if self.labels is not None:
            self.labels.append(label or "")
        self.lines.append(line)

    def reject(self, reason: str, line: int, raw: str = "", column: str | None = None) -> None:
        """Note that a case cannot be used."""
        self.rejects.append(Reject(Place(self.source.name, line, column), reason, raw[:80]))

    def table(self, *, numeric_label: bool, notes: tuple[str, ...] = ()) -> Table:
        """A row a step: case, label and channels.

        Raises DataError when more cases are rejected than allowed or none is left.
        """
        if len(self.rejects) > self.rules.max_rejects:
            raise too_many(self.rejects[0], len(self.rejects), self.rules.max_rejects)
        if not self.lines:
            raise DataError("there are no sequences", place=Place(self.source.name, 1))
        lengths = np.array([len(values) for values in self.channels[0]], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        names = _names(self.source, self.rules, len(lengths))
        columns = {CASE: Column(CASE, "text", np.repeat(np.arange(len(lengths), dtype=np.int32), lengths), names)}
        if self.labels is not None:
            columns[LABEL] = _labels(self.labels, lengths, numeric=numeric_label)
        for number, values in enumerate(self.channels, 1):
            name = VALUE if len(self.channels) == 1 else f"channel_{number}"
            columns[name] = Column(name, "number", np.concatenate(values))
        lines, path = self.lines, self.source.name

        def place_of(row: int, column: str | None) -> Place:
            case = int(np.searchsorted(starts, row, side="right")) - 1
            return Place(path, lines[case], column)

        return Table(columns, path, place_of, tuple(self.rejects), notes)


def _names(source: Source, rules: Rules, count: int) -> tuple[str, ...]:
    """Names of cases, which have none in the file; those of several files name it."""
    before = f"{source.stem}:" if rules.several else ""
    return tuple(f"{before}{number}" for number in range(1, count + 1))


def _labels(labels: list[str], lengths: np.ndarray, *, numeric: bool) -> Column:
    if numeric:
        numbers, bad = cast_numbers(labels)
        assert not bad, "labels were checked when they were read"
        return Column(LABEL, "number", np.repeat(numbers, lengths))
    codes: dict[str, int] = {}
    coded = cast_texts(labels, codes)
    return Column(LABEL, "text", np.repeat(coded, lengths), tuple(codes))
