"""How numbers are written for people."""

import math

import pytest

from gru_toolkit.runs import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.38, "0.380"),
        (-0.0012345, "−0.00123"),
        (999.6, "1,000"),
        (1234567.0, "1,234,567"),
        (1.5e12, "1.50e+12"),
        (-2e-9, "−2.00e−09"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_keep_three_significant_digits(value: float, text: str) -> None:
    assert wording.number(value) == text


def test_differences_carry_their_sign() -> None:
    assert [wording.signed(value) for value in (0.5, -0.5, 0.0)] == ["+0.500", "−0.500", "0"]


def test_near_numbers_get_the_digits_that_tell_them_apart() -> None:
    assert wording.apart(0.91234, 0.91249) == ("0.9123", "0.9125")
    assert wording.apart(0.5, 0.5) == ("0.500", "0.500")


@pytest.mark.parametrize(("share", "text"), [(0.123, "12 %"), (0.0123, "1.2 %"), (-0.5, "−50 %"), (0.0996, "10 %")])
def test_percentages(share: float, text: str) -> None:
    assert wording.percent(share) == text


def test_names_of_metrics_and_predictors() -> None:
    assert wording.metric_name("macro_f1") == "macro F1"
    assert wording.metric_name("mae_by_horizon") == "MAE by horizon"
    assert wording.plain_name("seasonal_naive") == "seasonal naive"
