"""A language model at work: text that goes on from a prompt, unit by unit, on ONNX Runtime."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gru_toolkit.errors import UsageError
from gru_toolkit.networks import session
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.vocabularies import END, SPECIALS, START, UNKNOWN
from gru_toolkit.tasks.decoding import Sampling, choose
from gru_toolkit.tasks.generate import surprise

LOGITS = "logits"
State = tuple[dict[str, np.ndarray], np.ndarray]
"""The network's memory by name, and its scores (V,) of the next unit."""


@dataclass(frozen=True)
class Request:
    """What to write.

    length  units at most
    stop    texts at which to stop; they are not given out
    """

    length: int = 500
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.length < 1:
            raise UsageError(f"the length must be at least 1 unit, got {self.length}")
        if "" in self.stop:
            raise UsageError("a text to stop at must not be empty")


class LanguageModel:
    """A language model and where it stands in a text. Protected state: the network's memory and its last scores."""

    def __init__(self, run: Run):
        """Raises UsageError for a run of another task."""
        if run.task.name != "generate":
            raise UsageError(f"{run.folder} is a {run.task.name} run; only generate runs write text")
        self.vocabulary = run.codec.vocabulary
        self.ends = bool(run.codec.several)
        self._session = session.open_session(run.graph, threads=1)
        names = [output.name for output in self._session.get_outputs()]
        self._outputs = [LOGITS, *(name for name in names if name.startswith("next_state_"))]
        self.restart()

    def restart(self) -> None:
        """Forget everything: a new text begins."""
        self._memory: dict[str, np.ndarray] = session.initial_states(self._session, 1)
        self.read(np.array([START]))

    @property
    def state(self) -> State:
        """Where the model stands; setting it goes back there."""
        return self._memory, self.scores

    @state.setter
    def state(self, state: State) -> None:
        self._memory, self.scores = state

    def read(self, ids: np.ndarray) -> None:
        """Take in the ids (n,) that come next in the text."""
        self._advance(ids)

    def surprises(self, ids: np.ndarray) -> np.ndarray:
        """(n,) float64 nats: how surprising each of the ids (n,) was that come next; they are taken in."""
        before = self.scores
        scores = np.concatenate([before[None], self._advance(ids)[:-1]])
        return np.asarray(surprise(scores[None], ids[None].astype(np.int64))[0])

    def _advance(self, ids: np.ndarray) -> np.ndarray:
        """(n, V) the scores after each of the ids."""
        feed = {"ids": ids.astype(np.int32)[None, :], **self._memory}
        values: list[Any] = self._session.run(self._outputs, feed)
        scores: np.ndarray = values[0][0]
        self.scores = scores[-1]
        self._memory = {
            name.removeprefix("next_"): value for name, value in zip(self._outputs[1:], values[1:], strict=True)
        }
        return scores

    def write(self, request: Request) -> Iterator[str]:
        """Text piece by piece; a piece may be empty text's worth of waiting for the rest of a character or a stop text.

        After the last piece the model stands behind what it wrote.
        """
        rng = np.random.default_rng(request.seed)
        allowed = np.arange(len(self.vocabulary)) >= SPECIALS
        allowed[END] = self.ends
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        held = ""
        for _ in range(request.length):
            chosen = choose(self.scores, allowed=allowed, sampling=request.sampling, rng=rng)
            if chosen == END:
                break
            self.read(np.array([chosen]))
            held += decoder.decode(self.vocabulary.piece_bytes(chosen))
            found = [held.find(stop) for stop in request.stop if stop in held]
            if found:
                yield held[: min(found)]
                return
            ready = len(held) - _waiting(held, request.stop)
            if ready:
                yield held[:ready]
                held = held[ready:]
        yield held + decoder.decode(b"", final=True)


def write(run: Run, prompt: str, request: Request) -> Iterator[str]:
    """The text that goes on from the prompt, as it is written. Raises UsageError for a run of another task."""
    model = LanguageModel(run)
    if prompt:
        model.read(model.vocabulary.encode(prompt))
    yield from model.write(request)


def unknown_in(run: Run, prompt: str) -> list[str]:
    """The characters or words of a prompt that the model has never seen."""
    known = run.codec.vocabulary
    if known.config.unit not in ("char", "word"):
        return []
    pieces = zip(known.shown(prompt), known.encode(prompt).tolist(), strict=True)
    return list(dict.fromkeys(piece for piece, number in pieces if number == UNKNOWN))


def _waiting(text: str, stops: tuple[str, ...]) -> int:
    """Characters at the end of the text that may be the beginning of a stop text."""
    longest = 0
    for stop in stops:
        for length in range(min(len(stop) - 1, len(text)), longest, -1):
            if text.endswith(stop[:length]):
                longest = length
                break
    return longest
