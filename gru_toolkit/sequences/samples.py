"""Small data sets of our own to try and to test with: each a function from a seed to the text of a file.

They are made up, but shaped like the real thing: seasons, promotions, noise, unequal lengths, irregular times.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gru_toolkit.sequences.event_samples import listening
from gru_toolkit.sequences.phrase_samples import phrases
from gru_toolkit.sequences.sample_requests import requests
from gru_toolkit.sequences.sound_samples import whistles
from gru_toolkit.sequences.text_samples import fables, ratings, remarks

_WEEK = np.array([0.85, 0.8, 0.9, 1.0, 1.2, 1.35, 0.95])
_GESTURES = ("circle", "swipe", "shake")
_HOURS = 3_600


@dataclass(frozen=True)
class Sample:
    """A data set that can be written.

    make     seed → the text of the file, or the contents of a folder's files by their paths in it
    ending   of the file's name; empty for a folder
    task     what it is for
    example  the command to try, after the file was written as NAME + ending
    """

    name: str
    task: str
    summary: str
    make: Callable[[int], str] | Callable[[int], dict[str, bytes]]
    ending: str
    example: str


def sales(seed: int = 0, *, stores: int = 4, days: int = 730) -> str:
    """CSV text: daily sales of some stores with a weekly season, a yearly wave, prices and promotions.

    The last 28 days have promotions and prices but no sales yet.
    """
    rng = np.random.default_rng(seed)
    dates = np.datetime64("2023-01-02") + np.arange(days)
    lines = ["store,date,sales,promotion,price"]
    for store in range(stores):
        level = rng.uniform(80, 240)
        trend = 1 + rng.uniform(-0.1, 0.25) * np.arange(days) / days
        year = 1 + 0.18 * np.sin(2 * np.pi * (np.arange(days) + rng.uniform(0, 60)) / 365.25)
        promotion = _promotions(rng, days)
        price = np.round(9.9 - 1.6 * promotion + 0.4 * (np.arange(days) > days // 2), 2)
        noise = np.exp(_autoregressive(rng, days, 0.6, 0.05))
        sold = level * trend * year * _WEEK[np.arange(days) % 7] * (1 + 0.45 * promotion) * noise
        for day in range(days):
            amount = f"{sold[day]:.0f}" if day < days - 28 else ""
            lines.append(f"store_{store + 1},{dates[day]},{amount},{promotion[day]},{price[day]:.2f}")
    return "\n".join(lines) + "\n"


def _promotions(rng: np.random.Generator, days: int) -> np.ndarray:
    """(days,) 0 or 1, in runs of a week."""
    weeks = rng.random(days // 7 + 1) < 0.15
    return np.repeat(weeks, 7)[:days].astype(np.int64)


def _autoregressive(rng: np.random.Generator, steps: int, memory: float, scale: float) -> np.ndarray:
    """(steps,) noise whose every value remembers a share of the one before."""
    noise = rng.normal(0, scale, steps)
    for step in range(1, steps):
        noise[step] += memory * noise[step - 1]
    return noise


def gesture_series(seed: int = 0, *, count: int = 120) -> tuple[list[np.ndarray], list[str]]:
    """Gestures of unequal length as (T, 3) accelerations, and their labels: circle, swipe and shake in turn."""
    rng = np.random.default_rng(seed)
    series, labels = [], []
    for number in range(count):
        label = _GESTURES[number % len(_GESTURES)]
        length = int(rng.integers(30, 61))
        phase = np.linspace(0, 1, length)
        turn, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.4)
        if label == "circle":
            angle = 2 * np.pi * rng.uniform(0.9, 1.3) * phase + turn
            motion = np.stack([np.cos(angle), np.sin(angle), 0.2 * np.sin(2 * angle)], axis=1)
        elif label == "swipe":
            push = np.exp(-(((phase - rng.uniform(0.3, 0.5)) / 0.12) ** 2))
            motion = np.stack([push * np.cos(turn), push * np.sin(turn), -0.5 * np.gradient(push) * length / 8], axis=1)
        else:
            angle = 2 * np.pi * rng.uniform(5, 8) * phase + turn
            motion = np.stack([0.3 * np.sin(angle), 0.9 * np.sin(angle + 0.4), 0.4 * np.cos(angle)], axis=1)
        series.append(size * motion + rng.normal(0, 0.25, (length, 3)))
        labels.append(label)
    return series, labels


def gestures(seed: int = 0, *, count: int = 120) -> str:
    """CSV text: the gestures with a row a step."""
    lines = ["gesture,step,x,y,z,label"]
    series, labels = gesture_series(seed, count=count)
    for number, (motion, label) in enumerate(zip(series, labels, strict=True), 1):
        lines += [f"g{number},{step},{x:.3f},{y:.3f},{z:.3f},{label}" for step, (x, y, z) in enumerate(motion)]
    return "\n".join(lines) + "\n"


def gestures_ts(seed: int = 0, *, count: int = 120) -> str:
    """Text in .ts format: the same gestures, a line each."""
    lines = ["@problemName gestures", "@timeStamps false", "@missing false", "@univariate false", "@dimensions 3"]
    lines += ["@equalLength false", f"@classLabel true {' '.join(_GESTURES)}", "@data"]
    for motion, label in zip(*gesture_series(seed, count=count), strict=True):
        channels = (",".join(f"{value:.3f}" for value in channel) for channel in motion.T)
        lines.append(f"{':'.join(channels)}:{label}")
    return "\n".join(lines) + "\n"


def sensors(seed: int = 0, *, machines: int = 90) -> str:
    """CSV text: temperature and vibration of machines at irregular times, and how many hours each had left."""
    rng = np.random.default_rng(seed)
    lines = ["machine,time,temperature,vibration,hours_left"]
    for machine in range(1, machines + 1):
        life, age = rng.uniform(300, 900), rng.uniform(0.1, 0.95)
        readings = int(rng.integers(20, 41))
        hours = np.sort(rng.uniform(0, life * age, readings))
        wear = (hours / life) ** 2
        temperature = 55 + 25 * wear + 4 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 1.0, readings)
        vibration = 0.4 + 1.8 * wear + rng.gamma(2.0, 0.05, readings)
        seconds = np.unique(np.round(hours * _HOURS).astype(np.int64))
        times = np.datetime64("2024-03-01T00:00:00") + seconds.astype("timedelta64[s]")
        left = life - hours[-1]
        for row, time in enumerate(times):
            lines.append(f"m{machine},{time},{temperature[row]:.2f},{vibration[row]:.3f},{left:.1f}")
    return "\n".join(lines) + "\n"


_PUMP_FAULTS = ((2_900, 40, "stuck"), (3_650, 12, "spike"), (4_500, 90, "drift"), (5_300, 30, "hum"))
"""(first row, rows, kind) of what goes wrong with the pump."""


def pump(seed: int = 0, *, rows: int = 5_700) -> str:
    """CSV text: pressure and flow of a pump every ten minutes, with four marked faults in the later part.

    Both follow a daily demand; pressure falls where flow rises. Once a sensor is stuck, once it spikes, once the
    pressure drifts away, and once both tremble. A few rows are missing and one hour comes twice, as when clocks are
    set back.
    """
    rng = np.random.default_rng(seed)
    step = np.arange(rows)
    hour = 2 * np.pi * step / 144
    demand = 1 + 0.35 * np.sin(hour - 1.2) + 0.15 * np.sin(2 * hour) - 0.12 * (step // 144 % 7 >= 5)
    flow = 40 * demand + _autoregressive(rng, rows, 0.7, 0.6)
    pressure = 6.2 - 1.1 * (demand - 1) + _autoregressive(rng, rows, 0.8, 0.02)
    marks = np.zeros(rows, np.int64)
    for first, count, kind in _PUMP_FAULTS:
        place, within = slice(first, first + count), np.arange(count)
        marks[place] = 1
        if kind == "stuck":
            flow[place] = flow[first]
        elif kind == "spike":
            pressure[place] += 0.9 * np.exp(-within / 3)
        elif kind == "drift":
            pressure[place] -= 0.012 * within
        else:
            flow[place] += 5 * np.sin(2.2 * within)
            pressure[place] += 0.15 * np.cos(2.2 * within)
    times = np.datetime64("2024-09-02T00:00:00") + (step * 600).astype("timedelta64[s]")
    times[8 * 144 + 18 :] -= np.timedelta64(1, "h")
    kept = np.sort(rng.permutation(rows)[: rows - 15])
    lines = ["time,pressure,flow,anomaly"]
    lines += [f"{times[row]},{pressure[row]:.3f},{flow[row]:.2f},{marks[row]}" for row in kept.tolist()]
    return "\n".join(lines) + "\n"


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample(
            "sales", "forecast", "daily sales of four stores with promotions and prices known in advance",
            sales, ".csv",
            "gru-toolkit train sales.csv --task forecast --target sales --known promotion,price --horizon 28",
        ),
        Sample(
            "gestures", "classify", "120 hand movements in three classes, of unequal length", gestures, ".csv",
            "gru-toolkit train gestures.csv --task classify",
        ),
        Sample(
            "gestures-ts", "classify", "the same hand movements in the .ts format", gestures_ts, ".ts",
            "gru-toolkit train gestures-ts.ts --task classify",
        ),
        Sample(
            "sensors", "regress", "90 machines measured at irregular times, with the hours each had left",
            sensors, ".csv",
            "gru-toolkit train sensors.csv --task regress --target hours_left",
        ),
        Sample(
            "requests", "tag", "600 requests to an assistant: what is asked for, and the words that say with what",
            requests, ".conll",
            "gru-toolkit train requests.conll --task tag",
        ),
        Sample(
            "pump", "detect", "pressure and flow of a pump every ten minutes, with four marked faults", pump, ".csv",
            "gru-toolkit train pump.csv --task detect --target pressure,flow --split 0.3,0.15,0.55",
        ),
        Sample(
            "listening", "next", "episodes that 200 people heard, each following two or three shows in turn",
            listening, ".csv",
            "gru-toolkit train listening.csv --task next --past device",
        ),
        Sample(
            "whistles", "classify", "a folder of 60 short recordings: whistles that rise, fall or waver", whistles, "",
            "gru-toolkit train whistles --task classify",
        ),
        Sample(
            "remarks", "classify", "900 remarks about a café; what the guest thought is in the order of the words",
            remarks, ".tsv",
            "gru-toolkit train remarks.tsv --task classify",
        ),
        Sample(
            "ratings", "regress", "900 remarks about a café and the points that were given",
            ratings, ".tsv",
            "gru-toolkit train ratings.tsv --task regress",
        ),
        Sample(
            "fables", "generate", "260 short fables to learn to write from", fables, ".txt",
            "gru-toolkit train fables.txt --task generate --preset fast",
        ),
        Sample(
            "phrases", "translate", "1,500 English sentences and their German, whose words stand in another order",
            phrases, ".tsv",
            "gru-toolkit train phrases.tsv --task translate --preset fast",
        ),
    )
}  # fmt: skip
"""The data sets by name."""
