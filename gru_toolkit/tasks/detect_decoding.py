"""From densities to scores and alarms: for whole series, and step by step on a stream with the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Dataset
from gru_toolkit.tasks import false_alarms
from gru_toolkit.tasks.detect_codec import Channel, DetectCodec
from gru_toolkit.tasks.logistic_mixture import Mixture, log_likelihood, mixtures, quantiles
from gru_toolkit.tasks.task import Decoded
from gru_toolkit.tasks.unusualness import Voices, averages, unusual_now, unusualness

if TYPE_CHECKING:
    from gru_toolkit.tasks.detect import Detect


def voices_of(settings: "Detect") -> Voices:
    """The voices that the settings ask for."""
    return Voices(settings.stretches, settings.memory, settings.reach)


@dataclass(frozen=True)
class Memory:
    """What a stream remembers of a series beside the network's state.

    density  (1, 1, D) what the network said of the step that comes
    errors   (channels, N) the last forecast errors
    values   (channels, N) the last values in units of the scale
    rows     steps seen
    """

    density: np.ndarray
    errors: np.ndarray
    values: np.ndarray
    rows: int


def decode(density: np.ndarray, arrays: Arrays, codec: DetectCodec, settings: "Detect") -> Decoded:
    """What is expected at each step and how unusual it is; (B, T) and (B, T, channels), zeros after a series' end.

    unusual (B, T), by_channel (B, T, channels); expected, low, high (B, T, channels) in the user's units; likelihood
    (B, T, channels) of the scaled value, as logarithm; score (B, T); alarm (B, T) bool. Step t is judged by the density
    that the network gave at t - 1; for the first step nothing was expected but the range of the training part.
    """
    values = arrays.context["values"]
    found = _empty(values.shape)
    for row, length in enumerate(arrays.context["length"].tolist()):
        channels = codec.channels(str(arrays.context["names"][row]))
        for index, channel in enumerate(channels):
            scaled = channel.scaled(values[row, :length, index])
            said = _of_channel(density[row, : length - 1], index, settings)
            expected = _expected(said, scaled[:-1], channel, settings)
            first = channel.scaled(np.array([channel.centre, channel.low, channel.high]))
            error = np.abs(scaled - np.append(scaled[:1], expected[0]))
            linear = (values[row, :length, index] - channel.centre) / channel.scale
            seed = channel.seed(len(settings.stretches))
            unusual = unusualness(error, linear, voices_of(settings), seed)
            chances = np.append(0.0, log_likelihood(said, np.diff(scaled) / channel.change) - np.log(channel.change))
            numbers = [np.append(first[place], expected[place]) for place in range(3)]
            _store(found, (row, slice(0, length), index), channel, numbers, (error, unusual, chances))
    return judged(found, arrays, codec, settings)


def follow(
    density: np.ndarray, arrays: Arrays, codec: DetectCodec, settings: "Detect", memory: Memory | None
) -> tuple[Decoded, Memory]:
    """`decode` for one more step (1, 1) of one series, and what to remember for the next."""
    if memory is None:
        decoded = decode(density, arrays, codec, settings)
        return decoded, _remembered(decoded, arrays, codec, settings, density, None)
    values = arrays.context["values"]
    found = _empty(values.shape)
    channels = codec.channels(str(arrays.context["names"][0]))
    voices = voices_of(settings)
    for index, channel in enumerate(channels):
        before = channel.scaled(memory.values[index, -1:])
        scaled = channel.scaled(values[0, :, index])
        said = _of_channel(memory.density[0], index, settings)
        expected = _expected(said, before, channel, settings)
        error = np.abs(scaled - expected[0])
        whole = memory.rows == memory.errors.shape[1]
        past = np.append(memory.values[index], values[0, 0, index])
        unusual = unusual_now(
            np.append(memory.errors[index], error),
            (past - channel.centre) / channel.scale,
            voices,
            channel.seed(len(voices.stretches)) if whole else None,
        )
        chances = log_likelihood(said, (scaled - before) / channel.change) - np.log(channel.change)
        _store(found, (0, slice(0, 1), index), channel, list(expected), (error, unusual, chances))
    decoded = judged(found, arrays, codec, settings)
    return decoded, _remembered(decoded, arrays, codec, settings, density, memory)


def judged(
    found: dict[str, np.ndarray], arrays: Arrays, codec: DetectCodec, settings: "Detect"
) -> dict[str, np.ndarray]:
    """With the score of each step over all channels, and the alarms."""
    unusual = found["by_channel"].max(axis=2)
    length = arrays.context["length"]
    inside = np.arange(unusual.shape[1])[None, :] < length[:, None]
    score = np.zeros(unusual.shape)
    if codec.rarity is not None:
        score = np.where(inside, false_alarms.score(unusual, codec.rarity), 0.0)
    return {**found, "unusual": unusual, "score": score, "alarm": (score >= 1 - settings.rate) & inside}


def detect_rows(decoded: Decoded, arrays: Arrays, codec: DetectCodec, dataset: Dataset) -> dict[str, np.ndarray]:
    """One row a step: id and time, score, alarm, the channel it is due to, and what was expected."""
    columns: dict[str, list[np.ndarray]] = {}
    roles = dataset.roles
    for row, (sequence, start, stop) in enumerate(_spans(arrays)):
        steps = slice(start, stop)
        first = int(dataset.offsets[sequence])
        if roles.id is not None:
            columns.setdefault(roles.id, []).append(np.full(stop - start, dataset.ids[sequence], dtype=object))
        if dataset.times is not None:
            name = roles.time or "step"
            columns.setdefault(name, []).append(dataset.times[first + start : first + stop])
        columns.setdefault("score", []).append(decoded["score"][row, steps])
        columns.setdefault("alarm", []).append(decoded["alarm"][row, steps])
        if len(codec.targets) > 1:
            blamed = decoded["by_channel"][row, steps].argmax(axis=1)
            columns.setdefault("channel", []).append(np.array(codec.targets, dtype=object)[blamed])
        for index, target in enumerate(codec.targets):
            ending = f"_{target}" if len(codec.targets) > 1 else ""
            for name in ("expected", "low", "high"):
                columns.setdefault(name + ending, []).append(decoded[name][row, steps, index])
    return {name: np.concatenate(pieces) for name, pieces in columns.items()}


def records(decoded: Decoded, row: int, length: int, settings: "Detect") -> list[tuple[float, ...]]:
    """For each channel of one decoded series the largest mean errors of the last `memory` steps."""
    voices = voices_of(settings)
    found = []
    for errors in decoded["error"][row, :length].T:
        recent = averages(errors, voices)[:, -voices.memory :]
        found.append(tuple(recent.max(axis=1).tolist()))
    return found


def _spans(arrays: Arrays) -> Sequence[tuple[int, int, int]]:
    columns = (arrays.context[name].tolist() for name in ("sequence", "start", "length"))
    return list(zip(*columns, strict=True))


def _empty(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    names = ("expected", "low", "high", "error", "likelihood")
    return {**{name: np.zeros(shape) for name in names}, "by_channel": np.full(shape, -np.inf)}


def _of_channel(density: np.ndarray, index: int, settings: "Detect") -> Mixture:
    """The mixtures (T,) of one channel in a network's output (T, D)."""
    width = 3 * settings.components
    return mixtures(density[:, index * width : (index + 1) * width], settings.components)


def _expected(said: Mixture, before: np.ndarray, channel: Channel, settings: "Detect") -> tuple[np.ndarray, ...]:
    """(T,) middle, low and high of each step in scaled units, given the values (T,) of the steps before."""
    tail = (1 - settings.interval) / 2
    return tuple(before + channel.change * quantiles(said, (0.5, tail, 1 - tail)))


def _store(
    found: dict[str, np.ndarray],
    place: tuple[int, slice, int],
    channel: Channel,
    numbers: Sequence[np.ndarray],
    measured: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    for name, scaled in zip(("expected", "low", "high"), numbers, strict=True):
        found[name][place] = channel.unscaled(scaled)
    for name, values in zip(("error", "by_channel", "likelihood"), measured, strict=True):
        found[name][place] = values


def _remembered(
    decoded: Decoded, arrays: Arrays, codec: DetectCodec, settings: "Detect", density: np.ndarray, memory: Memory | None
) -> Memory:
    error, values = decoded["error"][0].T, arrays.context["values"][0].T  # (channels, 1)
    if memory is not None:
        kept = voices_of(settings).steps
        error = np.concatenate([memory.errors, error], axis=1)[:, -kept:]
        values = np.concatenate([memory.values, values], axis=1)[:, -kept:]
    return Memory(density, error, values, (memory.rows if memory else 0) + 1)
