"""Passages of text for the report: what a classifier attended to, and what surprised a language model."""

import math
from collections.abc import Sequence

import numpy as np

from gru_toolkit.sequences.vocabularies import UNKNOWN, Vocabulary
from gru_toolkit.tasks.figures import Passage, Passages, Shown

MOST_ATTENDED = 60
"""Units of a classified text that are shown."""
MOST_UNITS = 240
"""Units of a running text that are shown."""
MOST_BITS = 8.0
"""Bits from which on a unit is drawn darkest."""


def attended(shown: Shown, labels: Sequence[str], known: Vocabulary) -> Passages:
    """Texts that the network was surest of, right and wrong, with the attention that each unit got."""
    found: dict[bool, list[tuple[float, Passage]]] = {True: [], False: []}
    for decoded, arrays in shown.sample:
        best, truth = decoded["probabilities"].argmax(axis=1), arrays.context["truth"]
        for row in range(len(truth)):
            length = int(arrays.inputs["lengths"][row])
            sure = float(decoded["probabilities"][row].max())
            weights = decoded["attention"][row, 1 : length - 1]
            pieces = [_piece(known, piece) for piece in arrays.inputs["ids"][row, 1 : length - 1].tolist()]
            said = f"{labels[truth[row]]}, predicted {labels[best[row]]} ({sure:.0%})"
            passage = Passage(
                said,
                tuple(pieces[:MOST_ATTENDED]),
                weights[:MOST_ATTENDED] / max(float(weights.max(initial=0.0)), 1e-9),
                gap=int(known.config.unit == "word"),
            )
            found[bool(best[row] == truth[row])].append((sure, passage))
    chosen = [passage for right in (True, False) for _, passage in sorted(found[right], key=lambda one: -one[0])[:3]]
    caption = (
        "The darker a unit, the more attention it got. Texts the network was surest of: first right ones, then wrong."
    )
    return Passages("What the network attended to", tuple(chosen), caption)


def _piece(known: Vocabulary, piece: int) -> str:
    """A unit as people read it; an unknown one as a question mark in angle brackets."""
    return "<?>" if piece == UNKNOWN else known.piece_bytes(piece).decode("utf-8", "replace").strip() or " "


def surprises(shown: Shown, known: Vocabulary) -> Passages:
    """The begin of some windows of the text, with how surprising each unit was."""
    every = [
        (decoded["nats"][row], arrays.context["wanted"][row], arrays.weights[row] > 0)
        for decoded, arrays in shown.sample
        for row in range(len(arrays.weights))
    ]
    passages: list[Passage] = []
    for place in sorted({0, len(every) // 2, len(every) - 1}):
        nats, wanted, real = every[place]
        bits = nats[real][:MOST_UNITS] / math.log(2)
        pieces = [known.piece_bytes(piece).decode("utf-8", "replace") for piece in wanted[real][:MOST_UNITS]]
        heading = f"Passage {len(passages) + 1}: {bits.mean():.2f} bits a unit"
        passages.append(Passage(heading, tuple(pieces), np.minimum(bits / MOST_BITS, 1.0), gap=0))
    caption = f"The darker a unit, the more surprising it was to the network; darkest from {MOST_BITS:g} bits on."
    return Passages("What was surprising", tuple(passages), caption)
