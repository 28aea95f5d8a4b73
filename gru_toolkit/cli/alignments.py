"""Translations where they go: lines of a file, records, and what each piece looked at as lines of text."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import set_cell_size

from gru_toolkit.cli.charts import fit
from gru_toolkit.cli.text import safe_text
from gru_toolkit.tasks.figures import Alignment

if TYPE_CHECKING:
    from gru_toolkit.runs.translation import Translation

_COLUMN = 18
_SHOWN = 0.1
"""Weights below this are not listed."""


def alignment(figure: Alignment, width: int, *, unicode: bool = True) -> str:
    """A line a piece of the translation, behind it what it looked at most."""
    arrow = "←" if unicode else "<-"
    lines = []
    for piece, weights in zip(figure.translation, figure.weights, strict=True):
        order = (-weights).argsort(kind="stable")[:4].tolist()
        seen = [f"{figure.source[place]} {weights[place]:.2f}" for place in order if weights[place] >= _SHOWN]
        lines.append(f"{set_cell_size(safe_text(piece), _COLUMN)} {arrow} {', '.join(seen)}")
    return fit(lines, width, unicode)


def record(translation: "Translation", *, attention: bool) -> dict[str, Any]:
    """A translation as plain values."""
    plain: dict[str, Any] = {
        "text": translation.text,
        "translation": translation.translation,
        "score": translation.score,
    }
    if attention:
        seen = translation.attention
        plain["attention"] = {
            "source": list(seen.source),
            "translation": list(seen.translation),
            "weights": [[round(weight, 4) for weight in row] for row in seen.weights.tolist()],
        }
    return plain


def write(translations: Iterable["Translation"], name: str) -> int:
    """Write every translation as a line of a file; returns their number."""
    from gru_toolkit.runs import files

    count = 0
    with files.replacing(Path(name)) as stream:
        for one in translations:
            stream.write(f"{one.translation}\n".encode())
            count += 1
    return count
