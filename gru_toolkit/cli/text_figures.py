"""Figures as lines of text: curves in braille dots, bars in blocks, tables of counts; or in ASCII where that is all.

Every function returns plain text without colours, at most `width` columns wide. Labels may come from the user's data:
each passes through `safe_text`.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from rich.cells import cell_len, set_cell_size

from gru_toolkit.cli.alignments import alignment
from gru_toolkit.cli.charts import Chart, bar, fit, sparkline
from gru_toolkit.cli.text import safe_text
from gru_toolkit.runs import scales, wording
from gru_toolkit.tasks.figures import (
    NETWORK,
    Alignment,
    ByHorizon,
    ByLabel,
    Calibration,
    Confusion,
    Coverage,
    Figure,
    Forecast,
    LearningCurve,
    Passages,
    Rarities,
    Scatter,
    Watch,
)


def text_figure(figure: Figure, width: int, *, unicode: bool = True) -> str:
    """The figure as text."""
    kinds: dict[type, Callable[..., str]] = {
        LearningCurve: learning_curve,
        Forecast: forecast,
        ByHorizon: by_horizon,
        Coverage: coverage,
        Confusion: confusion,
        ByLabel: by_label,
        Calibration: calibration,
        Scatter: scatter,
        Watch: watch,
        Rarities: rarities,
        Passages: passages,
        Alignment: alignment,
    }
    return kinds[type(figure)](figure, width, unicode=unicode)


def passages(figure: Passages, width: int, *, unicode: bool = True) -> str:
    """Each passage with the pieces that weigh most."""
    lines = [figure.title]
    for passage in figure.passages:
        order = np.argsort(-passage.weights, kind="stable")[:8].tolist()
        heaviest = ", ".join(f"{passage.pieces[place]!r} {passage.weights[place]:.2f}" for place in order)
        lines += [safe_text(passage.heading)[:width], f"  {safe_text(heaviest)}"[:width]]
    return "\n".join(lines)


def learning_curve(figure: LearningCurve, width: int, *, unicode: bool = True) -> str:
    """A row of bars for training and for validation, each with its first and last loss."""
    lines = []
    for name, losses in (("training", figure.training), ("validation", figure.validation)):
        if len(losses):
            ends = f"{wording.number(float(losses[0]))} … {wording.number(float(losses[-1]))}"
            room = max(4, width - 12 - 2 - len(ends))
            lines.append(f"{name:<11} {sparkline(losses, room, unicode=unicode)}  {ends}")
    if figure.best is not None and len(figure.validation):
        best = wording.number(float(figure.validation[figure.best]))
        lines.append(f"kept: epoch {figure.best + 1} of {len(figure.training)}, validation {best}")
    return fit(lines, width, unicode)


def forecast(figure: Forecast, width: int, *, unicode: bool = True) -> str:
    """History, forecast and its interval over time; the truth as separate marks."""
    seconds = scales.seconds_of(figure.times)
    past, ahead = seconds[: len(figure.history)], seconds[len(figure.history) :]
    everything = np.concatenate([figure.history, figure.truth, figure.median, figure.low, figure.high])
    calendar = figure.times.dtype.kind == "M"
    x = scales.times(figure.times) if calendar else scales.within(seconds[0], seconds[-1], whole=True)
    chart = Chart(x, scales.linear(everything), width, unicode)
    if len(figure.low):
        chart.band(ahead, figure.low, figure.high)
    chart.marks(ahead, figure.truth, "o" if not unicode else "•")
    chart.line(past, figure.history, ".")
    chart.line(ahead, figure.median, "*")
    title = f"{figure.place} forecast of {figure.series}" if figure.place else f"forecast of {figure.series}"
    band = ("░" if unicode else ":") + f" {100 * figure.level:.0f} % interval  " if figure.level else ""
    key = f"line: history, forecast  {band}{'•' if unicode else 'o'} truth"
    return fit([title, *chart.lines(), key], width, unicode)


def by_horizon(figure: ByHorizon, width: int, *, unicode: bool = True) -> str:
    """A bar for each predictor in each quarter of the horizon: the mean of the metric there."""
    names = [NETWORK, *(name for name in figure.values if name != NETWORK)]
    edges = np.linspace(0, len(figure.values[NETWORK]), min(4, len(figure.values[NETWORK])) + 1).astype(np.int64)
    top = max(float(np.nanmax(values)) for values in figure.values.values()) or 1.0
    lines = [f"{wording.metric_name(figure.metric)} by steps ahead"]
    widest = max(cell_len(_name(name)) for name in names)
    for start, stop in pairwise(edges.tolist()):
        steps = f"{start + 1}-{stop}" if stop > start + 1 else f"{start + 1}"
        for place, name in enumerate(names):
            value = float(figure.values[name][start:stop].mean())
            label = f"{steps if place == 0 else '':>9} {set_cell_size(_name(name), widest)}"
            room = max(4, width - len(label) - 10)
            lines.append(f"{label} {wording.number(value):>8} {bar(value / top, room, place == 0, unicode)}")
    return fit(lines, width, unicode)


def coverage(figure: Coverage, width: int, *, unicode: bool = True) -> str:
    """The shares inside the interval as a row of bars with its least, mean and largest."""
    least, mean, most = (wording.percent(float(share(figure.shares))) for share in (np.min, np.mean, np.max))
    wanted = wording.percent(figure.wanted)
    lines = [
        f"inside the interval by steps ahead (wanted {wanted})",
        sparkline(figure.shares, width, unicode=unicode),
        f"least {least}, mean {mean}, most {most}",
    ]
    return fit(lines, width, unicode)


def confusion(figure: Confusion, width: int, *, unicode: bool = True) -> str:
    """Counts with the truth down and the prediction across; only the worst pairs where the table would not fit."""
    labels = [_short(label, 12) for label in figure.labels]
    first = max(map(cell_len, [*labels, "true"]))
    cells = [[f"{count:,.0f}" for count in row] for row in figure.counts.tolist()]
    widths = [max(cell_len(label), *(len(row[place]) for row in cells)) for place, label in enumerate(labels)]
    right = f"{np.trace(figure.counts):,.0f} of {figure.counts.sum():,.0f} right"
    if first + 2 + sum(widths) + 2 * len(widths) > width:
        return fit([right, "most often confused:", *_pairs(figure)], width, unicode)
    lines = []
    for label, row in zip(["true", *labels], [labels, *cells], strict=True):
        padded = [" " * (room - cell_len(cell)) + cell for cell, room in zip(row, widths, strict=True)]
        lines.append("  ".join([set_cell_size(label, first), *padded]))
    return fit([*lines, right], width, unicode)


def by_label(figure: ByLabel, width: int, *, unicode: bool = True) -> str:
    """One bar a label, the network's metric and how often the label is true."""
    own = figure.values[NETWORK]
    room = max((cell_len(_short(label, 24)) for label in figure.labels), default=0)
    lines = [f"{wording.metric_name(figure.metric)} of each {figure.noun}"]
    for label, value, count in zip(figure.labels, own.tolist(), figure.counts.tolist(), strict=True):
        if count:
            head = f"{set_cell_size(_short(label, 24), room)}  {wording.number(value):>6} {count:>7,.0f}  "
            lines.append(head + bar(value, max(4, width - cell_len(head) - 1), True, unicode))
    return fit(lines, width, unicode)


def calibration(figure: Calibration, width: int, *, unicode: bool = True) -> str:
    """One line a bin: what was predicted, how often it was right, and how many there were."""
    lines = ["predicted   right"]
    for predicted, observed, count in zip(figure.predicted, figure.observed, figure.count, strict=True):
        label = f"{100 * predicted:7.0f} % {100 * observed:6.0f} %  {count:>7,.0f}  "
        lines.append(label + bar(float(observed), max(4, width - len(label) - 1), True, unicode))
    return fit([*lines, f"expected calibration error {wording.number(figure.error)}"], width, unicode)


def watch(figure: Watch, width: int, *, unicode: bool = True) -> str:
    """The values of a watched series, its alarms and the rows that are known to be anomalies."""
    rows = np.arange(len(figure.values), dtype=np.float64)
    chart = Chart(scales.within(0, max(len(rows) - 1, 1), whole=True), scales.linear(figure.values), width, unicode)
    chart.line(rows, figure.values, ".")
    alarm, mark = ("•", "▁") if unicode else ("o", "_")
    if len(figure.marks):
        floor = np.full(int(figure.marks.sum()), figure.values.min())
        chart.marks(rows[figure.marks], floor, mark)
    chart.marks(rows[figure.alarms], figure.values[figure.alarms], alarm)
    key = f"line: values by row  {alarm} alarm" + (f"  {mark} known anomaly" if len(figure.marks) else "")
    return fit([f"alarms in {figure.series}", *chart.lines(), key], width, unicode)


def rarities(figure: Rarities, width: int, *, unicode: bool = True) -> str:
    """A row of bars: how unusual each stretch of a watched series is at its most unusual step."""
    score = figure.watch.score
    edges = np.linspace(0, len(score), min(width, len(score)) + 1).astype(np.int64)
    seldom = -np.log10(np.maximum(1 - score, 1e-12))
    most = np.array([seldom[start:stop].max() for start, stop in pairwise(edges.tolist())])
    top = f"most unusual: one step in {10 ** float(most.max()):,.0f}" if len(most) else "no steps"
    return fit([f"rarity in {figure.watch.series}", sparkline(most, width, unicode=unicode), top], width, unicode)


def scatter(figure: Scatter, width: int, *, unicode: bool = True) -> str:
    """Predicted over true values."""
    axis = scales.linear(np.concatenate([figure.truth, figure.predicted]))
    chart = Chart(axis, axis, width, unicode)
    chart.points(figure.truth, figure.predicted)
    name = figure.target or "value"
    return fit([f"predicted {name} over true {name}", *chart.lines()], width, unicode)


def _pairs(figure: Confusion) -> list[str]:
    wrong = figure.counts - np.diag(np.diagonal(figure.counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:5]
    places: list[tuple[Any, ...]] = [np.unravel_index(place, wrong.shape) for place in order if wrong.flat[place] > 0]
    return [
        f"  {_short(figure.labels[a], 24)} as {_short(figure.labels[b], 24)}: {wrong[a, b]:,.0f}" for a, b in places
    ]


def _name(predictor: str) -> str:
    return safe_text(wording.plain_name(predictor))


def _short(label: str, width: int) -> str:
    label = safe_text(label)
    return label if cell_len(label) <= width else set_cell_size(label, width - 1).rstrip() + "…"
