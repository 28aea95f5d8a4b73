"""Typed columns read from one source, before they become sequences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gru_toolkit.errors import Place

Kind = Literal["number", "time", "text", "bytes"]


@dataclass(frozen=True)
class Column:
    """One column of values.

    number  values (N,) float64, NaN where missing, never infinite
    time    values (N,) datetime64[us], NaT where missing
    text    values (N,) int32 codes into `levels`, -1 where missing
    bytes   values (N,) uint8, the UTF-8 of a running text, often a memory map; never missing
    """

    name: str
    kind: Kind
    values: np.ndarray
    levels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def missing(self) -> np.ndarray:
        """(N,) bool, True where the value is missing."""
        if self.kind in ("text", "bytes"):
            absent = self.values < 0
        else:
            absent = np.isnan(self.values) if self.kind == "number" else np.isnat(self.values)
        return np.asarray(absent)

    def take(self, rows: np.ndarray | slice) -> "Column":
        """The same column with only the given rows, in the given order."""
        return Column(self.name, self.kind, self.values[rows], self.levels)

    def texts(self) -> list[str | None]:
        """The values of a text column as strings, None where missing."""
        assert self.kind == "text", f"column {self.name} is a {self.kind} column"
        return [self.levels[code] if code >= 0 else None for code in self.values.tolist()]


@dataclass(frozen=True)
class Reject:
    """One row of input that could not be used."""

    place: Place
    reason: str
    raw: str = ""


@dataclass(frozen=True)
class Table:
    """Columns of equal length from one source, in the source's row order.

    place_of  tells file and line of a row (counted from 0 among the accepted rows) and a column
    found     rows in the source: accepted + rejected
    """

    columns: Mapping[str, Column]
    source: str
    place_of: Callable[[int, str | None], Place]
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    @property
    def found(self) -> int:
        return len(self) + len(self.rejects)
