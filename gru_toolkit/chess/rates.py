"""Shares of games with their intervals."""

import math
from dataclasses import dataclass

_NORMAL = 1.959964


@dataclass(frozen=True)
class Rate:
    """A share of games with its interval.

    count, of  games with it, games in all
    low, high  the 95 % interval of the share (Wilson 1927)
    """

    count: int
    of: int

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0

    def percent(self) -> str:
        """`61 %`."""
        return f"{100 * self.share:.0f} %"

    @property
    def low(self) -> float:
        return wilson(self.count, self.of)[0]

    @property
    def high(self) -> float:
        return wilson(self.count, self.of)[1]


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); 0 to 1 without any game."""
    if not of:
        return 0.0, 1.0
    share, square = count / of, _NORMAL**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _NORMAL * math.sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
    return (middle - half if count else 0.0), (middle + half if count < of else 1.0)
