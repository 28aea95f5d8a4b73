"""Sentences a line: a text of tokens, or a folder of parallel files with words, tags and a label of each sentence."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from gru_toolkit.errors import DataError, MissingInputError, Place
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.lines import blocks
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Table
from gru_toolkit.sequences.token_tables import LABEL, TAG, WORD, TokenTable, fault_of

WORDS_FILE, TAGS_FILE, LABEL_FILE = "seq.in", "seq.out", "label"


def read_tokens(source: Source, rules: Rules) -> Table:
    """The tokens of a text with a sentence a line, tokens between blanks; empty lines are passed over.

    Raises DataError when more lines are rejected than the rules allow or none is left.
    """
    table = TokenTable(source, rules, (WORD,))
    with opened(source) as stream:
        for block in blocks(stream, source.name):
            for line, text in enumerate(block.text()[:-1].split("\n"), block.first_line):
                words, fault = text.split(), fault_of(text)
                if fault:
                    table.reject(fault, line, text)
                elif words:
                    table.add({WORD: words}, [line] * len(words))
    return table.table()


def read_slots(source: Source, rules: Rules) -> Table:
    """The tokens of a folder with `seq.in` (words), `seq.out` (their tags) and `label` (one of each sentence).

    Line n of each file belongs to sentence n; tags and labels may be absent. Raises DataError when the files have
    different numbers of lines, when more sentences are rejected than the rules allow or none is left.
    """
    folder = Path(source.name)
    if not (folder / WORDS_FILE).is_file():
        raise MissingInputError(f"the folder has no file {WORDS_FILE}", place=Place(source.name))
    present = {WORD: WORDS_FILE, TAG: TAGS_FILE, LABEL: LABEL_FILE}
    present = {name: file for name, file in present.items() if (folder / file).is_file()}
    table = TokenTable(source, rules, tuple(present))
    files = {name: str(folder / file) for name, file in present.items()}
    for number, texts in enumerate(zip_longest(*(_lines(path) for path in files.values())), 1):
        _add(table, files, dict(zip(present, texts, strict=True)), number)
    found = table.table()
    words = files[WORD]
    place_of = found.place_of

    def place(row: int, column: str | None) -> Place:
        return Place(files.get(column or WORD, words), place_of(row, column).line, column)

    return Table(found.columns, found.source, place, found.rejects, found.notes)


def _add(table: TokenTable, files: dict[str, str], texts: dict[str, str | None], number: int) -> None:
    """Add the sentence of one line of each file, or note why it is rejected."""
    for name, text in texts.items():
        if text is None:
            other = next(files[other] for other, there in texts.items() if there is not None)
            raise DataError(f"ends before line {number}, which {other} has", place=Place(files[name], number))
        fault = fault_of(text)
        if fault:
            table.reject(f"{Path(files[name]).name}: {fault}", number, text)
            return
    words = str(texts[WORD]).split()
    tags = str(texts[TAG]).split() if TAG in texts else []
    label = str(texts[LABEL]).strip() if LABEL in texts else ""
    if not words:
        table.reject("the sentence is empty", number)
    elif TAG in texts and len(tags) != len(words):
        table.reject(f"{len(words)} words, but {len(tags)} tags in {TAGS_FILE}", number, str(texts[WORD]))
    elif LABEL in texts and not label:
        table.reject(f"the sentence has no label in {LABEL_FILE}", number)
    else:
        columns = {WORD: words, TAG: tags, LABEL: [label] * len(words)}
        table.add({name: columns[name] for name in texts}, [number] * len(words))


def _lines(path: str) -> Iterator[str]:
    with opened(Source(path, "tokens")) as stream:
        for block in blocks(stream, path):
            yield from block.text()[:-1].split("\n")
