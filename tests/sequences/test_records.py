"""Records that arrive line by line: read at once, refused with their line."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gru_toolkit.errors import DataError
from gru_toolkit.sequences.records import read_records


def read(text: bytes) -> list[tuple[int, object]]:
    return list(read_records(io.BytesIO(text)))


def problem(text: bytes) -> str:
    errors = [record for _, record in read(text) if isinstance(record, DataError)]
    assert len(errors) == 1
    return errors[0].message


def test_json_lines_keep_their_types_and_lines() -> None:
    assert read(b'{"a": 1, "b": null}\n\n{"a": "x", "b": 2.5}') == [(1, {"a": 1, "b": None}), (3, {"a": "x", "b": 2.5})]


def test_csv_rows_are_read_under_their_header() -> None:
    assert read(b'\xef\xbb\xbfa,b\r\n1,"x,y"\r\n2,\r\n') == [(2, {"a": "1", "b": "x,y"}), (3, {"a": "2", "b": None})]


def test_tabs_separate_where_the_header_has_them() -> None:
    assert read(b"a\tb\n1\t2,5\n") == [(2, {"a": "1", "b": "2,5"})]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"a": 1}\n{bad\n', "not JSON"),
        (b'{"a": 1}\n[1]\n', "a record is a JSON object, found list"),
        (b'{"a": NaN}\n', "NaN is not a JSON value"),
        (b'{"a": 1, "a": 2}\n', "has 'a' twice"),
        (b"a,b\n1\n", "expected 2 values, found 1"),
        (b'a,b\n1,"2\n', "not valid CSV"),
        (b"a,b\n1,\xff\n", "not UTF-8 text (byte 3)"),
        (b"a,b\n1,\x00\n", "NUL"),
        (b'{"a": ' + b"9" * 5000 + b"}\n", "unusable number"),
        (b'{"a": ' + b"[" * 100_000 + b"\n", "nested too deeply"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else "",
)
def test_a_bad_record_says_what_is_wrong_and_does_not_end_the_stream(text: bytes, said: str) -> None:
    assert said in problem(text)
    following = b'{"a": 3, "b": 4}\n' if text.startswith(b"{") else b"3,4\n"
    assert not isinstance(read(text + following)[-1][1], DataError)


@pytest.mark.parametrize("header", [b"a,a\n", b"a,\n", b'"a\n', b"\xff\n"])
def test_an_unusable_header_ends_the_stream(header: bytes) -> None:
    with pytest.raises(DataError):
        read(header + b"1,2\n")


def test_a_record_comes_before_the_next_line_is_read() -> None:
    lines = iter([b'{"a": 1}\n', b'{"a": 2}\n'])
    assert next(read_records(lines)) == (1, {"a": 1})
    assert next(lines) == b'{"a": 2}\n'


@given(
    st.lists(
        st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.booleans(), min_size=1, max_size=5),
        max_size=5,
    )
)
def test_what_was_written_as_json_lines_is_read_back(records: list[dict[str, object]]) -> None:
    text = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    assert [record for _, record in read(text)] == records


@given(st.binary())
def test_no_bytes_end_in_anything_but_records_and_data_errors(text: bytes) -> None:
    try:
        records = read(text)
    except DataError:
        return
    assert all(isinstance(record, (dict, DataError)) for _, record in records)
