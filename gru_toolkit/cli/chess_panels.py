"""What stands beside the board on the full screen: predictions with bars, moves, players with clocks and hits."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import chess
from rich.text import Text

from gru_toolkit.chess.session_events import Expectation, Expected, Forecast, Moved, Tally
from gru_toolkit.cli.chess_words import clock_text, percent, shares, short_verdict
from gru_toolkit.cli.text import safe_text

_ANSWERS = 2
_EXPLAINED = 2
_NAME = 8
"""Columns of a name that stay when a score stands beside it."""


@dataclass(frozen=True)
class Ink:
    """What can be drawn with.

    unicode  bars of eighths; else of #
    colour   colours; else none
    """

    unicode: bool = True
    colour: bool = True

    def style(self, style: str) -> str:
        """The style without its colours, if there are none."""
        if self.colour:
            return style
        return " ".join(word for word in style.split() if word in ("bold", "dim", "reverse", "underline"))

    def bar(self, share: float, width: int) -> str:
        """A bar of at most `width` columns."""
        if not self.unicode:
            return "#" * round(share * width)
        eighths = round(8 * share * width)
        return "█" * (eighths // 8) + ("▏▎▍▌▋▊▉"[eighths % 8 - 1] if eighths % 8 else "")


def forecast_panel(forecast: Forecast, width: int, ink: Ink) -> Text:
    """Both people: the next move of the one with the reason, and the other's answers to the likely moves."""
    mover = forecast.mover
    panel = _expectation(mover, f"{mover.name} to move", width, ink)
    more = " …" if ink.unicode else " ..."
    for line in textwrap.wrap(safe_text(mover.explanation), width - 1, max_lines=_EXPLAINED, placeholder=more):
        panel.append(f" {line}\n", ink.style("dim"))
    answers = [(one.move, one.answer) for one in forecast.answers if one.answer]
    if answers:
        name = answers[0][1].name if answers[0][1] else ""
        panel.append(f"{safe_text(name)} would answer\n"[: width + 1], ink.style("bold cyan"))
    for place, (move, answer) in enumerate(answers):
        for row, expected in enumerate(answer.top[: _ANSWERS if place == 0 else 1] if answer else ()):
            arrow = "→" if ink.unicode else ">"
            head = f" {move.san:<6}{arrow} " if row == 0 else " " * 9
            panel.append_text(_row(expected, head, width, ink, "cyan"))
    return panel


def hidden_panel(last: Mapping[str, Moved], width: int, ink: Ink, *, off: bool) -> Text:
    """What may be seen while predictions are hidden: how the last move of either person was foreseen."""
    panel = Text()
    panel.append("predictions are off\n" if off else "hidden until the move is made\n", ink.style("dim"))
    for colour, style in (("white", "green"), ("black", "cyan")):
        moved = None if off else last.get(colour)
        if moved is None or moved.judged is None:
            continue
        title = f"{moved.name}: {moved.san}, {short_verdict(moved.judged)}"
        panel.append_text(_expectation(moved.judged.expectation, title, width, ink, style, most=3))
        if moved.ahead:
            panel.append(f" as an answer: {shares(moved.ahead, 2)}\n"[: width + 1], ink.style("dim"))
    return panel


def player_line(name: str, seconds: float | None, tally: Tally | None, width: int, ink: Ink) -> Text:
    """A player's name, clock, and how well they were predicted, as much of it as `width` columns hold."""
    clock = "" if seconds is None else f"  {clock_text(seconds)}"
    said = safe_text(name)
    room = width - len(clock) - min(len(said), _NAME)
    score = next((text for text in _scores(tally) if len(text) <= room), "")
    left = width - len(clock) - len(score)
    mark = "…" if ink.unicode else "."
    line = Text(no_wrap=True, overflow="crop")
    line.append(said if len(said) <= left else said[: left - 1] + mark, ink.style("bold"))
    line.append(clock, ink.style("bold reverse" if seconds is not None and seconds < 10 else "bold"))
    line.append(score, ink.style("dim"))
    return line


def _scores(tally: Tally | None) -> list[str]:
    """How well somebody was predicted, the longest way of saying it first."""
    if tally is None or not tally.plies:
        return []
    hits = f"  hits {tally.top1}/{tally.plies}"
    three = f", {tally.top3} in 3"
    return [f"{hits}{three}, {tally.bits / tally.plies:.1f} bits", hits + three, hits]


def moves_panel(sans: list[str], start: chess.Board, width: int, height: int, ink: Ink) -> Text:
    """The last moves of the game, as many as fit."""
    words, number, turn = [], start.fullmove_number, start.turn
    for place, san in enumerate(sans):
        if turn == chess.WHITE or place == 0:
            words.append(f"{number}.{'' if turn == chess.WHITE else '..'}{san}")
        else:
            words.append(san)
        number += turn == chess.BLACK
        turn = not turn
    lines = textwrap.wrap(" ".join(words), width - 1) or [""]
    panel = Text("\n".join(lines[-max(1, height) :]))
    if words:
        panel.stylize(ink.style("bold"), len(panel) - len(words[-1]))
    return panel


def _expectation(
    expectation: Expectation, title: str, width: int, ink: Ink, style: str = "green", *, most: int = 5
) -> Text:
    panel = Text()
    panel.append(f"{safe_text(title)[:width]}\n", ink.style(f"bold {style}"))
    for expected in expectation.top[:most]:
        panel.append_text(_row(expected, " ", width, ink, style))
    return panel


def _row(expected: Expected, head: str, width: int, ink: Ink, style: str) -> Text:
    row = Text(head)
    share = percent(expected.probability)
    room = max(4, width - len(head) - 7 - 7)
    row.append(f"{expected.san:<7}")
    row.append(f"{ink.bar(expected.probability, room):<{room}}", ink.style(style))
    row.append(f"{share:>6}\n")
    return row
