"""One figure of each kind, small and without chance."""

import numpy as np

from gru_toolkit.tasks.figures import (
    ByHorizon,
    Confusion,
    Coverage,
    Figure,
    Forecast,
    LearningCurve,
    Scatter,
    calibration,
)

HOURS = np.datetime64("2024-03-04T00:00", "us") + np.arange(30) * np.timedelta64(1, "h")
WAVE = 10 + 5 * np.sin(np.arange(30) / 3)


def forecast(series: str = "station 7", place: str = "worst") -> Forecast:
    median = WAVE[20:] + 0.5
    return Forecast(series, HOURS, WAVE[:20], WAVE[20:], median, median - 2, median + 2, 0.8, place, 120, "wind")


def figures() -> dict[str, Figure]:
    steps = np.arange(10.0)
    return {
        "learning": LearningCurve(1 / (1 + steps), 1.1 / (1 + steps), 0.001 / (1 + steps), 9, "cross-entropy"),
        "forecast": forecast(),
        "horizon": ByHorizon("mae", {"network": steps / 10, "seasonal_naive": np.ones(10), "last value": steps}),
        "coverage": Coverage(0.8 - steps / 100, 0.8),
        "confusion": Confusion(("cat", "dog", "owl"), np.array([[5.0, 1, 0], [2, 7, 0], [0, 0, 4]])),
        "calibration": calibration(np.array([0.55, 0.62, 0.97, 0.99, 1.0]), np.array([True, False, True, True, True])),
        "scatter": Scatter(steps, steps + 0.5, "price"),
    }
