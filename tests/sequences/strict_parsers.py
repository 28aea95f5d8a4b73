"""Plain strict parsers, written for reading rather than for speed and sharing nothing with the package.

They say which rows of a text file must be accepted, and with which values. `Refused` means: the file as a whole.
"""

import math
import re
from dataclasses import dataclass

Value = float | int | str | None
ABSENT = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"}


class Refused(Exception):
    """The file cannot be used at all."""


@dataclass
class Parsed:
    """Accepted rows as values (times as microseconds since 1970), their lines, and how many rows were rejected."""

    names: list[str]
    rows: list[list[Value]]
    lines: list[int]
    rejected: int


def parse_csv(data: bytes, *, tabs: bool) -> Parsed:
    lines = _lines(data)
    head = lines[0]
    delimiter = "\t" if tabs or (b"," not in head.encode("utf-8", "surrogateescape") and "\t" in head) else ","
    if not tabs and "," not in head and "\t" not in head and ";" in head:
        raise Refused
    names = _record(lines, 0, delimiter)[0]
    if names is None or _unwelcome(head) or _record(lines, 0, delimiter)[1] != 1:
        raise Refused
    if all(_number(name) is not _NOTHING for name in names):
        raise Refused
    _check_names(names)
    rows: list[tuple[int, list[str]]] = []
    rejected = 0
    at = 1
    while at < len(lines):
        cells, after = _record(lines, at, delimiter)
        text = "\n".join(lines[at:after])
        if cells is None or _unwelcome(text) or text == "" or len(cells) != len(names):
            rejected += 1
        else:
            rows.append((at + 1, cells))
        at = after
    return _typed(names, rows, rejected)


def parse_jsonl(data: bytes) -> Parsed:
    lines = _lines(data)
    objects: list[dict[str, str] | None] = []
    for line in lines:
        try:
            objects.append(None if _bad_bytes(line) else _object(line))
        except _NotJson:
            objects.append(None)
    names = list(dict.fromkeys(name for found in objects[:1000] if found for name in found))
    if not names:
        raise Refused
    _check_names(names)
    rows = [
        (number, [found.get(name, "") for name in names])
        for number, found in enumerate(objects, 1)
        if found is not None and set(found) <= set(names)
    ]
    return _typed(names, rows, len(lines) - len(rows))


def parse_ts(data: bytes) -> Parsed:
    """A row a step: case, label (if any), channels; the lines are those of the cases, and whole cases are rejected."""
    lines = _lines(data)
    header: dict[str, list[str]] = {}
    start = None
    for number, line in enumerate(lines):
        text = line.strip()
        if not text or text[0] == "#":
            continue
        if text[0] != "@" or _bad_bytes(text):
            raise Refused
        words = text[1:].split()
        tag = words[0].lower() if words else ""
        if tag in header:
            raise Refused
        header[tag] = words[1:]
        if tag == "data":
            start = number + 1
            break
    if start is None:
        raise Refused
    plan = _ts_plan(header)
    cases: list[tuple[int, str | None, list[list[float]]]] = []
    rejected = 0
    for number, line in enumerate(lines[start:], start + 1):
        case = _ts_case(line, plan)
        if case is None:
            rejected += 1
        else:
            cases.append((number, *case))
    if not cases:
        raise Refused
    width = len(cases[0][2])
    names = ["case", *(["label"] if plan["labelled"] else [])]
    names += ["value"] if width == 1 else [f"channel_{number}" for number in range(1, width + 1)]
    rows: list[list[Value]] = []
    numbers: list[int] = []
    for position, (number, label, channels) in enumerate(cases, 1):
        for step in zip(*channels, strict=True):
            shown: list[Value] = [_label(label, numeric=bool(plan["numeric"]))] if plan["labelled"] else []
            rows.append([str(position), *shown, *step])
            numbers.append(number)
    return Parsed(names, rows, numbers, rejected)


def _label(label: str | None, *, numeric: bool) -> Value:
    if not numeric:
        return label or None
    return math.nan if label is None else _number(label)  # type: ignore[return-value]


def _ts_plan(header: dict[str, list[str]]) -> dict[str, object]:
    plan: dict[str, object] = {"labelled": False, "numeric": False, "classes": set(), "equal": False, "length": None}
    plan |= {"channels": None, "missing": None}
    for tag, words in header.items():
        if tag in ("dimensions", "dimension", "serieslength"):
            if len(words) != 1 or not re.fullmatch("[0-9]+", words[0]) or not 0 < int(words[0][:9]) < 10**8:
                raise Refused
            if tag == "serieslength":
                plan["length"] = int(words[0])
            elif plan["channels"] in (None, int(words[0])):
                plan["channels"] = int(words[0])
            else:
                raise Refused
        elif tag in ("timestamps", "missing", "univariate", "equallength", "classlabel", "targetlabel"):
            if not words or words[0].lower() not in ("true", "false"):
                raise Refused
            flag = words[0].lower() == "true"
            if len(words) > 1 and not (tag == "classlabel" and flag):
                raise Refused
            if tag == "timestamps" and flag:
                raise Refused
            if tag == "univariate" and flag:
                if plan["channels"] not in (None, 1):
                    raise Refused
                plan["channels"] = 1
            if tag == "missing":
                plan["missing"] = flag
            if tag == "equallength":
                plan["equal"] = flag
            if tag in ("classlabel", "targetlabel") and flag:
                if plan["labelled"]:
                    raise Refused
                plan["labelled"] = True
                plan["numeric"] = tag == "targetlabel"
                plan["classes"] = set(words[1:])
    return plan


def _ts_case(line: str, plan: dict[str, object]) -> tuple[str | None, list[list[float]]] | None:
    if _bad_bytes(line) or "\0" in line or not line.strip():
        return None
    parts = line.split(":")
    label = None
    if plan["labelled"]:
        label = parts.pop().strip()
        if label == "" or not parts:
            return None
        if label == "?":
            label = None
        elif (plan["classes"] and label not in plan["classes"]) or (plan["numeric"] and _number(label) is _NOTHING):  # type: ignore[operator]
            return None
    if plan["channels"] is not None and len(parts) != plan["channels"]:
        return None
    channels = []
    for part in parts:
        values = []
        for cell in part.split(","):
            cell = cell.strip(" \t\r")
            if cell == "":
                return None
            value = math.nan if cell == "?" else _number(cell)
            if value is _NOTHING or (math.isnan(value) and plan["missing"] is False):  # type: ignore[arg-type]
                return None
            values.append(value)
        channels.append(values)
    if len({len(channel) for channel in channels}) != 1:
        return None
    if plan["equal"]:
        if plan["length"] is None:
            plan["length"] = len(channels[0])
        if len(channels[0]) != plan["length"]:
            return None
    if plan["channels"] is None:
        plan["channels"] = len(channels)
    return label, channels  # type: ignore[return-value]


def _lines(data: bytes) -> list[str]:
    """Lines without the empty ones at the end; bytes that are not UTF-8 stay visible as lone surrogates."""
    for mark in (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"):
        if data.startswith(mark):
            raise Refused
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    data = data.replace(b"\r\n", b"\n").rstrip(b"\n")
    if not data:
        raise Refused
    return data.decode("utf-8", "surrogateescape").split("\n")


def _bad_bytes(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _unwelcome(text: str) -> bool:
    return _bad_bytes(text) or "\0" in text or "\r" in text


def _check_names(names: list[str]) -> None:
    if len(set(names)) < len(names) or any(not name.strip() for name in names):
        raise Refused


def _record(lines: list[str], at: int, delimiter: str) -> tuple[list[str] | None, int]:
    """The cells of the record that starts on a line (None if it is broken), and the line after it."""
    cells: list[str] = []
    cell: list[str] = []
    state = "start"
    while True:
        for letter in lines[at]:
            if state == "quoted":
                if letter == '"':
                    state = "closing"
                else:
                    cell.append(letter)
            elif state == "closing":
                if letter == '"':
                    cell.append(letter)
                    state = "quoted"
                elif letter == delimiter:
                    cells.append("".join(cell))
                    cell, state = [], "start"
                else:
                    return None, at + 1
            elif letter == delimiter:
                cells.append("".join(cell))
                cell, state = [], "start"
            elif letter == '"':
                if state == "plain":
                    return None, at + 1
                state = "quoted"
            else:
                cell.append(letter)
                state = "plain"
        at += 1
        if state != "quoted":
            return [*cells, "".join(cell)], at
        cell.append("\n")
        if at == len(lines):
            raise Refused


def _typed(names: list[str], rows: list[tuple[int, list[str]]], rejected: int) -> Parsed:
    if not rows and not rejected:
        raise Refused
    kinds = [_kind(name, [cells[position] for _, cells in rows]) for position, name in enumerate(names)]
    zoned: list[bool | None] = [None] * len(names)
    found = Parsed(names, [], [], rejected)
    for line, cells in rows:
        values: list[Value] = []
        good = True
        for position, cell in enumerate(cells):
            if kinds[position] == "text":
                values.append(cell or None)
                continue
            if cell.strip(" \t") in ABSENT:
                values.append(math.nan if kinds[position] == "number" else None)
                continue
            value = _number(cell) if kinds[position] == "number" else _time(cell.strip(" \t"), zoned, position)
            good = good and value is not _NOTHING
            values.append(value)  # type: ignore[arg-type]
        if good:
            found.rows.append(values)
            found.lines.append(line)
        else:
            found.rejected += 1
    return found


_NOTHING = object()


def _kind(name: str, cells: list[str]) -> str:
    if name.lower() in ("id", "unique_id", "series_id", "item_id", "sequence_id", "case", "file"):
        return "text"
    sample = [cell.strip(" \t") for cell in cells if cell.strip(" \t") not in ABSENT][:1000]
    if not sample:
        return "number"
    if sum(_digits(cell) for cell in sample) >= 0.9 * len(sample):
        return "number"
    if sum(_TIME.fullmatch(cell) is not None for cell in sample) >= 0.9 * len(sample):
        return "time"
    return "text"


def _digits(cell: str) -> bool:
    """Whether a cell has the form of a number: sign, digits with at most one point, exponent."""
    rest = cell[1:] if cell[:1] in ("+", "-") else cell
    for mark in ("e", "E"):
        if mark in rest:
            rest, _, power = rest.partition(mark)
            power = power[1:] if power[:1] in ("+", "-") else power
            if not power or any(letter not in "0123456789" for letter in power):
                return False
            break
    whole, _, fraction = rest.partition(".")
    return whole + fraction != "" and all(letter in "0123456789" for letter in whole + fraction)


def _number(cell: str) -> object:
    cell = cell.strip(" \t")
    if cell in ABSENT:
        return math.nan
    if not _digits(cell):
        return _NOTHING
    value = float(cell)
    return value if math.isfinite(value) else _NOTHING


_TIME = re.compile(
    "([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?"
    "(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?)?"
)


def _time(cell: str, zoned: list[bool | None], position: int) -> object:
    match = _TIME.fullmatch(cell)
    if not match:
        return _NOTHING
    year, month, day, hour, minute, second = (int(match[part] or (1 if part == 3 else 0)) for part in range(1, 7))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    fraction = (match[7] or "").ljust(9, "0")
    if fraction[6:] != "000" or not 1 <= month <= 12 or not 1 <= day <= longest[month - 1]:
        return _NOTHING
    if hour > 23 or minute > 59 or second > 59:
        return _NOTHING
    zone = match[8]
    if zoned[position] is None:
        zoned[position] = zone is not None
    if zoned[position] != (zone is not None):
        return _NOTHING
    offset = 0
    if zone not in (None, "Z"):
        digits = zone[1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 15 or int(digits[2:]) > 59:
            return _NOTHING
        offset = (int(digits[:2]) * 60 + int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    before = sum(366 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 365 for y in range(min(year, 1970), 1970))
    after = sum(366 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 365 for y in range(1970, max(year, 1970)))
    days = after - before + sum(longest[: month - 1]) + day - 1
    return ((days * 24 + hour) * 60 + minute - offset) * 60_000_000 + second * 1_000_000 + int(fraction[:6])


class _NotJson(Exception):
    """A line that is no flat JSON object."""


def _object(text: str) -> dict[str, str]:
    """The fields of one object; numbers stay as written, null is an empty text."""
    at = _space(text, 0)
    if text[at : at + 1] != "{":
        raise _NotJson
    fields: dict[str, str] = {}
    at = _space(text, at + 1)
    if text[at : at + 1] == "}":
        at = _space(text, at + 1)
        if at != len(text):
            raise _NotJson
        return fields
    while True:
        name, at = _string(text, at)
        at = _space(text, at)
        if text[at : at + 1] != ":":
            raise _NotJson
        value, at = _scalar(text, _space(text, at + 1))
        if name in fields:
            raise _NotJson
        fields[name] = value
        at = _space(text, at)
        letter = text[at : at + 1]
        at = _space(text, at + 1)
        if letter == "}" and at == len(text):
            return fields
        if letter != ",":
            raise _NotJson


def _space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    return at


def _scalar(text: str, at: int) -> tuple[str, int]:
    for word, value in (("true", "true"), ("false", "false"), ("null", "")):
        if text.startswith(word, at):
            return value, at + len(word)
    if text[at : at + 1] == '"':
        return _string(text, at)
    match = re.compile("-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?").match(text, at)
    if not match:
        raise _NotJson
    return match[0], match.end()


def _string(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != '"':
        raise _NotJson
    at += 1
    letters: list[str] = []
    while True:
        letter = text[at : at + 1]
        if letter == "" or letter < " ":
            raise _NotJson
        at += 1
        if letter == '"':
            break
        if letter != "\\":
            letters.append(letter)
            continue
        escape = text[at : at + 1]
        at += 1
        plain = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
        if escape in plain:
            letters.append(plain[escape])
        elif escape == "u" and re.fullmatch("[0-9a-fA-F]{4}", text[at : at + 4]):
            letters.append(chr(int(text[at : at + 4], 16)))
            at += 4
        else:
            raise _NotJson
    joined = "".join(letters).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if _bad_bytes(joined):
        raise _NotJson
    return joined, at
