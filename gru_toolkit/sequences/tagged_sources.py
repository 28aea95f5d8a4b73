"""In which form tagged text is written, told by the user, by a file's name, or by its first lines."""

from pathlib import Path

from gru_toolkit.sequences.conll_reader import CONLLU, cells_of
from gru_toolkit.sequences.sources import Source, ending_of, find_source, opened

_HEAD = 1 << 16


def find_tagged_source(name: str, wanted: str | None) -> Source:
    """The input of that name. Raises as `find_source` does."""
    if wanted is not None or name == "-" or not Path(name).is_file() or ending_of(name) is not None:
        return find_source(name, wanted or ("conll" if name == "-" else None))
    found = find_source(name, "conll")
    with opened(found) as stream:
        head = stream.read(_HEAD).decode("utf-8", "replace")
    lines = head.splitlines()
    kind = _kind(lines[:-1] if len(head) >= _HEAD and len(lines) > 1 else lines)
    note = f"assumed {name} is {kind}, because of its first lines; override with --format"
    return Source(name, kind, (*found.notes, note))


def _kind(lines: list[str]) -> str:
    """conllu, conll, csv, jsonl or tokens."""
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    if first.startswith("{"):
        return "jsonl"
    if len(first.split("\t")) == len(CONLLU) and first.split("\t")[0][:1].isdecimal():
        return "conllu"
    if first.count(",") and not any(blank in first for blank in (" ", "\t")):
        return "csv"
    tokens = [cells_of(line) for line in lines if line.strip() and not line.startswith("#")]
    widths = [len(cells) for cells in tokens if cells[0] != "-DOCSTART-"]
    columns = len(set(widths)) == 1 and (any(not line.strip() for line in lines) or len(widths) > 1)
    return "conll" if columns else "tokens"
