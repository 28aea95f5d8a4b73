"""Schemes in which tags mark spans: which one a column is written in, and where it breaks its own rules."""

import re
from collections.abc import Sequence

SCHEMES = ("iob1", "iob2", "iobes", "bilou", "none")
LETTERS = {"iob1": "BIII", "iob2": "BIII", "iobes": "BIES", "bilou": "BILU"}
"""How each scheme writes the kinds begin, inside, end and single."""
_LABEL = re.compile(r"(?:([BIESLU])(?:-(.+))?|O)", re.DOTALL)


def parsed(label: str) -> tuple[str, str]:
    """The letter and the type of a label such as B-NP; outside is ("O", "").

    A label of another form is an AssertionError.
    """
    found = _LABEL.fullmatch(label)
    assert found is not None, f"{label!r} marks no span"
    return found[1] or "O", found[2] or ""


def scheme_of(labels: Sequence[str], sequences: Sequence[Sequence[str]]) -> str:
    """The scheme of tags: none if they mark no spans, else the one whose letters they use.

    labels     the different tags
    sequences  sequences of tags, to tell iob1 (B only between spans of one type that touch) from iob2
    """
    if not all(_LABEL.fullmatch(label) for label in labels) or not any("-" in label for label in labels):
        return "none"
    letters = {parsed(label)[0] for label in labels}
    if letters & {"L", "U"}:
        return "bilou" if not letters & {"E", "S"} else "none"
    if letters & {"E", "S"}:
        return "iobes"
    begun_with_b = begun_with_i = 0
    for tags in sequences:
        for before, tag in zip(("O", *tags), tags, strict=False):
            if tag != "O" and (before == "O" or parsed(before)[1] != parsed(tag)[1]):
                begun_with_b += tag.startswith("B")
                begun_with_i += tag.startswith("I")
    return "iob2" if begun_with_b >= begun_with_i else "iob1"


def first_fault(tags: Sequence[str], scheme: str) -> tuple[int, str] | None:
    """The first place of a sequence that breaks the scheme, and what is wrong there; None if nothing is.

    The place after the last tag stands for a span that is never closed.
    """
    if scheme == "none":
        return None
    letters = set(LETTERS[scheme]) | {"O"}
    closing = scheme in ("iobes", "bilou")
    open_type: str | None = None
    for step, tag in enumerate(tags):
        found = _LABEL.fullmatch(tag)
        if found is None or (found[1] or "O") not in letters:
            return step, f"the tag {tag!r} is none of the scheme {scheme}"
        letter, type_ = parsed(tag)
        continues = letter in "IEL"
        if scheme == "iob1":
            if letter == "B" and open_type != type_:
                return step, f"{tag} does not follow a span of its type, as a B does in the scheme iob1"
        elif continues and open_type != type_:
            begin = f"{LETTERS[scheme][0]}-{type_}" if type_ else LETTERS[scheme][0]
            return step, f"{tag} continues no span; in the scheme {scheme} a span starts with {begin}"
        elif closing and not continues and open_type is not None:
            return step, f"{tag} comes before the span of {open_type or 'the tag before'} was closed"
        open_type = type_ if letter in "BI" else None
    if closing and open_type is not None:
        return len(tags), f"the last span, of {open_type or 'the tag before'}, is never closed"
    return None
