"""Which examples are shown, how probabilities are binned, and what a drawing holds."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from figure_samples import HOURS, WAVE, figures, forecast

from gru_toolkit.runs.drawings import MOST_DOTS, OTHERS, draw
from gru_toolkit.runs.svg import MOST_POINTS
from gru_toolkit.tasks.figures import (
    ByHorizon,
    Confusion,
    Coverage,
    Forecast,
    LearningCurve,
    Scatter,
    calibration,
    spread,
)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def numbers(svg: str) -> list[float]:
    """Every coordinate of a drawing."""
    found = re.findall(r' (?:points|d|x|y|cx|cy|width|height)="([^"]*)"', svg)
    return [float(number) for text in found for number in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", text)]


def test_the_shown_examples_are_the_best_the_median_and_the_worst() -> None:
    errors = np.array([5.0, 1.0, np.nan, 9.0, 2.0, 3.0])
    assert spread(errors) == {"best": 1, "median": 5, "worst": 3}
    assert spread(np.array([4.0, 2.0])) == {"best": 1, "worst": 0}
    assert spread(np.array([4.0])) == {"median": 0}
    assert spread(np.array([np.nan])) == {}


def test_calibration_by_hand() -> None:
    found = calibration(np.array([0.55, 0.58, 0.95, 1.0]), np.array([True, False, True, True]))
    assert found.count.tolist() == [2, 2]
    assert found.predicted.tolist() == pytest.approx([0.565, 0.975])
    assert found.observed.tolist() == [0.5, 1.0]
    assert found.error == pytest.approx((0.065 + 0.025) / 2)
    # Wilson's interval of 1 in 2: middle (0.5 + z²/4) / (1 + z²/2), half z·√(1/8 + z²/16) / (1 + z²/2).
    assert found.low[0] == pytest.approx(0.0945, abs=1e-4)
    assert found.high[0] == pytest.approx(0.9055, abs=1e-4)
    assert found.high[1] == 1.0


@pytest.mark.parametrize("name", figures())
def test_every_drawing_is_well_formed_named_and_inside_its_frame(name: str) -> None:
    drawing = draw(figures()[name])
    root = parsed(drawing.svg)
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert (root.get("aria-label") or "").startswith(drawing.title)
    assert root.findtext("title") == drawing.title
    height = float((root.get("viewBox") or "").split()[3])
    assert all(-1 <= number <= max(421, height) for number in numbers(drawing.svg))
    assert drawing.caption.endswith(".")
    assert draw(figures()[name]) == drawing


def test_captions_say_what_is_to_be_seen() -> None:
    captions = {name: draw(figure).caption for name, figure in figures().items()}
    assert captions == {
        "learning": "Cross-entropy on the training and validation part after each of 10 epochs. "
        "The weights of epoch 10 were kept (validation 0.110).",
        "forecast": "Mean absolute error 0.500; 10 of 10 true values inside the interval. "
        "The worst of 120 forecasts by error.",
        "horizon": "MAE of the network from 0 one step ahead to 0.900 at the last. "
        "It is at or below every baseline at 10 of 10 steps.",
        "coverage": "The interval should hold 80 % of the true values and holds 76 %; by step from 71 % to 80 %.",
        "confusion": "16 of 19 labels are right; the stronger a cell, the larger its share of the true label. "
        "Most often confused: dog as cat (2), cat as dog (1).",
        "calibration": "How often the predicted label was right, by the probability it was given, over 5 predictions. "
        "Expected calibration error 0.222.",
        "scatter": "Predicted beside true values of 10 sequences; mean absolute error 0.500.",
    }


def test_a_forecast_without_truth_or_interval_or_dates() -> None:
    figure = Forecast("7", np.arange(6), np.arange(4.0), np.full(2, np.nan), np.array([4.0, 5.0]))
    drawing = draw(figure)
    assert drawing.title == "Forecast: 7"
    assert drawing.caption == "The truth is not known."
    assert "polygon" not in drawing.svg
    assert ">step<" in drawing.svg


def test_days_and_minutes_in_the_time_title() -> None:
    assert "2024-03-04 00:00 to 2024-03-05 05:00" in draw(forecast()).svg
    days = np.datetime64("2024-03-04", "D") + np.arange(30)
    daily = Forecast("a", days.astype("M8[us]"), WAVE[:20], WAVE[20:], WAVE[20:])
    assert "2024-03-04 to 2024-04-02" in draw(daily).svg


def test_gaps_break_lines_and_single_points_become_dots() -> None:
    truth = np.array([1.0, np.nan, 2.0, 3.0])
    figure = Forecast("a", HOURS[:8], np.ones(4), truth, np.ones(4))
    svg = draw(figure).svg
    assert svg.count('class="line truth" points') == 1
    assert svg.count('class="dot truth"') == 1


def test_a_long_line_keeps_its_extremes_and_stays_small() -> None:
    values = np.ones(100_000)
    values[54_321] = 3.0
    svg = draw(LearningCurve(values, np.empty(0))).svg
    assert len(svg) < 20 * MOST_POINTS
    tops = [float(point.split(",")[1]) for point in re.findall(r'points="([^"]*)"', svg)[0].split()]
    assert min(tops) == pytest.approx(30.0)


def test_a_run_of_one_epoch_and_one_without_validation() -> None:
    assert "after one epoch" in draw(LearningCurve(np.array([0.5]), np.array([0.6]), best=0)).caption
    alone = draw(LearningCurve(np.array([0.5, 0.4]), np.empty(0), best=1))
    assert "validation<" not in alone.svg


def test_many_points_are_thinned_evenly_and_that_is_said() -> None:
    values = np.arange(10_000.0)
    drawing = draw(Scatter(values, values))
    assert drawing.svg.count("<circle") == MOST_DOTS + 1
    assert "1,500 of 10,000, evenly chosen, are drawn." in drawing.caption


def test_many_classes_are_added_up() -> None:
    counts = np.eye(50) * np.arange(1, 51) + np.eye(50, k=1)
    drawing = draw(Confusion(tuple(f"class {place}" for place in range(50)), counts))
    assert OTHERS in drawing.svg
    assert "The 39 most frequent of 50 labels are drawn, the others as one." in drawing.caption
    cells = re.findall(r"<title>[^<]* predicted as [^<]*: ([0-9,]+)</title>", drawing.svg)
    assert sum(int(cell.replace(",", "")) for cell in cells) == counts.sum()
    assert 'class="count' not in drawing.svg


def test_counts_on_strong_cells_have_the_contrasting_ink() -> None:
    svg = draw(Confusion(("a", "b"), np.array([[9.0, 1.0], [1.0, 9.0]]))).svg
    assert re.findall(r'<text class="(count[^"]*)"[^>]*>([0-9]+)<', svg) == [
        ("count on", "9"),
        ("count", "1"),
        ("count", "1"),
        ("count on", "9"),
    ]


def test_a_label_never_seen_in_truth_leaves_an_empty_row() -> None:
    drawing = draw(Confusion(("a", "b"), np.array([[3.0, 0.0], [0.0, 0.0]])))
    assert drawing.svg.count('class="cell') == 1
    assert drawing.caption.startswith("3 of 3 labels are right")
    assert "confused" not in drawing.caption


def test_two_wide_classes_have_level_labels() -> None:
    svg = draw(Confusion(("yes", "no"), np.ones((2, 2)))).svg
    assert svg.count("rotate") == 1


def test_a_network_alone_by_horizon_and_full_coverage() -> None:
    assert "baseline" not in draw(ByHorizon("mae", {"network": np.array([1.0])})).caption
    assert "holds 100 %" in draw(Coverage(np.ones(3), 0.9)).caption


def test_long_names_do_not_overflow_the_legend() -> None:
    rivals = {f"a baseline with a rather long name {place}": np.ones(4) for place in range(5)}
    svg = draw(ByHorizon("mae", {**rivals, "network": np.ones(4)})).svg
    assert all(number <= 421 for number in numbers(svg))
    assert 'class="key"' in svg


def test_a_forecast_of_one_step_between_two_ticks_is_drawn() -> None:
    near = np.datetime64("2024-03-04T00:00:00.250", "us") + np.arange(2) * np.timedelta64(1000, "us")
    drawing = draw(Forecast("a", near, np.ones(1), np.ones(1), np.ones(1)))
    assert parsed(drawing.svg).tag == "svg"
