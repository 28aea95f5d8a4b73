"""Where predictions go: a file, a pipe, or a terminal, which never gets a raw control character."""

import io
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from gru_toolkit.cli.text import Output
from gru_toolkit.errors import UsageError

if TYPE_CHECKING:
    from gru_toolkit.sequences.dataset import Dataset
    from gru_toolkit.sequences.table import Reject

STDOUT = "-"


@dataclass(frozen=True)
class Destination:
    """What the user asked for: a file's name, `-` or nothing for standard output, and a format."""

    out: str | None
    format: str | None


class Seen:
    """Takes the datasets that were read: says their notes once and keeps their rejected rows."""

    def __init__(self, output: Output):
        self._output = output
        self._said: set[str] = set()
        self.rejects: list[Reject] = []

    def __call__(self, dataset: "Dataset") -> None:
        for note in dataset.notes:
            if note not in self._said:
                self._output.note(note)
        self._said |= set(dataset.notes)
        self.rejects += dataset.rejects


def send(batches: Iterable[Mapping[str, Any]], destination: Destination, output: Output) -> int:
    """Write the predictions and say how many there are; returns their number.

    With `--json` a file's name and number of rows are the one JSON value; on standard output the predictions themselves
    are JSON lines.
    """
    from gru_toolkit.runs.output import write_predictions

    if destination.out not in (None, STDOUT):
        rows = write_predictions(batches, Path(str(destination.out)), destination.format)
        output.value({"predictions": rows, "file": destination.out})
        output.note(f"{rows:,} predictions in {destination.out}")
        return rows
    kind = destination.format or ("jsonl" if output.json else "csv")
    if output.json and kind != "jsonl":
        raise UsageError(f"--json writes JSON lines to standard output, not {kind}", hint="name a file with --out")
    if not sys.stdout.isatty():
        sys.stdout.flush()
        return write_predictions(batches, sys.stdout.buffer, kind)
    if kind in ("parquet", "arrow"):
        raise UsageError(f"a terminal cannot show {kind}", hint="name a file with --out")
    with io.BufferedWriter(Shown()) as shown:
        return write_predictions(batches, cast(IO[bytes], shown), kind)


def send_text(parts: Iterable[bytes], destination: Destination, output: Output) -> None:
    """Write predictions that are lines of text, not rows of a table."""
    from gru_toolkit.runs import files

    if destination.out not in (None, STDOUT):
        with files.replacing(Path(str(destination.out))) as stream:
            for part in parts:
                stream.write(part)
        output.value({"file": destination.out})
        output.note(f"predictions in {destination.out}")
        return
    if output.json:
        raise UsageError("--json and lines of text do not go together", hint="name a file with --out")
    sys.stdout.flush()
    shown = io.BufferedWriter(Shown()) if sys.stdout.isatty() else sys.stdout.buffer
    for part in parts:
        shown.write(part)
    shown.flush()


class Shown(io.RawIOBase):
    """A binary stream onto the terminal, line by line through the print boundary. State: the unfinished line."""

    def __init__(self) -> None:
        self._pending = b""

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        *lines, self._pending = (self._pending + bytes(content)).split(b"\n")
        for line in lines:
            Output().line(line.decode("utf-8", "backslashreplace").rstrip("\r"))
        return len(content)
