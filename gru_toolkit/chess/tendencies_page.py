"""A person's tendencies as one page of HTML that opens offline: words, tables with bars, boards.

The page holds no script, loads nothing (its own policy forbids it), and shows names as text.
"""

from collections.abc import Iterator, Sequence

import chess

from gru_toolkit.chess import board_svg
from gru_toolkit.chess.holes import Hole
from gru_toolkit.chess.rates import Rate
from gru_toolkit.chess.repertoire import board_after, san_line
from gru_toolkit.chess.tendencies import Change, Choice, Table, Tendencies
from gru_toolkit.runs.markup import page, shown
from gru_toolkit.runs.report_style import STYLE

_ROWS = 8
_BOARDS = 6
_OWN_STYLE = """
.said { padding: 18px 22px; border-radius: 10px; border-left: 6px solid var(--network); background: var(--card);
  font-size: 18px; }
.choices { width: 100%; min-width: 640px; margin-bottom: 22px; table-layout: fixed; }
.choices td, .choices th { vertical-align: middle; }
.choices tbody th { padding-right: 12px; } .choices small { display: block; color: var(--soft); }
.choices td.share { padding-left: 20px; } .choices thead th:nth-child(1) { width: 24%; }
.choices thead th:nth-child(2), .choices thead th:nth-child(5), .choices thead th:nth-child(6) { width: 8%; }
.choices thead th:nth-child(3) { width: 12%; } .choices thead th:nth-child(7) { width: 20%; }
.choices td:last-child, .periods td, .periods tbody th { white-space: normal; }
.choices svg { width: 100%; height: 18px; } .choices svg rect.share { fill: var(--network); fill-opacity: .75; }
.choices svg line { stroke: var(--ink); stroke-width: 1.5; } .choices svg rect.ground { fill: var(--grid); }
.boards { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 16px; }
.boards svg { border-radius: 4px; } svg.board text { fill: #6b5138; }
.periods td, .periods th { text-align: right; }
.periods td:nth-child(2), .periods th:nth-child(-n+2) { text-align: left; }
.periods tbody th { width: 20%; } .periods td small { display: block; color: var(--soft); }
"""


def tendencies_html(tendencies: Tendencies) -> str:
    """The page."""
    title = f"How {tendencies.name} opens"
    return page(title, STYLE + board_svg.STYLE + _OWN_STYLE, _sections(tendencies, title))


def _sections(tendencies: Tendencies, title: str) -> Iterator[str]:
    yield f'<header><p class="kicker">gru-toolkit · chess tendencies</p><h1>{shown(title)}</h1>'
    yield f'<p class="said">{shown(tendencies.sentence)}</p>'
    yield f"<p>{shown(_extent(tendencies))}</p></header>"
    for table in (*tendencies.tables, *tendencies.openings):
        yield from _table(table)
    yield from _changes(tendencies.changes)
    yield from _holes(tendencies.holes)
    yield "<footer>Shares with the 95 % interval (Wilson). Score: 1 for a win, ½ for a draw; the mean.</footer>"


def _extent(tendencies: Tendencies) -> str:
    """How many games, of which colour, from when to when."""
    black = tendencies.games - tendencies.white
    dates = f", {tendencies.first} to {tendencies.last}" if tendencies.first else ""
    return f"{tendencies.games:,} games, {tendencies.white:,} as White and {black:,} as Black{dates}."


def _table(table: Table) -> Iterator[str]:
    """Choices with bars, and boards of the most usual ones."""
    yield f"<section><h2>{shown(table.title[:1].upper() + table.title[1:])}</h2>"
    yield '<div class="wide"><table class="choices"><thead><tr><th>choice</th><th>share</th><th>95 %</th>'
    yield "<th></th><th>games</th><th>score</th><th>mostly</th></tr></thead><tbody>"
    for choice in table.choices[:_ROWS]:
        yield _row(choice)
    yield "</tbody></table></div>"
    if table.title.startswith("openings"):
        yield '<div class="boards">'
        for choice in table.choices[:_BOARDS]:
            if choice.line:
                caption = f"{choice.label}, {choice.rate.percent()}: {san_line(choice.line)}"
                yield _figure(choice.line, table.colour, caption)
        yield "</div>"
    yield "</section>"


def _row(choice: Choice) -> str:
    rate = choice.rate
    label = f"{choice.label} <small>{shown(choice.name)}</small>" if choice.name else shown(choice.label)
    mostly = f"{shown(choice.mostly[0])} <small>{choice.mostly[1].percent()}</small>" if choice.mostly else "–"
    cells = [
        f"<th>{label}</th>",
        f"<td>{rate.percent()}</td>",
        f"<td>{100 * rate.low:.0f} – {100 * rate.high:.0f} %</td>",
        f'<td class="share">{_bar(rate)}</td>',
        f"<td>{rate.count:,}</td>",
        f"<td>{_score(choice.score)}</td>",
        f"<td>{mostly}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _bar(rate: Rate) -> str:
    """A share as a bar with its interval as a line."""
    low, high = 200 * rate.low, 200 * rate.high
    return (
        '<svg viewBox="0 0 200 18" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="ground" x="0" y="3" width="200" height="12"/>'
        f'<rect class="share" x="0" y="3" width="{200 * rate.share:.1f}" height="12"/>'
        f'<line x1="{low:.1f}" y1="9" x2="{high:.1f}" y2="9"/></svg>'
    )


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    """A row for each choice, a column for each quarter of the games."""
    if not changes:
        return
    yield '<section><h2>Over time</h2><div class="wide"><table class="full periods">'
    yield "<caption>Each column is a quarter of the games in that situation, the oldest first.</caption>"
    yield '<thead><tr><th>situation</th><th>choice</th><th colspan="4">share in each quarter</th><th></th></tr></thead>'
    yield "<tbody>"
    for change in changes:
        cells = "".join(f"<td>{rate.percent()}<small>{shown(dates)}</small></td>" for dates, rate in change.periods)
        verdict = "clearly changed" if change.clear else ""
        yield f"<tr><th>{shown(change.title)}</th><td>{shown(change.label)}</td>{cells}<td>{verdict}</td></tr>"
    yield "</tbody></table></div></section>"


def _holes(holes: Sequence[Hole]) -> Iterator[str]:
    """Boards of the holes with what is known of each."""
    if not holes:
        yield "<section><h2>Holes in the repertoire</h2><p>None was found.</p></section>"
        return
    yield "<section><h2>Holes in the repertoire</h2>"
    yield "<p>Met often, with results below the usual ones or without a settled answer; the costliest first.</p>"
    yield '<div class="boards">'
    for hole in holes:
        yield _figure(hole.line, hole.colour, hole_in_words(hole))
    yield "</div></section>"


def hole_in_words(hole: Hole) -> str:
    """What makes it a hole."""
    colour = "White" if hole.colour == chess.WHITE else "Black"
    answers = ", ".join(f"{san} {rate.percent()}" for san, rate in hole.answers)
    name = f" ({hole.opening})" if hole.opening else ""
    words = f"{san_line(hole.line)}{name}: in {hole.reach.percent()} of the games as {colour}; answers {answers}"
    if hole.score is not None and hole.usual is not None:
        words += f"; scores {_score(hole.score)} against {_score(hole.usual)} in all games"
    return words


def _figure(line: Sequence[int], colour: chess.Color, caption: str) -> str:
    board = board_after(line)
    drawing = board_svg.board_svg(board, black_below=colour == chess.BLACK, title=shown(san_line(line)))
    return f"<figure>{drawing}<figcaption>{shown(caption)}</figcaption></figure>"


def _score(score: float | None) -> str:
    return "–" if score is None else f"{score:.2f}"
