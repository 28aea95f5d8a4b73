"""Steps, gaps, missing values and future rows: regular and filled as the user chose, or refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import ConfigError, DataError
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.reading import Wants, dataset_from_table, table_from_columns
from tests.sequences.test_roles import CLASS, STEP, read

NAN = float("nan")


def dates(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[us]")


@pytest.mark.parametrize(
    ("times", "step", "filled"),
    [
        (dates("2020-01-01", "2020-02-01", "2020-04-01"), 1, ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]),
        (dates("2020-01-31", "2020-02-29", "2020-04-30"), 1, ["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"]),
        (dates("2019-04-15", "2019-07-15", "2019-10-15", "2020-04-15"), 3,
         ["2019-04-15", "2019-07-15", "2019-10-15", "2020-01-15", "2020-04-15"]),
        (dates("2018-01-01", "2019-01-01", "2020-01-01", "2022-01-01"), 12,
         ["2018-01-01", "2019-01-01", "2020-01-01", "2021-01-01", "2022-01-01"]),
    ],
)  # fmt: skip
def test_months_are_regular(times: np.ndarray, step: int, filled: list[str]) -> None:
    values = [float(number) for number in range(len(times))]
    with pytest.raises(DataError, match="1 row is missing"):
        read({"date": times, "value": values})
    dataset = read({"date": times, "value": values}, missing="forward")
    assert dataset.times is not None
    assert dataset.times.astype("datetime64[D]").astype(str).tolist() == filled
    months = "one calendar month," if step == 1 else f"{step} calendar months,"
    assert any(f"the step is {months}" in note for note in dataset.notes)
    assert dataset.step is not None
    assert abs(dataset.step / 86_400e6 / (30.4 * step) - 1) < 0.05


@pytest.mark.parametrize(("frequency", "inserted"), [("1h", 3), ("2h", 1), (None, 0)])
def test_the_step_can_be_given(frequency: str | None, inserted: int) -> None:
    columns = {"t": dates("2020-01-01T00", "2020-01-01T04"), "value": [1.0, 5.0]}
    dataset = read(columns, missing="interpolate", frequency=frequency)
    assert dataset.steps["value"].values.tolist() == np.linspace(1, 5, 2 + inserted).tolist()


@pytest.mark.parametrize("frequency", ["", "h1", "5", "0h", "1fortnight", "-1h"])
def test_a_frequency_that_is_none_is_refused(frequency: str) -> None:
    with pytest.raises(ConfigError, match="frequency must be a number and one of"):
        read({"t": dates("2020-01-01", "2020-01-02"), "value": [1, 2]}, frequency=frequency or "x")
    with pytest.raises(ConfigError, match="a whole number"):
        read({"t": [1, 2], "value": [1, 2]}, frequency="1h")


def test_given_steps_may_be_months_or_numbers() -> None:
    months = {"t": dates("2020-01-01", "2020-03-01"), "value": [1, 3]}
    assert len(read(months, frequency="1mo", missing="forward").steps["value"]) == 3
    assert len(read({"t": [0, 10], "value": [1, 3]}, frequency="5", missing="forward").steps["value"]) == 3
    with pytest.raises(DataError, match="not regular"):
        read({"t": dates("2020-01-01", "2020-01-02T12"), "value": [1, 3]}, frequency="1d")
    daily = {"t": dates("2020-01-01", "2020-01-02"), "value": [1, 3]}
    assert read(daily, frequency="1mo").step is None


def test_one_wrong_year_does_not_fill_the_memory() -> None:
    times = np.append(dates("2020-01-01T00:00:00") + np.arange(50) * np.timedelta64(1, "s"), dates("2200-01-01"))
    with pytest.raises(DataError, match="rows are missing") as caught:
        read({"t": times, "value": np.arange(51.0)}, missing="forward")
    assert caught.value.hint is not None
    assert "--frequency" in caught.value.hint


def test_irregular_times_are_refused_for_forecasts_and_dropped_for_sequences() -> None:
    times = dates("2020-01-01", "2020-01-02", "2020-01-03", "2020-01-03T07")
    with pytest.raises(DataError, match="2020-01-03 07:00:00 follows 2020-01-03, but the usual step is 1 d"):
        read({"t": times, "value": [1, 2, 3, 4]})
    dataset = read({"id": ["a"] * 4, "t": times, "x": [1, 2, 3, 4], "label": ["p"] * 4}, CLASS, id="id")
    assert dataset.times is None
    assert dataset.step is None
    assert any("only the order" in note for note in dataset.notes)
    file_order = read({"t": times, "value": [1, 2, 3, 4]}, ignore=("t",))
    assert file_order.step == 1


def test_gaps_in_sequences_to_classify_are_filled_only_on_request() -> None:
    columns = {
        "id": ["a"] * 3,
        "t": dates("2020-01-01", "2020-01-02", "2020-01-04"),
        "x": [1.0, 2, 4],
        "label": ["p"] * 3,
    }
    assert read(columns, CLASS, id="id").steps["x"].values.tolist() == [1, 2, 4]
    filled = read(columns, CLASS, id="id", missing="interpolate")
    assert filled.steps["x"].values.tolist() == [1, 2, 3, 4]
    assert filled.times is not None


def test_each_policy_fills_as_it_says() -> None:
    columns = {"id": ["a"] * 4 + ["b"] * 3, "t": [0, 1, 2, 4, 0, 1, 2], "value": [1.0, NAN, 3, 5, 2, NAN, 6]}
    with pytest.raises(DataError, match="the value of `value` is missing; 1 more"):
        read(columns)
    forward = read(columns, missing="forward")
    assert forward.steps["value"].values.tolist() == [1, 1, 3, 3, 5, 2, 2, 6]
    assert any("filled missing values with the last value before: 2 of `value`" in note for note in forward.notes)
    assert any("added 1 rows for missing steps" in note for note in forward.notes)
    linear = read(columns, missing="interpolate")
    assert linear.steps["value"].values.tolist() == [1, 2, 3, 4, 5, 2, 4, 6]
    assert any("looks ahead" in note for note in linear.notes)
    marked = read(columns, missing="indicator")
    assert marked.steps["value"].values.tolist() == [1, 1, 3, 3, 5, 2, 2, 6]
    assert marked.steps["value_missing"].values.tolist() == [0, 1, 0, 1, 0, 0, 1, 0]
    assert marked.roles.past == ("value_missing",)
    assert marked.offsets.tolist() == [0, 5, 8]


def test_leading_gaps_have_no_value_to_carry_forward() -> None:
    columns = {"id": ["a", "a", "b", "b"], "t": [0, 1, 0, 1], "value": [1.0, 2, NAN, 4]}
    with pytest.raises(DataError, match="nothing stands before it") as caught:
        read(columns, missing="forward")
    assert caught.value.place is not None
    assert caught.value.place.line == 3
    assert read(columns, missing="interpolate").steps["value"].values.tolist() == [1, 2, 4, 4]
    assert read(columns, missing="indicator").steps["value"].values.tolist() == [1, 2, 0, 4]


def test_missing_texts_are_carried_forward_or_a_category_of_their_own() -> None:
    columns = {"t": [0, 1, 2], "value": [1.0, 2, 3], "wind": [None, "N", None]}
    settings = {"target": ("value",), "past": ("wind",)}
    assert read(columns, missing="interpolate", **settings).steps["wind"].texts() == ["N", "N", "N"]
    marked = read(columns, missing="indicator", **settings)
    assert marked.steps["wind"].texts() == ["missing", "N", "missing"]
    assert marked.roles.past == ("wind",)
    with pytest.raises(DataError, match="nothing stands before"):
        read(columns, missing="forward", **settings)


def test_marks_of_an_earlier_reading_are_made_again() -> None:
    columns = {"t": [0, 1, 2], "value": [1.0, 2, 3], "x": [1.0, 2, 3]}
    explicit = {"time": "t", "target": ("value",), "past": ("x", "value_missing", "x_missing"), "missing": "indicator"}
    dataset = read(columns, **explicit)
    assert dataset.roles.past == ("x", "value_missing", "x_missing")
    assert not dataset.steps["value_missing"].values.any()


def test_static_values_may_be_missing_only_as_a_category() -> None:
    columns = {"id": ["a", "b"], "t": [0, 0], "value": [1.0, 2], "town": ["x", None]}
    settings = {"id": "id", "target": ("value",), "static": ("town",)}
    with pytest.raises(DataError, match="the static value `town` is missing"):
        read(columns, **settings)
    assert read(columns, missing="indicator", **settings).statics["town"].texts() == ["x", "missing"]
    with pytest.raises(DataError, match="static value"):
        read({**columns, "town": [1.0, NAN]}, missing="indicator", **settings)
    with pytest.raises(DataError, match="changes within the sequence 'series'"):
        read({"t": [0, 1], "value": [1, 2], "town": ["x", "y"]}, target=("value",), static=("town",))


FUTURE = {"t": [0, 1, 2, 3], "value": [1.0, 2, NAN, NAN], "price": [5.0, 6, 7, 8], "wind": [1.0, 2, NAN, NAN]}


@pytest.mark.parametrize("policy", ["error", "forward", "interpolate", "indicator"])
def test_last_rows_without_target_are_the_future_when_something_is_known_of_it(policy: str) -> None:
    dataset = read(FUTURE, target=("value",), known=("price",), past=("wind",), missing=policy)
    np.testing.assert_array_equal(dataset.steps["value"].values, [1, 2, NAN, NAN])
    assert dataset.steps["price"].values.tolist() == [5, 6, 7, 8]
    assert dataset.steps["wind"].values.tolist() == [1, 2, 2, 2]
    assert "value_missing" not in dataset.steps
    predicting = Wants("step", need_target=False)
    np.testing.assert_array_equal(
        read(FUTURE, predicting, target=("value",), missing=policy).steps["value"].values[2:], NAN
    )


def test_last_rows_without_target_are_missing_values_otherwise() -> None:
    with pytest.raises(DataError, match="missing; 1 more"):
        read(FUTURE, target=("value",))
    assert read(FUTURE, target=("value",), missing="forward").steps["value"].values.tolist() == [1, 2, 2, 2]
    with pytest.raises(DataError, match="the value of `price` is missing"):
        read({**FUTURE, "price": [5.0, 6, 7, NAN]}, target=("value",), known=("price",))


def test_a_gap_before_the_future_is_future_too() -> None:
    dataset = read({**FUTURE, "t": [0, 1, 3, 4]}, target=("value",), known=("price",), missing="interpolate")
    np.testing.assert_array_equal(dataset.steps["value"].values, [1, 2, NAN, NAN, NAN])
    assert dataset.steps["price"].values.tolist() == [5, 6, 6.5, 7, 8]


def test_rows_without_id_or_time_count_as_rejected() -> None:
    columns = {"id": ["a", "a", None, "b"], "t": [0.0, 1, 2, NAN], "value": [1, 2, 3, 4]}
    with pytest.raises(DataError, match="the id is missing; 1 more"):
        read(columns, id="id", time="t", max_rejects=1)
    dataset = read(columns, id="id", max_rejects=2)
    assert dataset.ids == ("a",)
    assert [(reject.place.line, reject.reason) for reject in dataset.rejects] == [
        (3, "the id is missing"),
        (4, "the time is missing"),
    ]
    with pytest.raises(DataError, match="no row is left"):
        read({"id": [None], "t": [0], "value": [1]}, id="id", max_rejects=1)


def sample(seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    columns = {"id": ["a"] * 5 + ["b"] * 4, "t": [*range(5), *range(4)], "value": rng.normal(size=9)}
    return dataset_from_table(table_from_columns(columns, "x"), ReadConfig(), STEP)


def test_the_fingerprint_tells_data_apart_and_nothing_else() -> None:
    assert sample(0).fingerprint == sample(0).fingerprint
    others = [
        read({"t": [0, 1], "value": [1, 2]}),
        read({"t": [0, 1], "value": [1, 2.000001]}),
        read({"t": [0, 2], "value": [1, 2]}),
        read({"t": [0, 1], "y": [1, 2]}),
        read({"id": ["a", "b"], "t": [0, 1], "value": [1, 2]}, id="id"),
        sample(0),
        sample(1),
    ]
    assert len({dataset.fingerprint for dataset in others}) == len(others)


@given(st.permutations(range(9)))
def test_rows_of_sequences_may_be_interleaved(order: list[int]) -> None:
    ids, steps, values = list("aaaabbbcc"), [0, 1, 2, 3, 0, 1, 2, 0, 1], list(range(9))
    shuffled = sorted(order, key=lambda row: steps[row])
    columns = {
        name: [column[row] for row in shuffled] for name, column in (("id", ids), ("t", steps), ("value", values))
    }
    dataset = read(columns)
    for number, name in enumerate(dataset.ids):
        found = dataset.steps["value"].values[dataset.offsets[number] : dataset.offsets[number + 1]]
        assert found.tolist() == [value for value, row in zip(values, ids, strict=True) if row == name]


def test_line_numbers_survive_interleaving() -> None:
    columns = {"id": ["a", "b", "a", "b"], "t": [0, 5, 1, 4], "value": [1, 2, 3, 4]}
    with pytest.raises(DataError, match="step 4 of 'b' comes after step 5 on line 2") as caught:
        read(columns)
    assert caught.value.place is not None
    assert caught.value.place.line == 4


_MEASURE = """
import resource, sys
from gru_toolkit.config import ReadConfig
from gru_toolkit.sequences.reading import Wants, read_dataset
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
dataset = read_dataset([sys.argv[1]], ReadConfig(), Wants("step"))
print(len(dataset.steps["value"]), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the peak is measured with a call that only Unix has")
def test_memory_is_a_small_multiple_of_the_numbers(tmp_path: Path) -> None:
    """Two million rows of id, time and value are 40 MB of arrays; reading them peaks below twice that and 40 MB."""
    count = 2_000_000
    path = tmp_path / "big.csv"
    with path.open("w") as file:
        file.write("id,t,value\n")
        file.writelines(f"s{row // 1000},{row % 1000},{row}.5\n" for row in range(count))
    done = subprocess.run([sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True)
    rows, peak = map(int, done.stdout.split())
    assert rows == count
    assert peak < 2 * 20 * count + 40e6
