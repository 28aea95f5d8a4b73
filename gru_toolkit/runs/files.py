"""Files and folders that are either the old ones or the new ones, whatever happens while they are written.

Everything is written under a temporary name, synced and renamed; then the parent folder is synced. A writer that dies
leaves a temporary name behind, which readers pass over and the next owner of the folder's lock removes.
"""

import contextlib
import errno
import io
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from gru_toolkit.errors import CannotWriteError, GruToolkitError, StorageError
from gru_toolkit.runs import manifest
from gru_toolkit.runs.lock import WriterLock

P = ParamSpec("P")
R = TypeVar("R")

_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTEMPTY}
_REFUSED |= {errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.ENAMETOOLONG}


def system(call: Callable[P, R], /, *arguments: P.args, **options: P.kwargs) -> R:
    """Make one system call that changes the disk. Every such call passes here, so that a test can make any one fail."""
    return call(*arguments, **options)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path`: afterwards it holds `content`, or still what it held before.

    Raises CannotWriteError when the place refuses writing, StorageError when the system fails (full disk, failed sync).
    """
    temporary = _temporary_sibling(path)
    try:
        try:
            _write_file(temporary, content)
            system(os.replace, temporary, path)
        except OSError:
            _discard(temporary)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise _explained(error, path) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[io.RawIOBase]:
    """A stream whose bytes take the place of the file at `path` when the block ends without an exception.

    Raises CannotWriteError or StorageError, as `write_atomically` does; whatever else the block raises passes through.
    """
    temporary = _temporary_sibling(path)
    try:
        with _Written(temporary, path) as stream:
            yield stream
            stream.sync()
        with _explaining(path):
            system(os.replace, temporary, path)
            sync_folder(path.parent)
    except BaseException:
        _discard(temporary)
        raise


class _Written(io.RawIOBase):
    """A file being written under a temporary name; its state is the open descriptor."""

    def __init__(self, temporary: Path, final: Path):
        self._final = final
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with _explaining(final):
            self._descriptor = system(os.open, temporary, flags, 0o666)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        """Write all of it."""
        rest = memoryview(content).cast("B")
        size = len(rest)
        with _explaining(self._final):
            while rest:
                rest = rest[system(os.write, self._descriptor, rest) :]
        return size

    def sync(self) -> None:
        with _explaining(self._final):
            system(os.fsync, self._descriptor)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


@contextlib.contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _explained(error, path) from error


def write_folder(final: Path, files: Mapping[str, bytes], schema: str, extra: Mapping[str, Any]) -> None:
    """Write a folder of files with its manifest: afterwards the whole folder is there, or nothing of it.

    files  content by name; a name may hold `/` for a folder inside
    extra  plain data for the manifest

    Raises CannotWriteError when `final` exists or its place refuses writing, StorageError when the system fails.
    """
    if final.exists():
        raise CannotWriteError(f"{final} exists already", hint="choose another place or remove it first")
    temporary = _temporary_sibling(final)
    try:
        try:
            system(os.mkdir, temporary)
            _write_files(temporary, files, schema, extra)
            system(os.rename, temporary, final)
        except OSError:
            _discard(temporary)
            raise
        sync_folder(final.parent)
    except OSError as error:
        raise _explained(error, final) from error


def complete_folder(folder: Path, files: Mapping[str, bytes], schema: str, extra: Mapping[str, Any]) -> None:
    """Write files into a folder that has no manifest yet, and the manifest last: until then the folder is incomplete.

    Raises CannotWriteError when the folder is complete already or refuses writing, StorageError when the system fails.
    """
    if (folder / manifest.NAME).exists():
        raise CannotWriteError(f"{folder} is complete already", hint="choose another place or remove it first")
    for name in sorted({str(Path(name).parent) for name in files} - {"."}):
        make_folder(folder / name)
    for name, content in files.items():
        write_atomically(folder / name, content)
    write_atomically(folder / manifest.NAME, manifest.manifest_bytes(files, extra, schema=schema))


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, if they are not there.

    Raises CannotWriteError or StorageError.
    """
    if folder.is_dir():
        return
    try:
        system(os.makedirs, folder, exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise _explained(error, folder) from error


def remove_folder(folder: Path) -> None:
    """Remove a folder in one visible step: it is renamed to a temporary name first.

    Raises CannotWriteError or StorageError.
    """
    temporary = _temporary_sibling(folder)
    try:
        system(os.rename, folder, temporary)
        system(shutil.rmtree, temporary)
    except OSError as error:
        raise _explained(error, folder) from error


def remove_leftovers(folder: Path, lock: WriterLock) -> int:
    """Remove what writers that died left in `folder`; how many there were.

    Only the owner of the run's lock may do so: to anyone else a temporary name may be a writer at work.
    """
    assert lock.held, "leftovers may be removed under the lock only"
    leftovers = [entry for entry in folder.iterdir() if manifest.is_temporary(entry.name)]
    for leftover in leftovers:
        _discard(leftover)
    return len(leftovers)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Windows has no such call: there a rename is journalled by the system."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        system(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _write_files(folder: Path, files: Mapping[str, bytes], schema: str, extra: Mapping[str, Any]) -> None:
    inner = sorted({str(parent) for name in files for parent in Path(name).parents} - {"."})
    for name in inner:
        system(os.mkdir, folder / name)
    for name, content in files.items():
        _write_file(folder / name, content)
    _write_file(folder / manifest.NAME, manifest.manifest_bytes(files, extra, schema=schema))
    for name in inner:
        sync_folder(folder / name)
    sync_folder(folder)


def _write_file(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = system(os.open, path, flags, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[system(os.write, descriptor, rest) :]
        system(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _temporary_sibling(path: Path) -> Path:
    return path.parent / f".tmp-{os.getpid()}-{secrets.token_hex(4)}-{path.name}"


def _discard(path: Path) -> None:
    """Remove a temporary file or folder as far as the system lets us: a leftover is harmless and is removed later."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _explained(error: OSError, path: Path) -> GruToolkitError:
    reason = error.strerror or str(error)
    if error.errno in _REFUSED:
        return CannotWriteError(f"cannot write {path}: {reason}", hint="check that the folder exists and is yours")
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "free some space and repeat" if full else "check the disk and repeat"
    return StorageError(f"writing {path} failed: {reason}; nothing there is half written", hint=hint)
