"""What is worth knowing about texts before training on them: size, repeated texts, empty ones, rare labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import GruToolkitError
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.doctor import ColumnSummary, Diagnosis, Finding
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.running_text import TEXT, text_blocks
from gru_toolkit.sequences.wants import Wants

_FEW = 10
_MANY_REJECTS = 1000
_LARGE_SHARE = 0.9


def examine_texts(paths: Sequence[str], config: ReadConfig, wants: Wants) -> Diagnosis:
    """Everything worth knowing about running or labelled texts; nothing that a user can cause is raised."""
    try:
        lenient = replace(config, max_rejects=max(config.max_rejects, _MANY_REJECTS))
        dataset = read_dataset(paths, lenient, wants)
    except GruToolkitError as error:
        return Diagnosis((Finding("unreadable", "error", error.message, error.place, error.hint),))
    findings = [Finding("assumed", "note", note) for note in dataset.notes]
    if len(dataset.rejects) > config.max_rejects:
        first = dataset.rejects[0]
        more = f"; {len(dataset.rejects) - 1:,} more lines are rejected" if len(dataset.rejects) > 1 else ""
        hint = f"correct the file, or allow rejected lines with --max-rejects {len(dataset.rejects)}"
        findings.insert(0, Finding("rejected_rows", "error", f"{first.reason}{more}", first.place, hint))
    found = _running(dataset) if wants.target == "text" else _labelled(dataset)
    return replace(found, findings=(*findings, *found.findings))


def _running(dataset: Dataset) -> Diagnosis:
    characters: Counter[str] = Counter()
    for _, text in text_blocks(everything(dataset)):
        characters.update(text)
    rare = sum(count < _FEW for count in characters.values())
    findings = []
    if rare:
        message = f"{rare} of {len(characters)} characters stand fewer than {_FEW} times"
        findings.append(Finding("rare_label", "note", message, hint="--least-count makes rare ones unknown"))
    returns = characters["\r"]
    if returns:
        findings.append(Finding("assumed", "note", f"{returns:,} carriage returns are characters of the text"))
    summary = ColumnSummary(TEXT, "bytes", "input", 0, None, None, len(characters))
    steps = int(dataset.offsets[-1])
    return Diagnosis(tuple(findings), sequences=len(dataset), steps=steps, columns=(summary,))


def _labelled(dataset: Dataset) -> Diagnosis:
    findings = []
    column = dataset.steps[dataset.roles.inputs[0]]
    repeated = len(dataset) - len(column.levels)
    if repeated:
        findings.append(Finding("static", "warning", f"{repeated:,} texts stand there more than once"))
    columns = [ColumnSummary(column.name, "text", "input", 0, None, None, len(column.levels))]
    for name in dataset.roles.target:
        labels = dataset.statics[name]
        columns.append(ColumnSummary(name, "text", "target", 0, None, None, len(labels.levels)))
        findings += _of_labels(labels.levels, np.bincount(labels.values, minlength=len(labels.levels)))
    return Diagnosis(tuple(findings), sequences=len(dataset), columns=tuple(columns))


def _of_labels(levels: Sequence[str], counts: np.ndarray) -> list[Finding]:
    findings = []
    if len(levels) < 2:
        message = f"at least two different labels are needed, found only {levels[0]!r}"
        findings.append(Finding("imbalance", "error", message))
    elif counts.max() > _LARGE_SHARE * counts.sum():
        share = counts.max() / counts.sum()
        message = f"{share:.0%} of the texts have the label {levels[int(counts.argmax())]!r}"
        findings.append(Finding("imbalance", "warning", message))
    rare = [level for level, count in zip(levels, counts.tolist(), strict=True) if count < _FEW]
    if rare:
        shown = ", ".join(rare[:5])
        findings.append(Finding("rare_label", "warning", f"{len(rare)} labels have fewer than {_FEW} texts: {shown}"))
    return findings
