"""Records that arrive one line at a time: JSON objects, or CSV rows under a header."""

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gru_toolkit.errors import DataError

Record = dict[str, Any]


def read_records(lines: Iterable[bytes]) -> Iterator[tuple[int, Record | DataError]]:
    """Each record with its line number, counted from 1, or what is wrong with it; nothing is read ahead.

    A first line that starts with `{` begins JSON lines; any other is the header of CSV. Blank lines are passed over.
    Raises DataError when the header is unusable.
    """
    parse: Callable[[str], Record] | None = None
    for number, raw in enumerate(lines, start=1):
        try:
            text = _decoded(raw, first=number == 1)
            if not text.strip():
                continue
            if parse is None:
                parse = _json_object if text.lstrip().startswith("{") else None
                if parse is None:
                    parse = _csv_parser(text)
                    continue
            record = parse(text)
        except DataError as error:
            if parse is None:
                raise
            yield number, error
            continue
        yield number, record


def _decoded(raw: bytes, *, first: bool) -> str:
    if first:
        raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataError(f"the line is not UTF-8 text (byte {error.start + 1})") from error
    if "\0" in text:
        raise DataError("the line holds a NUL character")
    return text


def _json_object(text: str) -> Record:
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_distinct)
    except json.JSONDecodeError as error:
        raise DataError(f"the line is not JSON: {error.msg} (character {error.colno})") from error
    except RecursionError as error:
        raise DataError("the line is nested too deeply") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise DataError(f"the line holds an unusable number: {error}") from error
    if not isinstance(value, dict):
        raise DataError(f"a record is a JSON object, found {type(value).__name__}")
    return value


def _no_constant(name: str) -> float:
    raise DataError(f"{name} is not a JSON value")


def _distinct(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the record has {repeated!r} twice")
    return record


def _csv_parser(header: str) -> Callable[[str], Record]:
    """How to read a row under this header. Raises DataError when the header names a column twice or not at all."""
    separator = "\t" if header.count("\t") > header.count(",") else ","
    names = [name.strip() for name in _cells(header, separator)]
    for name in names:
        if not name:
            raise DataError("the header has a column without a name")
        if names.count(name) > 1:
            raise DataError(f"the header has the column {name!r} twice")

    def parse(text: str) -> Record:
        cells = _cells(text, separator)
        if len(cells) != len(names):
            raise DataError(f"expected {len(names)} values, found {len(cells)}")
        return {name: cell if cell != "" else None for name, cell in zip(names, cells, strict=True)}

    return parse


def _cells(text: str, separator: str) -> list[str]:
    try:
        rows = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error as error:
        raise DataError(f"the row is not valid CSV: {error}") from error
    return rows[0]
