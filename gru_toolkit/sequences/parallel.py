"""Parallel text: sentences and their translations, in two files of as many lines or in two columns of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from gru_toolkit.config import ReadConfig, replace
from gru_toolkit.errors import DataError, Place, UsageError
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.labelled_texts import Rows, dataset_of_rows, lines_of, table_rows
from gru_toolkit.sequences.sources import ending_of
from gru_toolkit.sequences.table import Column, Reject, Table

SOURCE, TRANSLATION = "source", "translation"
_TEXTS = ("", "txt", "text")
"""Endings of plain text that name no language."""
_LONGEST_NAME, _LOOKED_AT = 20, 100
_HINT = "a line of one file is the translation of the same line of the other"


@dataclass(frozen=True)
class _Pair:
    """A sentence and its translation, and where the sentence stands."""

    place: Place
    source: str
    translation: str


def is_lines(path: str) -> bool:
    """Whether a path names a file of plain lines: its ending is that of no table."""
    return path == "-" or ending_of(path) is None


def is_columns(path: str) -> bool:
    """Whether a path names a file of lines with a TAB between sentence and translation."""
    return path.lower().removesuffix(".gz").removesuffix(".zst").endswith((".tsv", ".tab"))


def sentence_rows(path: str) -> Rows:
    """Every line of a file, empty ones too, without translations. Raises DataError for an empty file."""
    lines = [text for _, text in lines_of(path)]
    if not lines:
        raise DataError("the file is empty: there is no text to read", place=Place(path))
    return Rows(None, lines, (TRANSLATION, _language(path) or SOURCE))


def file_rows(paths: Sequence[str], config: ReadConfig) -> Rows:
    """The pairs of two files each: those of `config.into` are the translations, or else every second file is.

    Raises UsageError when files are left without their translation, DataError with file and line for a line that is
    empty or whose counterpart is missing, and for bytes that are not UTF-8.
    """
    files = _in_twos(paths, config)
    rejects: list[Reject] = []
    pairs: list[_Pair] = []
    for first, second in files:
        pairs += _kept(_beside(first, second), config, rejects)
    names = [(_language(first), _language(second)) for first, second in files]
    source, translation = names[0]
    if not source or not translation or source == translation:
        source, translation = SOURCE, TRANSLATION
    return _rows(pairs, rejects, (translation, source))


def tab_rows(path: str, config: ReadConfig) -> Rows | None:
    """The pairs of a file of two columns with a TAB between, where quotes mean nothing; None if it has other columns.

    A first line of two short words of letters is a header.
    """
    found = [(line, text.split("\t")) for line, text in lines_of(path)]
    if not found or len(found[0][1]) != 2:
        return None
    names = (TRANSLATION, SOURCE)
    notes: tuple[str, ...] = ()
    first = found[0][1]
    if len(found) > 1 and all(cell.isidentifier() and len(cell) <= _LONGEST_NAME for cell in first):
        names = (first[1], first[0])
        notes = (f"assumed the first line of {path} is a header",)
        found = found[1:]
    wrong = next(((line, len(cells)) for line, cells in found if len(cells) > 2), None)
    if wrong is not None:
        message = f"expected a sentence, a TAB and its translation, found {wrong[1]} columns"
        raise DataError(message, place=Place(path, wrong[0]))
    rejects: list[Reject] = []
    pairs = (_Pair(Place(path, line), cells[0], cells[1] if len(cells) > 1 else "") for line, cells in found)
    return _rows(list(_kept(pairs, config, rejects)), rejects, names, notes)


def columns_of(table: Table, config: ReadConfig, *, labelled: bool) -> Rows:
    """The pairs of a table: the columns that the settings name, or else its first two columns of words.

    Raises MissingInputError for a column that is not there, DataError for a row without one of the two.
    """
    texts = [name for name, column in table.columns.items() if column.kind == "text" and _has_words(column)]
    source = config.inputs[:1] or tuple(name for name in texts if name not in config.target)[:1]
    target = config.target[:1] or tuple(name for name in texts if name not in source)[:1]
    if not source or (labelled and not target):
        message = f"two columns of texts are needed, found {len(texts)}"
        raise DataError(message, place=Place(table.source), hint="name them with --inputs and --target")
    rows = table_rows(table, replace(config, inputs=list(source), target=list(target)), labelled=labelled)
    if config.inputs or not labelled:
        return rows
    note = f"assumed `{target[0]}` is the translation of `{source[0]}`; override with --inputs and --target"
    return Rows(rows.labels, rows.texts, rows.names, rows.rejects, (*rows.notes, note))


def of_sentences(sentences: Sequence[str]) -> Dataset:
    """The dataset of sentences in memory."""
    return dataset_of_rows(Rows(None, list(sentences), (TRANSLATION, SOURCE)), ["text"])


def _in_twos(paths: Sequence[str], config: ReadConfig) -> list[tuple[str, str]]:
    if config.into:
        if len(config.into) != len(paths):
            raise UsageError(f"{len(paths)} files are given, and {len(config.into)} with their translations in --into")
        return list(zip(paths, config.into, strict=True))
    if len(paths) % 2:
        raise UsageError(f"{paths[-1]} is given without its translation", hint="name it behind it, or with --into")
    return list(zip(paths[::2], paths[1::2], strict=True))


def _beside(first: str, second: str) -> Iterator[_Pair]:
    """The lines of two files side by side. Raises DataError at the first line that has no counterpart."""
    number = 0
    for left, right in zip_longest(lines_of(first), lines_of(second)):
        if left is None or right is None:
            longer, shorter = (second, first) if left is None else (first, second)
            message = f"the line has no counterpart: {shorter} ends after {number:,} lines"
            raise DataError(message, place=Place(longer, number + 1), hint=_HINT)
        number = left[0]
        # An empty line is told where it stands: in the second file when only its line is empty.
        where = second if left[1].strip() and not right[1].strip() else first
        yield _Pair(Place(where, number), left[1], right[1])
    if not number:
        raise DataError("the file is empty: there is no text to read", place=Place(first))


def _kept(pairs: Iterator[_Pair], config: ReadConfig, rejects: list[Reject]) -> Iterator[_Pair]:
    """The pairs of which neither side is empty. Raises DataError when more are rejected than the settings allow."""
    for pair in pairs:
        if pair.source.strip() and pair.translation.strip():
            yield pair
            continue
        problem = "the translation of the line is empty" if pair.source.strip() else "the line is empty"
        rejects.append(Reject(pair.place, problem, pair.source))
        if len(rejects) > config.max_rejects:
            raise DataError(problem, place=pair.place, hint="--max-rejects N lets N such lines pass")


def _has_words(column: Column) -> bool:
    """Whether some of the first values hold a letter, as sentences do and numbers of rows do not."""
    return any(letter.isalpha() for level in column.levels[:_LOOKED_AT] for letter in level)


def _rows(
    pairs: Sequence[_Pair], rejects: Sequence[Reject], names: tuple[str, str], notes: tuple[str, ...] = ()
) -> Rows:
    sources, translations = [pair.source for pair in pairs], [pair.translation for pair in pairs]
    return Rows(translations, sources, names, tuple(rejects), notes)


def _language(path: str) -> str:
    """The ending of a file that names its language, such as `de`; empty if there is none."""
    name = Path(path).name.lower().removesuffix(".gz").removesuffix(".zst")
    ending = Path(name).suffix.removeprefix(".")
    return "" if ending in _TEXTS else ending
