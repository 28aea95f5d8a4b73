"""Sentences of tokens, one after another, to a table with a row a token: what the readers of tagged text share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.columns import Rules, too_many
from gru_toolkit.sequences.sources import Source
from gru_toolkit.sequences.table import Column, Reject, Table

SENTENCE, WORD, TAG, LABEL = "sentence", "word", "tag", "label"
LINE, BEFORE, AFTER = "# line", "# before", "# after"
"""Columns that keep a file's own text: a token's line, the lines before it, and those behind a sentence's last token.

No reader of tables finds a column of such a name in a CoNLL file, where a line that starts with # is a comment.
"""
LONGEST = 5_000
_LABEL = re.compile(r"#\s*label\s*=\s*(\S.*?)\s*")


@dataclass
class TokenTable:
    """Tokens while they are read.

    names   names of the columns
    values  a list of texts a column, None where missing
    counts  tokens of each sentence
    lines   the line of each token
    """

    source: Source
    rules: Rules
    names: Sequence[str]
    values: dict[str, list[str | None]] = field(default_factory=dict)
    counts: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = {name: [] for name in self.names}

    def add(self, columns: Mapping[str, Sequence[str | None]], lines: Sequence[int]) -> None:
        """Append a sentence of at least one token. A longer one than LONGEST is rejected."""
        if len(lines) > LONGEST:
            found = f"a sentence of {len(lines):,} tokens, more than {LONGEST:,}"
            self.reject(f"{found}; is the empty line between sentences missing?", lines[0])
            return
        for name in self.names:
            self.values[name].extend(columns[name])
        self.counts.append(len(lines))
        self.lines.extend(lines)

    def reject(self, reason: str, line: int, raw: str = "") -> None:
        """Note that a sentence cannot be used, for what stands on that line."""
        shown = raw.encode("utf-8", "replace").decode()
        self.rejects.append(Reject(Place(self.source.name, line), reason, shown[:80]))

    def table(self, notes: tuple[str, ...] = ()) -> Table:
        """A row a token: the number of its sentence, then the columns.

        Raises DataError when more sentences are rejected than allowed or none is left.
        """
        if len(self.rejects) > self.rules.max_rejects:
            raise too_many(self.rejects[0], len(self.rejects), self.rules.max_rejects)
        path = self.source.name
        if not self.counts:
            raise DataError("there are no sentences", place=Place(path, 1))
        before = f"{path}:" if self.rules.several else ""
        ids = tuple(f"{before}{number}" for number in range(1, len(self.counts) + 1))
        numbers = np.repeat(np.arange(len(ids), dtype=np.int32), self.counts)
        columns = {SENTENCE: Column(SENTENCE, "text", numbers, ids)}
        for name in self.names:
            if name != LABEL or any(label is not None for label in self.values[LABEL]):
                columns[name] = text_column(name, self.values[name])
        lines = self.lines

        def place_of(row: int, column: str | None) -> Place:
            return Place(path, lines[row], column)

        return Table(columns, path, place_of, tuple(self.rejects), (*self.source.notes, *notes))


def label_in(before: str | None) -> str | None:
    """The label of a sentence in the comments before its first token: the value of `# label = …`."""
    for line in reversed(before.split("\n") if before else ()):
        found = _LABEL.fullmatch(line)
        if found:
            return found[1]
    return None


def without_label(before: str) -> list[str]:
    """The lines before a sentence but for the one with its label."""
    return [line for line in before.split("\n") if not _LABEL.fullmatch(line)]


def text_column(name: str, values: Sequence[str | None]) -> Column:
    """A text column of values, None where missing; levels in the order of their first row."""
    codes: dict[str, int] = {}
    coded = np.fromiter(
        (-1 if value is None else codes.setdefault(value, len(codes)) for value in values), np.int32, len(values)
    )
    return Column(name, "text", coded, tuple(codes))


def fault_of(text: str) -> str | None:
    """What keeps a line from being text: bytes that are not UTF-8, or a NUL; None if nothing does."""
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "the line is not UTF-8"
    return "the line holds a NUL byte" if "\0" in text else None
