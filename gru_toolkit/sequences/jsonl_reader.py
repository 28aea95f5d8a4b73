"""JSON lines: one flat object a line. Values are kept as they were written and typed like the cells of a table."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.casting import shown
from gru_toolkit.sequences.columns import Chunk, Rules, build_table
from gru_toolkit.sequences.csv_reader import check_names
from gru_toolkit.sequences.lines import Block, blocks
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Reject, Table

NAMING_OBJECTS = 1000
"""The first objects, whose fields together are the columns; a later field of another name is refused."""
_CHUNK_OBJECTS = 8192
_WORDS = {True: "true", False: "false", None: ""}
_Line = tuple[int, str, "dict[str, str] | str"]
"""Number and text of a line, and its fields or the reason why it is refused."""


class _Refused(ValueError):
    """What is wrong with a line."""


def read_jsonl(source: Source, rules: Rules) -> Table:
    """The table of a file with one JSON object a line; a field that an object lacks is missing there.

    Raises DataError when more lines are rejected than the rules allow.
    """
    with opened(source) as stream:
        lines = _lines(blocks(stream, source.name))
        first = list(islice(lines, NAMING_OBJECTS))
        if not first:
            raise DataError("the file is empty, expected a JSON object on each line", place=Place(source.name, 1))
        names = list(dict.fromkeys(name for _, _, fields in first if isinstance(fields, dict) for name in fields))
        if not names:
            number, _, reason = first[0]
            message = reason if isinstance(reason, str) else "the line holds an object without fields"
            raise DataError(message, place=Place(source.name, number), hint="write one object a line")
        check_names(names, Place(source.name, first[0][0]))
        return build_table(source.name, names, _chunks(source.name, names, chain(first, lines)), rules)


def _chunks(path: str, names: list[str], lines: Iterator[_Line]) -> Iterator[Chunk]:
    known = set(names)
    while group := list(islice(lines, _CHUNK_OBJECTS)):
        rows: list[dict[str, str]] = []
        numbers: list[int] = []
        rejects: list[Reject] = []
        for number, text, fields in group:
            reason = fields if isinstance(fields, str) else _unknown(fields, known)
            if reason is not None or isinstance(fields, str):
                rejects.append(Reject(Place(path, number), str(reason), text[:80].encode("utf-8", "replace").decode()))
            else:
                rows.append(fields)
                numbers.append(number)
        columns = [[row.get(name, "") for row in rows] for name in names]
        yield Chunk(columns, np.array(numbers, dtype=np.int64), rejects, sum(len(text) for _, text, _ in group))


def _unknown(fields: dict[str, str], known: set[str]) -> str | None:
    if fields.keys() <= known:
        return None
    name = next(name for name in fields if name not in known)
    return f"the field {shown(name)} does not occur in the first {NAMING_OBJECTS:,} objects"


def _lines(parts: Iterator[Block]) -> Iterator[_Line]:
    for block in parts:
        for number, text in enumerate(block.text()[:-1].split("\n"), block.first_line):
            try:
                yield number, text, _fields(text)
            except _Refused as error:
                yield number, text, f"the line {error}"


def _fields(text: str) -> dict[str, str]:
    """The fields of one object as texts. Raises _Refused."""
    if not text.strip():
        raise _Refused("is empty")
    try:
        text.encode()
        value = _DECODER.decode(text)
    except UnicodeEncodeError:
        raise _Refused("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _Refused(f"is not valid JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise _Refused("is nested too deeply") from None
    if not isinstance(value, dict):
        raise _Refused("holds no JSON object")
    if "\\u" in text:
        _check_surrogates(value)
    for name, item in value.items():
        if not isinstance(item, str):
            value[name] = _text(name, item)
    return value


def _text(name: str, item: Any) -> str:
    if isinstance(item, (dict, list)):
        raise _Refused(f"has a list or an object in the field {shown(name)}, expected a number or a text")
    return _WORDS[item]


def _check_surrogates(fields: dict[str, Any]) -> None:
    for text in (*fields, *(item for item in fields.values() if isinstance(item, str))):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _Refused("holds half of a surrogate pair") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for position, name in enumerate(names) if name in names[:position])
        raise _Refused(f"has the field {shown(twice)} twice")
    return fields


def _constant(word: str) -> Any:
    raise _Refused(f"holds {word}, which is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_int=str, parse_float=str)
