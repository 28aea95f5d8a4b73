"""Figures as SVG: one function a kind, each returning the drawing and the sentence that stands under it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gru_toolkit.runs import alignment_drawing, label_bars, passage_drawing, scales, svg, watch_drawing, wording
from gru_toolkit.runs.markup import shown
from gru_toolkit.runs.svg import Panel
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

MOST_CLASSES = 40
"""Classes of a confusion matrix that are drawn; the rarest others are added up as one."""
COUNTED_CLASSES = 12
"""Classes up to which the counts stand in the cells."""
MOST_DOTS = 1500
OTHERS = "(others)"


@dataclass(frozen=True)
class Drawing:
    """An SVG element, its title, and a sentence that says what is to be seen."""

    title: str
    svg: str
    caption: str


def draw(figure: Figure) -> Drawing:
    """The figure as a drawing."""
    kinds: dict[type, Callable[[Any], Drawing]] = {
        LearningCurve: _learning_curve,
        Forecast: _forecast,
        ByHorizon: _by_horizon,
        Coverage: _coverage,
        Confusion: _confusion,
        ByLabel: _by_label,
        Calibration: _calibration,
        Scatter: _scatter,
        Watch: lambda watch: Drawing(*watch_drawing.series(watch)),
        Passages: lambda passages: Drawing(*passage_drawing.drawn(passages)),
        Rarities: lambda rarities: Drawing(*watch_drawing.rarities(rarities)),
        Alignment: lambda alignment: Drawing(*alignment_drawing.drawn(alignment)),
    }
    return kinds[type(figure)](figure)


def _learning_curve(figure: LearningCurve) -> Drawing:
    epochs = np.arange(1, len(figure.training) + 1, dtype=np.float64)
    both = np.concatenate([figure.training, figure.validation])
    last = max(len(epochs), 2)
    panel = Panel(scales.within(1, last, whole=True), scales.positive(both), "epoch", figure.loss)
    panel.line(epochs, figure.training, "history", "training")
    best = ""
    if len(figure.validation):
        panel.line(epochs, figure.validation, "network", "validation")
        if figure.best is not None:
            at = figure.best
            panel.dots(epochs[at : at + 1], figure.validation[at : at + 1], "network", "kept", radius=4.5)
            best = f" The weights of epoch {at + 1} were kept (validation {wording.number(figure.validation[at])})."
    when = f"each of {len(epochs)} epochs" if len(epochs) > 1 else "one epoch"
    caption = f"{figure.loss.capitalize()} on the training and validation part after {when}.{best}"
    return Drawing("Learning curve", panel.drawn("Learning curve", caption), caption)


def _forecast(figure: Forecast) -> Drawing:
    calendar = figure.times.dtype.kind == "M"
    seconds = scales.seconds_of(figure.times)
    past, ahead = seconds[: len(figure.history)], seconds[len(figure.history) :]
    x = scales.times(figure.times) if calendar else scales.within(seconds[0], seconds[-1], whole=True)
    everything = np.concatenate([figure.history, figure.truth, figure.median, figure.low, figure.high])
    panel = Panel(x, scales.linear(everything), _span(figure.times) if calendar else "step", figure.target)
    if len(figure.low):
        level = f"{100 * figure.level:.0f} % interval" if figure.level else "interval"
        panel.band(ahead, figure.low, figure.high, "network", level)
    panel.up_at(float(ahead[0] + past[-1]) / 2, "rule")
    panel.line(past, figure.history, "history", "history")
    panel.line(ahead, figure.truth, "truth", "truth")
    panel.line(ahead, figure.median, "network", "forecast")
    title = f"{figure.place.capitalize()} forecast: {figure.series}" if figure.place else f"Forecast: {figure.series}"
    known = np.isfinite(figure.truth)
    error = np.abs(figure.median - figure.truth)[known]
    caption = f"Mean absolute error {wording.number(float(error.mean()))}" if known.any() else "The truth is not known"
    if len(figure.low) and known.any():
        inside = int(((figure.truth >= figure.low) & (figure.truth <= figure.high)).sum())
        caption += f"; {inside} of {int(known.sum())} true values inside the interval"
    caption += f". The {figure.place} of {figure.of:,} forecasts by error." if figure.of else "."
    return Drawing(title, panel.drawn(title, caption), caption)


def _span(times: np.ndarray) -> str:
    """First and last time as ISO text: days, and minutes where they matter."""
    minutes = times.astype("M8[m]")
    whole_days = bool((minutes == minutes.astype("M8[D]")).all())
    ends = [str(time).replace("T", " ") for time in (minutes.astype("M8[D]") if whole_days else minutes)[[0, -1]]]
    return f"{ends[0]} to {ends[1]}"


def _by_horizon(figure: ByHorizon) -> Drawing:
    name = wording.metric_name(figure.metric)
    steps = np.arange(1, max(map(len, figure.values.values())) + 1, dtype=np.float64)
    everything = np.concatenate([*figure.values.values(), [0.0]])
    panel = Panel(scales.within(1, max(len(steps), 2), whole=True), scales.linear(everything), "steps ahead", name)
    rivals = [predictor for predictor in figure.values if predictor != NETWORK]
    for place, rival in enumerate(rivals):
        panel.line(steps, figure.values[rival], f"rival{place % 4 + 1}", wording.plain_name(rival))
    panel.line(steps, figure.values[NETWORK], "network", NETWORK)
    panel.keys.insert(0, panel.keys.pop())
    own = figure.values[NETWORK]
    caption = (
        f"{name} of the network from {wording.number(own[0])} one step ahead to {wording.number(own[-1])} at the last."
    )
    if rivals:
        ahead = np.all([own <= figure.values[rival] for rival in rivals], axis=0)
        caption += f" It is at or below every baseline at {int(ahead.sum())} of {len(steps)} steps."
    return Drawing(f"{name} by horizon", panel.drawn(f"{name} by horizon", caption), caption)


def _coverage(figure: Coverage) -> Drawing:
    steps = np.arange(1, len(figure.shares) + 1, dtype=np.float64)
    ends = np.clip([figure.shares.min() - 0.05, figure.shares.max() + 0.05, figure.wanted - 0.1, 1.0], 0, 1)
    y = scales.linear(100 * ends)
    panel = Panel(scales.within(1, max(len(steps), 2), whole=True), y, "steps ahead", "inside the interval, %")
    panel.across_at(100 * figure.wanted, "ideal", f"wanted: {100 * figure.wanted:.0f} %")
    panel.line(steps, 100 * figure.shares, "network", "measured")
    mean, least, most = (wording.percent(float(share(figure.shares))) for share in (np.mean, np.min, np.max))
    caption = (
        f"The interval should hold {wording.percent(figure.wanted)} of the true values and holds {mean}; "
        f"by step from {least} to {most}."
    )
    return Drawing("Coverage by horizon", panel.drawn("Coverage by horizon", caption), caption)


def _calibration(figure: Calibration) -> Drawing:
    unit = scales.within(0, 100)
    panel = Panel(unit, unit, "predicted probability, %", "right, %")
    panel.line(np.array([0.0, 100.0]), np.array([0.0, 100.0]), "ideal", "ideal")
    panel.whiskers(100 * figure.predicted, 100 * figure.low, 100 * figure.high, "network")
    sizes = 2.5 + 4 * np.sqrt(figure.count / figure.count.max())
    for place, radius in enumerate(sizes.tolist()):
        one = slice(place, place + 1)
        name = "" if place else "measured, 95 % interval; larger: more predictions"
        panel.dots(100 * figure.predicted[one], 100 * figure.observed[one], "network", name, radius=round(radius, 1))
    caption = (
        f"How often the predicted label was right, by the probability it was given, over "
        f"{int(figure.count.sum()):,} predictions. Expected calibration error {wording.number(figure.error)}."
    )
    return Drawing("Calibration", panel.drawn("Calibration", caption), caption)


def _scatter(figure: Scatter) -> Drawing:
    both = np.concatenate([figure.truth, figure.predicted])
    axis = scales.linear(both)
    name = figure.target or "value"
    panel = Panel(axis, axis, f"true {name}", f"predicted {name}")
    panel.line(np.array([axis.low, axis.high]), np.array([axis.low, axis.high]), "ideal", "ideal")
    count = len(figure.truth)
    rows = np.unique(np.linspace(0, count - 1, min(count, MOST_DOTS)).astype(np.int64))
    panel.dots(figure.truth[rows], figure.predicted[rows], "network faint", "predictions")
    thinned = f" {len(rows):,} of {count:,}, evenly chosen, are drawn." if len(rows) < count else ""
    error = wording.number(float(np.abs(figure.predicted - figure.truth).mean()))
    caption = f"Predicted beside true values of {count:,} sequences; mean absolute error {error}.{thinned}"
    return Drawing("Predicted and true", panel.drawn("Predicted and true", caption), caption)


def _confusion(figure: Confusion) -> Drawing:
    labels, counts = _largest(figure)
    size = len(labels)
    longest = max(len(svg.cut(label, 14)) for label in labels)
    left = 34 + svg.LETTER * longest
    cell = (svg.WIDTH - left - 6) / size
    height = min(cell, max(13.0, 200 / size))
    top = 12 + (svg.LETTER * longest if cell < 60 else 16)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    marks = []
    for row, column in np.argwhere(counts > 0).tolist():
        x, y = left + column * cell, top + row * height
        share = shares[row, column]
        style = "right" if row == column else "wrong"
        name = f"{labels[row]} predicted as {labels[column]}: {counts[row, column]:,.0f}"
        marks.append(
            f'<rect class="cell {style}" x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{height:.1f}" '
            f'fill-opacity="{0.08 + 0.92 * share:.2f}"><title>{shown(name)}</title></rect>'
        )
        if size <= COUNTED_CLASSES:
            ink = "count on" if share > 0.5 else "count"
            marks.append(svg.text_at(x + cell / 2, y + height / 2 + 4, f"{counts[row, column]:,.0f}", ink))
    marks += _frame(labels, left, top, cell, height)
    caption = _confusion_caption(figure)
    total = top + size * height + 26
    return Drawing("Confusion matrix", svg.element(marks, "Confusion matrix", caption, round(total)), caption)


def _frame(labels: tuple[str, ...], left: float, top: float, cell: float, height: float) -> list[str]:
    size = len(labels)
    right, bottom = left + size * cell, top + size * height
    marks = [
        f'<rect class="frame" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"/>'
    ]
    small = " small" if min(cell, height) < 12 else ""
    for place, label in enumerate(labels):
        text = svg.cut(label, 14)
        marks.append(svg.text_at(left - 5, top + (place + 0.5) * height + 4, text, f"tick end{small}"))
        x = left + (place + 0.5) * cell
        if cell < 60:
            turned = f'transform="rotate(-90 {x + 4:.1f} {top - 5:.1f})"'
            marks.append(svg.text_at(x + 4, top - 5, text, f"tick start{small}", turned))
        else:
            marks.append(svg.text_at(x, top - 6, text, "tick middle"))
    middle = (top + bottom) / 2
    marks.append(svg.text_at(12, middle, "true label", "title middle", f'transform="rotate(-90 12 {middle:.1f})"'))
    marks.append(svg.text_at((left + right) / 2, bottom + 18, "predicted label", "title middle"))
    return marks


def _largest(figure: Confusion) -> tuple[tuple[str, ...], np.ndarray]:
    """The labels and counts to draw: the most frequent ones in their order, the rest added up."""
    if len(figure.labels) <= MOST_CLASSES:
        return figure.labels, figure.counts
    both = figure.counts.sum(axis=0) + figure.counts.sum(axis=1)
    kept = np.sort(np.argsort(-both, kind="stable")[: MOST_CLASSES - 1])
    place = np.full(len(both), MOST_CLASSES - 1)
    place[kept] = np.arange(len(kept))
    joined = np.zeros((MOST_CLASSES, MOST_CLASSES))
    np.add.at(joined, (place[:, None], place[None, :]), figure.counts)
    return (*[figure.labels[label] for label in kept], OTHERS), joined


def _by_label(figure: ByLabel) -> Drawing:
    return Drawing(*label_bars.drawn(figure))


def _confusion_caption(figure: Confusion) -> str:
    total, right = figure.counts.sum(), np.trace(figure.counts)
    caption = (
        f"{right:,.0f} of {total:,.0f} labels are right; the stronger a cell, the larger its share of the true label."
    )
    wrong = figure.counts - np.diag(np.diagonal(figure.counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:3]
    worst = [(int(place) // len(wrong), int(place) % len(wrong)) for place in order]
    named = [
        f"{figure.labels[row]} as {figure.labels[column]} ({wrong[row, column]:,.0f})"
        for row, column in worst
        if wrong[row, column] > 0
    ]
    if named:
        caption += f" Most often confused: {', '.join(named)}."
    if len(figure.labels) > MOST_CLASSES:
        caption += f" The {MOST_CLASSES - 1} most frequent of {len(figure.labels)} labels are drawn, the others as one."
    return caption
