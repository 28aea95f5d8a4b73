"""What each piece of a translation looked at, as a table whose cells are the darker the more."""

from gru_toolkit.runs import svg
from gru_toolkit.runs.markup import shown
from gru_toolkit.tasks.figures import Alignment

_LEFT, _TOP, _ROW, _LONGEST = 110.0, 92.0, 16.0, 14
_SEEN = 0.005
"""Weights below this are not drawn."""


def drawn(figure: Alignment) -> tuple[str, str, str]:
    """Title, SVG element and caption."""
    title = "Attention of a translation"
    caption = (
        "Each row is a piece of the translation, each column a piece of the sentence; the darker a cell, the more the "
        "network looked at that piece when it wrote the row."
    )
    cell = min(34.0, (svg.WIDTH - _LEFT) / max(len(figure.source), 1))
    marks = []
    for column, piece in enumerate(figure.source):
        x = _LEFT + (column + 0.5) * cell + 4
        turned = f'transform="rotate(-90 {x:.1f} {_TOP - 5:.1f})"'
        marks.append(svg.text_at(x, _TOP - 5, svg.cut(piece, _LONGEST), "tick start", turned))
    for row, piece in enumerate(figure.translation):
        top = _TOP + row * _ROW
        marks.append(svg.text_at(_LEFT - 5, top + 12, svg.cut(piece, _LONGEST), "tick end"))
        for column, weight in enumerate(figure.weights[row].tolist()):
            if weight >= _SEEN:
                name = shown(f"{piece} looked at {figure.source[column]}: {weight:.2f}")
                marks.append(
                    f'<rect class="cell right" x="{_LEFT + column * cell:.1f}" y="{top:.1f}" width="{cell:.1f}" '
                    f'height="{_ROW:.1f}" fill-opacity="{min(weight, 1.0):.2f}"><title>{name}</title></rect>'
                )
    width, height = len(figure.source) * cell, len(figure.translation) * _ROW
    marks.append(f'<rect class="frame" x="{_LEFT:.1f}" y="{_TOP:.1f}" width="{width:.1f}" height="{height:.1f}"/>')
    return title, svg.element(marks, title, caption, _TOP + height + 12), caption
