"""From data to a finished run: read, resolve, split, fit, then finish."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gru_toolkit import tasks
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig, to_plain
from gru_toolkit.errors import (
    CannotWriteError,
    ConfigError,
    DamagedRunError,
    DataError,
    InterruptedRun,
    MissingInputError,
    Place,
    UsageError,
)
from gru_toolkit.runs import backends, files, manifest, run
from gru_toolkit.runs.checkpoints import Checkpoints
from gru_toolkit.runs.interruption import StopRequest
from gru_toolkit.runs.lock import WriterLock
from gru_toolkit.runs.preparation import Prepared, lender_for, official_parts, prepare
from gru_toolkit.runs.run import Configuration, Run
from gru_toolkit.runs.schema import explicit
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.table import Reject
from gru_toolkit.tasks.task import Borrowing

if TYPE_CHECKING:
    import keras

    from gru_toolkit.runs.fitting import FitEvent, FitJob

CONFIG = "config.toml"
CHECKPOINTS = "checkpoints"


@dataclass(frozen=True)
class Note:
    """Something the user should know before or while training."""

    text: str


@dataclass(frozen=True)
class Rejected:
    """Rows of the data that were rejected, as many as the settings allow."""

    rejects: tuple[Reject, ...]


Event: TypeAlias = "Note | Rejected | FitEvent"
OnEvent: TypeAlias = "Callable[[Note | Rejected | FitEvent], None]"


@dataclass(frozen=True)
class TrainRequest:
    """What `train` was asked to do.

    given       names of the training and split settings that the user chose; presets leave these alone
    out         the run folder; by default a fresh one under `runs/`
    start_from  a finished run whose settings, codec and weights this one starts from
    init_from   a finished run of another task whose network lends a part of its weights
    """

    data: tuple[str, ...]
    task_settings: Any
    read: ReadConfig = ReadConfig()
    split: SplitConfig = SplitConfig()
    train: TrainConfig = TrainConfig()
    given: frozenset[str] = frozenset()
    out: Path | None = None
    start_from: Path | None = None
    init_from: Path | None = None


def train(request: TrainRequest, *, on_event: OnEvent, dataset: Dataset | None = None) -> Run:
    """Train on the request's files, or on a dataset already read, and return the finished run.

    Raises DataError, MissingInputError, ConfigError, CannotWriteError as their names say, and InterruptedRun when
    stopped by a signal; then `resume` continues.
    """
    task = tasks.of_settings(request.task_settings)
    start = run.load(request.start_from) if request.start_from else None
    if start is not None and start.task.name != task.name:
        raise ConfigError(f"{request.start_from} is a {start.task.name} run, not a {task.name} run")
    settings = start.settings if start else _settled(request)
    read = replace(request.read, **_roles(start)) if start else request.read
    if dataset is None:
        dataset = read_dataset(list(request.data), read, task.wants(settings, labelled=True))
    resolved = task.resolve(dataset, settings, request.train, request.given)
    configuration = Configuration(
        task=task,
        data=request.data,
        settings=resolved.settings,
        read=explicit(read, dataset.roles),
        split=resolved.split or request.split,
        train=replace(resolved.train, backend=request.train.backend or backends.default_name()),
        start_from=str(request.start_from) if request.start_from else None,
        init_from=str(request.init_from) if request.init_from else None,
        queried=read.query is not None,
    )
    prepared = prepare(configuration, dataset, resolved.notes, start, official_parts(configuration))
    folder = _new_folder(request.out, request.data, task.name)
    with WriterLock(folder) as lock:
        files.write_atomically(folder / CONFIG, run.configuration_toml(configuration).encode())
        _fit_and_finish(prepared, Checkpoints(folder / CHECKPOINTS, lock=lock), on_event, inexact=False)
    return run.load(folder)


def _settled(request: TrainRequest) -> Any:
    """The settings, with what comes with the run that lends weights. Raises ConfigError where the two differ."""
    if request.init_from is None:
        return request.task_settings
    task = tasks.of_settings(request.task_settings)
    lender = lender_for(task, str(request.init_from))
    assert isinstance(task, Borrowing), "lender_for refuses other tasks"
    return task.settle(request.task_settings, lender.settings, lender.codec)


def resume(folder: Path, *, on_event: OnEvent, inexact: bool = False, query: str | None = None) -> Run:
    """Continue an interrupted run from its last checkpoint to the very weights it would have had.

    query  the SQL of a run that read a query: it is never saved, so it has to be given again

    A run that is finished is returned as it is. Raises ConfigError when the data, settings, versions, backend or
    threads differ from the interrupted run's; `inexact` allows other versions and threads.
    """
    if (folder / manifest.NAME).exists():
        return run.load(folder)
    if not (folder / CONFIG).is_file():
        raise MissingInputError("there is no run to resume: it has no config.toml", place=Place(str(folder)))
    text = (folder / CONFIG).read_text(encoding="utf-8")
    configuration = run.read_configuration(text, source=str(folder / CONFIG))
    if configuration.queried and query is None:
        raise UsageError(f"the run in {folder} read an SQL query, which is never saved", hint="give it with --query")
    with WriterLock(folder) as lock:
        files.remove_leftovers(folder, lock)
        start = run.load(configuration.start_from) if configuration.start_from else None
        wants = configuration.task.wants(configuration.settings, labelled=True)
        dataset = read_dataset(list(configuration.data), replace(configuration.read, query=query), wants)
        prepared = prepare(configuration, dataset, (), start, official_parts(configuration))
        _fit_and_finish(prepared, Checkpoints(folder / CHECKPOINTS, lock=lock), on_event, inexact=inexact)
    return run.load(folder)


def _fit_and_finish(prepared: Prepared, checkpoints: Checkpoints, on_event: OnEvent, *, inexact: bool) -> None:
    """Fit and finish under one stop request: a signal at any moment ends in a state that `resume` continues."""
    if prepared.rejects:
        on_event(Rejected(prepared.rejects))
    for note in prepared.notes:
        on_event(Note(note))
    with StopRequest() as stop:
        backends.choose(prepared.configuration.train)

        from gru_toolkit.runs import finishing, fitting

        model = _initial_network(prepared)
        for line in backends.describe(model):
            on_event(Note(line))
        job = _fit_job(prepared, model, checkpoints, stop)
        finishing.checked_graphs(model, prepared, job.train)
        try:
            result = fitting.fit(replace(job, inexact=inexact), on_event=on_event)
            finishing.finish(prepared, checkpoints.folder.parent, model, result, stop)
        except InterruptedRun as stopped:
            stopped.hint = f"continue with gru-toolkit resume {checkpoints.folder.parent}"
            raise


def _initial_network(prepared: Prepared) -> "keras.Model":
    from gru_toolkit.networks import initialise

    configuration = prepared.configuration
    model = configuration.task.build(prepared.codec, configuration.settings)
    initialise.initialise(model, configuration.train.seed)
    if prepared.start_weights is not None:
        _assign(model, prepared.start_weights)
    paths = {weight.path: weight for weight in model.weights}
    for path, values in prepared.lent_weights.items():
        paths[path].assign(values)
    return model


def _fit_job(prepared: Prepared, model: "keras.Model", checkpoints: Checkpoints, stop: StopRequest) -> "FitJob":
    from gru_toolkit.runs.fitting import FitJob

    task, settings = prepared.configuration.task, prepared.configuration.settings
    splits = prepared.splits
    return FitJob(
        model=model,
        loss=task.loss(settings),
        train=task.examples(splits.train, prepared.codec, settings),
        validation=task.examples(splits.validation, prepared.codec, settings) if len(splits.validation) else None,
        config=prepared.configuration.train,
        checkpoints=checkpoints,
        stop=stop,
        identity={"data": prepared.fingerprint, "settings": to_plain(settings)},
    )


def _roles(start: Run) -> dict[str, Any]:
    roles = start.schema.roles
    return {name: getattr(roles, name) for name in ("id", "time", "target", "inputs", "known", "past", "static")}


def _assign(model: Any, weights: dict[str, np.ndarray]) -> None:
    """Raises DamagedRunError unless names and shapes are exactly the model's."""
    expected = {weight.path: tuple(weight.shape) for weight in model.weights}
    found = {name: array.shape for name, array in weights.items()}
    if expected != found:
        differing = sorted(set(expected.items()) ^ set(found.items()))[:3]
        raise DamagedRunError(f"the weights to start from do not fit the settings: {differing}")
    for weight in model.weights:
        weight.assign(weights[weight.path])


def _new_folder(out: Path | None, data: tuple[str, ...], task: str) -> Path:
    """A new, empty run folder. Raises CannotWriteError if `out` holds something already."""
    if out is not None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CannotWriteError(
                "the run folder is not empty",
                place=Place(str(out)),
                hint=f"continue it with gru-toolkit resume {out}, or choose another --out",
            )
        files.make_folder(out)
        return out
    stem = Path(data[0]).name.split(".")[0] if data and data[0] != "-" else "run"
    for number in range(1, 10_000):
        folder = Path("runs") / (f"{stem}-{task}" if number == 1 else f"{stem}-{task}-{number}")
        if not folder.exists():
            files.make_folder(folder)
            return folder
    raise DataError("there are 10,000 runs of this name already", hint="choose a folder with --out")
