"""Predictions of a tagger in the form of the text itself: its own lines, with the tags in their column."""

from collections.abc import Callable, Iterator, Sequence

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import UsageError
from gru_toolkit.runs.prediction import BATCH_SIZE, predictor, reading_of
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.dataset import Dataset, batches
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.tasks.tag_decoding import tagged_lines

ENDINGS = (".conll", ".conllu", ".bio", ".iob")
NAME = "conll"


def is_wanted(out: str | None, format: str | None) -> bool:
    """Whether predictions are to be lines of tagged text: by their format, or by the ending of the file's name."""
    return format == NAME or (format is None and out is not None and out.lower().endswith(ENDINGS))


def predict(
    run: Run, data: Sequence[str], read: ReadConfig | None, *, on_dataset: Callable[[Dataset], None]
) -> Iterator[bytes]:
    """The sentences of the files, one after the other, each ended by an empty line.

    on_dataset  is told of each file once it is read

    Raises UsageError for a run of another task, and what reading raises.
    """
    if run.task.name != "tag":
        raise UsageError(f"only tags are written as {NAME}, this is a {run.task.name} run", hint="use csv or jsonl")
    answer = predictor(run.graph)
    for path in data:
        dataset = read_dataset([path], reading_of(run, read), run.task.wants(run.settings, labelled=False))
        on_dataset(dataset)
        for arrays in batches(run.task.requests(dataset, run.codec, run.settings), BATCH_SIZE):
            decoded = run.task.decode(answer(arrays.inputs), arrays, run.codec, run.settings)
            yield "".join(f"{line}\n" for line in tagged_lines(decoded, arrays, run.codec, dataset)).encode()
