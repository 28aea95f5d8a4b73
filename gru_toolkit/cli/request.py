"""What `train` was asked to do: flags over a settings file over a run to start from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gru_toolkit.cli.flags import Flag, Given, task_flags
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig, from_plain, load_toml
from gru_toolkit.errors import ConfigError, DataError, MissingInputError, Place, UsageError

if TYPE_CHECKING:
    from gru_toolkit.runs.training import TrainRequest
    from gru_toolkit.sequences.dataset import Dataset
    from gru_toolkit.sequences.table import Table

SECTIONS = ("run", "read", "split", "train", "task")
INHERITED = ("id", "time", "target", "inputs", "known", "past", "static")
"""Roles of columns, which a run that starts from another one takes over."""
Sections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """The command line of `train`.

    given   what the settings' flags set, by section
    config  a TOML file of settings
    start   a finished run to start from
    lender  a finished run of another task that lends weights
    """

    data: tuple[str, ...]
    given: Given
    task: str | None = None
    out: Path | None = None
    config: Path | None = None
    start: Path | None = None
    lender: Path | None = None


@dataclass(frozen=True)
class Resolved:
    """The request for the library, notes on what was assumed, and the data if they were read to tell the task."""

    request: "TrainRequest"
    notes: tuple[str, ...] = ()
    dataset: "Dataset | None" = None


def resolve(asked: Asked) -> Resolved:
    """What the library is to be asked for.

    Raises UsageError, ConfigError, MissingInputError, or what reading raises when the task is told from the data.
    """
    from gru_toolkit import tasks
    from gru_toolkit.runs.training import TrainRequest

    file = sections(asked.config) if asked.config else {}
    data = asked.data or tuple(file.get("run", {}).get("data", ()))
    if not data:
        raise UsageError("no data to train on", hint="gru-toolkit data writes a sample file to try")
    source = f" of {asked.config}" if asked.config else ""
    merged = {name: {**file.get(name, {}), **asked.given.get(name, {})} for name in SECTIONS if name != "run"}
    read = from_plain(ReadConfig, merged["read"], section=f"read{source}")
    name, notes, table = _task(asked, file, data, read)
    _refuse_foreign(name, asked)
    request = TrainRequest(
        data=data,
        task_settings=from_plain(tasks.find(name).settings, merged["task"], section=f"task{source}"),
        read=read,
        split=from_plain(SplitConfig, merged["split"], section=f"split{source}"),
        train=from_plain(TrainConfig, merged["train"], section=f"train{source}"),
        given=frozenset((*merged["train"], *merged["split"])),
        out=asked.out,
        start_from=asked.start,
        init_from=asked.lender,
    )
    return Resolved(request, notes, _dataset(request, table) if table else None)


def _dataset(request: "TrainRequest", table: "Table") -> "Dataset | None":
    """The dataset of the table, if that table is how the task would have read the files."""
    from gru_toolkit import tasks
    from gru_toolkit.sequences.reading import dataset_from_table

    settings = request.task_settings
    wants = tasks.of_settings(settings).wants(settings, labelled=True)
    if wants.target not in ("step", "game"):
        return None
    return replace(dataset_from_table(table, request.read, wants), sources=request.data)


def sections(path: Path) -> Sections:
    """The tables of a settings file. Raises MissingInputError or ConfigError, naming what is wrong."""
    place = Place(str(path))
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise MissingInputError("there is no such settings file", place=place) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"the file is not UTF-8 text (byte {error.start})", place=place) from error
    found = load_toml(text, source=str(path))
    for name, values in found.items():
        if name not in SECTIONS or not isinstance(values, dict):
            raise ConfigError(f"a settings file has the sections {', '.join(SECTIONS)}, not {name!r}", place=place)
    if "run" in found and "query" in found.get("read", {}):
        raise ConfigError(
            "this run was read with a query, and a query is never taken from a saved run",
            place=place,
            hint="remove it there and give it as --query",
        )
    return found


def _task(
    asked: Asked, file: Sections, data: tuple[str, ...], read: ReadConfig
) -> tuple[str, tuple[str, ...], "Table | None"]:
    """The name of the task, a note where it was not told, and the table if the data told it."""
    from gru_toolkit.tasks.text_guessing import WITH_TEXTS, holds_texts, plain_task

    told = asked.task or file.get("run", {}).get("task")
    if told in WITH_TEXTS and not file and holds_texts(data, read):
        return WITH_TEXTS[told], (_assumed(WITH_TEXTS[told], "the files hold texts"),), None
    if told is not None:
        return str(told), (), None
    if asked.start is not None:
        from gru_toolkit.runs import run

        return run.load(asked.start).task.name, (), None
    only = _only_task({"task": {**file.get("task", {}), **asked.given.get("task", {})}})
    if only is not None:
        name, flag = only
        return name, (_assumed(name, f"only it knows {flag.spelling}"),), None
    from gru_toolkit.sequences.reading import read_tables
    from gru_toolkit.tasks.guessing import guess_task

    if "-" in data:
        raise UsageError("the task cannot be told from standard input", hint="name it with --task")
    plain = plain_task(data, read)
    if plain is not None:
        return plain[0], (_assumed(*plain),), None
    table = read_tables(data, read, None)
    try:
        guess = guess_task(table, read)
    except DataError:
        if not holds_texts(data, read):
            raise
        return WITH_TEXTS["classify"], (_assumed(WITH_TEXTS["classify"], "the files hold texts"),), None
    return guess.task, (_assumed(guess.task, guess.reason),), table


def _assumed(task: str, reason: str) -> str:
    return f"assumed the task is {task}, because {reason}; override with --task"


def _only_task(given: Given) -> tuple[str, Flag] | None:
    """The task, and the flag that tells it, when a given flag belongs to one task only."""
    for flag in task_flags():
        if flag.name in given.get("task", {}) and len(flag.tasks) == 1:
            return flag.tasks[0], flag
    return None


def _refuse_foreign(task: str, asked: Asked) -> None:
    """Raise UsageError for a given flag that the task, or a run to start from, leaves no room for."""
    if asked.start is not None and asked.lender is not None:
        raise UsageError("--from and --init-from cannot be given together: the one brings all weights, the other some")
    for flag in task_flags():
        if flag.name not in asked.given.get("task", {}):
            continue
        if asked.start is not None:
            raise UsageError(f"{flag.spelling} cannot be changed with --from: the network is that of the run")
        if flag.tasks and task not in flag.tasks:
            whose = f"it belongs to {' and '.join(flag.tasks)}"
            raise UsageError(f"the task {task} has no {flag.spelling}", hint=whose)
    roles = [name for name in INHERITED if name in asked.given.get("read", {})]
    if asked.start is not None and roles:
        raise UsageError(f"--{roles[0]} cannot be changed with --from: the columns are those of the run")
