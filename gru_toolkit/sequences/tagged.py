"""Tagged text to a Dataset: a step is a token, a sequence a sentence; tags are texts and stand with their words.

    files ─a reader of tagged text, or of tables→ Table ─roles, checks→ Dataset with the document around the tokens

Roles: `inputs` are the words and then further columns that are known of each token, `target` is the tag and, if
sentences have a label, its column.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gru_toolkit.config import ReadConfig, nearest
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError
from gru_toolkit.sequences.arranging import Arranged, arrange, as_text, order_problem
from gru_toolkit.sequences.columns import Rules, too_many
from gru_toolkit.sequences.dataset import Dataset, Document, Roles
from gru_toolkit.sequences.formats import read_source
from gru_toolkit.sequences.joining import join_tables
from gru_toolkit.sequences.reading import fingerprint
from gru_toolkit.sequences.schemes import first_fault, scheme_of
from gru_toolkit.sequences.table import Column, Reject, Table
from gru_toolkit.sequences.tagged_sources import find_tagged_source
from gru_toolkit.sequences.token_tables import AFTER, BEFORE, LABEL, LINE, SENTENCE, TAG, WORD
from gru_toolkit.sequences.wants import Wants

ID_NAMES = (SENTENCE, "sentence_id", "sent_id", "id")
WORD_NAMES = (WORD, "token", "form", "words", "tokens", "text")
TAG_NAMES = (TAG, "upos", "tags", "pos", "ner", "chunk")
OWN = (LINE, BEFORE, AFTER)


def read_tagged(paths: Sequence[str], config: ReadConfig, wants: Wants) -> Dataset:
    """The sentences of files or folders of tagged text.

    Raises MissingInputError for a file or column that is not there; DataError with file, line and column for a
    sentence that is broken, a token without a tag among others with one, and spans that break their scheme.
    """
    if not paths:
        raise UsageError("no file to read was given")
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise UsageError(f"{'stdin' if twice == '-' else twice} is given twice")
    rules = Rules(text=lambda name: True, max_rejects=config.max_rejects, several=len(paths) > 1)
    tables: list[Table] = []
    for path in paths:
        tables.append(read_source(find_tagged_source(path, config.format), config, rules))
        rules = replace(rules, max_rejects=rules.max_rejects - len(tables[-1].rejects))
    table = tables[0] if len(tables) == 1 else join_tables(tables, config, wants)
    return replace(tagged_dataset(table, config, wants), sources=tuple(paths))


def tagged_dataset(table: Table, config: ReadConfig, wants: Wants) -> Dataset:
    """The sentences of a table with a row a token. Raises as `read_tagged` does for its content."""
    table = replace(table, columns={name: as_text(column) for name, column in table.columns.items()})
    roles, notes = assign_tag_roles(table, config, wants)
    own = tuple(name for name in OWN if name in table.columns)
    arranged = arrange(table, replace(roles, static=own), config)
    problem = order_problem(arranged)
    if problem is not None:
        raise problem
    arranged = _checked(arranged, config, wants)
    steps = {name: arranged.columns[name] for name in (*roles.inputs, *roles.target[:1])}
    statics = {name: _of_sentences(arranged, name) for name in roles.target[1:]}
    dataset = Dataset(
        arranged.ids,
        arranged.offsets,
        steps,
        statics,
        roles,
        sources=(table.source,),
        notes=(*table.notes, *notes),
        rejects=arranged.table.rejects,
        document=_document(arranged, roles) if own else None,
    )
    return replace(dataset, fingerprint=fingerprint(dataset))


def assign_tag_roles(table: Table, config: ReadConfig, wants: Wants) -> tuple[Roles, tuple[str, ...]]:
    """The roles of the columns, and what was assumed to find them.

    A column may be named by its number in the file, from 1, or without regard to upper case.
    """
    columns = [name for name in table.columns if name not in OWN]
    in_file = [name for name in columns if name != SENTENCE]
    notes: list[str] = []
    id_ = _asked(table, columns, (config.id,))[0] if config.id else _first(columns, ID_NAMES)
    if id_ is None:
        hint = "name it with --id"
        raise DataError("the column that tells sentences apart cannot be told", place=Place(table.source), hint=hint)
    wanted = config.target if wants.need_target else tuple(n for n in config.target if _found(in_file, n))
    target = _asked(table, in_file, wanted)
    if not target and (wants.need_target or not config.target):
        target = _assumed_target(table, in_file, notes, need=wants.need_target)
    if len(target) > 2:
        raise UsageError(f"a tag and a sentence label can be predicted, got {len(target)} targets")
    inputs = _asked(table, in_file, config.inputs, words=True)
    if not inputs:
        inputs = _assumed_inputs(table, in_file, target, config, notes)
    return Roles(id=id_, time=config.time, target=target, inputs=inputs), tuple(notes)


def _found(columns: Sequence[str], name: str) -> str | None:
    """The column of that name or number."""
    if name in columns:
        return name
    if name.isdecimal() and 1 <= int(name) <= len(columns):
        return columns[int(name) - 1]
    return next((column for column in columns if column.lower() == name.lower()), None)


def _asked(table: Table, columns: Sequence[str], names: Iterable[str], *, words: bool = False) -> tuple[str, ...]:
    """The columns that the user named; a plain text's one column stands for the words under any name."""
    names = tuple(names)
    found = tuple(_found(columns, name) for name in names)
    if words and len(names) == 1 and found[0] is None and list(columns) == [WORD]:
        raise DataError(
            f"the model reads words from a column {names[0]!r}, the file has only {WORD!r}",
            place=Place(table.source),
            hint="train on a file whose first column is named word, or write the text in columns",
        )
    for name, column in zip(names, found, strict=True):
        if column is None:
            hint = nearest(name, columns) or f"the columns are {', '.join(columns[:12])}"
            if name == LABEL and LINE in table.columns:
                hint = "write the label of each sentence in a comment before it: # label = …"
            raise MissingInputError(f"there is no column {name!r}", place=Place(table.source), hint=hint)
    return tuple(str(column) for column in found)


def _first(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The first of the names that is a column."""
    return next((found for name in names if (found := next((c for c in columns if c.lower() == name), None))), None)


def _assumed_target(table: Table, columns: list[str], notes: list[str], *, need: bool) -> tuple[str, ...]:
    """The tag column by its name, or the last one of CoNLL columns; with it a sentence label that has its name."""
    found = _first(columns, TAG_NAMES)
    why = "of its name"
    tokens = [name for name in columns if name != LABEL]
    if found is None and LINE in table.columns and len(tokens) > 1:
        found, why = tokens[-1], "it is the last one"
    if found is None:
        if not need:
            return ()
        hint = "name it with --target"
        raise DataError("the column of tags cannot be told", place=Place(table.source), hint=hint)
    notes.append(f"assumed the tags are in column `{found}`, because {why}; override with --target")
    if LABEL in columns and found != LABEL:
        notes.append(f"assumed each sentence's label is in `{LABEL}`; leave it out with --target {found}")
        return (found, LABEL)
    return (found,)


def _assumed_inputs(
    table: Table, columns: list[str], target: tuple[str, ...], config: ReadConfig, notes: list[str]
) -> tuple[str, ...]:
    """The words by their name, and in CoNLL columns what stands between words and tags."""
    word = _first([name for name in columns if name not in target], WORD_NAMES)
    if word is None:
        hint = "name it with --inputs"
        raise DataError("the column of words cannot be told", place=Place(table.source), hint=hint)
    if columns[0] != WORD or LINE not in table.columns:
        return (word,)
    last = columns.index(target[0]) if target else len(columns)
    between = [name for name in columns[1:last] if name not in (LABEL, *config.ignore)]
    if between:
        listed = ", ".join(f"`{name}`" for name in between)
        notes.append(f"assumed {listed} is known of each word beside it; override with --inputs {word}")
    return (word, *between)


def _checked(arranged: Arranged, config: ReadConfig, wants: Wants) -> Arranged:
    """The sentences without the broken ones, as many as may be rejected.

    Raises DataError for more, for a token without a word, and for tags that are there only in part.
    """
    roles = arranged.roles
    for name in roles.inputs:
        missing = arranged.columns[name].missing()
        if missing.any() and name == roles.inputs[0]:
            raise DataError("a token without a word", place=arranged.place(int(np.argmax(missing)), name))
    if not wants.need_target:
        return arranged
    for name in roles.target:
        _refuse_partial(arranged, name)
    column = arranged.columns[roles.target[0]]
    tags = np.array(column.levels, dtype=object)[column.values]
    sentences = [tags[start:stop].tolist() for start, stop in zip(arranged.offsets, arranged.offsets[1:], strict=False)]
    scheme = wants.scheme or scheme_of(column.levels, sentences)
    faults = [(number, found) for number, sentence in enumerate(sentences) if (found := first_fault(sentence, scheme))]
    return _without(arranged, faults, config) if faults else arranged


def _refuse_partial(arranged: Arranged, name: str) -> None:
    missing = arranged.columns[name].missing()
    count, row = int(missing.sum()), int(np.argmax(missing))
    if count == len(missing):
        raise DataError(f"column `{name}` is empty: there are no tags to learn", place=arranged.place(0, name))
    if count:
        message = f"{count:,} of {len(missing):,} tokens have no value in `{name}`, the others have one"
        hint = "tag them, or leave their sentences out; a partly tagged file teaches wrong tags"
        raise DataError(message, place=arranged.place(row, name), hint=hint)


def _without(arranged: Arranged, faults: list[tuple[int, tuple[int, str]]], config: ReadConfig) -> Arranged:
    """The sentences without those that break the scheme. Raises DataError for more than may be rejected."""
    target, rejects = arranged.roles.target[0], []
    for number, (step, reason) in faults:
        row = min(int(arranged.offsets[number]) + step, int(arranged.offsets[number + 1]) - 1)
        rejects.append(Reject(arranged.place(row, target), reason))
    count = len(rejects) + len(arranged.table.rejects)
    if count > config.max_rejects:
        error = too_many(rejects[0], len(rejects), config.max_rejects)
        hint = "correct the tags, say how they are written with --scheme (none takes them as they are), or allow "
        raise DataError(error.message, place=error.place, hint=f"{hint}rejected sentences with --max-rejects {count}")
    broken = np.zeros(len(arranged.ids), bool)
    broken[[number for number, _ in faults]] = True
    if broken.all():
        raise DataError("no sentence is left after the rejected ones", place=rejects[0].place)
    lengths = np.diff(arranged.offsets)
    rows = np.flatnonzero(~np.repeat(broken, lengths))
    return replace(
        arranged,
        ids=tuple(name for name, bad in zip(arranged.ids, broken, strict=True) if not bad),
        offsets=np.concatenate([[0], np.cumsum(lengths[~broken])]).astype(np.int64),
        columns={name: column.take(rows) for name, column in arranged.columns.items()},
        times=None if arranged.times is None else arranged.times[rows],
        table=replace(arranged.table, rejects=(*arranged.table.rejects, *rejects)),
        rows=rows if arranged.rows is None else arranged.rows[rows],
    )


def _of_sentences(arranged: Arranged, name: str) -> Column:
    """A column over the sentences. Raises DataError where it changes within one."""
    column = arranged.columns[name]
    changed = arranged.within() & (column.values[1:] != column.values[:-1])
    if changed.any():
        row = int(np.argmax(changed)) + 1
        message = f"`{name}` changes within a sentence, expected one label for each"
        raise DataError(message, place=arranged.place(row, name), hint="give --target one column to predict only tags")
    return column.take(arranged.offsets[:-1])


@dataclass(frozen=True)
class _Own:
    """The file's own text of each token."""

    line: list[str | None]
    before: list[str | None]
    after: list[str | None]


def _document(arranged: Arranged, roles: Roles) -> Document:
    own = _Own(*(arranged.columns[name].texts() for name in OWN))
    columns = [name for name in arranged.table.columns if name not in (SENTENCE, LABEL, *OWN)]
    place = columns.index(roles.target[0]) if roles.target else len(columns)
    last = (arranged.offsets[1:] - 1).tolist()
    return Document(
        lines=tuple(str(line) for line in own.line),
        before=tuple(text for text in own.before),
        after=tuple(own.after[row] for row in last),
        column=place,
    )
