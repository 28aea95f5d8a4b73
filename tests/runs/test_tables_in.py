"""Tables of pandas, polars, Arrow and NumPy come in exactly or are refused, and predictions go back in kind."""

import datetime
import decimal
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gru_toolkit.errors import DataError
from gru_toolkit.runs.tables_in import frame_like, table_of

DAYS = [datetime.datetime(2024, 1, day) for day in (1, 2, 3)]
COLUMNS: dict[str, list[Any]] = {
    "shop": ["b", None, "a"],
    "date": DAYS,
    "sales": [1.5, None, -2.0],
    "count": [1, 2, 3],
    "open": [True, False, True],
}
KINDS = {
    "pandas": pd.DataFrame(COLUMNS),
    "polars": pl.DataFrame(COLUMNS),
    "arrow": pa.table(COLUMNS),
    "batch": pa.record_batch(COLUMNS),
    "mapping": COLUMNS,
    "arrays": {name: np.array(values) for name, values in COLUMNS.items() if name not in ("shop", "sales")}
    | {"shop": np.array(COLUMNS["shop"], dtype=object), "sales": np.array([1.5, np.nan, -2.0])},
    "series": {name: pd.Series(values) for name, values in COLUMNS.items()},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_gives_the_same_columns(kind: str) -> None:
    columns = table_of(KINDS[kind]).columns
    assert set(columns) == set(COLUMNS)
    assert columns["shop"].texts() == ["b", None, "a"]
    assert columns["date"].kind == "time"
    assert columns["date"].values.tolist() == DAYS
    assert columns["sales"].values.tolist()[::2] == [1.5, -2.0]
    assert columns["sales"].missing().tolist() == [False, True, False]
    assert columns["count"].values.tolist() == [1.0, 2.0, 3.0]
    assert columns["open"].texts() == ["true", "false", "true"]


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "batch"])
def test_predictions_come_back_in_the_kind_that_was_given(kind: str) -> None:
    predictions = {
        "id": np.array(["a", "b"], dtype=object),
        "time": np.array(["2024-01-01", "2024-01-02"], "M8[us]"),
        "mean": np.array([0.5, 1.5], np.float32),
    }
    frame = frame_like(KINDS[kind], predictions)
    assert type(frame) is type(KINDS[kind])
    back = table_of(frame).columns
    assert {name: column.kind for name, column in back.items()} == {"id": "text", "time": "time", "mean": "number"}
    assert back["id"].texts() == ["a", "b"]
    assert back["time"].values.tolist() == predictions["time"].tolist()
    assert back["mean"].values.tolist() == [0.5, 1.5]


def test_predictions_for_plain_data_are_plain_arrays() -> None:
    predictions = {"mean": np.zeros(2)}
    for data in (COLUMNS, np.zeros((2, 3))):
        assert frame_like(data, predictions) == predictions


def test_an_array_of_series_becomes_long_columns() -> None:
    columns = table_of(np.array([[1, 2], [3, 4]])).columns
    assert columns["case"].texts() == ["1", "1", "2", "2"]
    assert columns["step"].values.tolist() == [0, 1, 0, 1]
    assert columns["value"].values.tolist() == [1, 2, 3, 4]
    many = table_of(np.arange(12.0).reshape(2, 3, 2)).columns
    assert many["channel_2"].values.tolist() == [1, 3, 5, 7, 9, 11]
    assert table_of(np.array([[True, False]])).columns["value"].values.tolist() == [1, 0]


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((0, 4)), np.array([["a", "b"]]), np.zeros((1, 1, 1, 1))])
def test_an_array_that_is_no_set_of_series_is_refused(array: np.ndarray) -> None:
    with pytest.raises(DataError, match="is not a set of series"):
        table_of(array)


def test_categories_and_nullable_numbers_keep_their_values() -> None:
    frame = pd.DataFrame(
        {
            "size": pd.Categorical(["s", "l", None], categories=["unused", "l", "s"]),
            "rank": pd.Categorical([3, 1, 3]),
            "n": pd.array([1, None, 3], dtype="Int64"),
            "price": [decimal.Decimal("0.10"), None, decimal.Decimal("2")],
        }
    )
    columns = table_of(frame).columns
    assert columns["size"].texts() == ["s", "l", None]
    assert "unused" not in columns["size"].levels
    assert columns["rank"].values.tolist() == [3, 1, 3]
    assert columns["n"].missing().tolist() == [False, True, False]
    assert columns["price"].values[[0, 2]].tolist() == [0.1, 2.0]
    assert table_of(pl.DataFrame({"c": pl.Series(["x", "y"], dtype=pl.Categorical)})).columns["c"].texts() == ["x", "y"]


def test_times_with_a_zone_become_utc_and_that_is_said() -> None:
    times = pd.to_datetime(["2024-01-01 00:00", "2024-07-01 00:00"]).tz_localize("Europe/Berlin")
    table = table_of(pd.DataFrame({"t": times}))
    assert [str(time) for time in table.columns["t"].values] == [
        "2023-12-31T23:00:00.000000",
        "2024-06-30T22:00:00.000000",
    ]
    assert table.notes == ("the times of `t` (Europe/Berlin) were converted to UTC",)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table, dict])
def test_texts_that_are_all_times_become_times_and_other_texts_stay(kind: Any) -> None:
    table = table_of(kind({"when": ["2024-01-31", None, "2024-02-01"], "code": ["001", "002", "2024-01-01"]}))
    assert str(table.columns["when"].values[0]) == "2024-01-31T00:00:00.000000"
    assert table.columns["when"].missing().tolist() == [False, True, False]
    assert table.columns["code"].texts() == ["001", "002", "2024-01-01"]
    assert table.notes == ("the texts of `when` were read as times",)


@pytest.mark.parametrize(
    "kind", [pd.DataFrame, pl.DataFrame, pa.table, lambda columns: {"id": np.array(columns["id"])}]
)
def test_numbers_that_name_sequences_are_texts_however_large(kind: Any) -> None:
    assert table_of(kind({"id": [2**53 + 1, 2**53 + 2]})).columns["id"].texts() == [str(2**53 + 1), str(2**53 + 2)]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table, dict, lambda c: {"x": np.array(c["x"])}])
def test_whole_numbers_that_would_lose_digits_are_refused(kind: Any) -> None:
    with pytest.raises(DataError, match=r"table:2, column x: 9007199254740993 is too large"):
        table_of(kind({"x": [2**53, 2**53 + 1]}))


@pytest.mark.parametrize("kind", [pd.DataFrame, pa.table, dict])
def test_times_finer_than_a_microsecond_are_refused(kind: Any) -> None:
    fine = np.array(["2024-01-01T00:00:00.000000001"], "M8[ns]")
    with pytest.raises(DataError, match="finer than a microsecond"):
        table_of(kind({"t": fine}))
    whole = np.array(["2024-01-01T00:00:00.000001000", "NaT"], "M8[ns]")
    assert str(table_of(kind({"t": whole})).columns["t"].values[0]) == "2024-01-01T00:00:00.000001"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pl.DataFrame({"d": [datetime.timedelta(1)]}), "expected numbers, times or texts"),
        (pa.table({"l": [[1, 2]]}), "expected numbers, times or texts"),
        (pd.DataFrame({"m": ["a", 1]}), "cannot be read"),
        (pd.DataFrame({"x": [1.0, np.inf]}), "not a finite number"),
        (pd.DataFrame({0: [1]}), "the column name 0 is not a text"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "same name"),
        (pa.table([[1], [2]], names=["a", "a"]), "same name"),
        ({1: [2]}, "the column name 1 is not a text"),
        ({"a": "text"}, "a str is not a column"),
        ({"a": pd.DataFrame({"b": [1]})}, "dimensions"),
        ({"a": [1, 2], "b": [1]}, "has 1 values"),
        ({}, "no columns"),
        ([1, 2], "a list is not a table"),
        ("file.csv", "a str is not a table"),
    ],
)
def test_what_is_no_table_of_series_is_refused(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        table_of(data)


def test_a_named_index_is_a_column_and_no_other_is_lost_silently() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.DatetimeIndex(["2024-01-01", "2024-01-02"], name="day"))
    assert set(table_of(frame).columns) == {"day", "x"}
    with pytest.raises(DataError, match="has no name"):
        table_of(frame.rename_axis(None))
    filtered = pd.DataFrame({"x": [1.0, 2.0, 3.0]}).iloc[1:]
    assert table_of(filtered).notes == ()
    lettered = pd.DataFrame({"x": [1.0, 2.0]}, index=["a", "b"])
    assert table_of(lettered).notes == ("the index of the frame has no name and was left out",)


def test_the_place_of_a_row_is_its_number() -> None:
    for data in (KINDS["pandas"], KINDS["mapping"]):
        assert str(table_of(data).place_of(1, "sales")) == "table:2, column sales"


def test_plain_data_imports_none_of_the_libraries() -> None:
    program = (
        "import sys, numpy as np; from gru_toolkit.runs.tables_in import frame_like, table_of;"
        "data = {'x': np.arange(3.0)}; table_of(data); table_of(np.zeros((2, 2))); frame_like(data, data);"
        "assert not {'pandas', 'polars', 'pyarrow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
