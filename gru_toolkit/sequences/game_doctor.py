"""What may be wrong with games before training on them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import GruToolkitError
from gru_toolkit.sequences.columns import too_many
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.doctor import ColumnSummary, Diagnosis, Finding
from gru_toolkit.sequences.games import CLOCK, dataset_of_games, repeated_games
from gru_toolkit.sequences.reading import read_tables
from gru_toolkit.sequences.wants import Wants

FEW = 200
"""Games below which a network learns hardly more than the openings."""
_LOOK_AT = 10_000


def examine_games(paths: Sequence[str], config: ReadConfig, wants: Wants) -> Diagnosis:
    """Everything worth knowing about the files; nothing that a user can cause is raised."""
    try:
        table = read_tables(paths, replace(config, max_rejects=max(config.max_rejects, _LOOK_AT)), wants)
        dataset = dataset_of_games(table, config)
    except GruToolkitError as error:
        return Diagnosis((Finding("unreadable", "error", error.message, error.place, error.hint),))
    findings = []
    if len(table.rejects) > config.max_rejects:
        problem = too_many(table.rejects[0], len(table.rejects), config.max_rejects)
        findings.append(Finding("rejected_rows", "error", problem.message, problem.place, problem.hint))
    findings += _games(dataset)
    findings += [Finding("assumed", "note", note) for note in dataset.notes]
    roles = {**dict.fromkeys(dataset.roles.static, "static"), **dict.fromkeys(dataset.roles.inputs, "inputs")}
    roles |= dict.fromkeys(dataset.roles.target, "target")
    summaries = []
    for name, column in {**dataset.steps, **dataset.statics}.items():
        ends = (
            [None, None]
            if column.kind == "text"
            else [f"{end:g}" for end in (column.values.min(), column.values.max())]
        )
        different = len(np.unique(column.values)) if column.kind == "text" else None
        summaries.append(ColumnSummary(name, column.kind, roles.get(name), 0, ends[0], ends[1], different))
    return Diagnosis(tuple(findings), len(dataset), int(dataset.offsets[-1]), tuple(summaries))


def _games(dataset: Dataset) -> list[Finding]:
    findings = []
    if len(dataset) < FEW:
        message = f"{len(dataset):,} games are few: a network will hardly learn more than the openings"
        findings.append(Finding("short", "warning", message))
    twice = int(repeated_games(dataset).sum())
    if twice:
        message = f"{twice:,} of {len(dataset):,} games repeat the moves of another one"
        findings.append(Finding("repeated", "warning", message, hint="training leaves them out"))
    unrated = int(((dataset.statics["white_rating"].values < 0) | (dataset.statics["black_rating"].values < 0)).sum())
    if unrated:
        message = f"{unrated:,} of {len(dataset):,} games lack a rating, which is read as unknown"
        findings.append(Finding("missing", "note", message))
    clocked = dataset.steps[CLOCK].values >= 0
    if not clocked.all():
        message = f"{int((~clocked).sum()):,} of {len(clocked):,} moves have no clock, which is read as unknown"
        findings.append(Finding("missing", "note", message))
    return findings
