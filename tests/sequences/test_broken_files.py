"""One broken file of each kind: refused with file and line, with the right exit status, and with a way out."""

from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, GruToolkitError, MissingInputError
from gru_toolkit.sequences.reading import Wants, read_dataset

STEP = Wants("step")
GOOD = "id,date,value\na,2020-01-01,1\na,2020-01-02,2\nb,2020-01-01,3\nb,2020-01-02,4\n"

BROKEN = {
    "short row": (GOOD + "b,2020-01-03\n", 6, "expected 3 columns, found 2"),
    "extra column": (GOOD + "b,2020-01-03,5,6\n", 6, "expected 3 columns, found 4"),
    "empty line": (GOOD.replace("a,2020-01-02,2\n", "\na,2020-01-02,2\n"), 3, "empty line"),
    "quote inside a cell": (GOOD + 'b,2020-01-03,5"\n', 6, "quote inside a cell"),
    "text after a closing quote": (GOOD + '"b"x,2020-01-03,5\n', 6, "text after a closing quote"),
    "quote never closed": (GOOD.replace("b,2020-01-01,3", '"b,2020-01-01,3'), 4, "never closed"),
    "NUL": (GOOD.replace("01-02,4", "01-02,\0"), 5, "NUL"),
    "carriage return": (GOOD.replace("b,2020-01-01", "b,\r2020-01-01"), 4, "carriage returns"),
    "duplicate header": (GOOD.replace("id,date,value", "id,value,value"), 1, "'value' twice (columns 2 and 3)"),
    "header without a name": (GOOD.replace("id,date,value", "id,,value"), 1, "column 2 of the header has no name"),
    "numbers for a header": ("1,2\n3,4\n", 1, "expected a header"),
    "semicolons": (GOOD.replace(",", ";"), 1, "semicolons"),
    "broken quote in the header": ('id,"da"te,value\na,2020-01-01,1\n', 1, "text after a closing quote"),
    "open quote in the header": ('id,"date,value\na,2020-01-01,1\n', 1, "opens a quote"),
    "old Mac line ends": (GOOD.replace("\n", "\r"), 1, "carriage returns"),
    "unsorted times": (GOOD + "b,2020-01-01,5\n", 6, "comes after 2020-01-02 on line 5"),
    "duplicate times": (GOOD + "b,2020-01-02,5\n", 6, "stands twice, first on line 5"),
    "a gap": (GOOD + "b,2020-01-04,5\n", 6, "missing between 2020-01-02 and 2020-01-04"),
    "irregular times": (GOOD + "b,2020-01-03T07:00,5\n", 6, "not regular"),
    "a missing value": (GOOD + "b,2020-01-03,\n", 6, "the value of `value` is missing"),
    "NaN": (GOOD + "b,2020-01-03,NaN\n", 6, "missing"),
    "missing id": (GOOD + ",2020-01-03,4\n", 6, "the id is missing"),
    "missing time": (GOOD + "b,,4\n", 6, "the time is missing"),
    "empty": ("", 1, "empty"),
    "blank lines only": ("\n\n\n", 1, "empty"),
    "header only": ("id,date,value\n", 1, "no rows"),
    "empty header": ("\nid,date,value\na,2020-01-01,1\n", 1, "header is empty"),
}


def write(folder: Path, text: str | bytes, name: str = "data.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_refused_with_its_line(kind: str, tmp_path: Path) -> None:
    text, line, message = BROKEN[kind]
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_dataset([path], ReadConfig(), STEP)
    assert caught.value.exit_status == 65
    assert caught.value.place is not None
    assert (caught.value.place.path, caught.value.place.line) == (path, line)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "value", ["abc", "inf", "-Infinity", "1e400", "1_000", "0x10", "1,5", "1 2", "--1", "1e", "٣", "1.2.3"]
)
def test_a_text_in_a_number_is_refused_with_place_value_and_hint(value: str, tmp_path: Path) -> None:
    rows = "".join(f"2020-01-{day:02d},{day}\n" for day in range(1, 21))
    path = write(tmp_path, f'date,value\n{rows}2020-01-21,"{value}"\n2020-01-22,x\n')
    with pytest.raises(DataError) as caught:
        read_dataset([path], ReadConfig(), STEP)
    assert str(caught.value.place) == f"{path}:22, column value"
    assert repr(value) in caught.value.message
    assert "1 more rows are rejected" in caught.value.message
    assert caught.value.hint is not None
    assert "--max-rejects 2" in caught.value.hint


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("2020-02-30", "calendar"), ("2020-1-05", "not a time"), ("2020-01-05T25:00", "calendar"),
        ("2020-01-05T00:00:00Z", "time zone"), ("2020-01-05T00:00:00.1234567", "microsecond"),
        ("03/04/2020", "not a time"),
    ],
)  # fmt: skip
def test_a_wrong_time_is_refused_with_its_line(value: str, what: str, tmp_path: Path) -> None:
    rows = "".join(f"2020-03-{day:02d},{day}\n" for day in range(1, 21))
    with pytest.raises(DataError, match=what) as caught:
        read_dataset([write(tmp_path, f"date,value\n{rows}{value},1\n")], ReadConfig(), STEP)
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (22, "date")


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"\xff\xfei\0d\0", 1, "UTF-16"),
        (b"\xfe\xff\0i", 1, "UTF-16"),
        (b"\xff\xfe\0\0i\0\0\0", 1, "UTF-32"),
        (GOOD.encode().replace(b"b,2020-01-01", b"\xfc,2020-01-01"), 4, "not UTF-8"),
        (b"gr\xfc\xdfe,date\n1,2\n", 1, "not UTF-8"),
    ],
)
def test_another_encoding_is_refused_with_its_line(data: bytes, line: int, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, data)
    with pytest.raises(DataError, match=message) as caught:
        read_dataset([path], ReadConfig(), STEP)
    assert caught.value.place is not None
    assert caught.value.place.line == line


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(40), "PNG image"),
        ("paper.csv", b"%PDF-1.7", "PDF"),
        ("data.csv", b"PAR1" + bytes(20) + b"PAR1", "its content is parquet"),
        ("data.csv.gz", b"id,value\n1,2\n", "its content is not packed"),
        ("data.parquet", b"id,value\n1,2\n", "expected a parquet file"),
        ("data.parquet", b"PAR1" + bytes(40), "damaged"),
        ("data.arrow", b"ARROW1\0\0" + bytes(40), "damaged"),
        ("data.feather", b"FEA1" + bytes(40), "damaged"),
        ("data.sqlite", b"SQLite format 3\0" + bytes(100), "SQLite"),
        ("data.duckdb", bytes(8) + b"DUCK" + bytes(100), "DuckDB"),
        ("data.npz", b"PK\x03\x04" + bytes(40), "damaged"),
        ("data.csv", b"a" * 70_000_000, "64 MiB"),
    ],
)
def test_a_wrong_type_of_file_is_named(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read_dataset([write(tmp_path, data, name)], ReadConfig(), STEP)


def test_what_is_not_there_is_missing_input(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "sales.csv")
    with pytest.raises(MissingInputError, match="folder"):
        read_dataset([str(tmp_path)], ReadConfig(), STEP)
    with pytest.raises(MissingInputError, match=r"did you mean sales.csv\?"):
        read_dataset([str(tmp_path / "sale.csv")], ReadConfig(), STEP)
    with pytest.raises(MissingInputError, match=r"did you mean value\?"):
        read_dataset([path], ReadConfig(target=("valeu",)), STEP)
    with pytest.raises(MissingInputError, match="the columns are `id`, `date`, `value`"):
        read_dataset([path], ReadConfig(known=("holiday",)), STEP)
    assert MissingInputError.exit_status == 66


def test_rejected_rows_are_listed_when_they_are_allowed(tmp_path: Path) -> None:
    rows = "".join(f"1981-01-{day:02d},{day}.5\n" for day in range(1, 29))
    text = f'"Date","Temp"\n{rows}'.replace(",7.5", ",?7.5").replace(",9.5", ",?9.5")
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=r"'\?7\.5' is not a number") as caught:
        read_dataset([path], ReadConfig(), STEP)
    assert caught.value.place is not None
    assert caught.value.place.line == 8
    with pytest.raises(DataError, match="1 more rows are rejected"):
        read_dataset([path], ReadConfig(max_rejects=1), STEP)
    with pytest.raises(DataError, match="rows are missing"):
        read_dataset([path], ReadConfig(max_rejects=2), STEP)
    for policy, seventh in (("forward", 6.5), ("interpolate", 7.5)):
        dataset = read_dataset([path], ReadConfig(max_rejects=2, missing=policy), STEP)
        assert [(reject.place.line, reject.raw) for reject in dataset.rejects] == [
            (8, "1981-01-07,?7.5"),
            (10, "1981-01-09,?9.5"),
        ]
        assert len(dataset.steps["Temp"]) == 28
        assert dataset.steps["Temp"].values[6] == seventh


def test_rejects_keep_later_rows_at_their_own_lines(tmp_path: Path) -> None:
    text = GOOD.replace("a,2020-01-02", "broken\na,2020-01-02") + "b,2020-01-01,5\n"
    with pytest.raises(DataError) as caught:
        read_dataset([write(tmp_path, text)], ReadConfig(max_rejects=1), STEP)
    assert caught.value.place is not None
    assert caught.value.place.line == 7


def test_every_row_rejected_leaves_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(GruToolkitError):
        read_dataset([write(tmp_path, "id,date,value\nx\ny\n")], ReadConfig(max_rejects=5), STEP)


@pytest.mark.parametrize("packed", [b"\x1f\x8b\x08\x00" + bytes(20), b"\x28\xb5\x2f\xfd" + bytes(20)])
def test_damaged_packed_data_are_refused(packed: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="damaged"):
        read_dataset([write(tmp_path, packed)], ReadConfig(), STEP)


def test_a_cell_as_long_as_a_file_is_taken_for_an_open_quote(tmp_path: Path) -> None:
    long = "x" * 140_000
    for row, message in (
        (f"{long},2020-01-01,1\n", "140,000"),
        (f'"{long}\n', "quote closed"),
        (f'"{long}",1,2\n', "140,000"),
    ):
        with pytest.raises(DataError, match=message) as caught:
            read_dataset([write(tmp_path, GOOD + row)], ReadConfig(), STEP)
        assert caught.value.place is not None
        assert caught.value.place.line == 6


def test_local_dates_are_refused_because_nobody_knows_their_order(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no ISO dates") as caught:
        read_dataset([write(tmp_path, "date,value\n03/04/2020,1\n04/04/2020,2\n")], ReadConfig(), STEP)
    assert caught.value.hint is not None
    assert "2020-01-31" in caught.value.hint


def test_a_sequence_without_any_target_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("b,2020-01-01,3", "b,2020-01-01,").replace("b,2020-01-02,4", "b,2020-01-02,")
    for policy in ("error", "forward", "interpolate", "indicator"):
        with pytest.raises(DataError) as caught:
            read_dataset([write(tmp_path, text)], ReadConfig(missing=policy), STEP)
        assert caught.value.place is not None
        assert caught.value.place.line == 4
    assert np.isfinite(read_dataset([write(tmp_path, GOOD)], ReadConfig(), STEP).steps["value"].values).all()
