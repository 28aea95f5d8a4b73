"""Scores of a finished run on new data, beside its baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import UsageError
from gru_toolkit.runs import adaptation
from gru_toolkit.runs.prediction import network_of, reading_of, remarks_on
from gru_toolkit.runs.run import Run
from gru_toolkit.runs.scoring import NETWORK, Comparison, Scoring
from gru_toolkit.runs.seen import overlap
from gru_toolkit.sequences.dataset import Arrays, Dataset, everything
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.table import Reject
from gru_toolkit.tasks.task import Decoded


@dataclass(frozen=True)
class Report:
    """What `evaluate` found: the comparison, and what the reader of it should know."""

    comparison: Comparison
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    rejects: tuple[Reject, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        return {
            **self.comparison.to_plain(),
            "data": list(self.sources),
            "notes": list(self.notes),
            "rejected": len(self.rejects),
        }


def evaluate(
    run: Run, data: Sequence[str], read: ReadConfig | None = None, *, backtest: int | None = None, adapt: bool = False
) -> Report:
    """Score the run on files with the truth in them.

    backtest  score only the forecasts made from the last so many origins of each series, a horizon apart
    adapt     score a language model also while its output layer learns from the text

    Raises what reading raises, HistoryTooShort when nothing can be scored, UsageError when the task has no backtest.
    """
    dataset = read_dataset(list(data), reading_of(run, read), run.task.wants(run.settings, labelled=True))
    return evaluate_dataset(run, dataset, backtest=backtest, adapt=adapt)


def evaluate_dataset(run: Run, dataset: Dataset, *, backtest: int | None = None, adapt: bool = False) -> Report:
    """Score the run on sequences that were read already."""
    if backtest is not None and backtest < 1:
        raise UsageError(f"--backtest must be at least 1, got {backtest}")
    part = run.task.backtest(dataset, run.settings, backtest) if backtest else everything(dataset)
    examples = run.task.examples(part, run.codec, run.settings)
    scoring = Scoring(
        run.task, run.codec, run.settings, run.baselines, network_of(run), seed=run.configuration.train.seed
    )
    if adapt:
        scoring = replace(scoring, beside=_adapted(run, dataset))
    comparison = scoring.compare(examples, f"backtest over {backtest} origins" if backtest else "data")
    notes = (*dataset.notes, *remarks_on(run, dataset), *_seen_note(run, dataset))
    return Report(comparison, dataset.sources, notes, dataset.rejects)


def _adapted(run: Run, dataset: Dataset) -> Callable[[Arrays], dict[str, Decoded]]:
    """The scores of the network read through the whole text, and of the network that learns on the way."""
    found = adaptation.scores(run, dataset)

    def at(arrays: Arrays) -> dict[str, Decoded]:
        place = np.minimum(arrays.context["position"], len(found.still) - 1)
        kinds = {"whole text": found.still, "adapted": found.adapted}
        return {f"{NETWORK}, {name}": {"nats": nats[place]} for name, nats in kinds.items()}

    return at


def _seen_note(run: Run, dataset: Dataset) -> tuple[str, ...]:
    found = overlap(run.training_rows, dataset)
    if not found.share:
        return ()
    return (
        f"about {found.share:.0%} of the {found.unit} were seen in training (estimated from {found.sampled:,}): "
        "these scores are better than scores on unseen data would be",
    )
