"""Sums by group, and the comparison built on them."""

import numpy as np
import pytest

from gru_toolkit.runs import scoring
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
    totals = [errors[groups == group].sum(axis=0) for group in np.unique(groups)]
    for tally in (whole, parts):
        np.testing.assert_allclose(np.sort(tally.sums()["error"], axis=0), np.sort(totals, axis=0))
        np.testing.assert_allclose(tally.total()["error"], errors.sum(axis=0))


def test_many_groups_are_dealt_into_rows_and_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "MOST_GROUPS", 4)
    groups = np.repeat(np.arange(10) * 7, 3)
    tally = Tally()
    for start in range(0, 30, 5):
        tally.add(Measures(groups[start : start + 5], {"group": 1.0 * groups[start : start + 5]}))
    dealt = [[0, 4, 8], [1, 5, 9], [2, 6], [3, 7]]
    np.testing.assert_array_equal(tally.sums()["group"], [sum(3 * 7 * group for group in row) for row in dealt])
