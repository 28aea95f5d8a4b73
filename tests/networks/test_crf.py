"""The conditional random field against an enumeration of all paths; Viterbi finds the best of them."""

import itertools

import numpy as np
from keras import ops

from gru_toolkit.networks.crf import log_partition, negative_log_likelihood
from gru_toolkit.tasks.viterbi import best_paths

TAGS = 3
LENGTHS = np.array([4, 1, 3])


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (2, 3, 4, TAGS)), rng.normal(0, 1, (2, TAGS + 2, TAGS))


def scored(emissions: np.ndarray, transitions: np.ndarray, path: tuple[int, ...]) -> float:
    """The score of a path, written out."""
    moves = sum(transitions[before, after] for before, after in itertools.pairwise(path))
    emitted = sum(emissions[step, tag] for step, tag in enumerate(path))
    return float(emitted + moves + transitions[TAGS, path[0]] + transitions[TAGS + 1, path[-1]])


def real() -> np.ndarray:
    return (np.arange(4)[None, :] < LENGTHS[:, None]).astype(np.float32)


def test_the_loss_is_minus_the_logarithm_of_the_share_of_the_path() -> None:
    emissions, transitions = drawn(0)
    tags = np.random.default_rng(1).integers(0, TAGS, (3, 4)).astype(np.int32)
    arguments = (emissions.astype(np.float32), transitions.astype(np.float32), tags, real())
    found = np.asarray(negative_log_likelihood(*map(ops.convert_to_tensor, arguments)))
    for member, row in itertools.product(range(2), range(3)):
        length = int(LENGTHS[row])
        scores = [
            scored(emissions[member, row], transitions[member], path)
            for path in itertools.product(range(TAGS), repeat=length)
        ]
        own = scored(emissions[member, row], transitions[member], tuple(tags[row, :length].tolist()))
        np.testing.assert_allclose(found[member, row], np.logaddexp.reduce(scores) - own, rtol=1e-5)


def test_padding_and_sequences_without_weight_change_nothing() -> None:
    emissions, transitions = drawn(2)
    weights = real()
    other = np.where(weights[None, :, :, None] > 0, emissions, 99.0)
    first, second = (
        np.asarray(
            log_partition(*(ops.convert_to_tensor(part.astype(np.float32)) for part in (e, transitions, weights)))
        )
        for e in (emissions, other)
    )
    np.testing.assert_array_equal(first, second)
    weights[1] = 0
    parts = (emissions, transitions, weights)
    gone = np.asarray(log_partition(*(ops.convert_to_tensor(part.astype(np.float32)) for part in parts)))
    assert not gone[:, 1].any()


def test_viterbi_finds_the_best_of_all_paths() -> None:
    for seed in range(10):
        emissions, transitions = drawn(seed)
        paths = best_paths(emissions[0], transitions[0], LENGTHS)
        for row, length in enumerate(LENGTHS.tolist()):
            scores = {
                path: scored(emissions[0, row], transitions[0], path)
                for path in itertools.product(range(TAGS), repeat=length)
            }
            assert tuple(paths[row, :length].tolist()) == max(scores, key=scores.__getitem__)
            assert (paths[row, length:] == -1).all()
