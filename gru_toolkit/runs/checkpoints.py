"""The whole state of a training on disk: what a resumed run needs to continue bit for bit."""

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from gru_toolkit.errors import DamagedRunError, MissingInputError
from gru_toolkit.runs import files, manifest
from gru_toolkit.runs.lock import WriterLock
from gru_toolkit.runs.schedules import Patience

SCHEMA = "gru-toolkit checkpoint 1"
_NAME = re.compile(r"checkpoint-(\d{6,})(-best)?")
_ARRAYS, _BEST, _PROGRESS = "state.safetensors", "best.safetensors", "progress.json"
_BFLOAT16 = "|bfloat16"  # ends the names of arrays that are stored as uint16, because NumPy has no such type


@dataclass(frozen=True)
class EpochResult:
    """One row of the training history; `seconds` is the clock's, everything else is reproducible."""

    epoch: int
    steps: int
    train_loss: float
    validation_loss: float | None
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Progress:
    """Where training stands.

    epoch, step         the epoch at work (from 0) and how many of its steps are done
    total_steps         steps done since the start
    loss_sum, weight_sum  of this epoch's training steps
    epoch_seconds, elapsed  clock time of this epoch and of all of it, over all resumes
    finished            why training ended: epochs, patience or time limit; None while it goes on
    """

    epoch: int = 0
    step: int = 0
    total_steps: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    epoch_seconds: float = 0.0
    elapsed: float = 0.0
    patience: Patience = field(default_factory=Patience)
    best_epoch: int | None = None
    history: tuple[EpochResult, ...] = ()
    finished: str | None = None


@dataclass(frozen=True)
class TrainState:
    """Everything that training depends on.

    arrays    weights, dropout seeds, optimizer variables and moving average, as `Stepper.state` gives them
    best      the best weights so far; empty before the first epoch has ended
    identity  what must be the same for an exact resume (`identity.py`)
    """

    arrays: Mapping[str, np.ndarray]
    best: Mapping[str, np.ndarray]
    progress: Progress
    identity: Mapping[str, Any] = field(default_factory=dict)


class Checkpoints:
    """The checkpoints of one run: a folder of numbered folders, each with its manifest.

    Protected state: `notes`, what the user should know about checkpoints that were passed over. With the run's lock
    given, what dead writers left behind is removed.
    """

    def __init__(self, folder: Path, keep: int = 3, *, lock: WriterLock | None = None):
        assert keep >= 1, "at least one checkpoint must be kept"
        self.folder = folder
        self.keep = keep
        self.notes: list[str] = []
        if lock is not None and folder.is_dir():
            files.remove_leftovers(folder, lock)

    def save(self, state: TrainState, *, best: bool) -> None:
        """Write a checkpoint; then remove all but the newest `keep` and the newest one marked as best.

        Raises CannotWriteError or StorageError; the checkpoints that were there are then still there.
        """
        files.make_folder(self.folder)
        names = self._names()
        number = 1 + max((_number(name) for name in names), default=0)
        content = {
            _ARRAYS: pack(state.arrays),
            _BEST: pack(state.best),
            _PROGRESS: manifest.canonical_json(dataclasses.asdict(state.progress)),
        }
        name = f"checkpoint-{number:06d}{'-best' * best}"
        files.write_folder(self.folder / name, content, SCHEMA, {"identity": dict(state.identity)})
        self._remove_old([*names, name])

    def latest(self) -> TrainState | None:
        """The newest state, or None when there is none.

        A damaged checkpoint is passed over for the one before it, with a line in `notes`.

        Raises DamagedRunError when there are checkpoints and all of them are damaged.
        """
        return self._newest(marked=False)

    def best(self) -> TrainState | None:
        """The newest state that was saved as the best so far, or None; damage is treated as in `latest`."""
        return self._newest(marked=True)

    def _newest(self, *, marked: bool) -> TrainState | None:
        names = [name for name in self._names() if not marked or _is_best(name)]
        damage: list[str] = []
        for name in reversed(names):
            try:
                state = _state(manifest.verify(self.folder / name, schema=SCHEMA))
            except (DamagedRunError, MissingInputError) as error:
                damage.append(error.message)
                continue
            self.notes += [f"{message}; the checkpoint before it is used" for message in damage]
            return state
        if damage:
            message = f"every checkpoint in {self.folder} is damaged: {'; '.join(damage)}"
            raise DamagedRunError(message, hint="train anew")
        return None

    def _names(self) -> list[str]:
        """The names of finished checkpoints, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted((entry.name for entry in self.folder.iterdir() if _NAME.fullmatch(entry.name)), key=_number)

    def _remove_old(self, names: list[str]) -> None:
        best = [name for name in names if _is_best(name)][-1:]
        for name in names[: -self.keep]:
            if name not in best:
                files.remove_folder(self.folder / name)


def _number(name: str) -> int:
    match = _NAME.fullmatch(name)
    assert match, f"{name} is not a checkpoint"
    return int(match[1])


def _is_best(name: str) -> bool:
    return name.endswith("-best")


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Named arrays as safetensors bytes, every dtype bit for bit."""
    entries = {}
    for name, array in arrays.items():
        assert not name.endswith(_BFLOAT16), f"{name} ends like a stored name"
        narrow = array.dtype == ml_dtypes.bfloat16
        stored = np.ascontiguousarray(array).reshape(array.shape)
        entries[name + _BFLOAT16 * narrow] = stored.view(np.uint16) if narrow else stored
    content: bytes = save(entries)
    return content


def unpack(content: bytes) -> dict[str, np.ndarray]:
    """The arrays that `pack` wrote. Raises DamagedRunError when the bytes are not safetensors."""
    try:
        entries = load(content)
    except SafetensorError as error:
        raise DamagedRunError(f"not a safetensors file: {error}") from error
    narrow = {name for name in entries if name.endswith(_BFLOAT16)}
    return {
        name.removesuffix(_BFLOAT16): array.view(ml_dtypes.bfloat16) if name in narrow else array
        for name, array in entries.items()
    }


def _state(folder: manifest.VerifiedFolder) -> TrainState:
    plain = json.loads(folder[_PROGRESS])
    plain["patience"] = Patience(**plain["patience"])
    plain["history"] = tuple(EpochResult(**row) for row in plain["history"])
    return TrainState(
        arrays=unpack(folder[_ARRAYS]),
        best=unpack(folder[_BEST]),
        progress=Progress(**plain),
        identity=folder.extra["identity"],
    )
