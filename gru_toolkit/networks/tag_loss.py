"""The loss of the tagging network: its tags as a conditional random field, and its sentence labels."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from gru_toolkit.networks.crf import negative_log_likelihood


def tag_loss(targets: Mapping[str, Any], outputs: Mapping[str, Any], weights: Any, members: int) -> Any:
    """The mean over members of minus the log-probability of tags and sentence label, a token.

    targets  tags (B, T) int32; sentence (B,) int32, -1 where unknown, if sentences have labels
    outputs  emissions (B, T, members · K), transitions_<member> (K + 2, K), sentence (B, members · labels)
    weights  (B, T) 1 on real steps; 0 throughout a sentence that does not count
    """
    shape = ops.shape(outputs["emissions"])
    size = outputs["emissions"].shape[-1] // members
    emissions = ops.reshape(outputs["emissions"], (shape[0], shape[1], members, size))
    emissions = ops.transpose(emissions, (2, 0, 1, 3))  # (M, B, T, K)
    transitions = ops.stack([outputs[f"transitions_{member}"] for member in range(members)])
    total = ops.sum(negative_log_likelihood(emissions, transitions, targets["tags"], weights))
    if "sentence" in outputs:
        total = total + _sentence_loss(targets["sentence"], outputs["sentence"], weights[:, 0], members)
    return total / (members * ops.maximum(ops.sum(weights), 1.0))


def _sentence_loss(labels: Any, scores: Any, weights: Any, members: int) -> Any:
    """The sum over members and sentences of minus the log-probability of the label."""
    shape = ops.shape(scores)
    scores = ops.reshape(scores, (shape[0], members, scores.shape[-1] // members))
    chosen = ops.one_hot(ops.maximum(labels, 0), scores.shape[-1], dtype="float32")  # (B, labels)
    logs = scores - ops.logsumexp(scores, axis=-1, keepdims=True)
    counts = weights * ops.cast(labels >= 0, "float32")
    return -ops.sum(logs * chosen[:, None] * counts[:, None, None])
