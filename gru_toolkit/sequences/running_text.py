"""Running text: files and folders of plain UTF-8 text as one long column of bytes.

A plain file is mapped into memory and never copied; packed and several files go through an unnamed temporary file that
is mapped likewise. So a text larger than memory can be read.
"""

import codecs
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gru_toolkit.config import ReadConfig, SplitConfig
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError
from gru_toolkit.sequences.dataset import Dataset, Part, Roles, Splits
from gru_toolkit.sequences.sources import Source, check_encoding, find_source, opened, readable
from gru_toolkit.sequences.table import Column

BLOCK_BYTES = 1 << 20
TEXT = "text"
"""The name of the one column."""
ENDINGS = (".txt", ".text", ".md", ".rst")
"""Files of a folder that are read; .gz and .zst may follow."""
_BOM = codecs.BOM_UTF8
_CONTINUES = 0x80  # the bytes 10xxxxxx stand inside a character


def read_running_text(paths: Sequence[str], config: ReadConfig) -> Dataset:
    """One sequence a file, a step a byte.

    Raises MissingInputError for a file that is not there, DataError with file and line for what is not UTF-8 text or
    empty, UsageError for a query over text.
    """
    if config.query is not None or config.table is not None:
        raise UsageError("running text has no tables: --query and --table do not go with it")
    if not paths:
        raise UsageError("no file to read was given")
    names = [name for path in paths for name in text_files(path)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{'stdin' if twice == '-' else twice} is given twice")
    values, lengths = _gathered(names)
    for name, length in zip(names, lengths, strict=True):
        if not length:
            raise DataError("the file is empty: there is no text to read", place=Place(name))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    digest = hashlib.sha256(repr(list(lengths)).encode())
    for start in range(0, len(values), BLOCK_BYTES):
        digest.update(values[start : start + BLOCK_BYTES].data)
    return Dataset(
        ids=tuple(names),
        offsets=offsets,
        steps={TEXT: Column(TEXT, "bytes", values)},
        statics={},
        roles=Roles(inputs=(TEXT,)),
        sources=tuple(paths),
        fingerprint=digest.hexdigest(),
    )


def of_text(text: str, name: str = "text") -> Dataset:
    """The dataset of a text in memory."""
    values = np.frombuffer(text.encode("utf-8"), np.uint8)
    steps = {TEXT: Column(TEXT, "bytes", values)}
    return Dataset((name,), np.array([0, len(values)]), steps, {}, Roles(inputs=(TEXT,)), sources=(name,))


def text_blocks(part: Part) -> Iterator[tuple[int, str]]:
    """(sequence, text) of the part's spans, in order, in blocks of about a mebibyte that end at a line's end if any."""
    for sequence, start, stop in part.spans.tolist():
        first = int(part.dataset.offsets[sequence])
        values = part.dataset.steps[TEXT].values[first + start : first + stop]
        position = 0
        while position < len(values):
            block = values[position : position + BLOCK_BYTES]
            if position + len(block) < len(values):
                block = block[: _last_cut(block)]
            position += len(block)
            yield sequence, block.tobytes().decode("utf-8")


def whole_character(values: np.ndarray, position: int) -> int:
    """The first position from `position` on where a character begins, or the end."""
    while position < len(values) and values[position] & 0xC0 == _CONTINUES:
        position += 1
    return position


def _last_cut(block: np.ndarray) -> int:
    """Where to end a block: behind its last line feed, or else before its last character."""
    feeds = np.flatnonzero(block == 10)
    if len(feeds):
        return int(feeds[-1]) + 1
    place = len(block) - 1
    while place > 1 and block[place] & 0xC0 == _CONTINUES:
        place -= 1
    return place


def text_files(path: str) -> list[str]:
    """The file itself, or the text files of a folder in the order of their names."""
    folder = Path(path)
    if path == "-" or not folder.is_dir():
        return [path]
    found = sorted(str(file) for file in folder.rglob("*") if file.is_file() and _is_text_name(file))
    if not found:
        raise MissingInputError(f"the folder holds no text file ({', '.join(ENDINGS)})", place=Place(path))
    return found


def _is_text_name(file: Path) -> bool:
    endings = [ending.lower() for ending in file.suffixes if ending.lower() not in (".gz", ".zst")]
    return not file.name.startswith(".") and bool(endings) and endings[-1] in ENDINGS


def _gathered(names: Sequence[str]) -> tuple[np.ndarray, list[int]]:
    """All bytes as one array, and how many belong to each file."""
    if len(names) == 1 and (mapped := _mapped(names[0])) is not None:
        return mapped, [len(mapped)]
    with closing(tempfile.TemporaryFile()) as gathered:
        lengths = [_copy(name, gathered) for name in names]
        gathered.flush()
        if not sum(lengths):
            return np.zeros(0, np.uint8), lengths
        # The mapping keeps the unnamed file alive after it is closed.
        return np.memmap(gathered, np.uint8, mode="r"), lengths


def _mapped(name: str) -> np.ndarray | None:
    """A plain file mapped into memory and found to be UTF-8; None for stdin and packed or empty files."""
    if name == "-":
        return None
    _refuse_stranger(name)
    with readable(name), Path(name).open("rb") as file:
        head = file.read(4)
        if not head or head[:2] == b"\x1f\x8b" or head == b"\x28\xb5\x2f\xfd":
            return None
        file.seek(0)
        for _ in _checked(file, name):
            pass
        values = np.memmap(name, np.uint8, mode="r")
    return values[len(_BOM) :] if head.startswith(_BOM) else values


def _copy(name: str, target: BinaryIO) -> int:
    """Append a file's text to the target; returns the number of bytes."""
    if name != "-":
        _refuse_stranger(name)
    with opened(Source(name, TEXT)) as stream:
        return sum(target.write(block) for block in _checked(stream, name))


def _refuse_stranger(name: str) -> None:
    """Raise for a missing file, and for pictures, programs and tables told by their first bytes."""
    source = find_source(name, None)
    if source.format in ("parquet", "arrow", "npz", "duckdb", "sqlite"):
        raise DataError(f"is a {source.format} file, expected plain text", place=Place(name))


def _checked(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The stream's blocks without a byte order mark.

    Raises DataError naming the line of the first byte that is not UTF-8, or of a NUL.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, first = 1, True
    while True:
        with readable(name):
            block = stream.read(BLOCK_BYTES)
        if first:
            check_encoding(name, block[:4])
            block, first = block.removeprefix(_BOM), False
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            at = line + error.object[: error.start].count(b"\n")
            found = f"byte 0x{error.object[error.start]:02x} is not UTF-8 text"
            raise DataError(found, place=Place(name, at), hint=_RECODE) from None
        if b"\0" in block:
            at = line + block[: block.index(b"\0")].count(b"\n")
            raise DataError("holds a NUL byte; is it a text file?", place=Place(name, at))
        if not block:
            return
        line += block.count(b"\n")
        yield block


_RECODE = "convert it, for example with: iconv -f ISO-8859-1 -t UTF-8"


def split_text(dataset: Dataset, config: SplitConfig) -> Splits:
    """The text cut at two positions: first training, then validation, then test; never inside a character.

    Numbers in `config.split` count bytes. Raises DataError when a part that was asked for would be empty.
    """
    values = dataset.steps[TEXT].values
    total = len(values)
    shares = [float(share) for share in config.split]
    edges = np.cumsum(shares if sum(shares) > 1.5 else [share * total + 1e-6 for share in shares]).astype(np.int64)
    if edges[-1] > total:
        raise DataError(f"{edges[-1]:,} bytes are asked for, the text has {total:,}", hint="change --split")
    cuts = [0, *(whole_character(values, int(edge)) for edge in edges)]
    parts, lines = [], ["parted by position"]
    for place, name in enumerate(("training", "validation", "test")):
        part = Part(dataset, _spans(dataset, cuts[place], cuts[place + 1]), name)
        if shares[place] and not part.rows:
            raise DataError(f"the {name} part would be empty: the text has {total:,} bytes", hint="change --split")
        parts.append(part)
        lines.append(f"{name}: {part.rows:,} bytes" if part.rows else f"{name}: empty")
    return Splits(parts[0], parts[1], parts[2], tuple(lines))


def _spans(dataset: Dataset, start: int, stop: int) -> np.ndarray:
    """(K, 3) the spans of all sequences that lie in the bytes start:stop of the whole text."""
    first = np.maximum(dataset.offsets[:-1], start)
    last = np.minimum(dataset.offsets[1:], stop)
    inside = np.flatnonzero(last > first)
    begin = dataset.offsets[:-1][inside]
    return np.stack([inside, first[inside] - begin, last[inside] - begin], axis=1).astype(np.int64)
