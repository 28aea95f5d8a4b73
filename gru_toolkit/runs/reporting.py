"""What the report of a finished training says: facts, scores and figures of one run put together."""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.config import to_plain
from gru_toolkit.runs import backends
from gru_toolkit.runs.fitting import FitResult
from gru_toolkit.runs.preparation import Prepared
from gru_toolkit.runs.report import ReportContent, report_html
from gru_toolkit.runs.scoring import NETWORK, Comparison, Scoring
from gru_toolkit.sequences.dataset import Arrays, Dataset, Part
from gru_toolkit.tasks.figures import Figure, LearningCurve, Shown

SAMPLE = 2_000
"""Examples, spread evenly, that figures are drawn from."""


def page(
    title: str, prepared: Prepared, scoring: Scoring, comparisons: Mapping[str, Comparison], result: FitResult
) -> str:
    """`report.html` of a run whose parts were scored; the last part scored is the one whose figures are shown."""
    configuration, dataset = prepared.configuration, prepared.dataset
    history = result.history
    content = ReportContent(
        title=title,
        task=configuration.task.name,
        comparisons=list(comparisons.values()),
        figures=[_learning_curve(result), *_task_figures(prepared, scoring, comparisons)],
        notes=prepared.notes,
        split=prepared.splits.description,
        data=_data(dataset),
        settings={
            configuration.task.name: to_plain(configuration.settings),
            "training": to_plain(configuration.train),
            "reading": to_plain(configuration.read),
            "split": to_plain(configuration.split),
        },
        origin={
            "seed": str(configuration.train.seed),
            "data fingerprint": prepared.fingerprint,
            "machine": backends.settled().line,
            "kept weights": f"of epoch {result.best_epoch} of {len(history)} (stopped by {result.stopped})",
        },
        history={
            "training loss": [row.train_loss for row in history],
            "validation loss": [row.validation_loss for row in history if row.validation_loss is not None],
            "learning rate": [row.learning_rate for row in history],
        },
    )
    return report_html(content)


def _learning_curve(result: FitResult) -> LearningCurve:
    history = result.history
    validation = [row.validation_loss for row in history if row.validation_loss is not None]
    return LearningCurve(
        np.array([row.train_loss for row in history]),
        np.array(validation),
        np.array([row.learning_rate for row in history]),
        result.best_epoch - 1,
    )


def _task_figures(prepared: Prepared, scoring: Scoring, comparisons: Mapping[str, Comparison]) -> list[Figure]:
    scored = [part for part in (prepared.splits.validation, prepared.splits.test) if part.name in comparisons]
    if not scored:
        return []
    scores = comparisons[scored[-1].name].scores
    shown = Shown(
        dataset=scored[-1].dataset,
        network=NETWORK,
        scores={who: found.metrics for who, found in scores.items()},
        sample=_sample(scoring, scored[-1]),
    )
    return scoring.task.figures(shown, scoring.codec, scoring.settings)


def _sample(scoring: Scoring, part: Part) -> list[tuple[Mapping[str, np.ndarray], Arrays]]:
    examples = scoring.task.examples(part, scoring.codec, scoring.settings)
    chosen = np.unique(np.linspace(0, len(examples) - 1, min(SAMPLE, len(examples))).astype(np.int64))
    return [
        (scoring.task.decode(scoring.predictor(arrays.inputs), arrays, scoring.codec, scoring.settings), arrays)
        for start in range(0, len(chosen), scoring.batch_size)
        for arrays in [examples.arrays(chosen[start : start + scoring.batch_size])]
    ]


def _data(dataset: Dataset) -> dict[str, str]:
    facts = {
        "files": ", ".join(dataset.sources),
        "sequences": f"{len(dataset):,}",
        "steps": f"{int(dataset.offsets[-1]):,}",
        "columns": ", ".join([*dataset.steps, *dataset.statics]),
    }
    if dataset.times is not None:
        facts["from"], facts["to"] = (_moment(time) for time in (dataset.times.min(), dataset.times.max()))
    if dataset.rejects:
        facts["rejected rows"] = f"{len(dataset.rejects):,}"
    return facts


def _moment(time: np.datetime64 | np.int64) -> str:
    """A time without the parts that are all zero, or a step number."""
    if not isinstance(time, np.datetime64):
        return f"step {time}"
    return str(np.datetime_as_string(time, unit="auto")).replace("T", " ")
