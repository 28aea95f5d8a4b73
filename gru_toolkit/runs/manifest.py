"""The list of a folder's files with their hashes, itself hashed, so that no damage goes unnoticed.

A manifest is canonical JSON (one way only to write the same facts) and, as its last line, the SHA-256 of all bytes
before it. Reading re-serialises and compares, so white space or letter case cannot change either.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from gru_toolkit.errors import DamagedRunError, MissingInputError, StorageError
from gru_toolkit.runs.lock import LOCK_NAME

NAME = "MANIFEST.json"
RUN_SCHEMA = "gru-toolkit run 1"
LIBRARIES = ("gru-toolkit", "keras", "tensorflow", "jax", "jaxlib", "torch", "numpy", "onnx", "onnxruntime")
_TEMPORARY = re.compile(r"\.tmp-\d+-[0-9a-f]{8}-.+")
_HASH_LINE = 65  # 64 hexadecimal digits and a newline


class VerifiedFolder(Mapping[str, bytes]):
    """The files of a folder, exactly the bytes that were checked; nothing is read a second time.

    schema    what kind of folder it is, with its version
    extra     the plain data its writer added
    versions  the libraries it was written with
    """

    def __init__(self, path: Path, files: dict[str, bytes], facts: Mapping[str, Any]):
        self.path = path
        self.schema: str = facts["schema"]
        self.extra: dict[str, Any] = facts["extra"]
        self.versions: dict[str, str] = facts["versions"]
        self._files = files

    def __getitem__(self, name: str) -> bytes:
        return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def canonical_json(value: Any) -> bytes:
    """The one way to write plain data: sorted keys, no white space, ASCII; floats read back bit for bit.

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def manifest_bytes(files: Mapping[str, bytes], extra: Mapping[str, Any], *, schema: str = RUN_SCHEMA) -> bytes:
    """The manifest of files given by name and content, with the writer's own plain data in `extra`."""
    for name in files:
        assert _inside(name), f"{name!r} is not a plain relative name"
    facts = {
        "schema": schema,
        "versions": library_versions(),
        "files": {name: {"bytes": len(body), "sha256": _sha256(body)} for name, body in files.items()},
        "extra": extra,
    }
    return _sealed(canonical_json(facts))


def verify(folder: Path, *, schema: str = RUN_SCHEMA, beside: Iterable[str] = ("checkpoints",)) -> VerifiedFolder:
    """Read a folder, checking every byte of it against its manifest.

    beside  names at the top of the folder that may lie there unlisted (they are never read); the lock file and what a
            dead writer left behind always may

    Raises MissingInputError when there is no folder or no manifest, DamagedRunError naming the file that was changed,
    is missing, was added or leads elsewhere, and StorageError when the system cannot read.
    """
    if not (folder / NAME).exists():
        raise MissingInputError(f"{folder} holds no complete run: {NAME} is missing")
    facts = _checked_facts(folder, _read(folder, NAME), schema)
    listed = facts["files"]
    _refuse_unlisted(folder, set(listed) | {NAME}, {*beside, LOCK_NAME})
    files = {}
    for name, expected in listed.items():
        content = _read(folder, name)
        if len(content) != expected["bytes"] or _sha256(content) != expected["sha256"]:
            raise DamagedRunError(f"{folder / name} was changed after it was written", hint="restore it from a copy")
        files[name] = content
    return VerifiedFolder(folder, files, facts)


@functools.cache
def library_versions() -> dict[str, str]:
    """The installed version of Python and of each library that can change a number, without importing any."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def is_temporary(name: str) -> bool:
    """Whether a name is one under which files and folders are written before they are renamed (see files.py)."""
    return _TEMPORARY.fullmatch(name) is not None


def _checked_facts(folder: Path, content: bytes, schema: str) -> dict[str, Any]:
    body = content[: -_HASH_LINE - 1]
    damaged = DamagedRunError(f"{folder / NAME} was changed after it was written", hint="restore it from a copy")
    facts: dict[str, Any]
    if content != _sealed(body):
        raise damaged
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        raise damaged from None
    if not _well_formed(facts) or canonical_json(facts) != body:
        raise damaged
    if facts["schema"] != schema:
        raise DamagedRunError(f"{folder / NAME} describes {facts['schema']!r}, this version reads {schema!r}")
    for name in facts["files"]:
        if not _inside(name):
            raise DamagedRunError(f"{folder / NAME} lists {name!r}, which leads outside the folder")
    return facts


def _well_formed(facts: Any) -> bool:
    if not isinstance(facts, dict) or set(facts) != {"schema", "versions", "files", "extra"}:
        return False
    files, plain = facts["files"], (facts["versions"], facts["extra"])
    if not isinstance(files, dict) or not all(isinstance(value, dict) for value in (*plain, *files.values())):
        return False
    return all(set(entry) == {"bytes", "sha256"} for entry in files.values())


def _sealed(body: bytes) -> bytes:
    head = body + b"\n"
    return head + _sha256(head).encode("ascii") + b"\n"


def _refuse_unlisted(folder: Path, listed: set[str], beside: set[str]) -> None:
    """Refuse files that the manifest does not list, links, and folders without a listed file."""
    parents = {str(parent) for name in listed for parent in PurePosixPath(name).parents}
    for root, folders, names in os.walk(folder):
        here = Path(root).relative_to(folder).as_posix()
        at_top = here == "."
        for name in list(folders) + names:
            if at_top and (name in beside or is_temporary(name)):
                continue
            relative = name if at_top else f"{here}/{name}"
            if os.path.islink(Path(root) / name):
                raise DamagedRunError(f"{folder / relative} is a link; a run holds plain files only")
            if relative not in (parents if name in folders else listed):
                raise DamagedRunError(f"{folder / relative} is not listed in {NAME}", hint="move it out of the folder")
        folders[:] = [name for name in folders if not (at_top and (name in beside or is_temporary(name)))]


def _inside(name: str) -> bool:
    """Whether a manifest's name stays inside its folder on every system."""
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") for part in parts)
    return plain and not any(mark in name for mark in ("\\", ":", "\0"))


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise DamagedRunError(f"{path} is not a plain file")
            return file.read()
    except FileNotFoundError:
        raise DamagedRunError(f"{path} is missing", hint="restore it from a copy") from None
    except OSError as error:
        if path.is_symlink():
            raise DamagedRunError(f"{path} is a link; a run holds plain files only") from None
        raise StorageError(f"reading {path} failed: {error.strerror}") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
