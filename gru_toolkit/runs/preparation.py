"""Everything that is known before the first step: data, parts, codec, and the weights to start from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gru_toolkit.runs import manifest, run
from gru_toolkit.runs.run import Configuration, Run
from gru_toolkit.runs.seen import remember
from gru_toolkit.sequences.dataset import Dataset, Splits


@dataclass(frozen=True)
class Prepared:
    """Everything that is known before the first step."""

    configuration: Configuration
    dataset: Dataset
    splits: Splits
    codec: Any
    training_rows: dict[str, np.ndarray]
    notes: tuple[str, ...]
    start_weights: dict[str, np.ndarray] | None = None


def prepare(configuration: Configuration, dataset: Dataset, notes: tuple[str, ...], start: Run | None) -> Prepared:
    """Split the dataset and learn the codec, or take both settings and codec from a run to start from."""
    task, settings = configuration.task, configuration.settings
    splits = task.split(dataset, settings, configuration.split)
    codec = start.codec if start else task.fit_codec(splits.train, settings)
    return Prepared(
        configuration=configuration,
        dataset=dataset,
        splits=splits,
        codec=codec,
        training_rows=remember(splits.train),
        notes=(*dataset.notes, *notes, *splits.description),
        start_weights=_weights_of(start) if start else None,
    )


def _weights_of(start: Run) -> dict[str, np.ndarray]:
    checked = manifest.verify(start.folder)
    return run.arrays_from_bytes(checked["weights.safetensors"], str(start.folder / "weights.safetensors"))
