"""What a regressor learned beside its weights: where it starts from, its scale, its trust and its interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gru_toolkit.errors import DamagedRunError
from gru_toolkit.sequences.dataset import Arrays, Examples, batches
from gru_toolkit.tasks import sequence_examples
from gru_toolkit.tasks.linear_start import LinearStart
from gru_toolkit.tasks.series_codec import SeriesCodec


@dataclass(frozen=True)
class RegressCodec:
    """How targets and sequences become numbers.

    centre         of the target in the training part
    linear         what is added to the centre before the network
    scale          of what is left for the network
    trust          share of the network's correction that is kept
    half_width     of the interval in the target's units; None before calibration
    """

    series: SeriesCodec
    centre: float
    scale: float
    linear: LinearStart = field(default_factory=LinearStart)
    trust: float = 1.0
    half_width: float | None = None

    def to_plain(self) -> dict[str, Any]:
        scalars = {name: getattr(self, name) for name in ("centre", "scale", "trust", "half_width")}
        return {"series": self.series.to_plain(), "linear": self.linear.to_plain(), **scalars}

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "RegressCodec":
        """The codec that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
        try:
            centre, scale, trust = (float(plain[name]) for name in ("centre", "scale", "trust"))
            half_width = None if plain["half_width"] is None else float(plain["half_width"])
            linear = LinearStart.from_plain(plain["linear"])
            return RegressCodec(SeriesCodec.from_plain(plain["series"]), centre, scale, linear, trust, half_width)
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a regressor's codec: {error}") from error

    def start(self, arrays: Arrays) -> np.ndarray:
        """(B,) what is predicted before the network says anything."""
        if not self.linear.weights:
            return np.full(len(arrays.weights), self.centre)
        return self.centre + self.linear.values(sequence_examples.simple_features(arrays, self.series))


def simple_features_of(examples: Examples, series: SeriesCodec) -> np.ndarray:
    """(K, P) simple features of all examples."""
    batch = sequence_examples.BASELINE_BATCH
    return np.concatenate([sequence_examples.simple_features(arrays, series) for arrays in batches(examples, batch)])


def tempered_trust(deviation: np.ndarray, truth: np.ndarray) -> float:
    """The share in [0, 1] of the predicted deviations (n,) from the start that best explains the true ones (n,).

    It is the slope through the origin under a normal prior of mean and deviation one half, so that a few validation
    sequences cannot decide between trusting everything and nothing.
    """
    noise = float(np.square(truth - deviation).mean())
    if noise == 0:
        return 1.0
    prior = 4 * noise  # the noise over the prior's variance
    slope = ((deviation * truth).sum() + prior / 2) / (np.square(deviation).sum() + prior)
    return float(np.clip(slope, 0.0, 1.0))


def conformal_quantile(errors: np.ndarray, level: float) -> float:
    """The absolute error that a share `level` of new errors will not exceed: the ⌈(n + 1) · level⌉-th smallest of n.

    With too few errors for the level it is the largest one.
    """
    rank = min(len(errors), int(np.ceil((len(errors) + 1) * level)))
    return float(np.sort(errors)[rank - 1])
