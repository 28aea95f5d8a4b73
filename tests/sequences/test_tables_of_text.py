"""CSV and TSV: the quick way equals the careful way, blocks do not matter, every row knows its line."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError
from gru_toolkit.sequences import csv_reader, lines
from gru_toolkit.sequences.casting import Zones, cast_numbers, cast_times, kind_of
from gru_toolkit.sequences.columns import LineIndex
from gru_toolkit.sequences.reading import read_table
from tests.sequences.test_broken_files import write

cells = st.text(st.characters(exclude_characters="\r\0", exclude_categories=("Cs",)), max_size=6)
plain = st.text('ab, \t\n"1é', max_size=5)


@given(rows=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8), quoting=st.sampled_from([0, 1]))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]], quoting: int, tmp_path_factory: object) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["p", "q", "r"])
    writer.writerows(rows)
    folder = tmp_path_factory.mktemp("csv")  # type: ignore[attr-defined]
    table = read_table(write(folder, buffer.getvalue()), ReadConfig(text=("p", "q", "r")))
    found = zip(*(column.texts() for column in table.columns.values()), strict=True)
    assert [[cell or "" for cell in row] for row in found] == rows


@settings(max_examples=150)
@given(
    body=st.lists(st.lists(plain, min_size=1, max_size=4).map(",".join), min_size=1, max_size=6).map("\n".join),
    width=st.integers(1, 4),
)
def test_the_quick_way_equals_the_careful_way(body: str, width: int) -> None:
    data = (body + "\n").encode()
    quick = csv_reader.split_plain(data, width, ",")
    splitter = csv_reader._Splitter("x.csv", width, ",")
    careful = splitter._split_lines(lines.Block(data, 1))
    if quick is not None:
        assert not careful.rejects
        assert [list(column) for column in careful.columns] == quick
        assert careful.lines.tolist() == list(range(1, len(quick[0]) + 1))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
def test_the_size_of_blocks_changes_nothing(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '\ufeffp,q\r\n1,"a\nb"\r\n2,"c""d"\r\n\r\nbroken\r\n3,"e"\n4,f\n\n\n'
    path = write(tmp_path, text)
    whole = read_table(path, ReadConfig(max_rejects=2))
    original = lines.blocks
    monkeypatch.setattr(csv_reader, "blocks", lambda stream, name: original(stream, name, size))
    pieces = read_table(path, ReadConfig(max_rejects=2))
    assert pieces.columns["p"].values.tolist() == whole.columns["p"].values.tolist() == [1, 2, 3, 4]
    assert pieces.columns["q"].texts() == whole.columns["q"].texts() == ["a\nb", 'c"d', "e", "f"]
    assert [reject.place.line for reject in pieces.rejects] == [5, 6]
    assert [pieces.place_of(row, None).line for row in range(4)] == [2, 4, 7, 8]


@pytest.mark.parametrize(
    "data",
    [
        b'"a,b"\n', b'"a\nb",c\n', b'a"b",c\n', b'"a"b,c\n', b'"a""b",c\n', b"a,\0\n", b"a\rb,c\n", b"\xff,a\n",
        b'"a,b\n', b"\n", b"a\n\n", b"a,b,c\n", b"a\nb,c,d\n",
    ],
)  # fmt: skip
def test_the_quick_way_leaves_difficult_blocks_alone(data: bytes) -> None:
    assert csv_reader.split_plain(data, 2, ",") is None
    assert csv_reader.split_plain(b'"a",b\n"",d\n', 2, ",") == [["a", ""], ["b", "d"]]


def test_numbers_without_limit_are_refused_whatever_stands_beside_them() -> None:
    for beside in ([], ["1"], ["NA"], ["x"]):
        values, bad = cast_numbers(["1e400", *beside])
        assert (0, "'1e400' is too large for a number") in bad
        assert np.isnan(values[0])


def test_tabs_are_told_from_the_header_and_said(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "p\tq\n1\t2\n"), ReadConfig())
    assert list(table.columns) == ["p", "q"]
    assert "separated by tabs" in table.notes[0]
    assert read_table(write(tmp_path, "p\tq\n1,5\t2\n", "x.tsv"), ReadConfig()).columns["p"].texts() == ["1,5"]


def test_a_record_over_several_lines_is_refused_where_it_starts(tmp_path: Path) -> None:
    text = 'p,q\n1,"a\nb"\n2,"c\nd"e\n3,f\n'
    with pytest.raises(DataError, match=r"text after a closing quote.*of line 5") as caught:
        read_table(write(tmp_path, text), ReadConfig())
    assert caught.value.place is not None
    assert caught.value.place.line == 4


def test_a_quote_that_stays_open_is_fatal_whatever_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="never closed") as caught:
        read_table(write(tmp_path, 'p,q\n1,"a\n2,b\n'), ReadConfig(max_rejects=9))
    assert caught.value.place is not None
    assert caught.value.place.line == 2


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    st.sampled_from(["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", " ", "\t"]),
)
def test_numbers_survive_as_text(numbers: list[float], missing: str) -> None:
    assert cast_numbers([repr(number) for number in numbers])[0].tolist() == numbers
    values, bad = cast_numbers([f" {number!r}\t" for number in numbers] + [missing])
    assert not bad
    assert values[:-1].tolist() == numbers
    assert np.isnan(values[-1])


@given(st.lists(st.datetimes(), min_size=1), st.sampled_from([" ", "T"]), st.integers(-15 * 60, 15 * 60))
def test_times_survive_as_text(moments: list[object], separator: str, offset: int) -> None:
    texts = [moment.isoformat(separator) for moment in moments]  # type: ignore[attr-defined]
    expected = np.array(moments, dtype="datetime64[us]")
    assert (cast_times(texts, Zones())[0] == expected).all()
    sign, hours, minutes = "-" if offset < 0 else "+", abs(offset) // 60, abs(offset) % 60
    zoned = cast_times([f"{text}{sign}{hours:02d}:{minutes:02d}" for text in texts], Zones())[0]
    assert (zoned == expected - np.timedelta64(offset, "m")).all()


def test_kinds_follow_nine_in_ten_values() -> None:
    assert kind_of(["1"] * 9 + ["x"]) == "number"
    assert kind_of(["1"] * 8 + ["x"] * 2) == "text"
    assert kind_of(["2020-01"] * 9 + ["x"]) == "time"
    assert kind_of([]) == "number"


def test_a_column_of_text_keeps_its_words_for_missing(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "p,q\nNA,1\nDE,NA\n,3\n"), ReadConfig())
    assert table.columns["p"].texts() == ["NA", "DE", None]
    assert table.columns["q"].missing().tolist() == [False, True, False]


def test_a_column_can_be_read_as_text(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "zip,q\n01234,1\n99999,2\n"), ReadConfig(text=("zip",)))
    assert table.columns["zip"].texts() == ["01234", "99999"]


def test_zones_become_utc_and_are_said(tmp_path: Path) -> None:
    text = "t,q\n2020-03-29T01:00:00+01:00,1\n2020-03-29T03:00:00+02:00,2\n2020-03-29T02:00:00Z,3\n"
    table = read_table(write(tmp_path, text), ReadConfig())
    assert np.diff(table.columns["t"].values).astype(int).tolist() == [3_600_000_000] * 2
    assert "converted to UTC" in table.notes[0]


@given(st.lists(st.lists(st.integers(1, 3), max_size=5), max_size=6))
def test_the_line_of_every_row_is_known(steps: list[list[int]]) -> None:
    index, line, all_lines = LineIndex(), 1, []
    for group in steps:
        numbers = (np.cumsum(group) + line).astype(np.int64)
        line = int(numbers[-1]) if len(numbers) else line
        index.extend(numbers)
        all_lines += numbers.tolist()
    assert [index.line(row) for row in range(len(all_lines))] == all_lines
    assert index.rows == sorted(set(index.rows))


def test_a_late_column_kind_waits_for_values(tmp_path: Path) -> None:
    rows = "".join(f"{number},{'x' if number > 1500 else ''}\n" for number in range(2000))
    assert read_table(write(tmp_path, f"p,q\n{rows}"), ReadConfig()).columns["q"].kind == "text"


def test_many_rejects_are_counted_but_not_kept(tmp_path: Path) -> None:
    rows = "1\n" * 5000
    with pytest.raises(DataError, match="4,999 more rows"):
        read_table(write(tmp_path, f"p,q\n{rows}"), ReadConfig(max_rejects=10))
