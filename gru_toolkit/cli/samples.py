"""The sample files that `data` lists and writes."""

from pathlib import Path
from typing import TYPE_CHECKING

from gru_toolkit.cli import tables
from gru_toolkit.cli.text import Output
from gru_toolkit.config import nearest
from gru_toolkit.errors import CannotWriteError, Place, UsageError

if TYPE_CHECKING:
    from gru_toolkit.sequences.samples import Sample


def list_all(output: Output) -> None:
    """Print the names of the samples and what they are."""
    samples = _all()
    output.value([{"name": s.name, "task": s.task, "summary": s.summary, "try": s.example} for s in samples.values()])
    output.lines(tables.pairs({sample.name: f"{sample.task}: {sample.summary}" for sample in samples.values()}))


def write(output: Output, name: str, out: Path | None, seed: int) -> None:
    """Write a sample and say what to try with it.

    Raises UsageError for an unknown name, CannotWriteError if the file is there already.
    """
    from gru_toolkit.runs import files

    samples = _all()
    if name not in samples:
        raise UsageError(f"there is no sample {name!r}; there are {', '.join(samples)}", hint=nearest(name, samples))
    sample = samples[name]
    path = out or Path(sample.name + sample.ending)
    if path.exists():
        raise CannotWriteError("it is there already", place=Place(str(path)), hint="choose another with --out")
    made = sample.make(seed)
    for part, content in made.items() if isinstance(made, dict) else [("", made.encode())]:
        (path / part).parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically(path / part, content)
    example = sample.example.replace(sample.name + sample.ending, str(path))
    output.value({"file": str(path), "task": sample.task, "try": example})
    output.line(f"{path}: {sample.summary}")
    output.note(f"next: {example}")


def _all() -> "dict[str, Sample]":
    """The samples of tables and of games, by name."""
    from gru_toolkit.chess import samples as games
    from gru_toolkit.sequences import samples

    return {**samples.SAMPLES, **games.SAMPLES}
