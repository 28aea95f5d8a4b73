"""Intervals over whole groups, and the verdict they allow."""

import math

import numpy as np
import pytest

from gru_toolkit.runs import bootstrap
from gru_toolkit.runs.bootstrap import Contest, intervals, paired_difference, verdict


def mean(sums: bootstrap.Sums) -> dict[str, object]:
    return {"mean": float(sums["sum"] / sums["count"]), "list": [1.0, 2.0]}


def measured(values: np.ndarray) -> dict[str, np.ndarray]:
    return {"sum": values, "count": np.ones(len(values))}


def test_an_interval_of_many_groups_is_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(5, 2, size=1500)
    low, high = intervals(np.arange(1500), measured(values), mean, resamples=4000)["mean"]
    half = 1.96 * values.std(ddof=1) / math.sqrt(1500)
    assert low == pytest.approx(values.mean() - half, abs=0.01)
    assert high == pytest.approx(values.mean() + half, abs=0.01)


def test_rows_of_one_group_are_drawn_together() -> None:
    values = np.random.default_rng(1).normal(size=40)
    whole = intervals(np.arange(40), measured(values), mean)
    order = np.random.default_rng(2).permutation(120)
    repeated = {name: np.repeat(sums, 3)[order] for name, sums in measured(values).items()}
    assert intervals(np.repeat(np.arange(40), 3)[order], repeated, mean)["mean"] == pytest.approx(whole["mean"])


def test_only_single_numbers_get_an_interval() -> None:
    assert set(intervals(np.arange(9), measured(np.arange(9.0)), mean)) == {"mean"}


def test_too_few_groups_get_no_interval() -> None:
    few = bootstrap.FEWEST_GROUPS - 1
    values = measured(np.arange(float(few)))
    assert intervals(np.arange(few), values, mean) == {}
    assert paired_difference(values, values, lambda sums: float(sums["sum"])) is None


def test_a_score_that_no_resample_changes_gets_no_interval() -> None:
    assert intervals(np.arange(24), measured(np.full(24, 0.1)), mean) == {}


def test_a_metric_that_is_mostly_undefined_gets_no_interval() -> None:
    one_of_ten = {"hits": np.eye(10)[0], "count": np.ones(10)}

    def metrics(sums: bootstrap.Sums) -> dict[str, float]:
        return {"rare": float("nan") if sums["hits"] == 0 else 1.0, "hits": float(sums["hits"])}

    assert set(intervals(np.arange(10), one_of_ten, metrics)) == {"hits"}


def test_the_seed_decides_the_interval() -> None:
    values = measured(np.random.default_rng(0).normal(size=30))
    draw = [intervals(np.arange(30), values, mean, seed=seed)["mean"] for seed in (1, 1, 2)]
    assert draw[0] == draw[1] != draw[2]


def test_work_in_small_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = measured(np.random.default_rng(0).normal(size=30))
    whole = intervals(np.arange(30), values, mean)
    monkeypatch.setattr(bootstrap, "_CHUNK_VALUES", 90)
    assert intervals(np.arange(30), values, mean)["mean"] == pytest.approx(whole["mean"])


def test_few_groups_leave_less_in_the_tails() -> None:
    # Six groups: t(.975, 5) = 2.5706, times √(6/5) is 2.8160, and Φ(-2.8160) = .00243; many groups: .025.
    assert bootstrap._tail(5, 0.95) == pytest.approx(0.00243, abs=2e-5)
    assert bootstrap._tail(1999, 0.95) == pytest.approx(0.025, abs=1e-4)


def test_dealing_many_groups_into_blocks_keeps_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    values = measured(np.random.default_rng(0).normal(size=1900))
    low, high = intervals(np.arange(1900), values, mean)["mean"]
    monkeypatch.setattr(bootstrap, "MOST_GROUPS", 300)
    dealt = intervals(np.arange(1900), values, mean)["mean"]
    assert dealt[1] - dealt[0] == pytest.approx(high - low, rel=0.15)


def test_sums_of_any_shape_are_resampled() -> None:
    cells = np.random.default_rng(0).integers(0, 5, size=(20, 3, 3)).astype(float)

    def accuracy(sums: bootstrap.Sums) -> dict[str, float]:
        assert sums["confusion"].shape == (3, 3)
        return {"accuracy": float(np.trace(sums["confusion"]) / sums["confusion"].sum())}

    low, high = intervals(np.arange(20), {"confusion": cells}, accuracy)["accuracy"]
    assert low < np.trace(cells.sum(axis=0)) / cells.sum() < high


def test_a_paired_difference_ignores_what_both_share() -> None:
    shared = np.random.default_rng(0).normal(0, 100, size=50)
    better = shared - 1 + np.random.default_rng(1).normal(0, 0.1, size=50)
    difference = paired_difference(measured(better), measured(shared), lambda sums: float(sums["sum"] / sums["count"]))
    assert difference is not None
    assert -1.1 < difference[0] < difference[1] < -0.9


def test_rivals_measured_on_different_groups_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="different groups"):
        paired_difference(measured(np.arange(9.0)), measured(np.arange(8.0)), lambda sums: 0.0)


@pytest.mark.parametrize(
    ("contest", "wins", "sentence"),
    [
        (
            Contest("mse", False, 0.38, 0.43, "seasonal_naive", (-0.071, -0.03)),
            True,
            "The network beats seasonal naive by 12 % (MSE 0.380 against 0.430; 95 % interval of the difference "
            "−0.0710 to −0.0300).",
        ),
        (
            Contest("mse", False, 0.5, 0.48, "last_value", (0.001, 0.04)),
            False,
            "The network LOSES to last value by 4.2 % (MSE 0.500 against 0.480; 95 % interval of the difference "
            "+0.00100 to +0.0400).",
        ),
        (
            Contest("accuracy", True, 0.91, 0.88, "nearest_neighbour", (0.01, 0.05)),
            True,
            "The network beats nearest neighbour by 0.0300 (accuracy 0.910 against 0.880; 95 % interval of the "
            "difference +0.0100 to +0.0500).",
        ),
        (
            Contest("macro_f1", True, 0.8, 0.88, "linear", (-0.15, -0.01)),
            False,
            "The network LOSES to linear by 0.0800 (macro F1 0.800 against 0.880; 95 % interval of the difference "
            "−0.150 to −0.0100).",
        ),
        (
            Contest("mse", False, 0.38, 0.381, "seasonal_naive", (-0.01, 0.02)),
            None,
            "No clear difference between the network and seasonal naive (MSE 0.380 against 0.381; 95 % interval of "
            "the difference −0.0100 to +0.0200).",
        ),
        (
            Contest("mse", False, 0.3, 0.4, "seasonal_naive", None),
            None,
            "The network is ahead of seasonal naive (MSE 0.300 against 0.400), on too few independent groups to be "
            "sure.",
        ),
        (
            Contest("accuracy", True, 0.3, 0.4, "majority", None),
            None,
            "The network is behind majority (accuracy 0.300 against 0.400), on too few independent groups to be sure.",
        ),
        (
            Contest("mse", False, float("nan"), 0.4, "last_value", (1.0, 2.0)),
            None,
            "No clear difference between the network and last value (MSE – against 0.400; 95 % interval of the "
            "difference +1.00 to +2.00).",
        ),
        (
            Contest("mse", False, 0.1, 0.0, "last_value", (0.05, 0.2)),
            False,
            "The network LOSES to last value by 0.100 (MSE 0.100 against 0; 95 % interval of the difference +0.0500 "
            "to +0.200).",
        ),
    ],
)
def test_the_verdict_says_who_is_better_only_where_that_is_clear(
    contest: Contest, wins: bool | None, sentence: str
) -> None:
    assert verdict(contest) == bootstrap.Verdict(wins, sentence)


@pytest.mark.slow
@pytest.mark.parametrize(("groups", "least"), [(6, 0.90), (20, 0.92), (100, 0.93)])
def test_the_interval_covers_the_truth_as_often_as_it_says(groups: int, least: float) -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(1500):
        values = rng.normal(3, 1, size=groups)
        low, high = intervals(np.arange(groups), measured(values), mean, seed=trial, resamples=600)["mean"]
        covered += low <= 3 <= high
    assert least <= covered / 1500 <= 0.97
