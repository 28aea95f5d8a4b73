"""Schemes of spans: told from tags, held to their rules, rewritten without loss; spans counted as conlleval does."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.sequences.schemes import first_fault, scheme_of
from gru_toolkit.tasks import tag_schemes
from gru_toolkit.tasks.tag_schemes import Inventory, in_scheme

TYPES = ("", "A", "B")
SPANS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=8)


def written(spans: list[tuple[int, int]], scheme: str) -> list[str]:
    """Tags of spans (type, length), type 0 being outside, spelt out by hand for iob2 and iobes."""
    tags: list[str] = []
    for type_, length in spans:
        name = TYPES[type_]
        if not type_:
            tags += ["O"] * length
        elif scheme == "iob2":
            tags += [f"B-{name}"] + [f"I-{name}"] * (length - 1)
        elif length == 1:
            tags.append(f"S-{name}")
        else:
            tags += [f"B-{name}"] + [f"I-{name}"] * (length - 2) + [f"E-{name}"]
    return tags


def codes(tags: list[str], scheme: str) -> np.ndarray:
    inventory = Inventory(scheme, TYPES[1:])
    known = {name: number for number, name in enumerate(inventory.types)}
    return np.array([[inventory.code(tag, known) for tag in tags]])


@given(SPANS)
def test_spans_are_the_same_in_every_scheme(spans: list[tuple[int, int]]) -> None:
    plain, closed = codes(written(spans, "iob2"), "iob2"), codes(written(spans, "iobes"), "iobes")
    np.testing.assert_array_equal(in_scheme(plain, "iobes"), closed)
    for scheme in ("iob1", "iob2", "iobes"):
        np.testing.assert_array_equal(in_scheme(in_scheme(closed, scheme), "iobes"), closed)


@given(SPANS)
def test_what_a_scheme_writes_has_no_fault_in_it(spans: list[tuple[int, int]]) -> None:
    closed = codes(written(spans, "iobes"), "iobes")
    for scheme in ("iob1", "iob2", "iobes", "bilou"):
        inventory = Inventory(scheme, TYPES[1:])
        labels = [inventory.label(int(code)) for code in in_scheme(closed, scheme)[0]]
        assert first_fault(labels, scheme) is None


@given(SPANS)
def test_every_path_of_spans_is_allowed_and_no_other(spans: list[tuple[int, int]]) -> None:
    path = codes(written(spans, "iobes"), "iobes")[0]
    every = [0, *(5 * type_ + kind for type_ in (0, 1) for kind in range(1, 5))]
    allowed = tag_schemes.allowed(every, spans=True)
    places = [every.index(code) for code in path.tolist()]
    assert allowed[len(every), places[0]]
    assert allowed[len(every) + 1, places[-1]]
    assert all(allowed[before, after] for before, after in itertools.pairwise(places))
    single, inside = every.index(4), every.index(2)
    assert not allowed[single, inside]
    assert not allowed[len(every), inside]


def test_the_scheme_is_told_from_the_tags() -> None:
    assert scheme_of(["B-A", "I-A", "O"], [["B-A", "I-A", "O"]]) == "iob2"
    assert scheme_of(["B-A", "I-A", "O"], [["O", "I-A", "B-A"]]) == "iob1"
    assert scheme_of(["B-A", "S-A"], [["B-A"]]) == "iobes"
    assert scheme_of(["B-A", "U-A"], [["B-A"]]) == "bilou"
    assert scheme_of(["NOUN", "I"], [["NOUN", "I"]]) == "none"


def test_spans_are_read_as_conlleval_reads_them() -> None:
    # I-A after O starts a span, I-B after I-A another; B-B starts one although a B is open.
    found = codes(["O", "I-A", "I-B", "B-B", "I-B", "O"], "iob2")
    starts, ends = tag_schemes.starts_and_ends(found)
    assert np.flatnonzero(starts[0]).tolist() == [1, 2, 3]
    assert np.flatnonzero(ends[0]).tolist() == [1, 2, 4]
    assert tag_schemes.end_of_span(starts, ends)[0, [1, 2, 3]].tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    ("tags", "scheme", "step"),
    [(["B-A"], "iobes", 1), (["O", "E-A"], "iobes", 1), (["O", "B-A"], "iob1", 1), (["B-A", "X"], "iob2", 1)],
)
def test_the_first_fault_is_found(tags: list[str], scheme: str, step: int) -> None:
    fault = first_fault(tags, scheme)
    assert fault is not None
    assert fault[0] == step
