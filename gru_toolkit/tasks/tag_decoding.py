"""From the network's scores to tags as the user writes them, as rows of a table and as lines of the file itself."""

import re
from collections.abc import Iterator

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Dataset, Document
from gru_toolkit.sequences.token_tables import without_label
from gru_toolkit.tasks.tag_codec import TagCodec
from gru_toolkit.tasks.tag_schemes import PADDING, in_scheme
from gru_toolkit.tasks.task import Decoded, Outputs
from gru_toolkit.tasks.viterbi import best_paths

_CELL = re.compile(r"[^ \t]+")


def decoded_tags(outputs: Outputs, arrays: Arrays, codec: TagCodec, members: int) -> dict[str, np.ndarray]:
    """The best tags of a batch.

    returns  tags (B, T) codes in the user's scheme, -1 on padding; sentence (B,) labels and sentence_probability (B,)
             where sentences have labels
    """
    emissions = outputs["emissions"]
    emissions = emissions.reshape(*emissions.shape[:2], members, -1).mean(axis=2)  # (B, T, K)
    transitions = np.mean([outputs[f"transitions_{member}"] for member in range(members)], axis=0)
    paths = best_paths(emissions, transitions.astype(np.float32), arrays.context["lengths"])
    codes = np.where(paths >= 0, np.array(codec.scored)[np.maximum(paths, 0)], PADDING)
    decoded = {"tags": in_scheme(codes, codec.inventory.scheme) if codec.closed else codes}
    if codec.sentence:
        scores = outputs["sentence"].reshape(len(emissions), members, -1).mean(axis=1).astype(np.float64)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        decoded["sentence"] = odds.argmax(axis=1)
        decoded["sentence_probability"] = odds.max(axis=1) / odds.sum(axis=1)
    return decoded


def tag_rows(decoded: Decoded, arrays: Arrays, codec: TagCodec, dataset: Dataset) -> dict[str, np.ndarray]:
    """A row a token: its sentence, its number in it, its word and tag, and the sentence's label."""
    lengths = arrays.context["lengths"].astype(np.int64)
    sequence = np.repeat(arrays.context["sequence"], lengths)
    number = np.concatenate([np.arange(length) for length in lengths]) + np.repeat(arrays.context["start"], lengths)
    column = dataset.steps[codec.column]
    words = np.array(column.levels, dtype=object)[column.values[dataset.offsets[sequence] + number]]
    target = dataset.roles.target or ("tag",)
    labels = labels_of(decoded["tags"], codec)
    rows = {
        dataset.roles.id or "sentence": np.array(dataset.ids, dtype=object)[sequence],
        "token": number + 1,
        codec.column: words,
        f"{target[0]}": labels,
    }
    if codec.sentence:
        name = target[1] if len(target) > 1 else "label"
        rows[name] = np.repeat(np.array(codec.sentence, dtype=object)[decoded["sentence"]], lengths)
        rows[f"{name}_probability"] = np.repeat(decoded["sentence_probability"], lengths)
    return rows


def labels_of(tags: np.ndarray, codec: TagCodec) -> np.ndarray:
    """(real tokens,) the labels of codes (B, T), as the user writes them."""
    codes = tags[tags != PADDING]
    distinct, place = np.unique(codes, return_inverse=True)
    texts = np.array([codec.inventory.label(int(code)) for code in distinct], dtype=object)
    found: np.ndarray = texts[place]
    return found


def tagged_lines(decoded: Decoded, arrays: Arrays, codec: TagCodec, dataset: Dataset) -> Iterator[str]:
    """The sentences of a batch in the file's own lines, with the tags in their column; each ends with an empty line.

    Words of a dataset that was not read from columns stand in lines of their own, before a tab and their tag.
    """
    for row, sequence in enumerate(arrays.context["sequence"].tolist()):
        labels = labels_of(decoded["tags"][row : row + 1], codec).tolist()
        first = int(dataset.offsets[sequence]) + int(arrays.context["start"][row])
        label = codec.sentence[int(decoded["sentence"][row])] if codec.sentence else None
        if dataset.document is None:
            column = dataset.steps[codec.column]
            if label is not None:
                yield f"# label = {label}"
            for step, label in enumerate(labels):
                yield f"{column.levels[column.values[first + step]]}\t{label}"
        else:
            yield from _own_lines(dataset.document, (sequence, first), labels, label)
        yield ""


def _own_lines(document: Document, place: tuple[int, int], tags: list[str], label: str | None) -> Iterator[str]:
    """The lines of the sentence at place (number, first row), with its tags and, if it has one, its label."""
    sequence, first = place
    for row, tag in enumerate(tags, first):
        before = document.before[row]
        if row == first and label is not None:
            yield from without_label(before) if before is not None else ()
            yield f"# label = {label}"
        elif before is not None:
            yield before
        yield with_cell(document.lines[row], document.column, tag)
    after = document.after[sequence]
    if after is not None:
        yield after


def with_cell(line: str, column: int, text: str) -> str:
    """The line with the text as its column of that number, counted from 0; behind the last one if there is none."""
    if "\t" in line:
        cells = line.split("\t")
        cells[column : column + 1] = [text]
        return "\t".join(cells)
    cells_there = list(_CELL.finditer(line))
    if column >= len(cells_there):
        return f"{line.rstrip()} {text}"
    cell = cells_there[column]
    return line[: cell.start()] + text + line[cell.end() :]
