"""What the task detect promises; training is marked slow."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.cli.app import main
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import ConfigError, DamagedRunError, DataError, HistoryTooShort, UsageError
from gru_toolkit.sequences.dataset import Dataset, Part, everything
from gru_toolkit.sequences.reading import dataset_from_table, table_from_columns
from gru_toolkit.tasks import find
from gru_toolkit.tasks.detect import DETECT, Detect
from gru_toolkit.tasks.false_alarms import fit_rarity

ROWS = 400


def series(rows: int = ROWS, *, names: tuple[str, ...] = ("a",), **columns: np.ndarray) -> Dataset:
    rng = np.random.default_rng(0)
    total = rows * len(names)
    table = {
        "id": np.repeat(np.array(names, dtype=object), rows),
        "time": np.tile(np.datetime64("2024-01-01") + np.arange(rows) * np.timedelta64(1, "h"), len(names)),
        "heat": 20 + np.sin(np.arange(total) / 4) + rng.normal(0, 0.1, total),
        "load": 5 + rng.normal(0, 1, total),
        **columns,
    }
    read = ReadConfig(id="id", time="time", target=("heat", "load"))
    return dataset_from_table(table_from_columns(table, "test"), read, DETECT.wants(Detect(), labelled=True))


DATA = series()
SETTINGS: Detect = DETECT.resolve(DATA, Detect(), TrainConfig(), frozenset()).settings
CODEC = replace(DETECT.fit_codec(everything(DATA), SETTINGS), rarity=fit_rarity(np.linspace(-1, 0.1, 500)))


def density(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, rows, 2 * 9)).astype(np.float32)


def test_the_task_is_found_by_name() -> None:
    assert find("detect") is DETECT


@pytest.mark.parametrize(
    "wrong", [{"false_alarms": "seldom"}, {"stretches": ()}, {"memory": 0}, {"interval": 1.0}, {"cell": "grru"}]
)
def test_settings_are_checked_when_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Detect(**wrong)  # type: ignore[arg-type]


def test_the_codec_survives_plain_data_and_damage_is_noticed() -> None:
    plain = json.loads(json.dumps(CODEC.to_plain()))
    assert DETECT.codec(plain) == CODEC
    with pytest.raises(DamagedRunError):
        DETECT.codec({**plain, "series": {"a": [{"centre": "x"}]}})


def test_scaling_can_be_undone() -> None:
    channel, values = CODEC.series["a"][0], np.linspace(-500, 500, 11)
    np.testing.assert_allclose(channel.unscaled(channel.scaled(values)), values, atol=1e-9)


def test_a_constant_series_has_a_scale() -> None:
    constant = series(heat=np.full(ROWS, 7.0))
    channel = DETECT.fit_codec(everything(constant), SETTINGS).series["a"][0]
    assert channel.scaled(np.array([7.07]))[0] == pytest.approx(np.arcsinh(1))  # a hundredth is one unit


def test_scores_and_alarms_never_look_ahead() -> None:
    changed = DATA.steps["heat"].values.copy()
    changed[300:] = 99.0
    answers = []
    for data in (DATA, series(heat=changed)):
        examples = DETECT.requests(data, CODEC, SETTINGS)
        arrays = examples.arrays(np.array([0]))
        answers.append(DETECT.decode({"density": density(ROWS)}, arrays, CODEC, SETTINGS))
    for name in ("score", "alarm", "expected", "low", "high"):
        np.testing.assert_array_equal(answers[0][name][:, :300], answers[1][name][:, :300])
    assert answers[1]["alarm"][0, 300]
    assert not answers[0]["alarm"][0, 300]


def test_following_step_by_step_equals_decoding_the_whole() -> None:
    settings = replace(SETTINGS, memory=50, reach=60, stretches=(3, 9))
    whole = DETECT.requests(DATA, CODEC, settings).arrays(np.array([0]))
    said = density(ROWS)
    wanted = DETECT.decode({"density": said}, whole, CODEC, settings)
    memory = None
    for row in range(200):
        values = {name: whole.context[name] for name in ("sequence", "names", "start")}
        step = replace(
            whole, context={**values, "length": np.array([1]), "values": whole.context["values"][:, row : row + 1]}
        )
        found, memory = DETECT.follow({"density": said[:, row : row + 1]}, step, CODEC, settings, memory)
        for name in ("score", "expected", "unusual"):
            np.testing.assert_allclose(found[name][0, 0], wanted[name][0, row], rtol=1e-9, err_msg=f"{name} {row}")


def test_the_channel_to_blame_is_told() -> None:
    heat = DATA.steps["heat"].values.copy()
    heat[350] = 60.0
    data = series(heat=heat)
    arrays = DETECT.requests(data, CODEC, SETTINGS).arrays(np.array([0]))
    rows = DETECT.rows(DETECT.decode({"density": density(ROWS)}, arrays, CODEC, SETTINGS), arrays, CODEC, data)
    assert rows["channel"][350] == "heat"
    assert rows["alarm"][350]
    assert list(rows)[:4] == ["id", "time", "score", "alarm"]


def test_a_series_that_several_others_trained_is_refused_by_name() -> None:
    several = series(names=("a", "b"))
    codec = DETECT.fit_codec(everything(several), SETTINGS)
    with pytest.raises(DataError, match="'c' was not in training"):
        DETECT.requests(series(names=("a", "c")), codec, SETTINGS).arrays(np.array([0, 1]))


def test_pieces_never_leave_their_part() -> None:
    part = Part(DATA, np.array([[0, 0, 200]]), "training")
    codec = DETECT.fit_codec(part, SETTINGS)
    heat = DATA.steps["heat"].values.copy()
    heat[200:] = 1e6
    pieces = [
        DETECT.examples(Part(data, part.spans, "training"), codec, SETTINGS) for data in (DATA, series(heat=heat))
    ]
    for index in range(len(pieces[0])):
        first, second = (found.arrays(np.array([index])) for found in pieces)
        np.testing.assert_array_equal(first.inputs["values"], second.inputs["values"])
        np.testing.assert_array_equal(first.targets["change"], second.targets["change"])


def test_too_short_series_and_parts_say_what_is_needed() -> None:
    with pytest.raises(HistoryTooShort, match="20 rows in training, and 32"):
        DETECT.examples(Part(DATA, np.array([[0, 0, 20]]), "training"), CODEC, SETTINGS)
    with pytest.raises(DataError, match="validation part has 40 rows, and 50"):
        DETECT.split(DATA, SETTINGS, SplitConfig(split=(0.7, 0.1, 0.2)))
    with pytest.raises(UsageError, match="no backtest"):
        DETECT.backtest(DATA, SETTINGS, 3)


def test_the_season_is_told_from_the_usual_step_even_where_steps_differ() -> None:
    times = DATA.times
    assert times is not None
    irregular = replace(
        DATA, times=np.where(np.arange(ROWS) % 50 == 9, times + np.timedelta64(5, "m"), times), step=None
    )
    assert DETECT.resolve(irregular, Detect(), TrainConfig(), frozenset()).settings.season == 24


def test_the_rate_of_alarms_is_said() -> None:
    notes = DETECT.resolve(DATA, Detect(false_alarms="1/200"), TrainConfig(), frozenset()).notes
    assert any("0.995" in note and "one in 200 ordinary steps" in note for note in notes)


@pytest.mark.slow
def test_a_run_finds_marked_faults_and_its_stream_says_what_predict_says(samples: Path, tmp_path: Path) -> None:
    pump = (samples / "pump.csv").read_text().splitlines()
    file = tmp_path / "pump.csv"
    file.write_text("\n".join([pump[0], *pump[1500:4700]]) + "\n")
    run = tmp_path / "run"
    command = ["train", str(file), "--task", "detect", "--target", "pressure,flow", "--split", "0.3,0.1,0.6"]
    assert main([*command, "--preset", "fast", "--epochs", "12", "--quiet", "--out", str(run)]) == 0
    import gru_toolkit as gt

    loaded = gt.load(run)
    scores = loaded.metrics["parts"]["test"]["scores"]
    assert scores["network"]["metrics"]["recall"] >= 2 / 3
    assert scores["network"]["metrics"]["mean_error"] < scores["windowed gaussian"]["metrics"]["mean_error"] / 4
    predicted = loaded.predict(str(file))
    stream = loaded.stream()
    names = pump[0].split(",")[:3]
    for row, line in enumerate(pump[1500:1700]):
        answer = stream.push(dict(zip(names, line.split(",")[:3], strict=True)))
        assert answer is not None
        assert answer["score"] == pytest.approx(float(predicted["score"][row]), abs=1e-3)
        assert answer["alarm"] == predicted["alarm"][row]
        assert answer["expected_flow"] == pytest.approx(float(predicted["expected_flow"][row]), rel=1e-4)
