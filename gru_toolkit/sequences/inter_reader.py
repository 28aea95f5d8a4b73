"""Events in the layout of recommendation benchmarks (`.inter`): tab-separated, each column of the header `name:type`.

The types are `token` (a text) and `float` (a number); `token_seq` and `float_seq`, lists in one cell, are refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.csv_reader import read_csv
from gru_toolkit.sequences.sources import Source
from gru_toolkit.sequences.table import Column, Kind, Reject, Table

KINDS: Mapping[str, Kind] = {"token": "text", "float": "number"}


def read_inter(source: Source, rules: Rules) -> Table:
    """The table of an `.inter` file, its columns named without their types.

    Raises DataError for a header whose columns have no type or one that is not read, and whatever a TSV raises.
    """
    typed = replace(
        rules,
        text=lambda name: rules.text(_plain(name)),
        kinds=_ByType(),
        headerless=False,
    )
    table = read_csv(replace(source, format="tsv"), typed)
    names = {name: _checked(name, source.name) for name in table.columns}
    if len(set(names.values())) < len(names):
        raise DataError("the header names a column twice with different types", place=Place(source.name, 1))
    columns = {
        plain: Column(plain, table.columns[name].kind, table.columns[name].values, table.columns[name].levels)
        for name, plain in names.items()
    }
    rejects = tuple(_renamed(reject) for reject in table.rejects)
    return Table(columns, table.source, table.place_of, rejects, table.notes)


class _ByType(Mapping[str, Kind]):
    """The kind of a column by its full name, so that it is never guessed from values."""

    def __getitem__(self, name: str) -> Kind:
        return KINDS[name.rpartition(":")[2]]

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)


def _plain(name: str) -> str:
    return name.rpartition(":")[0]


def _checked(name: str, source: str) -> str:
    """The column's name without its type."""
    plain, _, kind = name.rpartition(":")
    if kind not in KINDS or not plain:
        raise DataError(
            f"column {name!r} of the header has no type that is read, expected NAME:token or NAME:float",
            place=Place(source, 1),
            hint="leave columns of lists out of the file, or read it as --format tsv",
        )
    return plain


def _renamed(reject: Reject) -> Reject:
    place = reject.place
    column = _plain(place.column) if place.column else None
    return replace(reject, place=replace(place, column=column))
