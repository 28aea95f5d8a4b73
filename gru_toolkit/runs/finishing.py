"""From a fitted network to a finished run folder: convert, check, calibrate, score, report, write."""

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from gru_toolkit.networks import onnx_graph, parity
from gru_toolkit.runs import backends, files, manifest, output, reporting
from gru_toolkit.runs.fitting import FitResult
from gru_toolkit.runs.interruption import StopRequest
from gru_toolkit.runs.prediction import answering
from gru_toolkit.runs.preparation import Prepared
from gru_toolkit.runs.run import GRAPH, arrays_to_bytes
from gru_toolkit.runs.schema import schema_of
from gru_toolkit.runs.scoring import Comparison, Scoring
from gru_toolkit.sequences.dataset import Examples, Part
from gru_toolkit.tasks.task import Searching

PARITY_ROWS = 8
PREDICTED_ROWS = 200_000
"""Rows of test predictions that a run keeps; with more, every k-th example's are kept and a note says so."""


def checked_graphs(model: keras.Model, prepared: Prepared, examples: Examples) -> tuple[dict[str, bytes], float]:
    """The network as ONNX graphs by file name, and their largest error against Keras on rows of the training part.

    Raises ParityError when an output differs by more than 1e-5 · max(1, |value|).
    """
    configuration = prepared.configuration
    exact = _float32_twin(model, prepared)
    rows = np.unique(np.linspace(0, len(examples) - 1, PARITY_ROWS).astype(np.int64))
    arrays, task = examples.arrays(rows), configuration.task
    inputs = arrays.inputs
    if isinstance(task, Searching):
        graphs = task.graphs(exact)
        found = task.forced(graphs, inputs)
        return graphs, parity.agreement(exact, found, inputs, arrays.weights > 0).max_error
    recurrent = task.stream_kind(configuration.settings) == "recurrent"
    graph: bytes = onnx_graph.convert(exact, state=recurrent).SerializeToString()
    return {GRAPH: graph}, parity.compare(exact, graph, inputs).max_error


def finish(prepared: Prepared, folder: Path, model: keras.Model, result: FitResult, stop: StopRequest) -> None:
    """Write everything of a run into its folder, the manifest last; then remove the checkpoints.

    Raises InterruptedRun when a stop is requested while scores are computed, ParityError, CannotWriteError or
    StorageError; the checkpoints then remain and `resume` finishes the run.
    """
    configuration, splits = prepared.configuration, prepared.splits
    task, settings = configuration.task, configuration.settings
    graphs, error = checked_graphs(model, prepared, task.examples(splits.train, prepared.codec, settings))
    scoring = Scoring(
        task,
        prepared.codec,
        settings,
        task.fit_baselines(splits.train, prepared.codec, settings),
        answering(task, graphs, settings, configuration.train.threads),
        seed=configuration.train.seed,
        between=lambda: _refuse_to_go_on(stop),
    )
    if len(splits.validation):
        validation = task.examples(splits.validation, prepared.codec, settings)
        scoring = dataclasses.replace(
            scoring, codec=task.calibrate(prepared.codec, settings, scoring.decoded(validation))
        )
    comparisons = {
        part.name: scoring.compare(task.examples(part, scoring.codec, settings), part.name)
        for part in (splits.validation, splits.test)
        if len(part)
    }
    content = {
        "config.toml": (folder / "config.toml").read_bytes(),
        "preprocess.json": manifest.canonical_json(
            {"schema": schema_of(prepared.dataset).to_plain(), "codec": scoring.codec.to_plain()}
        ),
        "weights.safetensors": arrays_to_bytes(weights_by_path(model)),
        **graphs,
        "baselines.safetensors": arrays_to_bytes(scoring.baselines),
        "training_rows.safetensors": arrays_to_bytes(prepared.training_rows),
        "metrics.json": manifest.canonical_json(_metrics(prepared, comparisons, result, error)),
        "history.csv": result.history_csv().encode(),
    }
    if len(splits.test):
        content["test_predictions.parquet"] = _predictions(scoring, splits.test)
    content["report.html"] = reporting.page(folder.name, prepared, scoring, comparisons, result).encode()
    files.complete_folder(folder, content, manifest.RUN_SCHEMA, {})
    if (folder / "checkpoints").exists():
        files.remove_folder(folder / "checkpoints")


def _refuse_to_go_on(stop: StopRequest) -> None:
    if stop.requested:
        raise stop.error("after the last step, before its scores")


def weights_by_path(model: keras.Model) -> dict[str, np.ndarray]:
    """Every weight of the network by its Keras path."""
    weights = {weight.path: np.asarray(backends.to_numpy(weight)) for weight in model.weights}
    assert len(weights) == len(model.weights), "two weights of the network have one path"
    return weights


def _float32_twin(model: keras.Model, prepared: Prepared) -> keras.Model:
    """The network itself, or under mixed precision the same network computing in float32."""
    if backends.settled().precision == "float32":
        return model
    keras.config.set_dtype_policy("float32")
    twin = prepared.configuration.task.build(prepared.codec, prepared.configuration.settings)
    keras.config.set_dtype_policy(backends.settled().precision)
    for copy, original in zip(twin.weights, model.weights, strict=True):
        # A copy: on JAX a prediction gives its network's own arrays away, and the two must not share them.
        copy.assign(backends.to_numpy(original))
    return twin


def _metrics(prepared: Prepared, comparisons: dict[str, Comparison], result: FitResult, error: float) -> dict[str, Any]:
    return {
        "parts": {name: comparison.to_plain() for name, comparison in comparisons.items()},
        "training": result.to_plain(),
        "seed": prepared.configuration.train.seed,
        "data": {"sources": list(prepared.dataset.sources), "fingerprint": prepared.fingerprint},
        "splits": list(prepared.splits.description),
        "notes": list(prepared.notes),
        "rejected": len(prepared.rejects),
        "parity_error": error,
        "machine": dataclasses.asdict(backends.settled()),
    }


def _predictions(scoring: Scoring, part: Part) -> bytes:
    """Predictions of a part as Parquet, thinned evenly to about `PREDICTED_ROWS` rows."""
    examples = scoring.task.examples(part, scoring.codec, scoring.settings)
    buffer = io.BytesIO()
    output.write_predictions(_thinned(scoring, examples, part), buffer, "parquet")
    return buffer.getvalue()


def _thinned(scoring: Scoring, examples: Examples, part: Part) -> Iterator[dict[str, np.ndarray]]:
    first = _rows(scoring, examples, np.array([0]), part)
    rows_each = len(next(iter(first.values())))
    every = max(1, len(examples) * rows_each // PREDICTED_ROWS)
    kept = np.arange(0, len(examples), every)
    for start in range(0, len(kept), scoring.batch_size):
        yield _rows(scoring, examples, kept[start : start + scoring.batch_size], part)


def _rows(scoring: Scoring, examples: Examples, indices: np.ndarray, part: Part) -> dict[str, np.ndarray]:
    arrays = examples.arrays(indices)
    decoded = scoring.task.decode(scoring.predictor(arrays.inputs), arrays, scoring.codec, scoring.settings)
    return scoring.task.rows(decoded, arrays, scoring.codec, part.dataset)
