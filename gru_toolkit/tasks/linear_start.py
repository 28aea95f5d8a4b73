"""The straight line a regressor starts from: a ridge on simple features, which the network corrects.

With few sequences a network alone learns less than a ridge; one that learns what the ridge leaves over starts level.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gru_toolkit.tasks import series_baselines


@dataclass(frozen=True)
class LinearStart:
    """A ridge on (P,) simple features of a sequence; without weights it says 0 of every sequence.

    centre, scale  of the features in the training part
    weights        one a feature and the intercept, in the target's units; empty where the ridge is no better than 0
    """

    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    def values(self, simple: np.ndarray) -> np.ndarray:
        """(B,) float64 from simple features (B, P)."""
        if not self.weights:
            return np.zeros(len(simple))
        standard = {"centre": np.array(self.centre), "scale": np.array(self.scale)}
        return np.asarray(series_baselines.standardised(simple, standard) @ np.array(self.weights))

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "LinearStart":
        """The start that `to_plain` described. Raises KeyError, TypeError or ValueError for anything else."""
        return LinearStart(*(tuple(map(float, plain[name])) for name in ("centre", "scale", "weights")))


def fit_linear_start(simple: np.ndarray, deviations: np.ndarray) -> LinearStart:
    """The ridge that explains deviations (N,) by features (N, P), if it explains any of them when left out."""
    standard = series_baselines.fit_standardiser(simple)
    weights, residuals = series_baselines.fit_ridge(series_baselines.standardised(simple, standard), deviations)
    if np.square(residuals).sum() >= np.square(deviations).sum():
        return LinearStart()
    centre, scale = standard["centre"].tolist(), standard["scale"].tolist()
    return LinearStart(tuple(centre), tuple(scale), tuple(weights.tolist()))
