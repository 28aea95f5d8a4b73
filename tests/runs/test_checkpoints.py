"""A checkpoint comes back bit for bit; damage is passed over with a word, never used."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from gru_toolkit.errors import DamagedRunError, StorageError
from gru_toolkit.runs import files, manifest
from gru_toolkit.runs.checkpoints import Checkpoints, EpochResult, Progress, TrainState, pack, unpack
from gru_toolkit.runs.lock import WriterLock
from gru_toolkit.runs.schedules import Patience

DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
]


def state(number: int) -> TrainState:
    rng = np.random.default_rng(number)
    arrays = {
        "trainable.0000": rng.normal(size=(3, 4)).astype(np.float32),
        "half": rng.normal(size=5).astype(ml_dtypes.bfloat16),
        "steps": np.array(number),
    }
    history = (EpochResult(1, 7, 0.1 + number, None, 1e-3, 0.5), EpochResult(2, 7, 1 / 3, 2 / 3, 1e-3, 0.5))
    progress = Progress(2, 3, number, 1 / 7, 3.0, 0.1, 0.2, Patience(2 / 3, 1, 1, 0), 2, history, None)
    return TrainState(arrays, {"weights.0000": arrays["half"]}, progress, {"data": "x", "train": {"epochs": 3}})


def same(left: TrainState | None, right: TrainState | None) -> bool:
    assert left is not None
    assert right is not None
    return (
        pack(dict(sorted(left.arrays.items()))) == pack(dict(sorted(right.arrays.items())))
        and pack(left.best) == pack(right.best)
        and left.progress == right.progress
        and left.identity == right.identity
    )


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii", exclude_characters="|"), min_size=1, max_size=8),
        st.sampled_from(DTYPES).flatmap(
            lambda dtype: arrays_of.arrays(np.dtype(dtype), arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0))
        ),
        max_size=4,
    )
)
def test_arrays_come_back_bit_for_bit(arrays: dict[str, np.ndarray]) -> None:
    arrays.pop("__metadata__", None)
    found = unpack(pack(arrays))
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


@given(st.lists(st.integers(0, 2**16 - 1), max_size=20), st.booleans())
def test_every_bfloat16_comes_back_bit_for_bit(bits: list[int], transposed: bool) -> None:
    array = np.array([bits, bits], np.uint16).view(ml_dtypes.bfloat16)
    array = array.T if transposed else array
    found = unpack(pack({"a": array}))["a"]
    assert found.dtype == ml_dtypes.bfloat16
    assert found.tobytes() == array.tobytes()


def test_bytes_that_are_not_safetensors_are_damage() -> None:
    with pytest.raises(DamagedRunError, match="not a safetensors file"):
        unpack(b"junk")


def test_the_whole_state_comes_back(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    assert checkpoints.latest() is None
    assert checkpoints.best() is None
    checkpoints.save(state(1), best=True)
    checkpoints.save(state(2), best=False)
    assert same(checkpoints.latest(), state(2))
    assert same(checkpoints.best(), state(1))
    assert checkpoints.notes == []


def test_the_newest_three_and_the_newest_best_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=3)
    for number in range(1, 10):
        checkpoints.save(state(number), best=number in (1, 4))
    names = sorted(entry.name for entry in tmp_path.iterdir())
    assert names == ["checkpoint-000004-best", "checkpoint-000007", "checkpoint-000008", "checkpoint-000009"]
    assert same(checkpoints.best(), state(4))


def test_a_damaged_checkpoint_is_passed_over_with_a_note(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for number in (1, 2, 3):
        checkpoints.save(state(number), best=False)
    damage(tmp_path / "checkpoint-000003" / "state.safetensors")
    (tmp_path / "checkpoint-000002" / manifest.NAME).unlink()
    assert same(checkpoints.latest(), state(1))
    assert "checkpoint-000003/state.safetensors was changed" in checkpoints.notes[0]
    assert "checkpoint-000002" in checkpoints.notes[1]
    assert all("the checkpoint before it is used" in note for note in checkpoints.notes)


def test_when_all_are_damaged_nothing_is_used(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(state(1), best=False)
    damage(tmp_path / "checkpoint-000001" / "progress.json")
    with pytest.raises(DamagedRunError, match=r"every checkpoint .*progress\.json was changed"):
        checkpoints.latest()
    assert checkpoints.best() is None


def test_saving_goes_on_after_a_damaged_checkpoint(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(state(1), best=False)
    damage(tmp_path / "checkpoint-000001" / "progress.json")
    checkpoints.save(state(2), best=False)
    assert same(checkpoints.latest(), state(2))


def test_torn_checkpoints_are_ignored_and_removed_under_the_lock(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    Checkpoints(folder).save(state(1), best=False)
    torn = folder / ".tmp-99-0123abcd-checkpoint-000002"
    torn.mkdir()
    (torn / "state.safetensors").write_bytes(b"half")
    assert same(Checkpoints(folder).latest(), state(1))
    assert torn.exists()
    with WriterLock(tmp_path) as lock:
        Checkpoints(folder, lock=lock)
    assert not torn.exists()


def test_a_failed_write_keeps_the_old_checkpoint_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path, keep=1)
    checkpoints.save(state(1), best=False)

    def full(call: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
        if call is os.write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return call(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(files, "system", full)
        with pytest.raises(StorageError, match=r"No space left.*free some space"):
            checkpoints.save(state(2), best=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["checkpoint-000001"]
    assert same(checkpoints.latest(), state(1))


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
