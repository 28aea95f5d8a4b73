"""Passages of text, every piece the darker the more it weighs."""

from gru_toolkit.runs import svg
from gru_toolkit.runs.markup import shown
from gru_toolkit.tasks.figures import Passage, Passages

_ROW, _GAP, _LONGEST = 17.0, 10.0, 24
_VISIBLE = str.maketrans({"\n": "↵", "\t": "→", "\r": "↵"})


def drawn(figure: Passages) -> tuple[str, str, str]:
    """Title, SVG element and caption."""
    marks: list[str] = []
    top = 14.0
    for passage in figure.passages:
        marks.append(svg.text_at(0, top, svg.cut(passage.heading, 64), "key start"))
        found, top = _pieces(passage, top + _ROW)
        marks += found
        top += _ROW + _GAP
    return figure.title, svg.element(marks, figure.title, figure.caption, top), figure.caption


def _pieces(passage: Passage, top: float) -> tuple[list[str], float]:
    """The marks of one passage from a baseline on, and the baseline of its last line."""
    marks: list[str] = []
    left = 0.0
    for piece, weight in zip(passage.pieces, passage.weights.tolist(), strict=True):
        text = svg.cut(piece.translate(_VISIBLE), _LONGEST)
        width = svg.LETTER * max(len(text), 1)
        if left and left + width > svg.WIDTH:
            left, top = 0.0, top + _ROW
        name = shown(f"{text}: {weight:.2f}")
        marks.append(
            f'<rect class="cell right" x="{left:.1f}" y="{top - 12:.1f}" width="{width:.1f}" height="{_ROW - 2:.1f}" '
            f'fill-opacity="{0.85 * min(max(weight, 0.0), 1.0):.2f}"><title>{name}</title></rect>'
        )
        if text.strip():
            fitted = f'textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs"'
            marks.append(svg.text_at(left, top, text, "key start", fitted))
        left += width + (passage.gap * svg.LETTER)
    return marks, top
