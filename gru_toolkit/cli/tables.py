"""Tables, scores and curves as lines of text that fit the terminal."""

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gru_toolkit.cli.text import safe_text
from gru_toolkit.runs import wording
from gru_toolkit.runs.scoring import NETWORK

UNLIMITED = 100_000


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None) -> list[str]:
    """Lines of a table; the first column is text, the others are numbers or words aligned to the right.

    width  columns of the terminal, to which the table shrinks; None for as wide as it needs
    """
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for place, header in enumerate(headers):
        drawn.add_column(
            Text(safe_text(header)), justify="left" if place == 0 else "right", overflow="ellipsis", no_wrap=True
        )
    for row in rows:
        drawn.add_row(*[Text(safe_text(cell)) for cell in row])
    buffer = io.StringIO()
    Console(file=buffer, width=width or UNLIMITED, color_system=None, markup=False, legacy_windows=False).print(drawn)
    return [line.rstrip() for line in buffer.getvalue().splitlines()]


def pairs(facts: Mapping[str, str], width: int | None = None) -> list[str]:
    """One fact under the other, the values under each other."""
    widest = max(map(len, facts), default=0)
    indent = " " * (widest + 2)
    lines = []
    for name, value in facts.items():
        wrapped = paragraph(value, max(width - len(indent), 20) if width else None) or [""]
        lines += [f"{name:<{widest}}  {wrapped[0]}", *(indent + line for line in wrapped[1:])]
    return lines


def number(value: Any) -> str:
    """A count or a score as people read it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return wording.number(value) if isinstance(value, float) else "–" if value is None else str(value)


def comparison(plain: Mapping[str, Any], *, width: int | None = None) -> Iterator[str]:
    """The network beside its baselines on one part, the headline metric first, and the verdict.

    plain  what `Comparison.to_plain` gives
    """
    scores: Mapping[str, Any] = plain["scores"]
    names = [name for name, value in scores[NETWORK]["metrics"].items() if not isinstance(value, list)]
    headline = plain["headline"]
    names = [headline, *[name for name in names if name != headline]]
    headers = [f"{plain['part']} ({plain['examples']:,})", *map(wording.metric_name, names)]
    headers.insert(2, "95 % interval")
    rows = [
        [
            wording.plain_name(name),
            number(scored["metrics"].get(headline)),
            interval(scored["intervals"].get(headline)),
            *[number(scored["metrics"].get(metric)) for metric in names[1:]],
        ]
        for name, scored in sorted(scores.items(), key=lambda item: _place(item[0], plain["rival"]))
    ]
    yield from fitting(headers, rows, width)
    yield from paragraph(plain["verdict"], width)


def paragraph(text: str, width: int | None) -> list[str]:
    """The text in lines of at most so many columns; a number and its % stay together."""
    held = text.replace(" %", "\u00a0%")
    return [line.replace("\u00a0%", " %") for line in textwrap.wrap(held, width)] if width else [text]


def _place(name: str, rival: str) -> tuple[int, str]:
    """Where a row stands: the network, its strongest rival, then the others by name."""
    return {NETWORK: 0, rival: 1}.get(name, 2), name


def fitting(headers: list[str], rows: list[list[str]], width: int | None) -> list[str]:
    """The table without as many of its last columns as do not fit; a last line tells their names."""
    shown = len(headers)
    while shown > 2 and width is not None and _natural(headers[:shown], rows) > width:
        shown -= 1
    lines = table(headers[:shown], [row[:shown] for row in rows], width=width)
    if shown < len(headers):
        lines.append(f"({', '.join(headers[shown:])}: in a wider terminal or with --json)")
    return lines


def _natural(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Columns that the table needs."""
    return max(map(len, table(headers, [row[: len(headers)] for row in rows])))


def interval(bounds: Sequence[float] | None) -> str:
    return f"{number(bounds[0])} – {number(bounds[1])}" if bounds else "–"
