"""A run: a trained model in its folder with everything needed to use it.

    MANIFEST.json        hashes of everything below, written last
    config.toml          the resolved settings, by section: run, read, split, train, task
    preprocess.json      schema of the data and the task's codec
    weights.safetensors  the network's weights, by Keras path
    model.onnx           the network as a graph; or several graphs, as encoder.onnx and step.onnx
    baselines.safetensors  what the naive baselines remember
    training_rows.safetensors  hashes of training rows, to notice them again
    metrics.json  history.csv  report.html  test_predictions.parquet

Loading reads plain data only and imports neither Keras nor a backend.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy

from gru_toolkit import tasks
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig, dump_toml, from_plain, load_toml, to_plain
from gru_toolkit.errors import DamagedRunError, MissingInputError, Place
from gru_toolkit.runs import manifest
from gru_toolkit.runs.schema import Schema
from gru_toolkit.tasks.task import Task

if TYPE_CHECKING:
    from gru_toolkit.runs.evaluation import Report
    from gru_toolkit.runs.streaming import Stream
    from gru_toolkit.runs.text_stream import TextStream


GRAPH = "model.onnx"


@dataclass(frozen=True)
class Configuration:
    """What `config.toml` holds: enough to repeat the run, but for the SQL of a query, which is never saved."""

    task: Task
    data: tuple[str, ...]
    settings: Any
    read: ReadConfig
    split: SplitConfig
    train: TrainConfig
    start_from: str | None = None
    init_from: str | None = None
    queried: bool = False


@dataclass(frozen=True)
class Run:
    """A finished run, its files checked against the manifest.

    graphs     bytes of the graphs, by the names of their files
    baselines  arrays of the task's naive baselines
    metrics    what metrics.json says
    versions   the libraries it was made with
    """

    folder: Path
    configuration: Configuration
    schema: Schema
    codec: Any
    graphs: Mapping[str, bytes]
    baselines: Mapping[str, np.ndarray]
    training_rows: Mapping[str, np.ndarray]
    metrics: Mapping[str, Any]
    versions: Mapping[str, str]

    @property
    def task(self) -> Task:
        return self.configuration.task

    @property
    def settings(self) -> Any:
        return self.configuration.settings

    @property
    def graph(self) -> bytes:
        """The bytes of the one graph of a run that has no others."""
        return self.graphs[GRAPH]

    def predict(self, data: Any) -> Any:
        """Predictions for files or a table.

        data  a path or several, or a pandas, polars or Arrow table, a mapping of columns, or a NumPy array

        returns  a table of the kind that was given; for paths and arrays a mapping of column name to (n,) array
        """
        from gru_toolkit.runs import api

        return api.predict(self, data)

    def evaluate(self, data: Any, *, backtest: int | None = None) -> "Report":
        """The run's scores on files or a table with the truth in it, beside its baselines."""
        from gru_toolkit.runs import api

        return api.evaluate(self, data, backtest=backtest)

    def stream(self) -> "Stream | TextStream":
        """A fresh stream: `push(record)` answers one record at a time. Raises UsageError if the task has no stream."""
        from gru_toolkit.runs import streaming, text_stream

        if self.task.wants(self.settings, labelled=False).target == "text":
            return text_stream.TextStream(self)
        return streaming.Stream(self)


def load(folder: Path | str) -> Run:
    """The finished run in a folder.

    Raises MissingInputError if there is none, DamagedRunError if any file of it differs from what was written.
    """
    folder = Path(folder)
    if not (folder / manifest.NAME).is_file():
        raise _not_a_run(folder)
    files = manifest.verify(folder, schema=manifest.RUN_SCHEMA)
    configuration = read_configuration(_text(folder, files, "config.toml"), source=str(folder / "config.toml"))
    preprocess = _json(folder, files, "preprocess.json")
    return Run(
        folder=folder,
        configuration=configuration,
        schema=Schema.from_plain(preprocess["schema"]),
        codec=configuration.task.codec(preprocess["codec"]),
        graphs=_graphs(folder, files),
        baselines=arrays_from_bytes(_bytes(folder, files, "baselines.safetensors"), "baselines.safetensors"),
        training_rows=arrays_from_bytes(
            _bytes(folder, files, "training_rows.safetensors"), "training_rows.safetensors"
        ),
        metrics=_json(folder, files, "metrics.json"),
        versions=files.versions,
    )


def read_configuration(text: str, *, source: str) -> Configuration:
    """The settings that a config.toml describes. Raises ConfigError naming what is unknown or out of range."""
    sections = load_toml(text, source=source)
    run = sections.get("run", {})
    task = tasks.find(str(run.get("task")))
    return Configuration(
        task=task,
        data=tuple(run.get("data", ())),
        settings=from_plain(task.settings, sections.get("task", {}), section="task"),
        read=from_plain(ReadConfig, sections.get("read", {}), section="read"),
        split=from_plain(SplitConfig, sections.get("split", {}), section="split"),
        train=from_plain(TrainConfig, sections.get("train", {}), section="train"),
        start_from=run.get("start_from"),
        init_from=run.get("init_from"),
        queried=bool(run.get("queried", False)),
    )


def configuration_toml(configuration: Configuration) -> str:
    """The text of `config.toml`, from which `read_configuration` makes an equal configuration."""
    run: dict[str, Any] = {"task": configuration.task.name, "data": list(configuration.data)}
    if configuration.queried:
        run["queried"] = True
    if configuration.start_from is not None:
        run["start_from"] = configuration.start_from
    if configuration.init_from is not None:
        run["init_from"] = configuration.init_from
    return dump_toml(
        {
            "run": run,
            "read": {name: value for name, value in to_plain(configuration.read).items() if name != "query"},
            "split": to_plain(configuration.split),
            "train": to_plain(configuration.train),
            "task": to_plain(configuration.settings),
        }
    )


def arrays_to_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Named arrays as safetensors."""
    content: bytes = safetensors.numpy.save(
        {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
    )
    return content


def arrays_from_bytes(content: bytes, name: str) -> dict[str, np.ndarray]:
    """The named arrays of safetensors bytes. Raises DamagedRunError if they are none."""
    try:
        arrays: dict[str, np.ndarray] = safetensors.numpy.load(content)
    except safetensors.SafetensorError as error:
        raise DamagedRunError(f"not readable as safetensors: {error}", place=Place(name)) from error
    return arrays


def _bytes(folder: Path, files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise DamagedRunError("the file is not part of the run", place=Place(str(folder / name)))
    content: bytes = files[name]
    return content


def _graphs(folder: Path, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The graphs of a run; the manifest says which there are."""
    return {name: _bytes(folder, files, name) for name in files if name.endswith(".onnx")} or {
        GRAPH: _bytes(folder, files, GRAPH)
    }


def _arrays(folder: Path, files: Mapping[str, bytes], name: str) -> dict[str, np.ndarray]:
    return arrays_from_bytes(_bytes(folder, files, name), str(folder / name))


def _text(folder: Path, files: Mapping[str, bytes], name: str) -> str:
    return _bytes(folder, files, name).decode("utf-8")


def _json(folder: Path, files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_text(folder, files, name))
    return content


def _not_a_run(folder: Path) -> MissingInputError:
    place = Place(str(folder))
    if not folder.is_dir():
        return MissingInputError("there is no such run folder", place=place)
    if (folder / "checkpoints").is_dir():
        return MissingInputError(
            "this run is not finished", place=place, hint=f"continue it with gru-toolkit resume {folder}"
        )
    return MissingInputError("this folder holds no run: it has no MANIFEST.json", place=place)
