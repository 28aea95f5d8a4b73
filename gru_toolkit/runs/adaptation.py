"""Dynamic evaluation: a language model whose output layer goes on learning from the text it is scored on.

After each segment is scored, one gradient step moves the table and the bias of the scores (Krause et al. 2018, "Dynamic
Evaluation of Neural Sequence Models", here for the output layer only, which needs no more than the features that the
graph gives out). Several step sizes go side by side, none among them, and their probabilities are mixed by how well
each did so far, so that learning costs next to nothing where it does not help. No unit is scored by weights that have
seen it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gru_toolkit.errors import DamagedRunError, UsageError
from gru_toolkit.networks import session
from gru_toolkit.runs import manifest, run
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.vocabularies import START
from gru_toolkit.tasks.text_windows import encoded

SEGMENT = 64
"""Units between two steps."""
RATES = (0.0, 4.0, 16.0, 64.0)
"""Sizes of a step that go side by side; up to 4 no step can overshoot."""
BACK = 0.003
"""Share of the way back to the trained weights after each step."""
LARGEST = 50.0
"""Nats that a unit costs at most, whatever a layer has come to."""
_WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Scores:
    """How surprising each unit of a text was.

    still, adapted  (N,) nats by the trained weights, and by the weights that go on learning
    """

    still: np.ndarray
    adapted: np.ndarray


class Mixture:
    """Output layers of several rates. Protected state: the layers, and the logarithms of their shares."""

    def __init__(self, layers: "Sequence[OutputLayer]"):
        self._layers = layers
        self._shares = np.full(len(layers), -np.log(len(layers)))

    def nats(self, features: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(T,) the surprise by the first layer, and (T,) that by all layers mixed; then all learn."""
        each = np.stack([layer.nats(features, wanted) for layer in self._layers])  # (K, T)
        after = self._shares[:, None] - np.cumsum(each, axis=1)
        before = np.concatenate([self._shares[:, None], after[:, :-1]], axis=1)
        mixed = _log_sum(before) - _log_sum(after)
        shares = after[:, -1] - _log_sum(after[:, -1:])[0]
        # A little of every share stays, so that a layer can come back.
        self._shares = np.logaddexp(np.log(0.99) + shares, np.log(0.01 / len(shares)))
        return each[0], mixed


class OutputLayer:
    """The scores' table (V, E) and bias (V,), which learn. Protected state: both, and where they came from."""

    def __init__(self, table: np.ndarray, bias: np.ndarray, *, rate: float, back: float):
        self._trained = (table.copy(), bias.copy())
        self.table, self.bias = table.copy(), bias.copy()
        self._rate, self._back = rate, back

    def nats(self, features: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """(T,) the surprise of each wanted id (T,) at features (T, E); then the layer learns from them."""
        logits = features @ self.table.T + self.bias
        logits = logits - logits.max(axis=1, keepdims=True)
        chance = np.exp(logits)
        total = chance.sum(axis=1, keepdims=True)
        rows = np.arange(len(wanted))
        found = np.minimum(np.log(total[:, 0]) - logits[rows, wanted], LARGEST)
        error = chance / total
        error[rows, wanted] -= 1
        # Divided by the features' power, so that one rate serves networks of any scale (normalised LMS, Widrow 1985).
        error *= self._rate / max(float(np.square(features).sum()), 1e-6)
        self.table -= error.T @ features
        self.bias -= error.sum(axis=0)
        self.table += self._back * (self._trained[0] - self.table)
        self.bias += self._back * (self._trained[1] - self.bias)
        return np.asarray(found, np.float64)


def scores(trained: Run, dataset: Dataset, *, rates: Sequence[float] = RATES, back: float = BACK) -> Scores:
    """Every unit of a text scored once, in order, with the memory carried through the whole text.

    Raises UsageError for a run of another task.
    """
    if trained.task.name != "generate":
        raise UsageError(f"--adapt is for runs of generate; {trained.folder} is a {trained.task.name} run")
    table, bias = _output_layer(trained)
    mixture = Mixture([OutputLayer(table, bias, rate=rate, back=back) for rate in rates])
    stream = encoded(everything(dataset), trained.codec.vocabulary)
    opened = session.open_session(trained.graph)
    memory: dict[str, np.ndarray] = session.initial_states(opened, 1)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    before = START
    for start in range(0, len(stream), SEGMENT):
        wanted = stream.ids[start : start + SEGMENT].astype(np.int64)
        ids = np.concatenate([[before], wanted[:-1]])
        outputs = session.predict(opened, {"ids": ids[None, :], **memory})
        memory, before = session.next_states(outputs), int(wanted[-1])
        found.append(mixture.nats(outputs["features"][0], wanted))
    return Scores(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _log_sum(logarithms: np.ndarray) -> np.ndarray:
    """(T,) the logarithm of the sum over the first axis of (K, T)."""
    highest = logarithms.max(axis=0)
    return np.asarray(np.log(np.exp(logarithms - highest).sum(axis=0)) + highest)


def _output_layer(trained: Run) -> tuple[np.ndarray, np.ndarray]:
    """Table (V, E) and bias (V,) of the trained network."""
    weights = run.arrays_from_bytes(manifest.verify(trained.folder)[_WEIGHTS], str(trained.folder / _WEIGHTS))
    try:
        return weights["embedding/embeddings"], weights["scores/bias"]
    except KeyError as error:
        raise DamagedRunError(f"the weights have no {error}") from error
