"""The metric of each label as bars, the network's beside its baselines' marks."""

import numpy as np

from gru_toolkit.runs import svg, wording
from gru_toolkit.tasks.figures import NETWORK, ByLabel

MOST_LABELS = 30
"""Labels that are drawn: the most frequent ones."""
_LEFT, _RIGHT, _TOP, _ROW = 130.0, 60.0, 34.0, 15.0


def drawn(figure: ByLabel) -> tuple[str, str, str]:
    """Title, SVG element and caption."""
    title = f"{wording.metric_name(figure.metric)} of each {figure.noun}"
    order = np.argsort(-figure.counts, kind="stable")
    there = [int(place) for place in order if figure.counts[place] > 0]
    shown = there[:MOST_LABELS]
    width = svg.WIDTH - _LEFT - _RIGHT
    marks: list[str] = []
    for row, place in enumerate(shown):
        marks += _row(figure, place, _TOP + row * _ROW, width)
    caption = _caption(figure, there)
    return title, svg.element(marks, title, caption, _TOP + _ROW * len(shown) + 12), caption


def _row(figure: ByLabel, place: int, top: float, width: float) -> list[str]:
    """One label: its name, the network's bar, a tick for each baseline, and its count."""
    own = float(figure.values[NETWORK][place])
    middle = top + _ROW / 2 + 4
    marks = [
        svg.text_at(_LEFT - 6, middle, svg.cut(figure.labels[place], 19), "tick end"),
        f'<rect class="band network" x="{_LEFT:.1f}" y="{top + 2:.1f}" width="{own * width:.1f}" '
        f'height="{_ROW - 4:.1f}"/>',
        svg.text_at(_LEFT + width + 6, middle, f"{figure.counts[place]:,.0f}", "tick start"),
    ]
    rivals = [values for name, values in figure.values.items() if name != NETWORK]
    for number, values in enumerate(rivals):
        x = _LEFT + float(values[place]) * width
        marks.append(f'<path class="line rival{number % 4 + 1}" d="M{x:.1f} {top + 1:.1f}v{_ROW - 2:.1f}"/>')
    marks.append(svg.text_at(_LEFT + 4, middle, wording.number(own), "tick start"))
    return marks


def _caption(figure: ByLabel, there: list[int]) -> str:
    own = figure.values[NETWORK]
    name = wording.metric_name(figure.metric)
    true = "true " if figure.noun == "label" else ""
    caption = f"{name} of the network for each {true}{figure.noun}, with its count; a mark where a baseline stands."
    often = [place for place in there if figure.counts[place] >= 10]
    if often:
        worst = sorted(often, key=lambda place: float(own[place]))[:3]
        listed = ", ".join(f"{figure.labels[place]} ({wording.number(float(own[place]))})" for place in worst)
        caption += f" Lowest among {figure.noun}s that stand 10 times or more: {listed}."
    if len(there) > MOST_LABELS:
        caption += f" The {MOST_LABELS} most frequent of {len(there)} {figure.noun}s are drawn."
    return caption
