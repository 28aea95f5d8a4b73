"""Hashes of the lines of running text, for noticing text that a run was trained on."""

import hashlib
from collections.abc import Iterator

import numpy as np

from gru_toolkit.sequences.dataset import Part
from gru_toolkit.sequences.running_text import text_blocks

SHORTEST = 30
"""Characters of a line that is no coincidence."""


def is_running_text(part: Part) -> bool:
    """Whether a part is a running text rather than rows."""
    return any(column.kind == "bytes" for column in part.dataset.steps.values())


def line_hashes(part: Part) -> Iterator[np.ndarray]:
    """(M,) uint64 hashes of the part's longer lines, or of stretches of text without lines, block by block."""
    for _, text in text_blocks(part):
        lines = [line for line in text.split("\n") if len(line) >= SHORTEST]
        digests = b"".join(hashlib.blake2b(line.encode(), digest_size=8).digest() for line in lines)
        yield np.frombuffer(digests, "<u8").astype(np.uint64)
