"""How good tags are: spans as conlleval counts them, tokens, and labels of sentences.

Spans are right when first token, last token and type are (Tjong Kim Sang and Buchholz 2000). Tags that mark no spans
are spans of one token, so that their F1 is the accuracy.
"""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks.tag_codec import TagCodec
from gru_toolkit.tasks.tag_schemes import KINDS, PADDING, end_of_span, starts_and_ends
from gru_toolkit.tasks.task import Decoded, MetricValue

MOST_CONFUSED = 40
"""Types up to which a confusion matrix is counted."""


def tag_sums(decoded: Decoded, arrays: Arrays, codec: TagCodec) -> dict[str, np.ndarray]:
    """What each sentence of a batch adds: name → (B, …).

    spans      (B, types + 1, 3): right, predicted and true spans of each type, types that training lacks as one
    tokens     (B, 3): right ones, all, and those whose type training has not seen
    confusion  (B, labels, labels) of token types, for at most MOST_CONFUSED
    sentence   (B, 2): whether the label is right, and 1; if sentences have labels
    """
    truth = arrays.context["truth"]
    found = decoded["tags"]
    types = len(codec.inventory.types)
    real = truth != PADDING
    unknown = real & (truth // KINDS >= types)
    tokens = [(found == truth) & real, real, unknown]
    sums = {
        "spans": _span_counts(found, truth, types),
        "tokens": np.stack([part.sum(axis=1) for part in tokens], axis=1).astype(np.float64),
    }
    if types <= MOST_CONFUSED:
        sums["confusion"] = _confusion(found, truth, codec)
    if "sentence" in decoded and "sentence" in arrays.context:
        right = decoded["sentence"] == arrays.context["sentence"]
        sums["sentence"] = np.stack([right, np.ones(len(right))], axis=1).astype(np.float64)
    return sums


def _span_counts(found: np.ndarray, truth: np.ndarray, types: int) -> np.ndarray:
    """(B, types + 1, 3) right, predicted and true spans of each type."""
    starts, ends = starts_and_ends(found)
    true_starts, true_ends = starts_and_ends(truth)
    same = found // KINDS == truth // KINDS
    right = starts & true_starts & same & (end_of_span(starts, ends) == end_of_span(true_starts, true_ends))
    counts = np.zeros((len(truth), types + 1, 3))
    for place, (where, codes) in enumerate(((right, truth), (starts, found), (true_starts, truth))):
        row, step = np.nonzero(where)
        np.add.at(counts[:, :, place], (row, np.minimum(codes[row, step] // KINDS, types)), 1.0)
    return counts


def _confusion(found: np.ndarray, truth: np.ndarray, codec: TagCodec) -> np.ndarray:
    """(B, labels, labels) true type down, predicted type across, over tokens."""
    row, step = np.nonzero(truth != PADDING)
    counts = np.zeros((len(truth), len(codec.labels), len(codec.labels)))
    np.add.at(counts, (row, _places(truth[row, step], codec), _places(found[row, step], codec)), 1.0)
    return counts


def _places(codes: np.ndarray, codec: TagCodec) -> np.ndarray:
    """The row of `codec.labels` of each code."""
    types = len(codec.inventory.types)
    places = np.minimum(codes // KINDS, types)
    return np.where(codes % KINDS == 0, 0, places + 1) if codec.spans else places


def tag_metrics(sums: Mapping[str, np.ndarray]) -> dict[str, MetricValue]:
    """Scores from summed contributions."""
    spans, tokens = sums["spans"], sums["tokens"]
    right, predicted, true = spans.sum(axis=0)
    metrics: dict[str, MetricValue] = {
        "f1": _ratio(2 * right, predicted + true),
        "precision": _ratio(right, predicted),
        "recall": _ratio(right, true),
        "accuracy": _ratio(tokens[0], tokens[1]),
    }
    if "sentence" in sums:
        metrics["sentence_accuracy"] = _ratio(*sums["sentence"])
    if tokens[2]:
        metrics["unknown_tags"] = float(tokens[2])
    metrics["f1_by_type"] = [_ratio(2 * r, p + t) for r, p, t in spans.tolist()]
    metrics["spans_by_type"] = spans[:, 2].tolist()
    if "confusion" in sums:
        metrics["confusion"] = sums["confusion"].tolist()
    return metrics


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
