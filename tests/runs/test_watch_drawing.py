"""A watched series is drawn with its alarms and known anomalies, as SVG and as text."""

from xml.etree import ElementTree

import numpy as np
import pytest

from gru_toolkit.cli.text_figures import text_figure
from gru_toolkit.runs.drawings import draw
from gru_toolkit.tasks.figures import Rarities, Watch


def watched(times: np.ndarray, *, known: bool = True) -> Watch:
    values = np.sin(np.arange(200) / 9)
    score = np.where(np.arange(200) == 120, 0.9999, 0.5)
    marks = (np.arange(200) >= 118) & (np.arange(200) < 130)
    return Watch("<pump>", times, values, values - 1, values + 1, score, score > 0.999, 0.999,
                 marks if known else np.empty(0, bool), "flow")  # fmt: skip


DAYS = np.datetime64("2024-01-01", "us") + np.arange(200) * np.timedelta64(3_600_000_000, "us")
BACK = np.where(np.arange(200) >= 100, DAYS - np.timedelta64(7_200_000_000, "us"), DAYS)


@pytest.mark.parametrize("times", [DAYS, BACK, np.arange(200)], ids=["rising", "going back", "steps"])
def test_alarms_and_marks_are_drawn_wherever_the_times_lie(times: np.ndarray) -> None:
    drawing = draw(watched(times))
    svg = ElementTree.fromstring(drawing.svg)
    styles = [element.get("class", "") for element in svg.iter()]
    assert sum(style == "dot alarm" for style in styles) == 2  # one in the panel, one in the legend
    assert sum(style == "band truth" for style in styles) == 2
    assert "1 of 200 steps raise an alarm, 1 of them inside known anomalies" in drawing.caption
    assert "100 % of the values" in drawing.caption


def test_nothing_is_shaded_where_nobody_knows() -> None:
    drawing = draw(watched(DAYS, known=False))
    assert "band truth" not in drawing.svg
    assert "known" not in drawing.caption


def test_scores_are_drawn_as_one_step_in_so_many() -> None:
    drawing = draw(Rarities(watched(DAYS)))
    assert "Alarms begin at one in 1,000" in drawing.caption
    ElementTree.fromstring(drawing.svg)


@pytest.mark.parametrize("unicode", [True, False])
def test_both_figures_fit_a_terminal(unicode: bool) -> None:
    for figure in (watched(DAYS), Rarities(watched(DAYS))):
        lines = text_figure(figure, 60, unicode=unicode).splitlines()
        assert max(map(len, lines)) <= 60
        assert unicode or all(line.isascii() for line in lines)
    assert "one step in 10,000" in text_figure(Rarities(watched(DAYS)), 60)
    assert ("•" if unicode else "o") in text_figure(watched(DAYS), 60, unicode=unicode)
