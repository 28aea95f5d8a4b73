"""Windows of series as examples: indexed by place, cut and normalised one batch at a time, never copied."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gru_toolkit.sequences.dataset import Arrays, Part
from gru_toolkit.sequences.missing import INDICATOR
from gru_toolkit.tasks.cycles import cycle_features, following_times
from gru_toolkit.tasks.forecast_codec import ForecastCodec
from gru_toolkit.tasks.window_scaling import Scaling, scaled_window, window_statistics

if TYPE_CHECKING:
    from gru_toolkit.tasks.forecast import Forecast


@dataclass(frozen=True)
class Frame:
    """The sizes of a window, all known.

    look_back, horizon  steps read and steps predicted
    segment             steps the network reads and predicts at once; divides look_back
    season              steps in a season
    """

    look_back: int
    horizon: int
    segment: int
    season: int

    @property
    def future_segments(self) -> int:
        return -(-self.horizon // self.segment)

    @property
    def padded_horizon(self) -> int:
        """Steps of all future segments: the horizon, rounded up."""
        return self.future_segments * self.segment


def frame_of(settings: "Forecast") -> Frame:
    """The sizes in resolved settings."""
    sizes = (settings.look_back, settings.horizon, settings.segment, settings.season)
    assert None not in sizes, "the settings are resolved before windows are cut"
    return Frame(*sizes)  # type: ignore[arg-type]


def past_width(codec: ForecastCodec) -> int:
    """Features of one step of the history."""
    return 1 + sum(item.width for item in (*codec.past, *codec.known)) + 2 * len(codec.cycles)


def future_width(codec: ForecastCodec, frame: Frame) -> int:
    """Features of one segment of the horizon: its place, static features, and what is known of each step."""
    known = sum(item.width for item in codec.known) + 2 * len(codec.cycles)
    return frame.future_segments + sum(item.width for item in codec.static) + frame.segment * known


class WindowExamples:
    """Every place of a part from which a forecast can start, for every target column.

    Its state is the part's columns and, for each span, the first place and the number of places; a place is the row
    number, within its sequence, of the first step to predict. Examples run through spans, places, then targets.
    """

    def __init__(self, part: Part, codec: ForecastCodec, frame: Frame, *, stride: int = 1, labelled: bool = True):
        self._dataset = part.dataset
        self._codec = codec
        self._frame = frame
        self._stride = stride
        self._columns = [part.dataset.steps[name].values for name in codec.targets]
        self._sequences = part.spans[:, 0]
        self._firsts = np.maximum(part.spans[:, 1], frame.look_back)
        needed = frame.horizon if labelled else 0
        places = np.maximum(part.spans[:, 2] - needed - self._firsts + 1, 0)
        self._before = np.concatenate([[0], np.cumsum(-(-places // stride))])

    def __len__(self) -> int:
        return int(self._before[-1]) * len(self._codec.targets)

    def lengths(self) -> None:
        """All windows are equally long."""

    def arrays(self, indices: np.ndarray, rng: np.random.Generator | None = None) -> Arrays:
        """The windows at `indices` (B,); see `network_inputs` for what the network reads of them."""
        targets = len(self._codec.targets)
        flat, target = np.divmod(np.asarray(indices, np.int64), targets)
        span = np.searchsorted(self._before, flat, side="right") - 1
        place = self._firsts[span] + (flat - self._before[span]) * self._stride
        return self._cut(self._sequences[span], place, target)

    @cached_property
    def _statistics(self) -> np.ndarray:
        return self._codec.statistics(self._dataset)

    @cached_property
    def _statics(self) -> np.ndarray:
        """(S, features) float32 static features of every sequence."""
        rows = np.arange(len(self._dataset))
        items = [item.features(self._dataset.statics[item.name], rows) for item in self._codec.static]
        return np.concatenate([np.zeros((len(rows), 0), np.float32), *items], axis=1)

    def _cut(self, sequence: np.ndarray, place: np.ndarray, target: np.ndarray) -> Arrays:
        frame = self._frame
        start = self._dataset.offsets[sequence] + place  # (B,) row of the first step to predict
        rows = start[:, None] + np.arange(-frame.look_back, 0)  # (B, L)
        history = self._values(rows, target)
        ahead = start[:, None] + np.arange(frame.padded_horizon)
        inside = ahead < self._dataset.offsets[sequence + 1][:, None]
        inside[:, frame.horizon :] = False
        ahead = np.where(inside, ahead, rows[:, -1:])
        truth = np.where(inside & ~self._filled(ahead, target), self._values(ahead, target), np.nan)
        scaling = window_statistics(history, self._statistics[sequence, target], frame.season, self._codec.scale)
        known = ~np.isnan(truth)
        scaled_truth = np.where(known, (truth - scaling.level) / scaling.scale, 0.0)
        return Arrays(
            inputs=self._inputs(history, scaling, rows, ahead, sequence),
            targets={"forecast": scaled_truth.astype(np.float32)},
            weights=known.astype(np.float32),
            context={
                "history": history,
                "truth": truth[:, : frame.horizon],
                "level": scaling.level,
                "scale": scaling.scale,
                "deviation": scaling.deviation,
                "difference": scaling.difference,
                "sequence": sequence,
                "target": target,
                "place": place,
            },
        )

    def _values(self, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
        """(B, W) float64 values of each window's own target column."""
        if len(self._columns) == 1:
            return np.asarray(self._columns[0][rows], np.float64)
        values = np.empty(rows.shape, np.float64)
        for index in np.unique(target).tolist():
            chosen = target == index
            values[chosen] = self._columns[index][rows[chosen]]
        return values

    def _filled(self, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
        """(B, W) bool, True where a value was missing and stands filled in: it is no truth to learn or to score."""
        filled = np.zeros(rows.shape, bool)
        for index, name in enumerate(self._codec.targets):
            marks = self._dataset.steps.get(name + INDICATOR)
            if marks is not None:
                filled |= (marks.values[rows] > 0) & (target == index)[:, None]
        return filled

    def _inputs(
        self, history: np.ndarray, scaling: Scaling, rows: np.ndarray, ahead: np.ndarray, sequence: np.ndarray
    ) -> dict[str, np.ndarray]:
        """What the network reads: its own window, all that is known of the past, and of the future."""
        codec, frame, steps = self._codec, self._frame, self._dataset.steps
        recent = scaled_window(history, scaling)  # (B, L)
        features = [recent[..., None]]
        features += [item.features(steps[item.name], rows) for item in (*codec.past, *codec.known)]
        features.append(self._cycles(rows))
        past = np.concatenate(features, axis=2)
        return {
            "history": past.reshape(len(rows), frame.look_back // frame.segment, -1),
            "future": self._future(rows[:, -1], ahead, sequence),
            "recent": recent,
        }

    def _future(self, last: np.ndarray, ahead: np.ndarray, sequence: np.ndarray) -> np.ndarray:
        """(B, future segments, features): place of the segment, static features, what is known of its steps."""
        codec, frame = self._codec, self._frame
        batch, segments = len(last), frame.future_segments
        known = [item.features(self._dataset.steps[item.name], ahead) for item in codec.known]
        if codec.cycles:
            known.append(cycle_features(self._following(last), codec.cycles))
        parts = [
            np.broadcast_to(np.eye(segments, dtype=np.float32), (batch, segments, segments)),
            np.repeat(self._statics[sequence][:, None], segments, axis=1),
        ]
        if known:
            parts.append(np.concatenate(known, axis=2).reshape(batch, segments, -1))
        return np.concatenate(parts, axis=2)

    def _cycles(self, rows: np.ndarray) -> np.ndarray:
        times = self._dataset.times
        if not self._codec.cycles or times is None:
            return np.zeros((*rows.shape, 0), np.float32)
        return cycle_features(times[rows], self._codec.cycles)

    def _following(self, last: np.ndarray) -> np.ndarray:
        """(B, padded horizon) times of the steps after the rows `last` (B,)."""
        assert self._dataset.times is not None, "cycles are features only where there are times"
        assert self._codec.step is not None, "cycles are features only where steps are regular"
        return following_times(self._dataset.times[last], self._codec.step, self._frame.padded_horizon)
