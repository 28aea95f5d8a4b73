"""Whether files hold labelled texts, running text, or series: told from their names and first lines."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError
from gru_toolkit.sequences.labelled_texts import is_plain, lines_of

WITH_TEXTS = {"classify": "classify-text", "regress": "regress-text"}
"""Tasks on series and what they are called on texts."""
_LINES = 200
_MOST_LABELS = 0.3
_SEPARATED = (".csv", ".tsv", ".tab")


def holds_texts(paths: Sequence[str], read: ReadConfig) -> bool:
    """Whether files for `classify` hold texts rather than numbers."""
    if read.format is not None or read.query is not None or "-" in paths:
        return False
    return all(_holds_texts(path) for path in paths)


def plain_task(paths: Sequence[str], read: ReadConfig) -> tuple[str, str] | None:
    """The task that plain text files are for and why, or None when they are no plain text."""
    if read.format is not None or read.query is not None or not all(is_plain(path) for path in paths):
        return None
    if any(Path(path).suffix == "" and not Path(path).is_dir() for path in paths):
        return None
    if all(Path(path).is_dir() for path in paths):
        return "generate", "a folder of text files is running text"
    lines = _first_lines(paths[0])
    if not lines or _are_numbers(lines):
        return None
    labels = {line.split(maxsplit=1)[0] for line in lines if line.strip()}
    if len(lines) > 4 and len(labels) <= _MOST_LABELS * len(lines) and all(len(line.split()) > 1 for line in lines):
        return "classify-text", "its lines begin with few different words"
    return "generate", "it is running text"


def _holds_texts(path: str) -> bool:
    if is_plain(path):
        return Path(path).is_dir() or not _are_numbers(_first_lines(path))
    if not any(ending in _SEPARATED for ending in Path(path.lower()).suffixes):
        return False
    separator = "," if ".csv" in path.lower() else "\t"
    rows = [line.split(separator) for line in _first_lines(path)[1:]]
    long = [any(len(cell.split()) >= 3 and not _is_number(cell.split()[0]) for cell in row) for row in rows]
    return bool(long) and sum(long) > len(long) / 2


def _first_lines(path: str) -> list[str]:
    try:
        return [text for _, text in islice(lines_of(path), _LINES)]
    except DataError:
        return []  # the reader of the task says what is wrong with the file, and where


def _are_numbers(lines: Sequence[str]) -> bool:
    """Whether most of what stands in the lines, separated by white space, commas or semicolons, is numbers."""
    cells = [cell for line in lines[:20] for cell in line.replace(",", " ").replace(";", " ").split()]
    return sum(map(_is_number, cells)) > len(cells) / 2


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
