"""Text input as blocks of whole lines, with every line counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from gru_toolkit.errors import DataError, Place
from gru_toolkit.sequences.sources import check_encoding, readable

BLOCK_BYTES = 1 << 20
_LONGEST_LINE = 64 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole lines, each ended by a line feed; CR LF has become LF.

    data        the bytes
    first_line  the number of the first line, from 1
    """

    data: bytes
    first_line: int

    def text(self) -> str:
        """The lines as text; bytes that are not UTF-8 become lone surrogates."""
        return self.data.decode("utf-8", "surrogateescape")


def blocks(stream: BinaryIO, name: str, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """The lines of a stream in blocks of about `size` bytes; a byte order mark and empty lines at the end are left out.

    Raises DataError for another encoding told by its mark and for a line of more than 64 MiB.
    """
    line, blank, first = 1, 0, True
    for data in _whole_lines(stream, name, size):
        if first:
            check_encoding(name, data[:4])
            data = data.removeprefix(_BOM)
            first = False
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        content = data.rstrip(b"\n")
        if content:
            block = Block(b"\n" * blank + content + b"\n", line)
            yield block
            line += blank + content.count(b"\n") + 1
            blank = max(len(data) - len(content) - 1, 0)
        else:
            blank += len(data)


def _whole_lines(stream: BinaryIO, name: str, size: int) -> Iterator[bytes]:
    parts: list[bytes] = []
    length = 0
    while True:
        with readable(name):
            data = stream.read(size)
        cut = data.rfind(b"\n") + 1
        if cut:
            yield b"".join(parts) + data[:cut]
            parts, length = [], 0
        parts.append(data[cut:])
        length += len(parts[-1])
        if length > _LONGEST_LINE:
            raise DataError("holds a line of more than 64 MiB; is it a text file?", place=Place(name))
        if not data:
            rest = b"".join(parts)
            if rest:
                yield rest
            return
