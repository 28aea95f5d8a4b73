"""How tags mark spans: as B, I, E, S or O of a type, in the user's scheme, and from one scheme to another.

A tag is one number, `code = 5 · type + kind`, with the kinds O, B, I, E, S as 0 … 4; outside is 0, padding is -1.
Labels that mark no spans (parts of speech) are spans of one token each, so that the F1 of spans is their accuracy.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gru_toolkit.sequences.schemes import LETTERS, parsed

O, B, I, E, S = range(5)  # noqa: E741
KINDS = 5
PADDING = -1
_KIND_OF = {"O": O, "B": B, "I": I, "E": E, "S": S, "L": E, "U": S}


@dataclass(frozen=True)
class Inventory:
    """The types of tags, and the scheme in which the user writes them.

    scheme  iob1, iob2, iobes, bilou, or none
    types   names of the types, in the order of their numbers
    """

    scheme: str
    types: tuple[str, ...]

    def code(self, label: str, known: dict[str, int]) -> int:
        """The code of a label; a type that is not known yet gets the next number in `known`."""
        if self.scheme == "none":
            return KINDS * known.setdefault(label, len(known)) + S
        letter, name = parsed(label)
        return 0 if letter == "O" else KINDS * known.setdefault(name, len(known)) + _KIND_OF[letter]

    def label(self, code: int) -> str:
        """The label of a code, as the user writes it."""
        kind, type_ = code % KINDS, self.types[code // KINDS]
        if self.scheme == "none":
            return type_
        if kind == O:
            return "O"
        letter = LETTERS[self.scheme][kind - 1]
        return f"{letter}-{type_}" if type_ else letter


def types_of(labels: Iterable[str], scheme: str) -> tuple[str, ...]:
    """The types in a set of labels, sorted."""
    if scheme == "none":
        return tuple(sorted(set(labels)))
    return tuple(sorted({parsed(label)[1] for label in labels if label != "O"}))


def starts_and_ends(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where spans start and end in codes (B, T), as conlleval reads them: (B, T) bool each.

    An I or E without a span before it, or of another type, starts one; a span ends where the next token does not
    continue it. Padding is outside.
    """
    kinds, types = np.where(codes < 0, O, codes % KINDS), np.where(codes < 0, -1, codes // KINDS)
    before = np.pad(kinds, [(0, 0), (1, 0)])[:, :-1]
    same = np.pad(types, [(0, 0), (1, 0)], constant_values=-1)[:, :-1] == types
    open_before = ((before == B) | (before == I)) & same
    inside = kinds != O
    starts = inside & ((kinds == B) | (kinds == S) | ~open_before)
    continued = np.pad(inside & ~starts, [(0, 0), (0, 1)])[:, 1:]
    ends = inside & ~continued
    return starts, ends


def end_of_span(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(B, T) int64: at each start the step at which its span ends; elsewhere without meaning."""
    steps = np.where(ends, np.arange(ends.shape[1])[None, :], ends.shape[1])
    return np.flip(np.minimum.accumulate(np.flip(steps, axis=1), axis=1), axis=1)


def in_scheme(codes: np.ndarray, scheme: str) -> np.ndarray:
    """The same spans (B, T) in the kinds of another scheme; iobes is what the network learns."""
    if scheme == "none":
        return codes
    starts, ends = starts_and_ends(codes)
    inside = starts | ends | (np.maximum(codes, 0) % KINDS != O)
    kinds = np.where(starts, B, I)
    if scheme in ("iobes", "bilou"):
        kinds = np.where(starts & ends, S, np.where(starts, B, np.where(ends, E, I)))
    elif scheme == "iob1":
        types = np.where(inside, codes // KINDS, -1)
        follows = np.pad(types, [(0, 0), (1, 0)], constant_values=-2)[:, :-1] == types
        kinds = np.where(starts & follows, B, I)
    return np.where(inside, codes // KINDS * KINDS + kinds, codes)


def allowed(codes: Sequence[int], *, spans: bool) -> np.ndarray:
    """(K + 2, K) bool: which of the K codes in iobes may follow which; row K from the start, row K + 1 to the end."""
    count = len(codes)
    if not spans:
        return np.ones((count + 2, count), bool)
    kinds, types = np.array(codes) % KINDS, np.array(codes) // KINDS
    opened = (kinds == B) | (kinds == I)
    continues = (kinds == I) | (kinds == E)
    matrix = np.zeros((count + 2, count), bool)
    matrix[:count] = np.where(opened[:, None], continues & (types[:, None] == types), ~continues)
    matrix[count] = ~continues
    matrix[count + 1] = ~opened
    return matrix
