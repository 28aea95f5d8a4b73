"""The sample files that `data` lists and writes."""

from pathlib import Path

from gru_toolkit.cli import tables
from gru_toolkit.cli.text import Output
from gru_toolkit.config import nearest
from gru_toolkit.errors import CannotWriteError, Place, UsageError


def list_all(output: Output) -> None:
    """Print the names of the samples and what they are."""
    from gru_toolkit.sequences.samples import SAMPLES

    output.value([{"name": s.name, "task": s.task, "summary": s.summary, "try": s.example} for s in SAMPLES.values()])
    output.lines(tables.pairs({sample.name: f"{sample.task}: {sample.summary}" for sample in SAMPLES.values()}))


def write(output: Output, name: str, out: Path | None, seed: int) -> None:
    """Write a sample and say what to try with it.

    Raises UsageError for an unknown name, CannotWriteError if the file is there already.
    """
    from gru_toolkit.runs import files
    from gru_toolkit.sequences.samples import SAMPLES

    if name not in SAMPLES:
        raise UsageError(f"there is no sample {name!r}; there are {', '.join(SAMPLES)}", hint=nearest(name, SAMPLES))
    sample = SAMPLES[name]
    path = out or Path(sample.name + sample.ending)
    if path.exists():
        raise CannotWriteError("the file is there already", place=Place(str(path)), hint="choose another with --out")
    files.write_atomically(path, sample.make(seed).encode())
    example = sample.example.replace(sample.name + sample.ending, str(path))
    output.value({"file": str(path), "task": sample.task, "try": example})
    output.line(f"{path}: {sample.summary}")
    output.note(f"next: {example}")
