"""How good alarms are: events found, how late, and alarms about nothing; sums over stretches of series.

An event is a run of rows marked as anomalous. Alarms that follow each other within the longest stretch of the voices
are one alarm, which is right if any of its rows lies in an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks.task import Decoded, Measures, MetricValue

HEADLINE = "f1"
BLOCK = 500
"""Rows of a series that are resampled together."""
_BLOCKS = 1 << 32
_NAMES = (
    "rows", "labelled", "quiet_rows", "quiet_alarm_rows", "alarm_rows", "days", "events", "found", "delay_steps",
    "delay_days", "alarms", "right", "error", "errors", "covered", "intervals",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """Rows first:last of one event or alarm, `last` not included."""

    first: int
    last: int


def runs(flags: np.ndarray, gap: int = 0) -> list[Run]:
    """The runs of True in flags (T,); those at most `gap` rows apart are one."""
    rows = np.flatnonzero(flags)
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) > gap + 1)
    firsts = rows[np.concatenate([[0], breaks + 1])]
    lasts = rows[np.concatenate([breaks, [len(rows) - 1]])] + 1
    return [Run(first, last) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)]


def measure(decoded: Decoded, arrays: Arrays, gap: int) -> Measures:
    """Contributions of each block of each series; gap is how far apart alarms may lie to be one."""
    groups: list[np.ndarray] = []
    sums: dict[str, list[np.ndarray]] = {name: [] for name in _NAMES}
    spans = zip(*(arrays.context[name].tolist() for name in ("sequence", "start", "length")), strict=True)
    for row, (sequence, start, stop) in enumerate(spans):
        blocks = np.arange(start, stop) // BLOCK
        groups.append(sequence * _BLOCKS + np.unique(blocks))
        block_of = blocks - blocks[0]
        found = _of_series(decoded, arrays, row, slice(start, stop), block_of, gap)
        for name in _NAMES:
            sums[name].append(found[name])
    return Measures(np.concatenate(groups), {name: np.concatenate(values) for name, values in sums.items()})


def _of_series(
    decoded: Decoded, arrays: Arrays, row: int, steps: slice, block_of: np.ndarray, gap: int
) -> dict[str, np.ndarray]:
    """(blocks,) of each quantity for one series."""
    alarm, days = decoded["alarm"][row, steps], arrays.context["days"][row, steps]
    marks = arrays.context["marks"][row, steps]
    marked, known = marks > 0, ~np.isnan(marks)
    total = int(block_of[-1]) + 1
    sums = {name: np.zeros(total) for name in _NAMES}
    inside = (decoded["low"] <= arrays.context["values"]) & (arrays.context["values"] <= decoded["high"])
    error = decoded["error"][row, steps].mean(axis=1)
    judged = np.arange(steps.start, steps.stop) > 0  # nothing was expected of the first row of a series
    for name, values in {
        "rows": np.ones(len(alarm)), "labelled": known, "alarm_rows": alarm, "days": days,
        "quiet_rows": known & ~marked, "quiet_alarm_rows": known & ~marked & alarm,
        "error": np.where(judged, error, 0.0), "errors": judged,
        "covered": inside[row, steps].mean(axis=1) * judged * ("interval" in decoded),
        "intervals": judged * ("interval" in decoded),
    }.items():  # fmt: skip
        np.add.at(sums[name], block_of, values)
    since = np.cumsum(days)
    for event in runs(marked):
        block = block_of[event.first]
        sums["events"][block] += 1
        hits = np.flatnonzero(alarm[event.first : event.last])
        if len(hits):
            sums["found"][block] += 1
            sums["delay_steps"][block] += hits[0]
            sums["delay_days"][block] += since[event.first + hits[0]] - since[event.first]
    for one in runs(alarm, gap):
        sums["alarms"][block_of[one.first]] += 1
        sums["right"][block_of[one.first]] += bool(marked[one.first : one.last].any())
    return sums


def metrics(sums: Mapping[str, np.ndarray]) -> dict[str, MetricValue]:
    """Scores of alarms; those that need marks are NaN without them.

    f1, precision, recall   by event: precision over alarms, recall over events
    delay_steps, delay_hours  from the first row of a found event to its first alarm, in the mean
    false_alarms_per_day    alarms about nothing (all alarms, where nobody knows better); NaN without dates
    false_alarm_rate        share of alarm rows among rows outside events, beside the rate that was asked for
    mean_error              of the forecast of one step, in units of each series' scale
    coverage                share of values inside the interval
    """
    events, found, alarms, right = (float(sums[name]) for name in ("events", "found", "alarms", "right"))
    recall = _share(found, events)
    precision = _share(right, alarms) if events else float("nan")
    f1 = 2 * precision * recall / (precision + recall) if found and right else (0.0 if events else float("nan"))
    quiet = "quiet_" if float(sums["labelled"]) else ""
    rows = float(sums[f"{quiet}rows"])
    return {
        "f1": f1,
        "precision": precision,
        "recall": recall,
        "delay_steps": _share(float(sums["delay_steps"]), found),
        "delay_hours": _share(24 * float(sums["delay_days"]), found if float(sums["days"]) else 0.0),
        "false_alarms_per_day": _share(alarms - right, float(sums["days"])),
        "false_alarm_rate": _share(float(sums[f"{quiet}alarm_rows"]), rows),
        "mean_error": _share(float(sums["error"]), float(sums["errors"])),
        "coverage": _share(float(sums["covered"]), float(sums["intervals"])),
        "events": events,
        "alarms": alarms,
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
