"""A language model on a stream: each record brings a stretch of text, the answer says how surprising it was."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gru_toolkit.errors import DataError
from gru_toolkit.runs.generation import LanguageModel, State
from gru_toolkit.runs.run import Run

LIKELY = 5
TEXT, ID = "text", "id"


class TextStream:
    """Texts that arrive piece by piece, any number of them interleaved. State: where each text stands."""

    def __init__(self, run: Run):
        self._model = LanguageModel(run)
        self._states: dict[str, State] = {}

    def push(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Units and bits of the record's text, and what is likely to come next.

        record  `text`, and `id` where several texts are interleaved

        Raises DataError when there is no text.
        """
        text = record.get(TEXT)
        if not isinstance(text, str) or not text:
            raise DataError(f"the record needs a text under {TEXT!r}, got {text!r}")
        sequence = str(record.get(ID, ""))
        if sequence in self._states:
            self._model.state = self._states[sequence]
        else:
            self._model.restart()
        nats = self._model.surprises(self._model.vocabulary.encode(text))
        self._states[sequence] = self._model.state
        bits = float(nats.sum()) / math.log(2)
        return {"units": len(nats), "bits": bits, "bits_per_unit": bits / len(nats), "next": self._likely()}

    def _likely(self) -> list[dict[str, Any]]:
        scores = self._model.scores.astype(np.float64)
        chance = np.exp(scores - scores.max())
        chance /= chance.sum()
        best = np.argsort(-chance, kind="stable")[:LIKELY].tolist()
        shown = self._model.vocabulary.piece_bytes
        return [
            {"unit": shown(piece).decode("utf-8", "replace"), "probability": float(chance[piece])} for piece in best
        ]
