"""Figures in a terminal: whole pictures against golden files, and laws for any width and any label."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from figure_samples import figures, forecast
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gru_toolkit.cli.charts import sparkline
from gru_toolkit.cli.text_figures import text_figure
from gru_toolkit.tasks.figures import ByHorizon, Confusion, Forecast, LearningCurve

GOLDEN = Path(__file__).parent.parent / "golden"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize(("unicode", "name"), [(True, "figures_unicode.txt"), (False, "figures_ascii.txt")])
def test_every_figure_to_the_letter(unicode: bool, name: str) -> None:
    drawn = "\n\n".join(text_figure(figure, 64, unicode=unicode) for figure in figures().values()) + "\n"
    assert drawn == (GOLDEN / name).read_text(encoding="utf-8")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(figures())), st.integers(30, 200), st.booleans())
def test_no_line_is_wider_than_the_terminal(name: str, width: int, unicode: bool) -> None:
    lines = text_figure(figures()[name], width, unicode=unicode).split("\n")
    assert all(cell_len(line) <= width for line in lines)
    assert unicode or all(line.isascii() for line in lines)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=2, max_size=4), st.integers(40, 120), st.booleans())
def test_any_label_is_one_harmless_piece_of_a_line(labels: list[str], width: int, unicode: bool) -> None:
    counts = np.arange(len(labels) ** 2, dtype=float).reshape(len(labels), -1)
    text = text_figure(Confusion(tuple(labels), counts), width, unicode=unicode)
    assert not CONTROLS.search(text)
    assert all(cell_len(line) <= width for line in text.split("\n"))
    assert not CONTROLS.search(text_figure(forecast(labels[0], ""), width, unicode=unicode))


def test_a_sparkline_rises_and_falls_with_its_values() -> None:
    assert sparkline(np.array([0, 1, 2, 7.0]), 10) == "▁▂▃█"
    assert sparkline(np.array([0, 1, 2, 7.0]), 10, unicode=False) == "_.-@"
    assert sparkline(np.array([0.0, 0.0, 7.0, 7.0]), 2) == "▁█"
    assert sparkline(np.array([1.0, np.nan]), 2) == "▁ "
    assert sparkline(np.array([]), 5) == ""


def test_a_wide_confusion_matrix_becomes_its_worst_pairs() -> None:
    labels = tuple(f"language {place}" for place in range(30))
    counts = np.eye(30) * 9
    counts[3, 4] = 2
    assert text_figure(Confusion(labels, counts), 72) == (
        "270 of 272 right\nmost often confused:\n  language 3 as language 4: 2"
    )


def test_labels_of_wide_characters_stay_in_their_columns() -> None:
    lines = text_figure(Confusion(("日本", "b"), np.array([[10.0, 0], [1, 2]])), 40).split("\n")
    assert [cell_len(line) for line in lines[:3]] == [13, 13, 13]


def test_no_step_of_a_steep_line_is_missing() -> None:
    steep = np.array([0.0, 0.0, 100.0, 100.0])
    figure = Forecast("a", np.arange(8), steep, np.full(4, np.nan), steep)
    rows = text_figure(figure, 60).split("\n")[1:-2]
    assert all(re.search("[\u2801-\u28ff]", row) for row in rows)
    assert "interval" not in text_figure(figure, 60)


def test_a_short_horizon_has_a_bar_for_each_step() -> None:
    text = text_figure(ByHorizon("mae", {"network": np.array([0.0, 0.0])}), 60)
    assert [line.split()[0] for line in text.split("\n")[1:]] == ["1", "2"]


def test_a_learning_curve_without_validation_has_one_row() -> None:
    assert text_figure(LearningCurve(np.array([2.0, 1.0]), np.empty(0), best=1), 60) == "training    █▁  2.00 … 1.00"


def test_narrow_terminals_keep_the_axis() -> None:
    drawn = text_figure(replace(forecast(), low=np.empty(0), high=np.empty(0), level=None), 20)
    assert all(cell_len(line) <= 20 for line in drawn.split("\n"))
    assert "│" in drawn
