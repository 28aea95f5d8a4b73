"""One small damage done to bytes, as fuzzing does it again and again."""

from collections.abc import Sequence

import numpy as np


def damaged(data: bytes, rng: np.random.Generator, tokens: Sequence[bytes], longest: int) -> bytes:
    """The data after one insertion, replacement, flipped bit, removal, copy or cut.

    tokens   what may be inserted
    longest  bytes that are removed or doubled are fewer than this
    """
    at, span = int(rng.integers(0, len(data) + 1)), int(rng.integers(1, longest))
    token = tokens[int(rng.integers(len(tokens)))]
    other = int(rng.integers(0, len(data) + 1))
    byte = bytes([data[at - 1] ^ (1 << int(rng.integers(8)))]) if at else b""
    choices = (
        data[:at] + token + data[at:],
        data[:at] + token + data[at + span :],
        data[: max(at - 1, 0)] + byte + data[at:],
        data[:at] + data[at + span :],
        data[:at] + data[other : other + 4 * span] + data[at:],
        data[:at] if rng.random() < 0.3 else data[:at] + data[at : at + span] * 2 + data[at + span :],
    )
    return choices[int(rng.integers(len(choices)))]
