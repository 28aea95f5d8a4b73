"""Prediction files read back as what was written, in every format; nothing half-written, nothing executable."""

import csv
import gzip
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyarrow import ipc, parquet

from gru_toolkit.errors import CannotWriteError, DataError, StorageError, UsageError
from gru_toolkit.runs import cells, files, output
from gru_toolkit.runs.output import format_of, write_predictions

Columns = dict[str, np.ndarray]
FORMULAS = "=+-@\t\r\n"
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.lists(TEXTS.filter(bool), min_size=5, max_size=5, unique=True)


@st.composite
def batches(draw: st.DrawFn) -> Columns:
    rows = draw(st.integers(1, 5))
    times = hnp.from_dtype(np.dtype("M8[us]"), allow_nan=False, min_value=-62_135_596_800_000_000, max_value=2**57)
    kinds = [
        hnp.arrays(np.float64, rows, elements=st.floats(allow_nan=False, allow_infinity=False)),
        hnp.arrays(np.float32, rows, elements=st.floats(allow_nan=False, allow_infinity=False, width=32)),
        hnp.arrays(np.int64, rows),
        hnp.arrays("M8[us]", rows, elements=times),
        st.lists(st.none() | TEXTS, min_size=rows, max_size=rows).map(lambda texts: np.array(texts, dtype=object)),
    ]
    return {name: draw(kind) for name, kind in zip(draw(NAMES), kinds, strict=True)}


def written(columns: Columns, format: str) -> bytes:
    stream = io.BytesIO()
    assert write_predictions([columns], stream, format) == len(next(iter(columns.values())))
    return stream.getvalue()


def harmless(text: str) -> str:
    return "'" + text if text[:1] in FORMULAS and text and not cells._NUMBER.fullmatch(text) else text


def same(read: list[str | None], values: np.ndarray) -> bool:
    if values.dtype == object:
        return read == [harmless(text) if text else "" for text in values]
    if values.dtype.kind == "M":
        return bool((np.array(read, "M8[us]") == values).all())
    return np.array([values.dtype.type(text) for text in read]).tobytes() == values.tobytes()


@settings(max_examples=60, deadline=None)
@given(batches(), st.sampled_from(["csv", "tsv"]))
def test_delimited_text_reads_back_exactly(columns: Columns, format: str) -> None:
    text = written(columns, format).decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter="," if format == "csv" else "\t")
    assert header == [harmless(name) for name in columns]
    assert all(len(row) == len(columns) for row in rows)
    for place, values in enumerate(columns.values()):
        assert same([row[place] for row in rows], values)


@settings(max_examples=60, deadline=None)
@given(batches())
def test_json_lines_read_back_exactly(columns: Columns) -> None:
    lines = written(columns, "jsonl").decode().split("\n")
    assert lines.pop() == ""
    rows = [json.loads(line) for line in lines]
    for name, values in columns.items():
        assert all(list(row) == list(columns) for row in rows)
        read = [row[name] for row in rows]
        if values.dtype == object:
            assert read == values.tolist()
        else:
            assert same([str(value) if values.dtype.kind != "f" else repr(value) for value in read], values)


@settings(max_examples=30, deadline=None)
@given(batches(), st.sampled_from(["parquet", "arrow"]))
def test_tables_read_back_exactly(columns: Columns, format: str) -> None:
    content = pyarrow.BufferReader(written(columns, format))
    table = parquet.read_table(content) if format == "parquet" else ipc.open_stream(content).read_all()
    assert table.column_names == list(columns)
    for name, values in columns.items():
        read = table[name].to_numpy()
        assert read.tolist() == values.tolist() if values.dtype == object else read.tobytes() == values.tobytes()


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_no_json_line_holds_a_character_that_a_terminal_acts_on(text: str) -> None:
    line = cells.json_lines({"id": np.array([text], dtype=object)}).removesuffix("\n")
    assert not cells._HIDDEN.search(line)
    assert line.isprintable() or not any(ord(character) < 0x20 for character in line)


def sample(rows: int = 2) -> Columns:
    return {
        "id": np.array([f"s{row}" for row in range(rows)], dtype=object),
        "time": np.datetime64("2024-01-31T00:00", "us") + np.arange(rows) * np.timedelta64(1, "h"),
        "mean": np.arange(rows, dtype=np.float32) / 10,
    }


def test_a_csv_file_to_the_letter() -> None:
    columns = {
        **sample(),
        "day": np.array(["2024-01-31", "2024-02-01"], "M8[D]"),
        "alarm": np.array([True, False]),
        "=label": np.array(["-1", "@SUM(A1)"]),
        "note": np.array([None, ' "quoted"'], dtype=object),
    }
    assert written(columns, "csv").decode() == (
        "id,time,mean,day,alarm,'=label,note\n"
        "s0,2024-01-31T00:00:00,0.0,2024-01-31,true,-1,\n"
        's1,2024-01-31T01:00:00,0.1,2024-02-01,false,\'@SUM(A1)," ""quoted"""\n'
    )


def test_a_json_file_to_the_letter() -> None:
    assert written(sample(), "jsonl").decode() == (
        '{"id": "s0", "time": "2024-01-31T00:00:00", "mean": 0.0}\n'
        '{"id": "s1", "time": "2024-01-31T01:00:00", "mean": 0.1}\n'
    )


def test_a_row_of_one_empty_cell_is_not_a_blank_line() -> None:
    assert written({"label": np.array([None, ""], dtype=object)}, "csv") == b'label\n""\n""\n'


@pytest.mark.parametrize("name", ["p.csv", "p.tsv.gz", "p.jsonl", "p.ndjson.gz", "p.parquet", "p.arrow", "p.feather"])
def test_the_suffix_tells_the_format_and_batches_are_joined(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert write_predictions([sample(2), sample(3)], path) == 5
    content = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    if "parquet" in name:
        assert parquet.read_table(path).num_rows == 5
    elif "arrow" in name or "feather" in name:
        assert ipc.open_file(path).read_all()["id"].to_pylist() == ["s0", "s1", "s0", "s1", "s2"]
    else:
        assert content.count(b"\n") == (5 if "json" in name else 6)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_the_same_predictions_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv.gz", tmp_path / "b.csv.gz", tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path in paths:
        write_predictions([sample()], path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[2].read_bytes() == paths[3].read_bytes()


def test_small_batches_become_large_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    assert write_predictions((sample(1000) for _ in range(70)), path) == 70_000
    assert parquet.ParquetFile(path).num_row_groups == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_prediction_that_is_no_number_is_refused_by_name_and_leaves_the_old_file(
    tmp_path: Path, value: float
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("old")
    broken = sample() | {"mean": np.array([0.5, value])}
    with pytest.raises(DataError, match="'mean' for 's1' is"):
        write_predictions([sample(), broken], path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.csv"]


def test_a_missing_time_and_broken_unicode_are_refused() -> None:
    with pytest.raises(DataError, match="'time' for 's0' is NaT"):
        written(sample() | {"time": np.array(["NaT", "2024-01-01"], "M8[us]")}, "csv")
    with pytest.raises(DataError, match=r"'id' of 'b\\udc80' is not valid Unicode"):
        written({"id": np.array(["a", "b\udc80"], dtype=object)}, "parquet")


@pytest.mark.parametrize("columns", [{}, {"a": np.zeros(2), "b": np.zeros(3)}, {"a": np.array([1, "x"], dtype=object)}])
def test_batches_that_no_task_may_make_are_bugs(columns: Columns) -> None:
    with pytest.raises(AssertionError):
        written(columns, "csv")


def test_batches_of_different_columns_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="differ"):
        write_predictions([sample(), {"id": np.arange(2)}], io.BytesIO())


def test_nothing_to_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to predict"):
        write_predictions([], tmp_path / "p.parquet")


@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        ("p.cvs", None, "did you mean .csv"),
        ("p", None, "say --format"),
        ("p.parquet.gz", None, "leave .gz off"),
        ("p.csv", "parqet", "did you mean parquet"),
    ],
)
def test_a_name_that_tells_no_format_gets_a_hint(name: str, format: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        format_of(Path(name), format)


def test_an_explicit_format_wins_over_the_name() -> None:
    assert format_of(Path("p.txt.GZ"), "tsv") == ("tsv", True)


def test_places_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for path in (tmp_path / "absent" / "p.csv", tmp_path / "folder.csv"):
        with pytest.raises(CannotWriteError, match=path.name):
            write_predictions([sample()], path)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz", "p.parquet", "p.arrow"])
def test_a_system_call_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, name: str
) -> None:
    path = tmp_path / name
    path.write_text("old")

    def failing(function: object, *arguments: object) -> object:
        if getattr(function, "__name__", "") == call:
            raise OSError(28, "No space left on device")
        return function(*arguments)  # type: ignore[operator]

    monkeypatch.setattr(files, "system", failing)
    with pytest.raises(StorageError, match="No space left"):
        write_predictions([sample()], path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_an_error_of_the_input_is_not_taken_for_one_of_the_output(tmp_path: Path) -> None:
    def reading() -> Iterator[Columns]:
        yield sample()
        raise OSError("the input is gone")

    with pytest.raises(OSError, match="the input is gone"):
        write_predictions(reading(), tmp_path / "p.csv")
    assert not list(tmp_path.iterdir())


def test_memory_does_not_grow_with_the_number_of_batches() -> None:
    class Counting(io.RawIOBase):
        held = 0

        def writable(self) -> bool:
            return True

        def write(self, content: bytes) -> int:  # type: ignore[override]
            self.held = max(self.held, len(content))
            return len(content)

    stream = Counting()
    write_predictions((sample(100) for _ in range(50)), stream)  # type: ignore[arg-type]
    assert stream.held < 4096
    assert output.ROW_GROUP <= 1 << 17


@pytest.mark.parametrize("format", ["csv", "tsv"])
@pytest.mark.parametrize("character", list(FORMULAS))
def test_a_text_cell_never_starts_as_a_formula(character: str, format: str) -> None:
    text = character + "cmd"
    rows = csv.reader(io.StringIO(written({text: np.array([text], dtype=object)}, format).decode(), newline=""))
    assert list(rows) == [["'" + text], ["'" + text]] or format == "tsv"
    assert written({"id": np.array([text], dtype=object)}, format).split(b"\n", 1)[1].lstrip(b'"').startswith(b"'")
