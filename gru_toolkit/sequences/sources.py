"""A named input as bytes: which format it has, unpacked, with every failure of the system told as the user's."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from gru_toolkit.config import nearest
from gru_toolkit.errors import ConfigError, DataError, MissingInputError, Place, StorageError

TEXT_FORMATS = ("csv", "tsv", "inter", "jsonl", "ts")
BINARY_FORMATS = ("parquet", "arrow", "npz", "duckdb", "sqlite")
TAGGED_FORMATS = ("conll", "conllu", "slots", "tokens")
FORMATS = (*TEXT_FORMATS, *BINARY_FORMATS, *TAGGED_FORMATS, "audio", "pgn")
SOUND_ENDINGS = (".wav", ".flac", ".ogg")
_HEAD = 64
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_ENDINGS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".inter": "inter",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".ts": "ts",
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".arrows": "arrow", ".feather": "arrow",
    ".ipc": "arrow",
    ".conll": "conll", ".bio": "conll", ".iob": "conll", ".conllu": "conllu",
    **dict.fromkeys(SOUND_ENDINGS, "audio"),
    ".npz": "npz", ".pgn": "pgn", ".duckdb": "duckdb", ".ddb": "duckdb", ".sqlite": "sqlite", ".sqlite3": "sqlite",
}  # fmt: skip
_MAGIC = (
    (0, b"PAR1", "parquet"), (0, b"ARROW1", "arrow"), (0, b"\xff\xff\xff\xff", "arrow"), (0, b"FEA1", "arrow"),
    (0, b"SQLite format 3\0", "sqlite"), (8, b"DUCK", "duckdb"), (0, b"PK\x03\x04", "npz"),
)  # fmt: skip
_STRANGERS = (
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"), (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"), (b"BZh", "bzip2 data"), (b"\xfd7zXZ", "xz data"), (b"\x89HDF", "an HDF5 file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"RIFF", "a RIFF (sound or video) file"),
)  # fmt: skip
_UTF = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass(frozen=True)
class Source:
    """One input: its name as the user wrote it, and its format, one of FORMATS."""

    name: str
    format: str
    notes: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """The name without folders and endings, as a name for what is inside."""
        return "stdin" if self.name == "-" else Path(self.name).name.split(".")[0]


def find_source(name: str, wanted: str | None) -> Source:
    """The input of that name ("-" is stdin), its format told by its content, then by its name.

    Raises MissingInputError if it is not a readable file, DataError if its content is of no known format or not of the
    wanted one, ConfigError for an unknown wanted format.
    """
    if wanted is not None and wanted not in FORMATS:
        raise ConfigError(f"format must be one of {', '.join(FORMATS)}, got {wanted!r}", hint=nearest(wanted, FORMATS))
    if name == "-":
        return Source(name, wanted or "csv")
    if wanted in (None, "slots") and (Path(name) / "seq.in").is_file():
        return Source(name, "slots")
    if wanted in (None, "audio") and Path(name).is_dir():
        return Source(name, "audio")
    head = _head(name)
    if wanted in (None, "audio") and ending_of(name) == "audio":
        return Source(name, "audio")
    packed = next((packing for magic, packing in _PACKED.items() if head.startswith(magic)), None)
    ending = _ending(name, packed)
    if packed is None:
        found = _binary_format(name, head)
        if found:
            return _agreed(name, found, wanted, ending)
    asked = wanted or ending
    if asked in BINARY_FORMATS:
        what = f"{packed} data" if packed else "something else" if head else "an empty file"
        raise DataError(f"expected a {asked} file, found {what}", place=Place(name))
    if asked is None:
        guess = "jsonl" if head[:1] == b"{" else "ts" if head[:1] in (b"@", b"#") else "csv"
        note = f"assumed {name} is {guess}, because its name does not tell; override with --format"
        return Source(name, guess, (note,))
    return Source(name, asked)


def ending_of(name: str) -> str | None:
    """The format that the ending of a file's name tells, or None."""
    endings = [ending.lower() for ending in Path(name).suffixes if ending.lower() not in (".gz", ".zst")]
    return _ENDINGS.get(endings[-1]) if endings else None


def holds_recordings(folder: Path) -> bool:
    """Whether there is a sound file somewhere below a folder."""
    return any(path.suffix.lower() in SOUND_ENDINGS for path in folder.rglob("*"))


def _head(name: str) -> bytes:
    path = Path(name)
    if path.is_dir():
        raise MissingInputError("is a folder, expected a file", place=Place(name))
    if not path.exists():
        near = nearest(path.name, [item.name for item in path.parent.iterdir()]) if path.parent.is_dir() else None
        raise MissingInputError("there is no such file", place=Place(name), hint=near)
    with readable(name), path.open("rb") as file:
        return file.read(_HEAD)


def _ending(name: str, packed: str | None) -> str | None:
    endings = [ending.lower() for ending in Path(name).suffixes]
    if endings and endings[-1] in (".gz", ".zst"):
        claimed = {".gz": "gzip", ".zst": "zstd"}[endings.pop()]
        if packed != claimed:
            raise DataError(f"its name says {claimed}, its content is {packed or 'not packed'}", place=Place(name))
    return _ENDINGS.get(endings[-1]) if endings else None


def _binary_format(name: str, head: bytes) -> str | None:
    for magic, encoding in _UTF:
        if head.startswith(magic) and not head.startswith(b"\xff\xff"):
            raise utf_error(name, encoding)
    for magic, what in _STRANGERS:
        if head.startswith(magic):
            raise DataError(f"is {what}, expected one of {', '.join(FORMATS)}", place=Place(name))
    return next((kind for start, magic, kind in _MAGIC if head[start : start + len(magic)] == magic), None)


def _agreed(name: str, found: str, wanted: str | None, ending: str | None) -> Source:
    asked = wanted or ending
    if asked in (None, found):
        return Source(name, found)
    hint = f"use --format {found}" if wanted is None else "leave --format out"
    raise DataError(f"expected a {asked} file, its content is {found}", place=Place(name), hint=hint)


def utf_error(name: str, encoding: str) -> DataError:
    """The refusal of a text in another encoding than UTF-8, told by its first bytes."""
    hint = f"convert it with: iconv -f {encoding} -t UTF-8"
    return DataError(f"is {encoding} text, expected UTF-8", place=Place(name, 1), hint=hint)


def check_encoding(name: str, head: bytes) -> None:
    """Raises DataError when the first bytes say UTF-16 or UTF-32."""
    for magic, encoding in _UTF:
        if head.startswith(magic):
            raise utf_error(name, encoding)


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The bytes of the input, unpacked if they are gzip or zstd.

    Raises StorageError when the system cannot read, DataError when packed data are damaged.
    """
    if source.name == "-":
        yield sys.stdin.buffer
        return
    with readable(source.name), Path(source.name).open("rb") as file:
        head = file.read(4)
        packing = next((packing for magic, packing in _PACKED.items() if head.startswith(magic)), None)
        file.seek(0)
        if packing == "gzip":
            with gzip.open(file) as unpacked:
                yield cast(BinaryIO, unpacked)
        elif packing == "zstd":
            import pyarrow

            with pyarrow.CompressedInputStream(file, "zstd") as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            yield file


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turns failures of reading inside the block into the errors a user sees."""
    try:
        yield
    except PermissionError as error:
        raise MissingInputError("cannot be read: permission denied", place=Place(name)) from error
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"the packed data are damaged or cut short: {error}", place=Place(name)) from error
    except OSError as error:
        if error.errno is None:  # pyarrow reports damaged zstd data as an OSError without a number
            raise DataError(f"the packed data are damaged or cut short: {error}", place=Place(name)) from error
        raise StorageError(f"reading failed: {error.strerror}", place=Place(name)) from error
