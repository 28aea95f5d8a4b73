"""Every format holds the same table: what is written comes back, and sizes, types and names are checked."""

import gzip
import io
import json
import sqlite3
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import ConfigError, DataError, MissingInputError, UsageError
from gru_toolkit.sequences.reading import Wants, read_dataset, read_table, table_from_columns
from gru_toolkit.sequences.table import Table
from tests.sequences.test_broken_files import GOOD, write

FIRST = np.datetime64("1900-01-01", "us").astype(int).item()
LAST = np.datetime64("2200-01-01", "us").astype(int).item()
rows = st.lists(
    st.tuples(
        st.text(st.characters(exclude_characters="\r\0", exclude_categories=("Cs",)), min_size=1, max_size=5),
        st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
        st.one_of(st.none(), st.integers(FIRST, LAST)),
    ),
    min_size=1,
    max_size=6,
)
Row = tuple[str, float | None, int | None]


def moment(time: int | None) -> str | None:
    return None if time is None else str(np.datetime64(time, "us"))


def as_csv(found: list[Row], path: Path, separator: str = ",") -> None:
    lines = [separator.join(["s", "n", "t"])]
    for text, number, time in found:
        quoted = '"' + text.replace('"', '""') + '"'
        lines.append(separator.join([quoted, "" if number is None else repr(number), moment(time) or ""]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")


def as_gzip(found: list[Row], path: Path) -> None:
    as_csv(found, path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def as_zstd(found: list[Row], path: Path) -> None:
    as_csv(found, path)
    path.write_bytes(pyarrow.compress(path.read_bytes(), codec="zstd", asbytes=True))


def as_jsonl(found: list[Row], path: Path) -> None:
    records = [{"s": text, "n": number, "t": moment(time)} for text, number, time in found]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def arrow(found: list[Row]) -> pyarrow.Table:
    texts, numbers, times = zip(*found, strict=True)
    times = pyarrow.array(times, pyarrow.int64()).cast(pyarrow.timestamp("us"))
    return pyarrow.table(
        {"s": pyarrow.array(texts, pyarrow.string()), "n": pyarrow.array(numbers, pyarrow.float64()), "t": times}
    )


def as_ipc(found: list[Row], path: Path) -> None:
    table = arrow(found)
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def as_stream(found: list[Row], path: Path) -> None:
    table = arrow(found)
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def as_sqlite(found: list[Row], path: Path) -> None:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE s (s TEXT, n REAL, t TEXT)")
    connection.executemany(
        "INSERT INTO s VALUES (?, ?, ?)", [(text, number, moment(time)) for text, number, time in found]
    )
    connection.commit()
    connection.close()


def as_duckdb(found: list[Row], path: Path) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.register("given", arrow(found))
        connection.execute("CREATE TABLE s AS SELECT * FROM given")


WRITERS = {
    "x.csv": as_csv,
    "x.tsv": lambda found, path: as_csv(found, path, "\t"),
    "x.csv.gz": as_gzip,
    "x.csv.zst": as_zstd,
    "x.jsonl": as_jsonl,
    "x.parquet": lambda found, path: pyarrow.parquet.write_table(arrow(found), path),
    "x.feather": lambda found, path: pyarrow.feather.write_feather(arrow(found), path),
    "x.arrow": as_ipc,
    "x.arrows": as_stream,
    "x.sqlite": as_sqlite,
    "x.duckdb": as_duckdb,
}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=12, deadline=None)
@given(found=rows)
def test_what_is_written_comes_back(name: str, found: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("formats") / name
    WRITERS[name](found, path)
    table = read_table(str(path), ReadConfig(text=("s",)))
    assert table.columns["s"].texts() == [row[0] for row in found]
    numbers = np.array([np.nan if row[1] is None else row[1] for row in found])
    np.testing.assert_array_equal(table.columns["n"].values, numbers)
    if any(row[2] is not None for row in found):
        times = [np.datetime64("NaT" if row[2] is None else row[2], "us") for row in found]
        np.testing.assert_array_equal(table.columns["t"].values, np.array(times, dtype="datetime64[us]"))
    assert table.place_of(0, None).path == str(path)


def dataset_rows(path: str, config: ReadConfig = ReadConfig()) -> list[float]:
    return read_dataset([path], config, Wants("step")).steps["value"].values.tolist()


def test_packing_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    assert dataset_rows(write(tmp_path, gzip.compress(GOOD.encode()), "data.csv")) == [1, 2, 3, 4]
    assert dataset_rows(write(tmp_path, gzip.compress(GOOD.encode()) * 1, "data")) == [1, 2, 3, 4]
    cut = gzip.compress(GOOD.encode() * 50)[:-20]
    with pytest.raises(DataError, match="cut short"):
        dataset_rows(write(tmp_path, cut, "data.csv.gz"))


def test_a_name_that_does_not_tell_is_told_from_content_and_said(tmp_path: Path) -> None:
    assert "assumed" in read_table(write(tmp_path, GOOD, "data.dat"), ReadConfig()).notes[0]
    assert len(read_table(write(tmp_path, '{"value": 1}\n', "data.log"), ReadConfig())) == 1
    assert len(read_table(write(tmp_path, "@data\n1,2\n", "data.log"), ReadConfig())) == 2
    assert len(read_table(write(tmp_path, '{"value": 1}\n', "data.csv"), ReadConfig(format="jsonl"))) == 1
    with pytest.raises(ConfigError, match="format must be one of"):
        read_table(write(tmp_path, GOOD), ReadConfig(format="cvs"))
    with pytest.raises(DataError, match="expected a jsonl file, its content is parquet"):
        read_table(write(tmp_path, b"PAR1" + bytes(60), "x.parquet"), ReadConfig(format="jsonl"))


class Stdin:
    def __init__(self, data: bytes):
        self.buffer = io.BytesIO(data)


def test_stdin_is_read_as_any_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(GOOD.encode()))
    assert dataset_rows("-") == [1, 2, 3, 4]
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"t": [1, 2], "value": [3.0, 4.0]}), sink)
    monkeypatch.setattr(sys, "stdin", Stdin(sink.getvalue()))
    assert dataset_rows("-", ReadConfig(format="parquet")) == [3, 4]
    buffer = io.BytesIO()
    np.savez(buffer, X=np.ones((2, 3)))
    monkeypatch.setattr(sys, "stdin", Stdin(buffer.getvalue()))
    assert len(read_dataset(["-"], ReadConfig(format="npz"), Wants("step"))) == 2
    monkeypatch.setattr(sys, "stdin", Stdin(b""))
    with pytest.raises(DataError, match="empty"):
        dataset_rows("-")
    for name in ("duckdb", "sqlite"):
        with pytest.raises(UsageError, match="stdin"):
            dataset_rows("-", ReadConfig(format=name))
    with pytest.raises(UsageError, match="stdin is given twice"):
        read_dataset(["-", "-"], ReadConfig(), Wants("step"))
    with pytest.raises(UsageError, match="no file"):
        read_dataset([], ReadConfig(), Wants("step"))


JSON = {
    "duplicate field": ('{"value": 1, "value": 2}', "has the field 'value' twice"),
    "NaN": ('{"value": NaN}', "NaN"),
    "Infinity": ('{"value": -Infinity}', "Infinity"),
    "list": ("[1, 2]", "no JSON object"),
    "nested": ('{"value": [1]}', "list or an object"),
    "cut": ('{"value": 1', "not valid JSON"),
    "deep": ('{"value": ' + "[" * 100_000, "nested too deeply"),
    "half a surrogate": ('{"value": "\\ud800"}', "surrogate"),
    "unknown field": ('{"other": 1}', "not valid"),
    "empty": ("", "empty"),
    "huge": ('{"value": 1e999}', "too large"),
}


@pytest.mark.parametrize("kind", sorted(set(JSON) - {"unknown field"}))
def test_a_bad_json_line_is_refused_with_its_line(kind: str, tmp_path: Path) -> None:
    text, message = JSON[kind]
    lines = ['{"t": 1, "value": 1}', '{"t": 2, "value": 2}', text, '{"t": 3, "value": 3}']
    path = write(tmp_path, "\n".join(lines) + "\n", "x.jsonl")
    with pytest.raises(DataError, match=message) as caught:
        read_table(path, ReadConfig())
    assert caught.value.place is not None
    assert caught.value.place.line == 3
    table = read_table(path, ReadConfig(max_rejects=1))
    assert table.columns["value"].values.tolist() == [1, 2, 3]
    assert [table.place_of(row, None).line for row in range(3)] == [1, 2, 4]


def test_json_fields_may_be_absent_but_not_come_late(tmp_path: Path) -> None:
    lines = ['{"a": 1}', '{"b": true}'] + ['{"a": 2}'] * 1000 + ['{"late": 1}']
    path = write(tmp_path, "\n".join(lines), "x.jsonl")
    with pytest.raises(DataError, match="'late' does not occur in the first 1,000 objects") as caught:
        read_table(path, ReadConfig())
    assert caught.value.place is not None
    assert caught.value.place.line == 1003
    table = read_table(path, ReadConfig(max_rejects=1))
    assert table.columns["b"].texts()[:3] == [None, "true", None]
    for text in ("", "[]\n", "{}\n", '{"": 1}\n'):
        with pytest.raises(DataError):
            read_table(write(tmp_path, text, "y.jsonl"), ReadConfig())
    with pytest.raises(DataError, match="not UTF-8"):
        read_table(write(tmp_path, b'{"a": "\xff"}\n', "y.jsonl"), ReadConfig())


def test_arrow_types_become_numbers_times_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    table = pyarrow.table({
        "small": pyarrow.array([1, None], pyarrow.int8()),
        "half": pyarrow.array(np.array([0.5, 1], np.float16)),
        "decimal": pyarrow.array([1, 2], pyarrow.decimal128(5, 1)),
        "flag": [True, None],
        "coded": pyarrow.array(["a", "b"]).dictionary_encode(),
        "day": pyarrow.array([0, 1], pyarrow.date32()),
        "zoned": pyarrow.array([0, 3_600_000_000], pyarrow.timestamp("us", "Europe/Berlin")),
        "nothing": pyarrow.nulls(2),
        "id": [7, 8],
    })  # fmt: skip
    pyarrow.parquet.write_table(table, path)
    found = read_table(str(path), ReadConfig(text=("decimal",)))
    np.testing.assert_array_equal(found.columns["small"].values, [1, np.nan])
    assert found.columns["half"].values.tolist() == [0.5, 1]
    assert found.columns["decimal"].texts() == ["1", "2"]
    assert found.columns["flag"].texts() == ["true", None]
    assert found.columns["coded"].texts() == ["a", "b"]
    assert found.columns["day"].values.astype("datetime64[D]").astype(int).tolist() == [0, 1]
    assert found.columns["zoned"].values.astype(int).tolist() == [0, 3_600_000_000]
    assert found.columns["nothing"].missing().all()
    assert found.columns["id"].texts() == ["7", "8"]
    assert found.place_of(1, "id").line == 2


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pyarrow.array([[1]]), "expected numbers, times or texts"),
        (pyarrow.array([1], pyarrow.timestamp("ns")), "finer than a microsecond"),
        (pyarrow.array([np.inf]), "inf is not a finite number"),
    ],
)
def test_arrow_columns_that_do_not_fit_are_refused(column: pyarrow.Array, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.arrow"
    table = pyarrow.table({"odd": column})
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(DataError, match=message) as caught:
        read_table(str(path), ReadConfig())
    assert caught.value.place is not None
    assert caught.value.place.column == "odd"


def test_arrow_without_columns_or_rows_is_refused(tmp_path: Path) -> None:
    for table in (pyarrow.table({}), pyarrow.table({"a": pyarrow.array([], pyarrow.int64())})):
        pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
        with pytest.raises(DataError, match=r"no columns|no rows"):
            read_table(str(tmp_path / "x.parquet"), ReadConfig())


def sqlite_file(folder: Path, *statements: str) -> str:
    path = folder / "x.sqlite"
    connection = sqlite3.connect(path)
    for statement in statements or ("CREATE TABLE s AS SELECT 1 AS t, 2.5 AS value", "INSERT INTO s VALUES (2, 3.5)"):
        connection.execute(statement)
    connection.commit()
    connection.close()
    return str(path)


def duckdb_file(folder: Path, *statements: str) -> str:
    path = folder / "x.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in statements or (
            "CREATE TABLE s AS SELECT 1 AS t, 2.5 AS value",
            "INSERT INTO s VALUES (2, 3.5)",
        ):
            connection.execute(statement)
    return str(path)


MAKERS = {"sqlite": sqlite_file, "duckdb": duckdb_file}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_table_is_chosen_or_named(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path)
    table = read_table(path, ReadConfig())
    assert table.columns["value"].values.tolist() == [2.5, 3.5]
    assert "assumed the table is `s`" in table.notes[0]
    assert not read_table(path, ReadConfig(table="s")).notes
    with pytest.raises(MissingInputError, match="the tables are s"):
        read_table(path, ReadConfig(table="orders"))
    second = MAKERS[kind](tmp_path, 'CREATE TABLE "odd ""name" AS SELECT 9 AS value')
    with pytest.raises(MissingInputError, match="name it with --table"):
        read_table(second, ReadConfig())
    assert read_table(second, ReadConfig(table='odd "name')).columns["value"].values.tolist() == [9]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_query_is_one_select(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path)
    found = read_table(path, ReadConfig(query="WITH a AS (SELECT t, value FROM s) SELECT t, 2 * value AS value FROM a"))
    assert found.columns["value"].values.tolist() == [5, 7]
    before = Path(path).read_bytes()
    for query in (
        "INSERT INTO s VALUES (3, 1)", "DROP TABLE s", "UPDATE s SET t = 0", "CREATE TABLE x (y INT)",
        f"ATTACH '{tmp_path}/other.db' AS other", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE s", "", "-- nothing",
        "PRAGMA user_version = 3", "VACUUM",
    ):  # fmt: skip
        with pytest.raises(UsageError, match="must be one SELECT"):
            read_table(path, ReadConfig(query=query))
    for query in ("SELECT load_extension('x')", "selec t", "SELECT * FROM nowhere", "SELECT writefile('x', 'y')"):
        with pytest.raises((UsageError, DataError)):
            read_table(path, ReadConfig(query=query))
    assert Path(path).read_bytes() == before
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    "query",
    [
        "COPY s TO '{folder}/stolen.csv'", "SELECT * FROM read_csv('{folder}/secret.csv')", "INSTALL httpfs",
        "LOAD httpfs", "SELECT * FROM '{folder}/secret.csv'", "SET enable_external_access = true",
        "SELECT * FROM read_text('{folder}/secret.csv')", "SELECT * FROM glob('{folder}/*')",
        "EXPORT DATABASE '{folder}/e'",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["x.duckdb", "s.csv"])
def test_a_query_reaches_no_other_file(name: str, query: str, tmp_path: Path) -> None:
    write(tmp_path, "secret,value\n1,2\n", "secret.csv")
    path = duckdb_file(tmp_path) if name == "x.duckdb" else write(tmp_path, GOOD, name)
    with pytest.raises((UsageError, DataError)):
        read_table(path, ReadConfig(query=query.format(folder=tmp_path)))
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted({name, "secret.csv"})


def test_a_query_sees_typed_columns_of_text_files(tmp_path: Path) -> None:
    sales = write(tmp_path, GOOD, "sales.csv")
    names = write(tmp_path, '{"id": "a", "town": "Ulm"}\n{"id": "b", "town": null}\n', "towns.jsonl")
    query = (
        "SELECT date, value + 1 AS value, town FROM sales JOIN towns USING (id) WHERE date > '2020-01-01' ORDER BY id"
    )
    from gru_toolkit.sequences.reading import read_tables

    table = read_tables([sales, names], ReadConfig(query=query), None)
    assert table.columns["value"].values.tolist() == [3, 5]
    assert table.columns["town"].texts() == ["Ulm", None]
    assert table.columns["date"].kind == "time"
    odd = write(tmp_path, GOOD + "x\n", "odd-name.csv")
    found = read_table(odd, ReadConfig(query="SELECT * FROM data", max_rejects=1))
    assert len(found) == 4
    assert [reject.place.line for reject in found.rejects] == [6]
    with pytest.raises(UsageError, match="no other file"):
        read_tables([sales, sqlite_file(tmp_path)], ReadConfig(query="SELECT 1 AS value"), None)
    with pytest.raises(DataError, match="twice"):
        read_table(sales, ReadConfig(query="SELECT 1 AS a, 2 AS a"))


def test_sqlite_values_of_any_type_are_typed_like_cells(tmp_path: Path) -> None:
    many = " UNION ALL ".join(f"SELECT {number}, '2020-01-{number:02d}'" for number in range(1, 20))
    path = sqlite_file(tmp_path, f"CREATE TABLE s AS SELECT 1 AS n, '' AS t WHERE 0 UNION ALL {many}",
                       "INSERT INTO s VALUES ('x', NULL)")  # fmt: skip
    with pytest.raises(DataError, match="'x' is not a number") as caught:
        read_table(path, ReadConfig())
    assert caught.value.place is not None
    assert caught.value.place.line == 20
    blob = sqlite_file(tmp_path, "CREATE TABLE b AS SELECT x'00ff' AS value")
    with pytest.raises(DataError, match="binary"):
        read_table(blob, ReadConfig(table="b"))


def test_columns_in_memory_become_a_table() -> None:
    import datetime
    from decimal import Decimal

    noon = datetime.datetime(2020, 1, 1, 13, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    table: Table = table_from_columns(
        {
            "number": np.array([1, 2], np.int32),
            "object": np.array([1.5, None], object),
            "word": ["a", None],
            "flag": [True, False],
            "day": np.array(["2020-01-01", "NaT"], "datetime64[D]"),
            "moment": [noon, None],
            "price": [Decimal("1.5"), Decimal(2)],
            "nothing": [None, float("nan")],
        },
        "memory",
    )
    assert [column.kind for column in table.columns.values()] == [
        "number", "number", "text", "text", "time", "time", "number", "number",
    ]  # fmt: skip
    assert table.columns["flag"].texts() == ["true", "false"]
    assert str(table.columns["moment"].values[0]) == "2020-01-01T12:00:00.000000"
    assert table.columns["nothing"].missing().all()
    assert str(table.place_of(1, "day")) == "memory:2, column day"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "no columns"),
        ({"a": []}, "no rows"),
        ({"a": [1], "b": [1, 2]}, "2 values"),
        ({"a": np.ones((2, 2))}, "2 dimensions"),
        ({"a": [1.0, float("inf")]}, "not a finite number"),
        ({"a": np.array([-np.inf])}, "not a finite number"),
        ({"a": [1, "x"]}, "does not fit"),
        ({"a": [{}]}, "of type dict"),
        ({1: [1], "1": [2]}, "same name"),
    ],
)
def test_columns_that_are_no_table_are_refused(columns: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        table_from_columns(columns, "memory")  # type: ignore[arg-type]
