"""Everything that is known before the first step: data, parts, codec, and the weights to start from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gru_toolkit.errors import ConfigError
from gru_toolkit.runs import manifest, run
from gru_toolkit.runs.run import Configuration, Run
from gru_toolkit.runs.seen import remember
from gru_toolkit.sequences.dataset import Dataset, Splits, everything
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.table import Reject
from gru_toolkit.tasks.task import Borrowing, Covering, Task


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
    lent_weights: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """What tells the data of all parts from other data."""
        return "+".join(dict.fromkeys(dataset.fingerprint for dataset in self._datasets))

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """The rejected rows of all files."""
        return tuple(reject for dataset in self._datasets for reject in dataset.rejects)

    @property
    def _datasets(self) -> list[Dataset]:
        parts = [part.dataset for part in (self.splits.validation, self.splits.test)]
        return [self.dataset, *(dataset for dataset in parts if dataset is not self.dataset)]


def official_parts(configuration: Configuration) -> dict[str, Dataset]:
    """The validation and test part that stand in files of their own, by name. Raises what reading raises."""
    task, split = configuration.task, configuration.split
    wants = task.wants(configuration.settings, labelled=True)
    named = {"validation": split.validation, "test": split.test}
    read = replace(configuration.read, into=())  # files of translations stand among the files of the part
    return {name: read_dataset(list(files), read, wants) for name, files in named.items() if files}


def prepare(
    configuration: Configuration,
    dataset: Dataset,
    notes: tuple[str, ...],
    start: Run | None,
    official: Mapping[str, Dataset],
) -> Prepared:
    """Split the dataset and learn the codec, or take both settings and codec from a run to start from.

    official  datasets that are the validation or test part
    """
    task, settings = configuration.task, configuration.settings
    splits = _of_files(dataset, official) if official else task.split(dataset, settings, configuration.split)
    codec = start.codec if start else task.fit_codec(splits.train, settings)
    lent: dict[str, np.ndarray] = {}
    if configuration.init_from is not None:
        lender = lender_for(task, configuration.init_from)
        assert isinstance(task, Borrowing), "lender_for refuses other tasks"
        codec = task.take_over(codec, lender.codec)
        lent = task.lent(_weights_of(lender), settings)
        taken = ", ".join(f"{path} {array.shape}" for path, array in lent.items())
        notes = (*notes, f"taken from {configuration.init_from}: {taken}")
    covered = task.coverage(splits, codec, settings) if isinstance(task, Covering) else ()
    return Prepared(
        configuration=configuration,
        dataset=dataset,
        splits=splits,
        codec=codec,
        training_rows=remember(splits.train),
        notes=(*dataset.notes, *notes, *splits.description, *covered),
        start_weights=_weights_of(start) if start else None,
        lent_weights=lent,
    )


def lender_for(task: Task, folder: str) -> Run:
    """The finished run that a task's network begins with a part of.

    Raises MissingInputError or DamagedRunError as loading does, ConfigError when the run's task has nothing to lend.
    """
    lender = run.load(folder)
    if not isinstance(task, Borrowing):
        raise ConfigError(f"a {task.name} run cannot begin with a part of another task's network")
    if lender.task.name not in task.lenders:
        raise ConfigError(
            f"{folder} is a {lender.task.name} run, which has nothing to lend to {task.name}",
            hint=f"--init-from takes a run of {' or '.join(task.lenders)}; --from goes on with a run of the same task",
        )
    return lender


def _of_files(dataset: Dataset, official: Mapping[str, Dataset]) -> Splits:
    """The dataset as the training part, and the other parts from files of their own."""
    parts = {"training": replace(everything(dataset), name="training")}
    for name in ("validation", "test"):
        parts[name] = replace(everything(official.get(name, dataset)), name=name)
        if name not in official:
            parts[name] = replace(parts[name], spans=parts[name].spans[:0])
    lines = [
        f"{name}: {len(part):,} sequences of {', '.join(part.dataset.sources)}"
        for name, part in parts.items()
        if len(part)
    ]
    return Splits(parts["training"], parts["validation"], parts["test"], ("parted by files", *lines))


def _weights_of(start: Run) -> dict[str, np.ndarray]:
    checked = manifest.verify(start.folder)
    return run.arrays_from_bytes(checked["weights.safetensors"], str(start.folder / "weights.safetensors"))
