"""Predictions of a finished run for new data, on ONNX Runtime."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.networks import session
from gru_toolkit.runs.run import GRAPH, Run
from gru_toolkit.runs.schema import explicit
from gru_toolkit.runs.scoring import Predictor
from gru_toolkit.sequences.dataset import Dataset, batches
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.tasks.task import Remarking, Searching, Task

BATCH_SIZE = 256


def predictor(graph: bytes, threads: int | None = None) -> Predictor:
    """The network of an ONNX graph as a function from a batch of inputs to outputs, by name."""
    opened = session.open_session(graph, threads)
    return lambda inputs: session.predict(opened, inputs)


def answering(task: Task, graphs: Mapping[str, bytes], settings: Any, threads: int | None = None) -> Predictor:
    """A network of one graph or several as a function from a batch of inputs to outputs, by name."""
    if isinstance(task, Searching):
        return task.answering(graphs, settings, threads)
    return predictor(graphs[GRAPH], threads)


def network_of(run: Run) -> Predictor:
    """The network of a finished run."""
    return answering(run.task, run.graphs, run.settings)


def reading_of(run: Run, changes: ReadConfig | None) -> ReadConfig:
    """How the run reads a file: with the roles it was trained on, and the user's file settings.

    A table that names recordings looks like any other, so a run that was trained on recordings takes it for one.

    changes  settings of this call; its roles are ignored, its query is the only one ever run
    """
    trained = explicit(run.configuration.read, run.schema.roles)
    asked = changes or ReadConfig()
    file_settings = ("format", "table", "query", "into", "max_rejects")
    fields = {name: getattr(trained, name) for name in ReadConfig.__dataclass_fields__}
    fields |= {name: getattr(asked, name) for name in file_settings}
    if trained.format == "audio":
        fields["format"] = asked.format or trained.format
    if asked.marks is not None:
        fields["marks"] = asked.marks
    if asked.missing != ReadConfig.missing:
        fields["missing"] = asked.missing
    return ReadConfig(**fields)


def remarks_on(run: Run, dataset: Dataset) -> tuple[str, ...]:
    """What the run's task has to say about data, for the user to see."""
    task = run.task
    return task.remarks(dataset, run.codec, run.settings) if isinstance(task, Remarking) else ()


def predict(
    run: Run,
    data: Sequence[str],
    read: ReadConfig | None = None,
    *,
    on_dataset: Callable[[Dataset], None] | None = None,
) -> Iterator[dict[str, np.ndarray]]:
    """Predictions as batches of columns of equal length, file by file in bounded memory.

    on_dataset  is told of each file once it is read, with its notes and rejected rows

    With several files the first column is `file`. Raises what reading and the task's `requests` raise.
    """
    answer = network_of(run)
    wants = run.task.wants(run.settings, labelled=False)
    for path in data:
        dataset = read_dataset([path], reading_of(run, read), wants)
        if on_dataset is not None:
            on_dataset(replace(dataset, notes=(*dataset.notes, *remarks_on(run, dataset))))
        for columns in _predictions(run, dataset, answer):
            if len(data) > 1:
                rows = len(next(iter(columns.values())))
                columns = {"file": np.full(rows, path, dtype=object), **columns}
            yield columns


def predict_dataset(run: Run, dataset: Dataset) -> Iterator[dict[str, np.ndarray]]:
    """Predictions for sequences that were read already, as batches of columns."""
    return _predictions(run, dataset, network_of(run))


def _predictions(run: Run, dataset: Dataset, answer: Predictor) -> Iterator[dict[str, Any]]:
    examples = run.task.requests(dataset, run.codec, run.settings)
    for arrays in batches(examples, BATCH_SIZE):
        decoded = run.task.decode(answer(arrays.inputs), arrays, run.codec, run.settings)
        yield run.task.rows(decoded, arrays, run.codec, dataset)
