"""The loss of a linear-chain conditional random field: minus the log-probability of the true tags.

log p(tags | words) = score(tags) - log Σ exp score(any tags), where a score sums the emissions of the tags and the
transitions between them (Lafferty et al. 2001; as the output of a recurrent network: Huang et al. 2015).
"""

from typing import Any

from keras import ops

LEAST = 1e-30
"""Where a sum of exponentials is cut, so that a tag that no tag may precede has a finite score."""


def negative_log_likelihood(emissions: Any, transitions: Any, tags: Any, weights: Any) -> Any:
    """(M, B) minus the log-probability of each sequence's tags, for M members.

    emissions    (M, B, T, K) float32
    transitions  (M, K + 2, K): tag after tag, then from the start, then to the end
    tags         (B, T) int32; anything on padding
    weights      (B, T) 1 on real steps, 0 on padding, of which every row has at least one real step or none at all
    """
    return log_partition(emissions, transitions, weights) - path_score(emissions, transitions, tags, weights)


def path_score(emissions: Any, transitions: Any, tags: Any, weights: Any) -> Any:
    """(M, B) the score of the given tags; shapes as in `negative_log_likelihood`."""
    size = emissions.shape[-1]
    chosen = ops.one_hot(tags, size, dtype="float32")  # (B, T, K)
    real = chosen * weights[:, :, None]
    emitted = ops.sum(emissions * real[None], axis=(2, 3))  # (M, B)
    after = ops.matmul(chosen[None, :, :-1], transitions[:, None, :size])  # (M, B, T - 1, K): row of the tag before
    moved = ops.sum(after * real[None, :, 1:], axis=(2, 3))
    started = ops.matmul(real[None, :, 0], transitions[:, size, :, None])[:, :, 0]
    # The last real step is the one whose weight is not continued.
    ends = real - ops.pad(weights[:, 1:], [[0, 0], [0, 1]])[:, :, None] * chosen
    ended = ops.matmul(ops.sum(ends, axis=1)[None], transitions[:, size + 1, :, None])[:, :, 0]
    return emitted + moved + started + ended


def log_partition(emissions: Any, transitions: Any, weights: Any) -> Any:
    """(M, B) the logarithm of the sum over all tag sequences; shapes as in `negative_log_likelihood`.

    The forward recursion runs in the space of probabilities, so that one step is a matrix product.
    """
    size = emissions.shape[-1]
    between = ops.exp(transitions[:, :size])  # (M, K, K)
    steps = ops.transpose(emissions, (2, 0, 1, 3))  # (T, M, B, K)
    real = ops.broadcast_to(ops.transpose(weights, (1, 0))[:, None, :, None], ops.shape(steps[..., :1]))

    def step(alpha: Any, packed: Any) -> tuple[Any, Any]:
        emission, present = packed[..., :size], packed[..., size:]
        highest = ops.stop_gradient(ops.max(alpha, axis=-1, keepdims=True))
        reached = ops.matmul(ops.exp(alpha - highest), between)
        moved = highest + ops.log(ops.maximum(reached, LEAST)) + emission
        kept = present * moved + (1.0 - present) * alpha
        return kept, kept  # Keras' scan on torch fails without an output a step

    first = steps[0] + transitions[:, None, size]
    # One tensor, because Keras' scan on TensorFlow fails on several of unknown length; a step that is not there at its
    # end, because the one on torch fails on no steps.
    packed = ops.pad(ops.concatenate([steps, real], axis=-1)[1:], [[0, 1], [0, 0], [0, 0], [0, 0]])
    alpha, _ = ops.scan(step, first, packed)
    alpha = alpha + transitions[:, None, size + 1]
    highest = ops.stop_gradient(ops.max(alpha, axis=-1, keepdims=True))
    total = ops.log(ops.sum(ops.exp(alpha - highest), axis=-1)) + highest[..., 0]
    return total * weights[None, :, 0]
