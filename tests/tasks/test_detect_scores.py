"""Scores of alarms, worked by hand on one short series."""

import numpy as np
import pytest

from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks.detect_scores import Run, measure, metrics, runs

MARKS = np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0], float)
ALARM = np.array([0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0], bool)


def arrays(marks: np.ndarray) -> Arrays:
    total = len(marks)
    context = {
        "sequence": np.array([0]), "start": np.array([0]), "length": np.array([total]),
        "values": np.zeros((1, total, 1)), "marks": marks[None], "days": np.full((1, total), 0.5),
    }  # fmt: skip
    return Arrays({}, {}, np.ones((1, total)), context)


def decoded(alarm: np.ndarray) -> dict[str, np.ndarray]:
    flat = np.zeros((1, len(alarm), 1))
    return {"alarm": alarm[None], "low": flat - 1, "high": flat + 1, "error": flat + 2, "interval": np.ones(1)}


def score(marks: np.ndarray, alarm: np.ndarray, gap: int = 0) -> dict[str, float]:
    sums = measure(decoded(alarm), arrays(marks), gap).sums
    return {name: float(value) for name, value in metrics({name: s.sum(axis=0) for name, s in sums.items()}).items()}  # type: ignore[arg-type]


def test_runs_near_each_other_are_one() -> None:
    flags = np.array([1, 0, 1, 0, 0, 1], bool)
    assert runs(flags) == [Run(0, 1), Run(2, 3), Run(5, 6)]
    assert runs(flags, gap=1) == [Run(0, 3), Run(5, 6)]


def test_events_alarms_and_delays_are_counted() -> None:
    found = score(MARKS, ALARM)
    assert found["recall"] == 1 / 2  # rows 2-4 are found, rows 10-11 are not
    assert found["precision"] == 1 / 3  # rows 3-4 are right, rows 7 and 9 are about nothing
    assert found["f1"] == pytest.approx(0.4)
    assert found["delay_steps"] == 1
    assert found["delay_hours"] == 12
    assert found["false_alarms_per_day"] == pytest.approx(2 / 7)  # fourteen rows of half a day
    assert found["false_alarm_rate"] == pytest.approx(2 / 9)
    assert found["mean_error"] == 2
    assert found["coverage"] == 1


def test_alarms_within_the_gap_are_one_alarm() -> None:
    found = score(MARKS, ALARM, gap=2)
    assert found["alarms"] == 1  # rows 3 to 9
    assert found["precision"] == 1


def test_silence_finds_nothing_and_says_so() -> None:
    found = score(MARKS, np.zeros(14, bool))
    assert (found["f1"], found["recall"]) == (0, 0)
    assert np.isnan(found["precision"])


def test_without_marks_nothing_is_judged_but_alarms_are_counted() -> None:
    found = score(np.full(14, np.nan), ALARM)
    assert np.isnan(found["f1"])
    assert found["alarms"] == 3
    assert found["false_alarm_rate"] == pytest.approx(4 / 14)
