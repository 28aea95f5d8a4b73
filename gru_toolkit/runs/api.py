"""The Python calls: files or in-memory tables in, runs, tables and reports out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gru_toolkit import tasks
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig, to_plain
from gru_toolkit.runs import evaluation, prediction, tables_in, training
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.reading import Wants, dataset_from_table

IN_MEMORY = "memory"


def train(
    data: Any,
    task: Any,
    *,
    out: str | Path | None = None,
    read: ReadConfig = ReadConfig(),
    split: SplitConfig = SplitConfig(),
    train: TrainConfig = TrainConfig(),
    init_from: str | Path | None = None,
    on_event: Callable[[training.Event], None] | None = None,
) -> Run:
    """Train a network and return the finished run.

    data  a path or several, or a pandas, polars or Arrow table, a mapping of columns, or a NumPy array
    task  the task's settings, such as `Forecast(horizon=24)`
    out   the run folder; by default a fresh one under `runs/`
    init_from  a finished run of another task whose network lends weights, as a language model does to `ClassifyText`

    Raises subclasses of GruToolkitError; the package's `errors` module draws their tree.
    """
    paths = _paths(data)
    request = training.TrainRequest(
        data=paths or (IN_MEMORY,),
        task_settings=task,
        read=read,
        split=split,
        train=train,
        given=_changed(train, TrainConfig()) | _changed(split, SplitConfig()),
        out=Path(out) if out is not None else None,
        init_from=Path(init_from) if init_from is not None else None,
    )
    dataset = None
    if paths is None:
        dataset = _in_memory(data, read, tasks.of_settings(task).wants(task, labelled=True))
    return training.train(request, on_event=on_event or _silent, dataset=dataset)


def predict(run: Run, data: Any) -> Any:
    """Predictions for files or a table, in a table of the kind that was given."""
    paths = _paths(data)
    if paths is not None:
        return _joined(prediction.predict(run, paths))
    dataset = _dataset(run, data, labelled=False)
    return tables_in.frame_like(data, _joined(prediction.predict_dataset(run, dataset)))


def evaluate(run: Run, data: Any, *, backtest: int | None = None) -> evaluation.Report:
    """Scores on files or a table, beside the baselines."""
    paths = _paths(data)
    if paths is not None:
        return evaluation.evaluate(run, paths, backtest=backtest)
    return evaluation.evaluate_dataset(run, _dataset(run, data, labelled=True), backtest=backtest)


def _dataset(run: Run, data: Any, *, labelled: bool) -> Dataset:
    return _in_memory(data, prediction.reading_of(run, None), run.task.wants(run.settings, labelled=labelled))


def _in_memory(data: Any, read: ReadConfig, wants: Wants) -> Dataset:
    return dataset_from_table(tables_in.table_of(data), read, wants)


def _changed(settings: Any, usual: Any) -> frozenset[str]:
    """The names of the settings that differ from the usual ones."""
    return frozenset(name for name, value in to_plain(settings).items() if value != to_plain(usual).get(name))


def _paths(data: Any) -> tuple[str, ...] | None:
    """The paths that `data` names, or None when it is a table itself."""
    if isinstance(data, (str, Path)):
        return (str(data),)
    if isinstance(data, Sequence) and data and all(isinstance(item, (str, Path)) for item in data):
        return tuple(str(item) for item in data)
    return None


def _joined(batches: Any) -> dict[str, np.ndarray]:
    parts = list(batches)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _silent(event: training.Event) -> None:
    """Progress that nobody asked for."""
