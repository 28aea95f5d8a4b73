"""CoNLL columns and CoNLL-U: a token a line, an empty line after each sentence.

What is no token (comments, `-DOCSTART-` lines, ranges of multiword tokens, empty nodes) is kept as text before the
token that follows it or behind the sentence, so that predictions can be written in the file's own form. A comment
`# label = …` before a sentence is its label.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.casting import shown
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.lines import blocks
from gru_toolkit.sequences.sources import Source, opened
from gru_toolkit.sequences.table import Table
from gru_toolkit.sequences.token_tables import AFTER, BEFORE, LABEL, LINE, WORD, TokenTable, fault_of, label_in

CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
DOCUMENT = "-DOCSTART-"
HEADER = "# global.columns"
_NODE = re.compile(r"(\d+)(?:([-.])(\d+))?")


@dataclass
class _Sentence:
    """The sentence being read. `fault` is what keeps it from being used, with its line and text."""

    tokens: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    before: list[str | None] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    fault: tuple[str, int, str] | None = None

    def add(self, cells: list[str], line: int, text: str) -> None:
        """Append a token."""
        self.tokens.append(cells)
        self.lines.append(line)
        self.texts.append(text)
        self.before.append("\n".join(self.waiting) if self.waiting else None)
        self.waiting = []

    def wrong(self, reason: str, line: int, text: str) -> None:
        """Note what is wrong; the first fault stays."""
        self.fault = self.fault or (reason, line, text)


def read_conll(source: Source, rules: Rules) -> Table:
    """The tokens of a file of columns that blanks or tabs separate; the first column is named `word`, the n-th
    `column_n`, or all as a first line `# global.columns = …` says.

    Raises DataError when more sentences are rejected than the rules allow or none is left.
    """
    with opened(source) as stream:
        lines = _lines(source, stream)
        names, first = _columns_of(source, lines)
        return _read(source, rules, lines, _Columns(names, first))


def read_conllu(source: Source, rules: Rules) -> Table:
    """The words of a CoNLL-U file (universaldependencies.org/format.html), with its ten columns in lower case.

    Raises DataError when more sentences are rejected than the rules allow or none is left.
    """
    with opened(source) as stream:
        return _read(source, rules, _lines(source, stream), _Universal())


class _Columns:
    """Lines of CoNLL columns. State: the lines that were read to learn the number of columns."""

    def __init__(self, names: tuple[str, ...], first: list[tuple[int, str]]):
        self.names = names
        self.first = first

    def take(self, sentence: _Sentence, line: int, text: str) -> None:
        """Add a line that is not empty."""
        cells = cells_of(text)
        if cells[0] == DOCUMENT or (is_comment(text) and not sentence.tokens and len(cells) != len(self.names)):
            sentence.waiting.append(text)
        elif len(cells) != len(self.names):
            sentence.wrong(f"expected {len(self.names)} columns, found {len(cells)}", line, text)
        elif "" in cells:
            sentence.wrong(f"column {cells.index('') + 1} is empty", line, text)
        else:
            sentence.add(cells, line, text)


class _Universal:
    """Lines of CoNLL-U."""

    names = CONLLU
    first: list[tuple[int, str]] = []  # noqa: RUF012  (never changed)

    def take(self, sentence: _Sentence, line: int, text: str) -> None:
        """Add a line that is not empty."""
        if text.startswith("#"):
            sentence.waiting.append(text)
            return
        cells = text.split("\t")
        if len(cells) != len(CONLLU):
            found = f"expected {len(CONLLU)} columns separated by tabs, found {len(cells)}"
            sentence.wrong(found, line, text)
            return
        node = _NODE.fullmatch(cells[0])
        if node is None:
            sentence.wrong(f"expected an ID such as 1, 1-2 or 1.1, found {shown(cells[0])}", line, text)
        elif node[2]:
            sentence.waiting.append(text)
        elif int(node[1][:9]) != len(sentence.tokens) + 1:
            sentence.wrong(f"expected the ID {len(sentence.tokens) + 1}, found {shown(cells[0])}", line, text)
        elif "" in cells:
            sentence.wrong(f"column {CONLLU[cells.index('')]} is empty (write _ for nothing)", line, text)
        else:
            sentence.add(cells, line, text)


def _read(source: Source, rules: Rules, lines: Iterator[tuple[int, str]], form: _Columns | _Universal) -> Table:
    # The label of a sentence stands in a comment; a column of that name goes before it.
    labelled = () if LABEL in form.names else (LABEL,)
    table = TokenTable(source, rules, (*form.names, *labelled, LINE, BEFORE, AFTER))
    sentence = _Sentence()
    for line, text in (*form.first, *lines) if form.first else lines:
        fault = fault_of(text)
        if fault is not None:
            sentence.wrong(fault, line, text)
        elif text.strip():
            form.take(sentence, line, text)
        elif sentence.tokens or sentence.fault:
            _finish(table, sentence)
            sentence = _Sentence()
        elif sentence.waiting:
            sentence.waiting.append("")  # the empty line after -DOCSTART- or a comment of its own
    if sentence.tokens or sentence.fault:
        _finish(table, sentence)
    elif sentence.waiting and table.counts:
        kept = table.values[AFTER][-1]
        table.values[AFTER][-1] = "\n".join(([kept] if kept else []) + ["", *sentence.waiting])
    return table.table()


def _finish(table: TokenTable, sentence: _Sentence) -> None:
    """The sentence into the table, or among the rejects."""
    if sentence.fault:
        table.reject(*sentence.fault)
        return
    count = len(sentence.tokens)
    after: list[str | None] = [None] * count
    after[-1] = "\n".join(sentence.waiting) if sentence.waiting else None
    names = table.names[: len(sentence.tokens[0])]
    columns: dict[str, list[str | None]] = {
        name: [cells[index] for cells in sentence.tokens] for index, name in enumerate(names)
    }
    if tuple(names) == CONLLU:
        columns = {name: [_annotated(name, text) for text in texts] for name, texts in columns.items()}
    if LABEL not in columns:
        columns[LABEL] = [label_in(sentence.before[0])] * count
    table.add({**columns, LINE: list(sentence.texts), BEFORE: sentence.before, AFTER: after}, sentence.lines)


def _annotated(name: str, text: str | None) -> str | None:
    """A CoNLL-U value; _ is nothing, but for words and lemmas, which may be an underscore."""
    return None if text == "_" and name not in ("form", "lemma") else text


def cells_of(line: str) -> list[str]:
    """The columns of a line: between tabs if it has any, else between blanks."""
    return line.rstrip(" ").split("\t") if "\t" in line else line.split()


def is_comment(line: str) -> bool:
    """Whether a line may be a comment: `#` alone is also a token."""
    return line.startswith("#")


def _lines(source: Source, stream: object) -> Iterator[tuple[int, str]]:
    for block in blocks(stream, source.name):  # type: ignore[arg-type]
        yield from enumerate(block.text()[:-1].split("\n"), block.first_line)


def _columns_of(source: Source, lines: Iterator[tuple[int, str]]) -> tuple[tuple[str, ...], list[tuple[int, str]]]:
    """The names of the columns, and the lines read to learn them: up to the first token.

    The first line that is no comment is a token; a first line of `#` and other columns is a comment.
    """
    taken: list[tuple[int, str]] = []
    named: tuple[str, ...] = ()
    for line, text in lines:
        taken.append((line, text))
        if text.startswith(HEADER):
            named = tuple(text.partition("=")[2].lower().split())
        if text.strip() and not is_comment(text) and cells_of(text)[0] != DOCUMENT and fault_of(text) is None:
            width = len(cells_of(text))
            if named and len(named) != width:
                message = f"expected the {len(named)} columns that {HEADER} names, found {width}"
                raise DataError(message, place=Place(source.name, line))
            return named or (WORD, *(f"column_{number}" for number in range(2, width + 1))), taken
    return named or (WORD,), taken
