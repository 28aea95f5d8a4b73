"""One record in, one prediction out, on a finished run."""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from gru_toolkit.errors import DataError, UsageError
from gru_toolkit.networks.session import next_states
from gru_toolkit.runs.prediction import predictor
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.dataset import Arrays, Dataset, Examples
from gru_toolkit.sequences.table import Column
from gru_toolkit.tasks.task import Decoded, Following, Recalling

Record = Mapping[str, Any]
ONLY_SEQUENCE = "stream"


class Stream:
    """Predictions for records that arrive one at a time, for any number of interleaved sequences.

    Its state is, for each sequence id, the last records (stream kind `window`) or the network's state (`recurrent`) and
    what a `Following` or `Recalling` task remembers.
    """

    def __init__(self, run: Run):
        """Raises UsageError when the run's task cannot live on a stream."""
        self._run = run
        self._kind = run.task.stream_kind(run.settings)
        if self._kind == "none":
            causal = hasattr(run.settings, "causal")
            why = "a run that reads its sequences in both directions" if causal else f"a {run.task.name} run"
            raise UsageError(
                f"{why} has no stream",
                hint="train with --causal for a model that can follow a stream" if causal else None,
            )
        self._predict = predictor(run.graph)
        self._width = run.task.look_back(run.settings) if self._kind == "window" else 1
        self._windows: dict[str, deque[Record]] = {}
        self._states: dict[str, dict[str, np.ndarray]] = {}
        self._memories: dict[str, Any] = {}
        self._recalled: dict[str, Any] = {}
        wants = run.task.wants(run.settings, labelled=False)
        self._regular = wants.regular and wants.target != "event"
        self._tags = wants.target == "tag"

    def push(self, record: Record) -> dict[str, Any] | None:
        """The prediction after one more record; None while a sequence is still shorter than the look-back.

        Raises DataError when the record lacks a column, or a value does not fit its column.
        """
        sequence = self._sequence_of(record)
        window = self._windows.setdefault(sequence, deque(maxlen=self._width))
        dataset = self._dataset(sequence, [*window, record][-self._width :])
        window.append(record)
        if len(window) < self._width:
            return None
        requests = self._requests(sequence, dataset)
        arrays = requests.arrays(np.arange(len(requests)))  # one for each target
        outputs = self._outputs(sequence, arrays)
        decoded = self._decoded(sequence, outputs, arrays)
        columns = self._run.task.rows(decoded, arrays, self._run.codec, dataset)
        return {name: values.tolist() if len(values) > 1 else values.tolist()[0] for name, values in columns.items()}

    def _requests(self, sequence: str, dataset: Dataset) -> Examples:
        task, codec, settings = self._run.task, self._run.codec, self._run.settings
        if not isinstance(task, Recalling):
            return task.requests(dataset, codec, settings)
        requests, self._recalled[sequence] = task.recall(dataset, codec, settings, self._recalled.get(sequence))
        return requests

    def _decoded(self, sequence: str, outputs: Mapping[str, np.ndarray], arrays: Arrays) -> Decoded:
        task, codec, settings = self._run.task, self._run.codec, self._run.settings
        if not isinstance(task, Following):
            return task.decode(outputs, arrays, codec, settings)
        memory = self._memories.get(sequence)
        decoded, self._memories[sequence] = task.follow(outputs, arrays, codec, settings, memory)
        return decoded

    def _outputs(self, sequence: str, arrays: Arrays) -> dict[str, np.ndarray]:
        states = self._states.get(sequence, {})
        outputs = dict(self._predict({**arrays.inputs, **states}))
        self._states[sequence] = next_states(outputs)
        return outputs

    def _sequence_of(self, record: Record) -> str:
        name = self._run.schema.roles.id
        if name is None:
            return ONLY_SEQUENCE
        if name not in record:
            raise DataError(f"the record has no column {name!r}, which tells the sequences apart")
        return str(record[name])

    def _dataset(self, sequence: str, records: list[Record]) -> Dataset:
        schema = self._run.schema
        unread = (*schema.roles.marks, *(schema.roles.target if self._tags else ()))
        read = {name: kind for name, kind in schema.steps.items() if name not in unread}
        steps = {name: _column(name, kind, records) for name, kind in read.items()}
        statics = {
            name: _column(name, kind, records[-1:])
            for name, kind in schema.statics.items()
            if name in records[-1] and name not in schema.roles.target
        }
        times = None
        if schema.roles.time is not None and (schema.step is not None or not self._regular):
            times = _times(schema.roles.time, schema.calendar, records)
            if schema.step is not None and self._regular:
                _refuse_gap(schema.roles.time, times, schema.step)
        return Dataset(
            (sequence,), np.array([0, len(records)]), steps, statics, schema.roles, times, schema.step, ("stream",)
        )


def _column(name: str, kind: str, records: list[Record]) -> Column:
    missing = [record for record in records if record.get(name) is None]
    if missing:
        raise DataError(f"the record has no value for column {name!r}")
    values = [record[name] for record in records]
    if kind == "number":
        return Column(name, "number", np.array([_number(name, value) for value in values], np.float64))
    levels = tuple(dict.fromkeys(str(value) for value in values))
    codes = np.array([levels.index(str(value)) for value in values], np.int32)
    return Column(name, "text", codes, levels)


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise DataError(f"column {name!r} is a number, got {value!r}") from None
    if not np.isfinite(number):
        raise DataError(f"column {name!r} must be finite, got {value!r}")
    return number


def _times(name: str, calendar: bool, records: list[Record]) -> np.ndarray:
    values = [record.get(name) for record in records]
    try:
        if not calendar:
            return np.array([int(str(value)) for value in values], np.int64)
        moments = [datetime.fromisoformat(str(value)) for value in values]
    except ValueError:
        raise DataError(f"column {name!r} must be a time like the training data's, got {values[-1]!r}") from None
    in_utc = [moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment for moment in moments]
    return np.array(in_utc, "datetime64[us]")


def _refuse_gap(name: str, times: np.ndarray, step: int) -> None:
    """Months differ in length, so a step may differ from the usual one by less than half."""
    if len(times) < 2:
        return
    moved = int(times[-1].astype(np.int64) - times[-2].astype(np.int64))
    if not step / 2 < moved < step * 1.5:
        raise DataError(f"column {name!r} must move by one step a record, got {times[-1]} after {times[-2]}")
