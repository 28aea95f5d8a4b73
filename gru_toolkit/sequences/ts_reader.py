"""The .ts format of sktime and the UEA archive: a header of tags, then a case a line, channels separated by colons."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.cases import Cases
from gru_toolkit.sequences.casting import cast_numbers, shown
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.lines import Block, blocks
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Table

_FLAGS = {"true": True, "false": False}
_TAGS = (
    "problemname", "timestamps", "missing", "univariate", "dimensions", "dimension", "equallength", "serieslength",
    "classlabel", "targetlabel", "data",
)  # fmt: skip


@dataclass
class _Header:
    """What the tags say."""

    missing: bool | None = None
    channels: int | None = None
    equal: bool = False
    length: int | None = None
    labelled: bool = False
    numeric: bool = False
    classes: frozenset[str] = frozenset()


def read_ts(source: Source, rules: Rules) -> Table:
    """The cases of a .ts file as a table: case, label (if there is one) and the channels, a row a step.

    Raises DataError for a broken header and when more cases are rejected than the rules allow.
    """
    with opened(source) as stream:
        lines = _lines(blocks(stream, source.name))
        header, notes = _read_header(source.name, lines)
        cases = Cases(source, rules, labels=[] if header.labelled else None)
        for number, text in lines:
            _add_case(cases, header, number, text)
    return cases.table(numeric_label=header.numeric, notes=(*source.notes, *notes))


def _lines(parts: Iterator[Block]) -> Iterator[tuple[int, str]]:
    for block in parts:
        yield from enumerate(block.text()[:-1].split("\n"), block.first_line)


def _read_header(name: str, lines: Iterator[tuple[int, str]]) -> tuple[_Header, list[str]]:
    header = _Header()
    notes: list[str] = []
    seen: set[str] = set()
    for number, text in lines:
        text = text.strip()
        place = Place(name, number)
        if not text or text.startswith("#"):
            continue
        if not text.startswith("@"):
            raise DataError(f"expected a tag such as @classLabel or @data, found {shown(text)}", place=place)
        if not _is_utf8(text):
            raise DataError("the tag is not UTF-8", place=place)
        tag, *words = text[1:].split()[:1000] or [""]
        tag = tag.lower()
        if tag in seen:
            raise DataError(f"the tag {shown('@' + tag)} stands twice", place=place)
        seen.add(tag)
        if tag == "data":
            return header, notes
        if tag not in _TAGS:
            notes.append(f"the tag {shown('@' + tag)} on line {number} is not known and was passed over")
        else:
            _read_tag(header, tag, words, place)
    raise DataError("there is no @data line", place=Place(name, 1), hint="is this a .ts file?")


def _read_tag(header: _Header, tag: str, words: list[str], place: Place) -> None:
    if tag == "problemname":
        return
    if tag in ("dimensions", "dimension", "serieslength"):
        if len(words) != 1 or not words[0].isascii() or not words[0].isdigit() or not 0 < int(words[0][:9]) < 10**8:
            raise DataError(f"@{tag} wants a whole number above 0, found {shown(' '.join(words))}", place=place)
        number = int(words[0])
        if tag == "serieslength":
            header.length = number
        else:
            _set_channels(header, number, place)
        return
    flag = _FLAGS.get(words[0].lower()) if words else None
    if flag is None or (len(words) > 1 and (tag != "classlabel" or not flag)):
        raise DataError(f"@{tag} wants true or false, found {shown(' '.join(words))}", place=place)
    if tag == "timestamps" and flag:
        hint = "use a long table with a time column"
        raise DataError("time stamps within .ts files are not supported", place=place, hint=hint)
    if tag == "univariate" and flag:
        _set_channels(header, 1, place)
    if tag == "missing":
        header.missing = flag
    if tag == "equallength":
        header.equal = flag
    if tag in ("classlabel", "targetlabel"):
        if header.labelled and flag:
            raise DataError("a file has either @classLabel or @targetLabel", place=place)
        header.labelled = header.labelled or flag
        header.numeric = header.numeric or (tag == "targetlabel" and flag)
        header.classes = header.classes | frozenset(words[1:])


def _set_channels(header: _Header, number: int, place: Place) -> None:
    if header.channels is not None and header.channels != number:
        raise DataError(f"{number} channels here, {header.channels} in an earlier tag", place=place)
    header.channels = number


def _add_case(cases: Cases, header: _Header, number: int, text: str) -> None:
    """Add the case of a line, or note why it is rejected."""
    parts = text.split(":")
    label = parts.pop().strip() if header.labelled else None
    reason = _fault(header, parts, label, text)
    if reason is None:
        channels, reason = _channels(header, parts)
        if reason is None:
            if header.equal and header.length is None:
                header.length = len(channels[0])
            if header.channels is None:
                header.channels = len(channels)
            cases.add(channels, number, "" if label == "?" else label)
            return
    cases.reject(reason, number, text.encode("utf-8", "replace").decode())


def _fault(header: _Header, parts: list[str], label: str | None, text: str) -> str | None:
    """What is wrong with a line apart from its numbers."""
    if not _is_utf8(text):
        return "the line is not UTF-8"
    if "\0" in text:
        return "the line holds a NUL byte"
    if not text.strip():
        return "the line is empty"
    if not parts:
        return "expected values and a label separated by a colon"
    if header.channels is not None and len(parts) != header.channels:
        return f"expected {header.channels} channels, found {len(parts)}"
    if label is None or label == "?":
        return None
    if not label:
        return "the label is missing (write ? for an unknown one)"
    if header.classes and label not in header.classes:
        return f"the label {shown(label)} is not among those of @classLabel"
    if header.numeric and cast_numbers([label])[1]:
        return f"the label {shown(label)} is not a number"
    return None


def _is_utf8(text: str) -> bool:
    """Whether a text was UTF-8 when it was read; other bytes are lone surrogates now."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _channels(header: _Header, parts: list[str]) -> tuple[list[np.ndarray], str | None]:
    channels = []
    for position, part in enumerate(parts, 1):
        cells = [cell.strip(" \t\r") for cell in part.split(",")]
        if "" in cells:
            return [], f"channel {position} has an empty value (write ? for a missing one)"
        values, bad = cast_numbers(["" if cell == "?" else cell for cell in cells])
        if bad:
            return [], f"channel {position}: {bad[0][1]}"
        if header.missing is False and np.isnan(values).any():
            return [], f"channel {position} has a missing value, but the header says @missing false"
        channels.append(values)
    lengths = {len(values) for values in channels}
    if len(lengths) > 1:
        return [], f"the channels have different lengths: {', '.join(map(str, sorted(lengths)))}"
    if header.length is not None and header.equal and lengths != {header.length}:
        return [], f"expected {header.length} values in a channel, found {lengths.pop()}"
    return channels, None
