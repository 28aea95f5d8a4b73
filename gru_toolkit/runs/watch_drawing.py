"""A watched series as SVG: its values with alarms and known anomalies, and how seldom its steps are."""

import numpy as np

from gru_toolkit.runs import scales, wording
from gru_toolkit.runs.scales import Axis
from gru_toolkit.runs.svg import Panel
from gru_toolkit.tasks.figures import Rarities, Watch

RAREST = 1e-9
"""Rarer steps than one in so many are drawn as such."""


def series(figure: Watch) -> tuple[str, str, str]:
    """Title, SVG and caption of the values over time."""
    x, places = _axis(figure)
    panel = Panel(x, scales.linear(figure.values), _title(figure), figure.target)
    _marked(panel, figure, places)
    panel.line(places, figure.values, "history", "values")
    alarms = figure.alarms
    panel.dots(places[alarms], figure.values[alarms], "alarm", "alarm", radius=3.5)
    inside = (figure.low <= figure.values) & (figure.values <= figure.high)
    caption = f"{int(alarms.sum()):,} of {len(alarms):,} steps raise an alarm"
    if len(figure.marks):
        caption += f", {int((alarms & figure.marks).sum()):,} of them inside known anomalies (shaded)"
    caption += f". {wording.percent(float(inside.mean()))} of the values lie inside the interval of their forecast."
    return f"Alarms: {figure.series}", panel.drawn(f"Alarms: {figure.series}", caption), caption


def rarities(figure: Rarities) -> tuple[str, str, str]:
    """Title, SVG and caption of the scores over time, as one step in so many."""
    watch = figure.watch
    x, places = _axis(watch)
    seldom = -np.log10(np.maximum(1 - watch.score, RAREST))
    limit = -np.log10(1 - watch.threshold)
    top = float(np.ceil(max(seldom.max(initial=0.0), limit) + 0.2))
    powers = range(int(top) + 1)
    y = Axis(0.0, top, tuple((float(power), f"{10**power:,}" if power < 5 else f"1e{power}") for power in powers))
    panel = Panel(x, y, _title(watch), "one step in …")
    _marked(panel, watch, places)
    panel.line(places, seldom, "network", "score")
    panel.across_at(limit, "rival1", "alarm")
    begin = f"{1 / (1 - watch.threshold):,.0f}"
    caption = f"How seldom an ordinary step is as unusual: one in so many. Alarms begin at one in {begin}."
    return f"Scores: {watch.series}", panel.drawn(f"Scores: {watch.series}", caption), caption


def _axis(figure: Watch) -> tuple[Axis, np.ndarray]:
    """The x axis and the places of the steps on it; rows where times do not rise."""
    seconds = scales.seconds_of(figure.times)
    if figure.times.dtype.kind == "M" and len(seconds) > 1 and bool((np.diff(seconds) > 0).all()):
        return scales.times(figure.times), seconds
    rows = np.arange(len(figure.values), dtype=np.float64)
    return scales.within(0, max(len(rows) - 1, 1), whole=True), rows


def _title(figure: Watch) -> str:
    if figure.times.dtype.kind != "M":
        return "row"
    ends = [str(time.astype("M8[D]")) for time in (figure.times.min(), figure.times.max())]
    return f"{ends[0]} to {ends[1]}"


def _marked(panel: Panel, figure: Watch, places: np.ndarray) -> None:
    """Shade the known anomalies over the whole height."""
    if not len(figure.marks):
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], figure.marks, [False]]).astype(np.int8)))
    for number, (start, stop) in enumerate(edges.reshape(-1, 2).tolist()):
        ends = places[[start, stop - 1]]
        low, high = np.full(2, panel.y.low), np.full(2, panel.y.high)
        panel.band(ends, low, high, "truth", "anomaly" if number == 0 else "")
