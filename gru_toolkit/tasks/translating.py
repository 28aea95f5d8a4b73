"""A translator at work on ONNX Runtime: the encoder once, then a search step by step."""

from collections.abc import Mapping

import numpy as np
import onnxruntime

from gru_toolkit.networks import session
from gru_toolkit.sequences.vocabularies import PADDING
from gru_toolkit.tasks.beam_search import Beam, Found, search

ENCODER, STEP = "encoder.onnx", "step.onnx"
AT_ONCE = 6_000
"""Units of sentences, padding and beams counted in, that are translated at once."""


class Translator:
    """The two graphs of a translator. State: their sessions."""

    def __init__(self, graphs: Mapping[str, bytes], threads: int | None = None):
        self._encoder = session.open_session(graphs[ENCODER], threads)
        self._step = session.open_session(graphs[STEP], threads)
        names = [output.name for output in self._step.get_outputs()]
        self._states = [name for name in names if name.startswith("next_")]

    def translate(self, inputs: Mapping[str, np.ndarray], beam: Beam) -> dict[str, np.ndarray]:
        """The best translation of each sentence.

        inputs   source (B, S) and source_lengths (B,); others are passed over
        returns  ids (B, T) padded, lengths (B,), scores (B,) log-probability by length, attention (B, T, S)
        """
        source, lengths = inputs["source"], np.asarray(inputs["source_lengths"])
        found: dict[int, tuple[np.ndarray, float, np.ndarray]] = {}
        for rows in _batches(lengths, beam.width):
            longest = int(lengths[rows].max())
            some = self._search(source[rows, :longest], lengths[rows], beam)
            found |= dict(
                zip(rows.tolist(), zip(some.ids, some.scores.tolist(), some.attention, strict=True), strict=True)
            )
        texts = [found[row] for row in range(len(source))]
        width = max((len(ids) for ids, _, _ in texts), default=0)
        ids = np.full((len(texts), width), PADDING, np.int32)
        attention = np.zeros((len(texts), width, source.shape[1]), np.float32)
        for row, (written, _, seen) in enumerate(texts):
            ids[row, : len(written)] = written
            attention[row, : len(written), : seen.shape[1]] = seen
        return {
            "ids": ids,
            "lengths": np.array([len(written) for written, _, _ in texts], np.int64),
            "scores": np.array([score for _, score, _ in texts], np.float64),
            "attention": attention,
        }

    def forced(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What the network says of a known translation, step by step.

        log_probabilities (B, T, V), attention (B, T, S)
        """
        encoded = self._encoded(inputs["source"], inputs["source_lengths"])
        looked_at, states = _parted(encoded, inputs["source_lengths"])
        steps = []
        for place in range(inputs["target"].shape[1]):
            feed = {"target": inputs["target"][:, place : place + 1], **looked_at, **states}
            steps.append(session.predict(self._step, feed))
            states = session.next_states(steps[-1])
        names = ("log_probabilities", "attention")
        return {name: np.concatenate([step[name] for step in steps], axis=1) for name in names}

    def _search(self, source: np.ndarray, lengths: np.ndarray, beam: Beam) -> Found:
        looked_at, states = _parted(self._encoded(source, lengths), lengths)
        held = {name: np.repeat(value, beam.width, axis=0) for name, value in looked_at.items()}
        states = {**session.initial_states(self._step, len(lengths)), **states}
        memory = {name: np.repeat(value, beam.width, axis=0) for name, value in states.items()}
        wanted = ["best_scores", "best_ids", "attention", *self._states]

        def step(ids: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            nonlocal held, memory
            if len(rows) < len(held["keys"]):  # texts go on within their sentence, so that else nothing is moved
                held = {name: value[rows] for name, value in held.items()}
            memory = {name: value[rows] for name, value in memory.items()}
            values = _run(self._step, wanted, {"target": ids[:, None], **held, **memory})
            memory = {name.removeprefix("next_"): values[name] for name in self._states}
            return values["best_scores"][:, 0], values["best_ids"][:, 0], values["attention"][:, 0]

        return search(step, 2 * lengths + 10, beam)

    def _encoded(self, source: np.ndarray, lengths: np.ndarray) -> dict[str, np.ndarray]:
        feed = {"source": np.asarray(source, np.int32), "source_lengths": np.asarray(lengths, np.int32)}
        return session.predict(self._encoder, feed)


def _run(
    opened: onnxruntime.InferenceSession, names: list[str], feed: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    return dict(zip(names, opened.run(names, dict(feed)), strict=True))


def _parted(
    encoded: Mapping[str, np.ndarray], lengths: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What every step looks at, and the memory that the first one starts from."""
    looked_at = {"keys": encoded["keys"], "memory": encoded["memory"], "source_lengths": np.asarray(lengths, np.int32)}
    return looked_at, {"state_decoder_0": encoded["state"]} if "state" in encoded else {}


def _batches(lengths: np.ndarray, width: int) -> list[np.ndarray]:
    """The sentences, those of like length together, so many at once as AT_ONCE allows."""
    order = np.argsort(lengths, kind="stable")
    batches, start = [], 0
    for stop in range(1, len(order) + 1):
        if stop == len(order) or (stop + 1 - start) * int(lengths[order[stop]]) * width > AT_ONCE:
            batches.append(order[start:stop])
            start = stop
    return batches
