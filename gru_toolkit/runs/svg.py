"""A panel: marks between two axes, as SVG that takes its colours and letters from the page around it.

Every text passes through `markup.shown`, so nothing from the user's data becomes markup. Coordinates have one decimal
and no identifiers are used: the same figure gives the same bytes, and many figures stand on one page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gru_toolkit.runs.markup import shown, visible
from gru_toolkit.runs.scales import Axis

WIDTH, HEIGHT = 420, 270
TOP, RIGHT, BOTTOM = 30, 14, 46
LETTER = 6.3
"""Units that a character of a tick needs, about."""
MOST_POINTS = 600
"""Points of a line beyond which only the extremes of each stretch are kept; more could not be seen."""


@dataclass(frozen=True)
class Panel:
    """A drawing area with its axes; marks are added with the functions below, all in units of the axes.

    style  name of a line or marker class of the page's style sheet: network, truth, history, rival1 …
    """

    x: Axis
    y: Axis
    x_title: str = ""
    y_title: str = ""
    marks: list[str] = field(default_factory=list)
    keys: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Room for the ticks of the y axis and its title."""
        return 30 + LETTER * max((len(text) for _, text in self.y.ticks), default=1)

    def across(self, values: np.ndarray) -> np.ndarray:
        return self.left + self.x.place(values) * (WIDTH - RIGHT - self.left)

    def up(self, values: np.ndarray) -> np.ndarray:
        return HEIGHT - BOTTOM - self.y.place(values) * (HEIGHT - BOTTOM - TOP)

    def line(self, x: np.ndarray, y: np.ndarray, style: str, name: str = "") -> None:
        """A line through the points, broken where y is not finite; a single point becomes a dot."""
        for start, stop in _stretches(np.isfinite(y)):
            left, top = _thinned(self.across(x[start:stop]), self.up(y[start:stop]))
            if len(left) == 1:
                self.marks.append(f'<circle class="dot {style}" cx="{left[0]:.1f}" cy="{top[0]:.1f}" r="3"/>')
            else:
                self.marks.append(f'<polyline class="line {style}" points="{_points(left, top)}"/>')
        self._key("line", style, name)

    def band(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, style: str, name: str = "") -> None:
        """The area between two lines."""
        edge = [_thinned(self.across(x), self.up(low)), _thinned(self.across(x), self.up(high))]
        points = f"{_points(*edge[0])} {_points(edge[1][0][::-1], edge[1][1][::-1])}"
        self.marks.append(f'<polygon class="band {style}" points="{points}"/>')
        self._key("band", style, name)

    def dots(self, x: np.ndarray, y: np.ndarray, style: str, name: str = "", *, radius: float = 3) -> None:
        """One dot a point."""
        for left, top in zip(self.across(x).tolist(), self.up(y).tolist(), strict=True):
            self.marks.append(f'<circle class="dot {style}" cx="{left:.1f}" cy="{top:.1f}" r="{radius}"/>')
        self._key("dot", style, name)

    def whiskers(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, style: str) -> None:
        """A vertical line from low to high at each x."""
        ends = zip(self.across(x).tolist(), self.up(low).tolist(), self.up(high).tolist(), strict=True)
        for left, bottom, top in ends:
            self.marks.append(f'<path class="line {style}" d="M{left:.1f} {bottom:.1f}V{top:.1f}"/>')

    def across_at(self, y: float, style: str, name: str = "") -> None:
        """A level line over the whole width."""
        self.line(np.array([self.x.low, self.x.high]), np.array([y, y]), style, name)

    def up_at(self, x: float, style: str, name: str = "") -> None:
        """A vertical line over the whole height."""
        self.line(np.array([x, x]), np.array([self.y.low, self.y.high]), style, name)

    def _key(self, kind: str, style: str, name: str) -> None:
        if name:
            self.keys.append((kind, style, name))

    def drawn(self, title: str, description: str) -> str:
        """The SVG element."""
        return element([*self._grid(), *self.marks, *_legend(self.keys)], title, description)

    def _grid(self) -> Iterable[str]:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        values = np.array([value for value, _ in self.y.ticks])
        for top, (_, text) in zip(self.up(values).tolist(), self.y.ticks, strict=True):
            yield f'<path class="grid" d="M{self.left:.1f} {top:.1f}H{right}"/>'
            yield text_at(self.left - 6, top + 4, text, "tick end")
        values = np.array([value for value, _ in self.x.ticks])
        for left, (_, text) in zip(self.across(values).tolist(), _apart(self.x, self.left), strict=True):
            yield f'<path class="axis" d="M{left:.1f} {bottom}v4"/>'
            if text:
                half = LETTER * len(text) / 2
                yield text_at(min(left, WIDTH - half), bottom + 17, text, "tick middle")
        yield f'<path class="axis" d="M{self.left:.1f} {bottom}H{right}"/>'
        if self.x_title:
            yield text_at((self.left + right) / 2, HEIGHT - 8, self.x_title, "title middle")
        if self.y_title:
            middle = (TOP + bottom) / 2
            turned = f'transform="rotate(-90 12 {middle:.1f})"'
            yield text_at(12, middle, self.y_title, "title middle", turned)


def element(marks: Sequence[str], title: str, description: str, height: float = HEIGHT) -> str:
    """An SVG element with a name and a description for those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{shown(f"{title}. {description}")}">'
        f"<title>{shown(title)}</title>{''.join(marks)}</svg>"
    )


def text_at(x: float, y: float, text: str, style: str, attributes: str = "") -> str:
    """A line of text."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" {attributes}>{shown(text)}</text>'.replace(" >", ">")


def cut(text: str, length: int) -> str:
    """The text as it will be seen, its end replaced by … where it is longer."""
    text = visible(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _legend(keys: Sequence[tuple[str, str, str]]) -> Iterable[str]:
    """The names of lines above the panel, as many as fit."""
    left = 8.0
    for kind, style, name in keys:
        name = cut(name, 50)
        width = 26 + LETTER * len(name) + 10
        if left + width > WIDTH + 10:
            return
        if kind == "band":
            yield f'<rect class="band {style}" x="{left:.1f}" y="7" width="18" height="9"/>'
        elif kind == "dot":
            yield f'<circle class="dot {style}" cx="{left + 9:.1f}" cy="11.5" r="3.5"/>'
        else:
            yield f'<path class="line {style}" d="M{left:.1f} 11.5h18"/>'
        yield text_at(left + 23, 15.5, name, "key")
        left += width


def _apart(axis: Axis, left: float) -> list[tuple[float, str]]:
    """The ticks, every second (third …) with its text where all would not fit."""
    if not axis.ticks:
        return []
    room = (WIDTH - RIGHT - left) / max(len(axis.ticks), 1)
    every = -(-int(LETTER * max(len(text) for _, text in axis.ticks) + 10) // max(int(room), 1))
    return [(value, text if place % every == 0 else "") for place, (value, text) in enumerate(axis.ticks)]


def _points(x: np.ndarray, y: np.ndarray) -> str:
    return " ".join(f"{left:.1f},{top:.1f}" for left, top in zip(x.tolist(), y.tolist(), strict=True))


def _stretches(real: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True as (start, stop)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], real, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest point of each stretch, when there are more points than can be seen."""
    if len(x) <= MOST_POINTS:
        return x, y
    edges = np.linspace(0, len(x), MOST_POINTS // 2 + 1).astype(np.int64)
    kept = {0, len(x) - 1}
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        kept |= {start + int(np.argmin(y[start:stop])), start + int(np.argmax(y[start:stop]))}
    rows = np.array(sorted(kept))
    return x[rows], y[rows]
