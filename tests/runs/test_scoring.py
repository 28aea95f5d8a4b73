"""Sums by group, and the comparison built on them."""

import numpy as np

from gru_toolkit.runs.scoring import Tally
from gru_toolkit.tasks.task import Measures


def test_a_tally_adds_up_by_group_whatever_the_batches() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 7, 50) * 1000
    errors = rng.normal(size=(50, 3))
    whole, parts = Tally(), Tally()
    whole.add(Measures(groups, {"error": errors}))
    for start in range(0, 50, 8):
        batch = slice(start, start + 8)
        parts.add(Measures(groups[batch], {"error": errors[batch]}))
    by_group = dict(zip(parts.groups().tolist(), parts.sums()["error"], strict=True))
    for group, expected in zip(whole.groups().tolist(), whole.sums()["error"], strict=True):
        np.testing.assert_allclose(by_group[group], expected)
        np.testing.assert_allclose(expected, errors[groups == group].sum(axis=0))
    np.testing.assert_allclose(parts.total()["error"], errors.sum(axis=0))
