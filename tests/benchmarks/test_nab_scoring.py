"""The scoring of the Numenta benchmark: the ends of its scale, and a value worked by hand."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture(scope="module")
def scoring() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "nab_scoring.py"
    spec = importlib.util.spec_from_file_location("nab_scoring", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["nab_scoring"] = module
    spec.loader.exec_module(module)
    return module


def corpus(scoring: ModuleType) -> list:
    """Two series of 200 rows; one window on rows 100 to 119, and two on rows 60-69 and 150-159."""
    times = np.datetime64("2024-01-01", "us") + np.arange(200) * np.timedelta64(60_000_000, "us")
    windows = [[(100, 119)], [(60, 69), (150, 159)]]
    return [
        scoring.Series(f"kind/{number}", times, np.zeros(200), np.array([[times[a], times[b]] for a, b in edges]))
        for number, edges in enumerate(windows)
    ]


def scores(**rows: list[int]) -> dict[str, np.ndarray]:
    return {f"kind/{name[1:]}": np.isin(np.arange(200), alarms).astype(float) for name, alarms in rows.items()}


def test_silence_is_0_and_the_first_row_of_each_window_is_100(scoring: ModuleType) -> None:
    series = corpus(scoring)
    assert scoring.nab_score(scores(s0=[], s1=[]), series).score == 0
    assert scoring.nab_score(scores(s0=[100], s1=[60, 150]), series).score == pytest.approx(100)
    assert scoring.nab_score(scores(s0=[100, 101, 119], s1=[60, 150]), series).score == pytest.approx(100)


def test_a_late_detection_and_a_false_alarm_cost_what_the_sigmoid_says(scoring: ModuleType) -> None:
    def sigmoid(position: float) -> float:
        return 2 / (1 + np.exp(5 * position)) - 1

    late = sigmoid(-10 / 20) / sigmoid(-1)  # row 110: ten of twenty rows are left
    false = 0.11 * sigmoid(19 / 19)  # row 138: one window length, less a row, behind row 119
    total = late + false - 2  # two windows are missed
    found = scoring.nab_score(scores(s0=[110, 138], s1=[]), corpus(scoring), threshold=1.0)
    assert found.score == pytest.approx(100 * (total + 3) / 6)


def test_the_probation_is_not_scored(scoring: ModuleType) -> None:
    series = corpus(scoring)
    assert series[0].probation == 30
    assert scoring.nab_score(scores(s0=list(range(30)), s1=[]), series, threshold=1.0).score == 0
