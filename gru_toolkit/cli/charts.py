"""What figures of text are made of: a field of characters between two axes, rows of bars, lines that fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from rich.cells import cell_len, set_cell_size

from gru_toolkit.cli.text import safe_text
from gru_toolkit.runs import scales, wording

BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-=+*#@"
HEIGHT = 10
"""Rows of a chart."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of the eight dots of a braille character, by row and column."""


def sparkline(values: np.ndarray, width: int, *, unicode: bool = True) -> str:
    """The values as one row of bars, averaged over stretches where there are more than columns."""
    real = np.asarray(values, np.float64)
    bars = BARS if unicode else ASCII_BARS
    edges = np.linspace(0, len(real), min(width, len(real)) + 1).astype(np.int64)
    means = [float(real[start:stop].mean()) for start, stop in pairwise(edges.tolist())]
    finite = [mean for mean in means if np.isfinite(mean)]
    low, span = min(finite, default=0.0), (max(finite, default=0.0) - min(finite, default=0.0)) or 1.0
    return "".join(
        bars[int((mean - low) / span * (len(bars) - 1) + 0.5)] if np.isfinite(mean) else " " for mean in means
    )


def bar(share: float, room: int, strong: bool, unicode: bool) -> str:
    """A bar of a share of the room; a weak one is hatched."""
    length = round(min(max(share, 0.0), 1.0) * room)
    return (("█" if strong else "▒") if unicode else ("#" if strong else "-")) * length


def fit(lines: Sequence[str], width: int, unicode: bool) -> str:
    """The lines as one text, each safe and cut to the width; without Unicode what ASCII lacks is replaced."""
    safe = [safe_text(line) for line in lines]
    if not unicode:
        replaced = [line.replace("…", "...").replace(wording.MINUS, "-").replace("–", "-") for line in safe]
        safe = [line.encode("ascii", "backslashreplace").decode() for line in replaced]
    return "\n".join((line if cell_len(line) <= width else set_cell_size(line, width)).rstrip() for line in safe)


@dataclass
class Chart:
    """A field of characters between two axes; its state is the field, HEIGHT rows of columns."""

    x: scales.Axis
    y: scales.Axis
    width: int
    unicode: bool
    rows: list[list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [[" "] * self.columns for _ in range(HEIGHT)]

    @property
    def margin(self) -> int:
        return max((len(text) for _, text in self.y.ticks), default=0) + 2

    @property
    def columns(self) -> int:
        return max(8, self.width - self.margin)

    def line(self, x: np.ndarray, y: np.ndarray, mark: str) -> None:
        """A line through the points: braille dots, or one mark a column."""
        across = np.linspace(
            x[0], x[-1], max(2, int(2 * self.columns * (self.x.place(x[-1:]) - self.x.place(x[:1]))[0]))
        )
        self.points(across, np.interp(across, x, y), mark)

    def points(self, x: np.ndarray, y: np.ndarray, mark: str = "*") -> None:
        """A dot at each point."""
        fine = 2 if self.unicode else 1, 4 if self.unicode else 1
        left = self._place(self.x.place(x), self.columns * fine[0])
        top = self._place(1 - self.y.place(y), HEIGHT * fine[1])
        for column, row, real in zip(left.tolist(), top.tolist(), np.isfinite(y).tolist(), strict=True):
            if real:
                self._dot(column, row, mark)

    def marks(self, x: np.ndarray, y: np.ndarray, mark: str) -> None:
        """A character at each point."""
        left = self._place(self.x.place(x), self.columns)
        top = self._place(1 - self.y.place(y), HEIGHT)
        for column, row, real in zip(left.tolist(), top.tolist(), np.isfinite(y).tolist(), strict=True):
            if real:
                self.rows[row][column] = mark

    def band(self, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """The cells between two lines, shaded."""
        left = self._place(self.x.place(x), self.columns)
        bounds = [self._place(1 - self.y.place(edge), HEIGHT) for edge in (high, low)]
        for column in range(int(left.min()), int(left.max()) + 1):
            nearest = int(np.abs(left - column).argmin())
            for row in range(int(bounds[0][nearest]), int(bounds[1][nearest]) + 1):
                self.rows[row][column] = "░" if self.unicode else ":"

    def lines(self) -> list[str]:
        """The field with its axes."""
        labels = dict.fromkeys(range(HEIGHT), "")
        for value, text in self.y.ticks:
            labels[int(self._place(1 - self.y.place(np.array([value])), HEIGHT)[0])] = text
        edge = "│" if self.unicode else "|"
        room = self.margin - 2
        drawn = [f"{labels[row]:>{room}} {edge}{''.join(cells)}".rstrip() for row, cells in enumerate(self.rows)]
        return [*drawn, " " * self.margin + self._below()]

    def _below(self) -> str:
        """The ticks of the x axis, as many as fit."""
        text = ""
        for value, tick in self.x.ticks:
            at = int(self._place(self.x.place(np.array([value])), self.columns)[0])
            start = min(max(at - len(tick) // 2, 0), self.columns - len(tick))
            if not text or start > len(text) + 1:
                text = text.ljust(start) + tick
        return text

    def _dot(self, column: int, row: int, mark: str) -> None:
        if not self.unicode:
            self.rows[row][column] = mark
            return
        cell = self.rows[row // 4][column // 2]
        bits = ord(cell) - 0x2800 if 0x2800 <= ord(cell) < 0x2900 else 0
        self.rows[row // 4][column // 2] = chr(0x2800 + (bits | _DOTS[row % 4][column % 2]))

    @staticmethod
    def _place(shares: np.ndarray, count: int) -> np.ndarray:
        """Cells of shares between 0 and 1; where a share is not finite the cell is 0 and not to be used."""
        cells: np.ndarray = np.clip(np.nan_to_num(shares) * count, 0, count - 1).astype(np.int64)
        return cells
