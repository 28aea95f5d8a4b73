"""Scores, curves and settings as text, at a fixed width and without colour."""

from pathlib import Path

import pytest

from gru_toolkit.cli import tables

GOLDEN = Path(__file__).parents[1] / "golden"

COMPARISON = {
    "part": "test",
    "examples": 1234,
    "headline": "mase",
    "scores": {
        "last value": {
            "metrics": {"mae": 16.4, "mase": 3.71, "by_step": [1.0, 2.0]},
            "intervals": {"mase": [3.4, 3.9]},
        },
        "network": {
            "metrics": {"mae": 4.07, "mase": 0.916, "by_step": [0.5, 0.6]},
            "intervals": {"mase": [0.83, 0.97]},
        },
        "seasonal_naive": {"metrics": {"mae": 4.17, "mase": 0.941, "by_step": [0.5, 0.6]}, "intervals": {}},
    },
    "rival": "seasonal_naive",
    "wins": None,
    "verdict": "No clear difference between the network and seasonal naive (MASE 0.916 against 0.941).",
}


def assert_golden(name: str, lines: list[str]) -> None:
    expected = (GOLDEN / name).read_text(encoding="utf-8")
    assert "\n".join(lines) + "\n" == expected


@pytest.mark.parametrize("width", [None, 80, 40])
def test_a_comparison_puts_the_network_beside_its_rival(width: int | None) -> None:
    assert_golden(f"comparison_{width or 'pipe'}.txt", list(tables.comparison(COMPARISON, width=width)))


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
def test_no_line_of_a_comparison_is_wider_than_the_terminal(width: int) -> None:
    numbers = [
        line for line in tables.comparison(COMPARISON, width=width) if line.startswith(("network", "last", "test"))
    ]
    assert numbers
    assert max(map(len, numbers)) <= width


def test_names_are_never_read_as_markup_or_acted_upon() -> None:
    lines = tables.table(["[/a/b]", "[red]x"], [["[bold]name\x1b[31m", "1"]])
    assert lines == ["[/a/b]              [red]x", "[bold]name\\x1b[31m       1"]


def test_facts_stand_under_each_other() -> None:
    assert tables.pairs({"task": "forecast", "steps": "3"}) == ["task   forecast", "steps  3"]


def test_numbers_are_written_for_people() -> None:
    values = (None, "text", True, 2920, 0.12345, 123456.7, float("nan"))
    assert [tables.number(value) for value in values] == ["–", "text", "True", "2,920", "0.123", "123,457", "–"]
