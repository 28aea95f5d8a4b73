"""Values of a table as the text of CSV, TSV and JSON lines: exact numbers, ISO times, harmless cells."""

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np

from gru_toolkit.errors import DataError

Cells = list[str]
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_QUOTED = re.compile(r'["\x00-\x1f\x7f]|^[ ]|[ ]$')
_HIDDEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")


def checked(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The columns with text as object arrays of str or None and times as datetime64[us] or [D].

    Raises DataError for a number that is not finite, a missing time, or text that is not valid Unicode, naming the row.
    """
    names = list(columns)
    assert names, "predictions have at least one column"
    assert len({len(values) for values in columns.values()}) == 1, "the columns of a prediction differ in length"
    return {name: _checked_column(name, values, columns[names[0]]) for name, values in columns.items()}


def _checked_column(name: str, values: np.ndarray, first: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "UO":
        return _checked_text(name, values.astype(object), first)
    assert values.dtype.kind in "fiubM", f"column {name} holds {values.dtype}, which no output format has"
    if values.dtype.kind in "fM":
        bad = ~np.isfinite(values)
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(
                f"the prediction {name!r} for {str(first[row])!r} is {values[row]}",
                hint="look at the input of this sequence for values far outside those of the training data",
            )
    if values.dtype.kind == "M" and values.dtype != np.dtype("M8[D]"):
        return values.astype("M8[us]")
    return values


def _checked_text(name: str, values: np.ndarray, first: np.ndarray) -> np.ndarray:
    texts = [text for text in values.tolist() if text is not None]
    assert all(type(text) is str for text in texts), f"column {name} holds objects that are not text"
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        row = next(row for row, text in enumerate(values.tolist()) if text is not None and not _encodable(text))
        raise DataError(f"{name!r} of {first[row]!a} is not valid Unicode text") from None
    return values


def _encodable(text: str) -> bool:
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def plain_cells(values: np.ndarray) -> Cells:
    """Numbers, truth values and times as the shortest text that reads back as the same value."""
    if values.dtype.kind == "f" and values.dtype.itemsize < 8:
        return [str(value) for value in values]  # the shortest text for this width
    if values.dtype.kind == "b":
        return ["true" if value else "false" for value in values.tolist()]
    if values.dtype.kind == "M":
        return [text.removesuffix(".000000") for text in np.datetime_as_string(values).tolist()]
    return [repr(value) for value in values.tolist()]


def delimited(columns: Mapping[str, np.ndarray], delimiter: str, *, header: bool) -> str:
    """Rows of checked columns as CSV or TSV lines; a missing text is an empty cell, an empty text is `""`."""
    cells = [
        _delimited_texts(values.tolist(), delimiter) if values.dtype == object else plain_cells(values)
        for values in columns.values()
    ]
    lines = list(map(delimiter.join, zip(*cells, strict=True)))
    if header:
        lines.insert(0, delimiter.join(_delimited_text(name, delimiter) for name in columns))
    return "".join(line + "\n" if line else '""\n' for line in lines)


def _delimited_texts(texts: Sequence[str | None], delimiter: str) -> Cells:
    written = {text: _delimited_text(text, delimiter) for text in set(texts) if text is not None}
    return [written[text] if text is not None else "" for text in texts]


def _delimited_text(text: str, delimiter: str) -> str:
    """One text cell that a spreadsheet shows and never computes."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = "'" + text
    if not text or delimiter in text or _QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def json_lines(columns: Mapping[str, np.ndarray]) -> str:
    """Rows of checked columns as JSON objects, one a line; a missing text is null."""
    keys = [_json_text(name) + ": " for name in columns]
    cells = [_json_cells(values) for values in columns.values()]
    rows = zip(*cells, strict=True)
    return "".join("{" + ", ".join(map(str.__add__, keys, row)) + "}\n" for row in rows)


def _json_cells(values: np.ndarray) -> Cells:
    if values.dtype == object:
        written = {text: _json_text(text) for text in set(values.tolist()) if text is not None}
        return [written[text] if text is not None else "null" for text in values.tolist()]
    if values.dtype.kind == "M":
        return [f'"{text}"' for text in plain_cells(values)]
    return plain_cells(values)


def _json_text(text: str) -> str:
    """A JSON string in which every control and direction character is an escape."""
    return _HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], json.dumps(text, ensure_ascii=False))
