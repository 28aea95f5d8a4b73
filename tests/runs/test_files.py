"""Whatever fails while a file or folder is written, what is there afterwards is the old or the new, whole."""

import errno
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gru_toolkit.errors import CannotWriteError, StorageError
from gru_toolkit.runs import files, manifest
from gru_toolkit.runs.lock import WriterLock

SCHEMA = "test 1"
OLD, NEW = b"old" * 100, b"new" * 500
FOLDER = {"a.bin": b"first", "inner/b.bin": b"second" * 50, "empty": b""}


class Fault:
    """Stands for `files.system`: the call with the given number fails in the given way; later ones work."""

    def __init__(self, number: int, kind: str):
        self.number = number
        self.kind = kind
        self.calls = 0

    def __call__(self, call: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls != self.number:
            return call(*arguments, **options)
        if self.kind == "killed":
            os._exit(9)
        if self.kind == "short":
            short = call is os.write and len(arguments[1]) > 1
            return os.write(arguments[0], arguments[1][:1]) if short else call(*arguments, **options)
        raise OSError(getattr(errno, self.kind), os.strerror(getattr(errno, self.kind)))


def calls_of(action: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    counter = Fault(0, "none")
    with monkeypatch.context() as patch:
        patch.setattr(files, "system", counter)
        action()
    return counter.calls


def suffer(action: Callable[[], object], fault: Fault) -> None:
    """Run the action with the fault, in a process of its own when the fault kills."""
    if fault.kind == "killed":
        process = multiprocessing.get_context("fork").Process(target=lambda: suffer_here(action, fault))
        process.start()
        process.join()
        assert process.exitcode == 9
    else:
        suffer_here(action, fault)


def suffer_here(action: Callable[[], object], fault: Fault) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "system", fault)
        if fault.kind in ("short", "killed"):
            action()
        else:
            with pytest.raises(StorageError, match=r"(space|check the disk)"):
                action()


FAULTS = ["ENOSPC", "EIO", "short", "killed"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", FAULTS)
def test_a_file_is_old_or_new_after_a_fault_at_any_call(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    number_of_calls = calls_of(lambda: files.write_atomically(path, NEW), monkeypatch)
    assert number_of_calls >= 5  # open, write, sync, rename, sync of the parent
    seen = set()
    for number in range(1, number_of_calls + 1):
        path.write_bytes(OLD)
        suffer(lambda: files.write_atomically(path, NEW), Fault(number, kind))
        seen.add(path.read_bytes())
        assert seen <= ({NEW} if kind == "short" else {OLD, NEW})
        left = [entry.name for entry in tmp_path.iterdir() if entry != path]
        assert kind == "killed" or not left
        assert all(manifest.is_temporary(name) for name in left)
    assert NEW in seen
    assert (OLD in seen) == (kind != "short")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", FAULTS)
def test_a_folder_is_absent_or_whole_after_a_fault_at_any_call(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(name: str) -> Callable[[], None]:
        return lambda: files.write_folder(tmp_path / name, FOLDER, SCHEMA, {"n": 1})

    number_of_calls = calls_of(write("sample"), monkeypatch)
    outcomes = set()
    for number in range(1, number_of_calls + 1):
        final = tmp_path / f"after-{number}"
        suffer(write(final.name), Fault(number, kind))
        outcomes.add(final.exists())
        if final.exists():
            assert dict(manifest.verify(final, schema=SCHEMA)) == FOLDER
    assert outcomes == ({True} if kind == "short" else {True, False})
    with WriterLock(tmp_path) as lock:
        assert (files.remove_leftovers(tmp_path, lock) > 0) == (kind == "killed")
    assert all(entry.name.startswith(("after-", "sample", ".lock")) for entry in tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["ENOSPC", "EIO"])
def test_a_folder_becomes_complete_with_the_last_rename_only(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "inner").mkdir()
    number_of_calls = calls_of(lambda: files.complete_folder(folder, FOLDER, SCHEMA, {}), monkeypatch)
    for number in range(1, number_of_calls + 1):
        (folder / manifest.NAME).unlink(missing_ok=True)
        suffer(lambda: files.complete_folder(folder, FOLDER, SCHEMA, {}), Fault(number, kind))
        assert (folder / manifest.NAME).exists() == (number == number_of_calls)  # the sync after the last rename
    (folder / manifest.NAME).unlink()
    files.complete_folder(folder, FOLDER, SCHEMA, {})
    assert dict(manifest.verify(folder, schema=SCHEMA)) == FOLDER
    with pytest.raises(CannotWriteError, match="complete already"):
        files.complete_folder(folder, FOLDER, SCHEMA, {})


def test_a_place_that_refuses_is_named_with_what_would_help(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"nowhere/file.*check that the folder exists"):
        files.write_atomically(tmp_path / "nowhere" / "file", NEW)
    with pytest.raises(CannotWriteError, match="exists already"):
        files.write_folder(tmp_path, FOLDER, SCHEMA, {})
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(CannotWriteError, match="cannot write"):
        files.make_folder(tmp_path / "file" / "folder")
    with pytest.raises(CannotWriteError, match="cannot write"):
        files.remove_folder(tmp_path / "absent")


def test_a_removed_folder_is_gone_in_one_step(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    files.write_folder(folder, FOLDER, SCHEMA, {})
    files.make_folder(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "system", Fault(2, "EIO"))
        with pytest.raises(StorageError):
            files.remove_folder(folder)
    assert not folder.exists()
    assert all(manifest.is_temporary(entry.name) for entry in tmp_path.iterdir())


def test_leftovers_are_removed_by_the_lock_owner_only(tmp_path: Path) -> None:
    (tmp_path / ".tmp-123-0123abcd-file").write_bytes(OLD)
    (tmp_path / ".tmp-own-file").write_bytes(OLD)
    with pytest.raises(AssertionError):
        files.remove_leftovers(tmp_path, WriterLock(tmp_path))
    with WriterLock(tmp_path) as lock:
        assert files.remove_leftovers(tmp_path, lock) == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", ".tmp-own-file"]
