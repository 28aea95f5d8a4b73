"""A translator at work: sentences in, translations out, on ONNX Runtime."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from gru_toolkit.errors import UsageError
from gru_toolkit.runs.prediction import answering
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.dataset import batches
from gru_toolkit.sequences.parallel import of_sentences
from gru_toolkit.tasks.figures import Alignment
from gru_toolkit.tasks.translate import alignment

AT_ONCE = 256


@dataclass(frozen=True)
class Search:
    """How to search; None takes what the run was trained with."""

    beam: int | None = None
    length_penalty: float | None = None


@dataclass(frozen=True)
class Translation:
    """A sentence, its translation, the translation's log-probability by length, and what it looked at."""

    text: str
    translation: str
    score: float
    attention: Alignment


def translate(run: Run, sentences: Iterable[str], search: Search | None = None) -> Iterator[Translation]:
    """The translations of sentences in their order; an empty sentence stays empty.

    Raises UsageError for a run of another task, ConfigError for a search that cannot be.
    """
    if run.task.name != "translate":
        raise UsageError(f"{run.folder} is a {run.task.name} run; only translate runs translate")
    asked = search or Search()
    changes = {"beam": asked.beam, "length_penalty": asked.length_penalty}
    settings = replace(run.settings, **{name: value for name, value in changes.items() if value is not None})
    answer = answering(run.task, run.graphs, settings)
    waiting = iter(sentences)
    while some := list(islice(waiting, AT_ONCE)):
        for arrays in batches(run.task.requests(of_sentences(some), run.codec, settings), AT_ONCE):
            decoded = run.task.decode(answer(arrays.inputs), arrays, run.codec, settings)
            for row, text in enumerate(arrays.context["text"].tolist()):
                picture = alignment(decoded, arrays, run.codec, row)
                yield Translation(text, decoded["translation"][row], float(decoded["scores"][row]), picture)
