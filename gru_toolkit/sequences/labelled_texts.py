"""Texts with a label each: lines `label text`, files whose names are labels, and tables with a column of texts."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gru_toolkit.config import ReadConfig, nearest
from gru_toolkit.errors import DataError, MissingInputError, Place
from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.lines import blocks
from gru_toolkit.sequences.roles import LABEL_NAMES
from gru_toolkit.sequences.running_text import text_files
from gru_toolkit.sequences.sources import Source, find_source, holds_recordings, opened
from gru_toolkit.sequences.table import Column, Reject, Table

TEXT_NAMES = ("text", "sentence", "sms", "message", "review", "comment", "tweet", "document", "content", "body")
"""Names that a column of texts goes by, in the order of trust."""
TEXT, LABEL = "text", "label"
_PLAIN = ("", ".txt", ".text")
_SAMPLE = 1000


@dataclass(frozen=True)
class Rows:
    """Texts beside their labels; None where a row has no label, and then in every row.

    names  of the columns of labels and texts
    """

    labels: list[str] | None
    texts: list[str]
    names: tuple[str, str]
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()


def with_numbers(rows: Rows) -> Rows:
    """The rows with labels that are numbers spelt in one way, whichever reader found them."""
    return rows if rows.labels is None else replace(rows, labels=[repr(float(label)) for label in rows.labels])


def dataset_of_rows(rows: Rows, sources: Sequence[str]) -> Dataset:
    """A sequence a text, of one step that holds it whole. Raises DataError when there is none."""
    if not rows.texts:
        raise DataError("there is no text in it", place=Place(", ".join(sources)))
    label, text = rows.names
    count = len(rows.texts)
    statics = {} if rows.labels is None else {label: _column(label, rows.labels)}
    digest = hashlib.sha256()
    for values in (rows.texts, rows.labels or []):
        for value in values:
            digest.update(f"{len(value.encode())}:".encode() + value.encode())
        digest.update(b";")
    return Dataset(
        ids=tuple(str(number) for number in range(1, count + 1)),
        offsets=np.arange(count + 1, dtype=np.int64),
        steps={text: _column(text, rows.texts)},
        statics=statics,
        roles=Roles(target=(label,) if rows.labels is not None else (), inputs=(text,)),
        sources=tuple(sources),
        fingerprint=digest.hexdigest(),
        notes=rows.notes,
        rejects=rows.rejects,
    )


def is_plain(path: str) -> bool:
    """Whether a path names a folder of texts or a file of plain lines rather than a table or recordings."""
    if Path(path).is_dir():
        return not holds_recordings(Path(path))
    endings = [ending.lower() for ending in Path(path).suffixes if ending.lower() not in (".gz", ".zst")]
    return (endings[-1] if endings else "") in _PLAIN


def lined_rows(paths: Sequence[str], config: ReadConfig, *, labelled: bool, numbers: bool) -> Rows | None:
    """The rows of plain lines or of two columns with a TAB between; None where the paths hold tables."""
    if config.query is not None or config.table is not None or config.format is not None:
        return None
    if all(path == "-" or is_plain(path) for path in paths):
        return plain_rows(paths, config, labelled=labelled, numbers=numbers)
    if len(paths) > 1 or not paths[0].lower().endswith((".tsv", ".tsv.gz", ".tsv.zst")):
        return None
    if config.inputs not in ((), (TEXT,)):
        return None
    rows = tab_rows(paths[0], config, labelled=labelled, numbers=numbers)
    return rows if rows is not None and (not config.inputs or rows.names[1] == TEXT) else None


def plain_rows(paths: Sequence[str], config: ReadConfig, *, labelled: bool, numbers: bool = False) -> Rows:
    """The rows of plain files: in a folder the files' names are labels, otherwise the first word of each line is.

    labelled  whether labels must be there; without them a line is all text
    numbers   whether labels must be numbers

    Raises DataError with file and line for a line without text or label, an empty file, or bytes that are not UTF-8.
    """
    texts: list[str] = []
    labels: list[str] = []
    rejects: list[Reject] = []
    for path in paths:
        folder = Path(path).is_dir()
        for name in text_files(path):
            before = len(texts) + len(rejects)
            for line, text in lines_of(name):
                label, rest = (Path(name).name.split(".")[0], text) if folder else _parted(text)
                if labelled and not rest.strip():
                    problem = "the line has a label but no text" if text.strip() else "the line is empty"
                    _reject(rejects, Reject(Place(name, line), problem, text), config)
                    continue
                if numbers and labelled and not is_number(label):
                    problem = f"the line begins with {label!r}, a number is wanted"
                    _reject(rejects, Reject(Place(name, line), problem, text), config)
                    continue
                texts.append(rest.strip() if labelled else text)
                labels.append(label)
            if len(texts) + len(rejects) == before:
                raise DataError("the file is empty: there is no text to read", place=Place(name))
    return Rows(labels if labelled else None, texts, (LABEL, TEXT), tuple(rejects))


def lines_of(name: str) -> Iterator[tuple[int, str]]:
    """(number, text) of each line. Raises DataError with the line of a byte that is not UTF-8."""
    if name != "-":
        find_source(name, None)
    with opened(Source(name, "lines")) as stream:
        for block in blocks(stream, name):
            for number, raw in enumerate(block.data.split(b"\n")[:-1], block.first_line):
                try:
                    yield number, raw.decode("utf-8")
                except UnicodeDecodeError as error:
                    found = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
                    raise DataError(found, place=Place(name, number)) from None


def tab_rows(name: str, config: ReadConfig, *, labelled: bool, numbers: bool = False) -> Rows | None:
    """The rows of a file of two columns with a TAB between, where quotes mean nothing; None if it has other columns.

    A first line whose label stands nowhere else, or is none where labels are `numbers`, is a header.
    """
    found = [(line, *text.partition("\t")) for line, text in lines_of(name)]
    if not found or any(tab != "\t" or "\t" in text for _, _, tab, text in found[:_SAMPLE]):
        return None
    names = (LABEL, TEXT)
    rejects: list[Reject] = []
    kept: list[tuple[str, str]] = []
    alone = len(found) > 1 and all(label != found[0][1] for _, label, _, _ in found[1:])
    if alone and not (numbers and is_number(found[0][1])):
        names = (found[0][1], found[0][3])
        found = found[1:]
    for line, label, tab, text in found:
        right = is_number(label) if numbers and labelled else label.strip() or not labelled
        if tab and "\t" not in text and text.strip() and right:
            kept.append((label.strip(), text))
        else:
            problem = f"expected a {'number' if numbers else 'label'}, a TAB and a text"
            _reject(rejects, Reject(Place(name, line), problem, f"{label}{tab}{text}"), config)
    return Rows([label for label, _ in kept] if labelled else None, [text for _, text in kept], names, tuple(rejects))


def table_rows(table: Table, config: ReadConfig, *, labelled: bool, numbers: bool = False) -> Rows:
    """The rows of a table: the column of texts and the column of labels, by the settings, their names or their values.

    Raises MissingInputError for a column that is not there, DataError for a row without text or label.
    """
    text = _named(table, config.inputs) or _text_column(table, config)
    label = (_named(table, config.target) or _label_column(table, text)) if labelled else None
    used = [text] if label is None else [text, label]
    for name in used:
        missing = table.columns[name].missing()
        if missing.any():
            row = int(np.argmax(missing))
            raise DataError(f"the row has no {name}", place=table.place_of(row, name))
    if numbers and label is not None and table.columns[label].kind != "number":
        strange = [value for value in _texts(table.columns[label]) if not is_number(value)]
        found = f", {strange[0]!r} among them" if strange else ""
        raise DataError(
            f"column {label} holds {table.columns[label].kind}{found}, a number is wanted",
            place=Place(table.source),
            hint="name the column of numbers with --target, or use --task classify for labels",
        )
    notes = () if config.inputs else (f"assumed the texts are in `{text}`; override with --inputs",)
    if label is not None and not config.target:
        notes = (*notes, f"assumed the labels are in `{label}`; override with --target")
    labels = None if label is None else _texts(table.columns[label])
    return Rows(labels, _texts(table.columns[text]), (label or LABEL, text), table.rejects, (*table.notes, *notes))


def is_number(text: str) -> bool:
    """Whether a text is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _parted(line: str) -> tuple[str, str]:
    parts = line.split(maxsplit=1)
    return parts[0] if parts else "", parts[1] if len(parts) > 1 else ""


def _reject(rejects: list[Reject], reject: Reject, config: ReadConfig) -> None:
    """Keep a rejected row, or raise when there are more than the settings allow."""
    rejects.append(reject)
    if len(rejects) > config.max_rejects:
        raise DataError(reject.reason, place=reject.place, hint="--max-rejects N lets N such lines pass")


def _named(table: Table, names: Sequence[str]) -> str | None:
    for name in names[:1]:
        if name not in table.columns:
            hint = nearest(name, table.columns)
            raise MissingInputError(f"there is no column {name!r}", place=Place(table.source), hint=hint)
        return name
    return None


def _text_column(table: Table, config: ReadConfig) -> str:
    """The column of a usual name, or else the one of the longest texts."""
    texts = [name for name, column in table.columns.items() if column.kind == "text" and name not in config.target]
    by_name = {name.lower(): name for name in reversed(texts)}
    usual = [by_name[name] for name in TEXT_NAMES if name in by_name]
    if usual:
        return usual[0]
    if not texts:
        raise DataError("there is no column of texts", place=Place(table.source), hint="name it with --inputs")
    return max(
        texts, key=lambda name: sum(map(len, table.columns[name].levels)) / max(len(table.columns[name].levels), 1)
    )


def _label_column(table: Table, text: str) -> str:
    """The column of a usual name, or else the one other column."""
    others = [name for name in table.columns if name != text]
    by_name = {name.lower(): name for name in reversed(others)}
    usual = [by_name[name] for name in LABEL_NAMES if name in by_name]
    if not usual and len(others) != 1:
        raise DataError(
            "which column is the label cannot be told", place=Place(table.source), hint="name it with --target"
        )
    return (usual or others)[0]


def _texts(column: Column) -> list[str]:
    if column.kind == "text":
        return [column.levels[code] for code in column.values.tolist()]
    if column.kind == "time":
        return [str(value) for value in column.values]
    return [str(int(value)) if value == int(value) else repr(value) for value in column.values.tolist()]


def _column(name: str, values: Sequence[str]) -> Column:
    levels = tuple(dict.fromkeys(values))
    code = {level: number for number, level in enumerate(levels)}
    return Column(name, "text", np.array([code[value] for value in values], np.int32), levels)
