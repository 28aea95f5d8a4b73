"""What a report shows of a watched series: values, scores, alarms and marks over time."""

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Dataset
from gru_toolkit.tasks.detect_codec import DetectCodec
from gru_toolkit.tasks.figures import Figure, Rarities, Shown, Watch
from gru_toolkit.tasks.task import Decoded

MOST_SERIES = 3
"""Series that are drawn; those with marks and alarms first."""


def detect_figures(shown: Shown, codec: DetectCodec, threshold: float) -> list[Figure]:
    """For some series the values with their alarms, and the scores; of several channels the most unusual one."""
    drawn: list[tuple[int, Watch]] = []
    for decoded, arrays in shown.sample:
        for row in range(len(arrays.context["length"])):
            watch = _watch(decoded, arrays, row, codec, shown.dataset, threshold)
            known = int(watch.marks.sum()) if len(watch.marks) else 0
            drawn.append((2 * bool(known) + bool(watch.alarms.any()), watch))
    drawn.sort(key=lambda pair: -pair[0])
    return [figure for _, watch in drawn[:MOST_SERIES] for figure in (watch, Rarities(watch))]


def _watch(decoded: Decoded, arrays: Arrays, row: int, codec: DetectCodec, dataset: Dataset, threshold: float) -> Watch:
    context = arrays.context
    sequence, start, stop = (int(context[name][row]) for name in ("sequence", "start", "length"))
    steps = slice(start, stop)
    first = int(dataset.offsets[sequence])
    rows = np.arange(start, stop)
    channel = int(decoded["by_channel"][row, steps].max(axis=0).argmax())
    marks = context["marks"][row, steps]
    return Watch(
        series=dataset.ids[sequence],
        times=rows if dataset.times is None else dataset.times[first + start : first + stop],
        values=context["values"][row, steps, channel],
        low=decoded["low"][row, steps, channel],
        high=decoded["high"][row, steps, channel],
        score=decoded["score"][row, steps],
        alarms=decoded["alarm"][row, steps],
        threshold=threshold,
        marks=np.empty(0, bool) if np.isnan(marks).all() else marks > 0,
        target=codec.targets[channel],
    )
