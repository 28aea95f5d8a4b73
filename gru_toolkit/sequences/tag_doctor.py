"""What may be wrong with tagged text before training on it."""

from collections.abc import Sequence

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import GruToolkitError
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.doctor import ColumnSummary, Diagnosis, Finding
from gru_toolkit.sequences.tagged import read_tagged
from gru_toolkit.sequences.wants import Wants

FEW = 3
"""A tag that stands less often will hardly be learned."""
LONG = 500
"""Tokens beyond which a sentence is likely several."""


def examine_tags(paths: Sequence[str], config: ReadConfig, wants: Wants) -> Diagnosis:
    """Everything worth knowing about the files; nothing that a user can cause is raised."""
    try:
        dataset = read_tagged(paths, config, wants)
    except GruToolkitError as error:
        return Diagnosis((Finding("unreadable", "error", error.message, error.place, error.hint),))
    findings = [*_tags(dataset), *_sentences(dataset)]
    findings += [Finding("assumed", "note", note) for note in dataset.notes]
    roles = dict.fromkeys(dataset.roles.inputs, "inputs") | dict.fromkeys(dataset.roles.target, "target")
    columns = {**dataset.steps, **dataset.statics}
    summaries = tuple(
        ColumnSummary(name, "text", roles.get(name), 0, None, None, len(column.levels))
        for name, column in columns.items()
    )
    return Diagnosis(tuple(findings), len(dataset), int(dataset.offsets[-1]), summaries)


def _tags(dataset: Dataset) -> list[Finding]:
    column = dataset.steps[dataset.roles.target[0]]
    counts = np.bincount(column.values, minlength=len(column.levels))
    rare = [f"{level} ({count})" for level, count in zip(column.levels, counts, strict=True) if 0 < count < FEW]
    if len(column.levels) < 2:
        return [Finding("constant", "error", f"the only tag is {column.levels[0]!r}")]
    if not rare:
        return []
    listed = ", ".join(rare[:5]) + (f" and {len(rare) - 5:,} more" if len(rare) > 5 else "")
    return [Finding("rare_label", "warning", f"tags that hardly can be learned, with their number: {listed}")]


def _sentences(dataset: Dataset) -> list[Finding]:
    findings = []
    longest = int(dataset.lengths.max())
    if longest > LONG:
        which = dataset.ids[int(dataset.lengths.argmax())]
        message = f"sentence {which!r} has {longest:,} tokens; is the empty line between sentences missing?"
        findings.append(Finding("long", "warning", message))
    words = dataset.steps[dataset.roles.inputs[0]].values
    bounds = zip(dataset.offsets[:-1].tolist(), dataset.offsets[1:].tolist(), strict=True)
    repeated = len(dataset) - len({words[start:stop].tobytes() for start, stop in bounds})
    if repeated * 10 > len(dataset):
        message = f"{repeated:,} of {len(dataset):,} sentences stand more than once"
        hint = "parts that share sentences flatter the scores"
        findings.append(Finding("repeated", "warning", message, hint=hint))
    return findings
