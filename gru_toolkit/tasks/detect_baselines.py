"""What alarms are held against: a Gaussian over the last steps, and the change since the season before.

Their alarms have the same stated rate, counted on the training part: they have no weights that could learn it by heart.
"""

from collections.abc import Mapping

import numpy as np

from gru_toolkit.sequences.dataset import Arrays
from gru_toolkit.tasks import false_alarms
from gru_toolkit.tasks.detect_codec import Channel, DetectCodec
from gru_toolkit.tasks.false_alarms import LEAST_STEPS, Rarity, fit_rarity
from gru_toolkit.tasks.task import Decoded

GAUSSIAN, SEASONAL = "windowed gaussian", "seasonal naive"
WINDOW = 6400
"""Steps of the Gaussian's window, as in the Numenta benchmark's own baseline."""
_LEAST_DEVIATION = 1e-6


def naive_signals(values: np.ndarray, channel: Channel, season: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each baseline what it expects of every step, and how unusual the step is, from values (T,) of a channel."""
    scaled = (values - channel.centre) / channel.scale
    mean, deviation = _running(scaled)
    lagged = scaled[np.maximum(np.arange(len(scaled)) - season, 0)]
    return {
        GAUSSIAN: (mean, np.abs(scaled - mean) / deviation),
        SEASONAL: (lagged, np.abs(scaled - lagged)),
    }


def fit_state(series: list[tuple[np.ndarray, tuple[Channel, ...]]], season: int) -> dict[str, np.ndarray]:
    """How often each baseline finds the steps of the training part how unusual.

    series  values (T, channels) and channels of each
    """
    state: dict[str, np.ndarray] = {}
    found: dict[str, list[np.ndarray]] = {GAUSSIAN: [], SEASONAL: []}
    for values, channels in series:
        signals = [naive_signals(values[:, index], channel, season) for index, channel in enumerate(channels)]
        for name, steps in found.items():
            steps.append(np.max([signal[name][1] for signal in signals], axis=0)[season:])
    for name, steps in found.items():
        pooled = np.concatenate(steps)
        rarity = fit_rarity(pooled if len(pooled) >= LEAST_STEPS else np.zeros(LEAST_STEPS))
        state[f"{name} levels"], state[f"{name} rates"] = np.array(rarity.levels), np.array(rarity.rates)
        state[f"{name} excess"] = np.array([rarity.excess, rarity.steps])
    return state


def naive_alarms(
    state: Mapping[str, np.ndarray], arrays: Arrays, codec: DetectCodec, season: int, rate: float
) -> dict[str, Decoded]:
    """The baselines' scores and alarms for a batch, in the form of `detect_decoding.decode` without intervals."""
    values, lengths = arrays.context["values"], arrays.context["length"].tolist()
    answers: dict[str, dict[str, np.ndarray]] = {}
    for name in (GAUSSIAN, SEASONAL):
        answers[name] = {key: np.zeros(values.shape) for key in ("expected", "low", "high", "error")}
        answers[name] |= {"by_channel": np.full(values.shape, -np.inf)}
    for row, length in enumerate(lengths):
        for index, channel in enumerate(codec.channels(str(arrays.context["names"][row]))):
            signals = naive_signals(values[row, :length, index], channel, season)
            for name, (expected, unusual) in signals.items():
                own = values[row, :length, index]
                middle = channel.centre + channel.scale * expected
                for key in ("expected", "low", "high"):
                    answers[name][key][row, :length, index] = middle
                answers[name]["error"][row, :length, index] = np.abs(channel.scaled(own) - channel.scaled(middle))
                answers[name]["by_channel"][row, :length, index] = unusual
    for name, answer in answers.items():
        rarity = Rarity(
            tuple(state[f"{name} levels"].tolist()),
            tuple(state[f"{name} rates"].tolist()),
            *(float(state[f"{name} excess"][0]), int(state[f"{name} excess"][1])),
        )
        answer["unusual"] = answer["by_channel"].max(axis=2)
        answer["score"] = false_alarms.score(answer["unusual"], rarity)
        answer["alarm"] = answer["score"] >= 1 - rate
    return dict(answers)


def _running(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T,) mean and deviation of the last WINDOW values before each; 0 and 1 until there are two."""
    sums = np.concatenate([[0.0], np.cumsum(scaled)])
    squares = np.concatenate([[0.0], np.cumsum(np.square(scaled))])
    stop = np.arange(len(scaled))
    start = np.maximum(stop - WINDOW, 0)
    count = np.maximum(stop - start, 1)
    mean = (sums[stop] - sums[start]) / count
    variance = (squares[stop] - squares[start]) / count - np.square(mean)
    few = stop < 2
    deviation = np.sqrt(np.maximum(variance, _LEAST_DEVIATION**2))
    return np.where(few, 0.0, mean), np.where(few, 1.0, deviation)
