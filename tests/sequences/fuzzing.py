"""Broken files by the thousand: valid files of every format, mutated, read, and compared with the plain parsers."""

import functools
import gzip
import io
import json
import math
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import GruToolkitError
from gru_toolkit.sequences.reading import Wants, read_dataset, read_table
from gru_toolkit.sequences.table import Table
from tests.damage import damaged
from tests.sequences import strict_parsers

TIME_LIMIT = 10.0
WANTS = (Wants("step"), Wants("sequence", "text"), Wants("sequence", "number"), Wants("event", "text"))
_TOKENS = (
    b'"', b'""', b",", b"\t", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xc3\x28", b"\xef\xbb\xbf", b"NaN", b"inf",
    b"1e400", b"-", b"1_0", b"0x1", b":", b"?", b"{", b"}", b"\\u0000", b"\\ud800", b"null", b"[", b"@data", b"#", b";",
    b"2020-02-30", b"2020-01-01T00:00:00Z", b"+01:00", b"  ", b"id", "é".encode(), b"9" * 30, b"true",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What reading one file gave: `accepted`, or the code of the refusal."""

    verdict: str
    seconds: float


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """The data with one to six small damages."""
    for _ in range(int(rng.integers(1, 7))):
        data = damaged(data, rng, _TOKENS, 9)
    return data


def make_csv(rng: np.random.Generator, delimiter: str = ",") -> bytes:
    rows = int(rng.integers(2, 12))
    quote = '"' if rng.random() < 0.4 else ""
    names = ["id", "date", "value", "kind"][: int(rng.integers(2, 5))]
    lines = [delimiter.join(names)]
    for row in range(rows):
        note = rng.choice(["a", "b c", '"x"', '"y""z"', '"multi\nline"'])
        cells = [f"s{row % 2}", f"2020-01-{row // 2 + 1:02d}", f"{rng.normal():.3f}", str(note)][: len(names)]
        lines.append(delimiter.join([f"{quote}{cells[0]}{quote}", *cells[1:]]))
    end = "\r\n" if rng.random() < 0.2 else "\n"
    return (end.join(lines) + end).encode()


def make_tsv(rng: np.random.Generator) -> bytes:
    return make_csv(rng, "\t")


def make_inter(rng: np.random.Generator) -> bytes:
    rows = int(rng.integers(2, 12))
    lines = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
    lines += [f"{row % 2}\t{rng.integers(9)}\t{rng.integers(1, 6)}\t{880_000_000 + row // 3}" for row in range(rows)]
    return ("\n".join(lines) + "\n").encode()


def make_jsonl(rng: np.random.Generator) -> bytes:
    rows = int(rng.integers(2, 10))
    records = [
        {
            "id": f"s{row % 2}",
            "t": row // 2,
            "value": round(float(rng.normal()), 3),
            "note": rng.choice(["a", "é", "\n"]),
        }
        for row in range(rows)
    ]
    return "".join(json.dumps(record, ensure_ascii=bool(rng.random() < 0.5)) + "\n" for record in records).encode()


def make_ts(rng: np.random.Generator) -> bytes:
    channels, length = int(rng.integers(1, 4)), int(rng.integers(2, 6))
    lines = ["# made up", "@problemName p", "@timeStamps false", f"@univariate {str(channels == 1).lower()}"]
    if rng.random() < 0.5:
        lines += [f"@dimensions {channels}", "@missing false"]
    lines += ["@equalLength true", f"@seriesLength {length}"] if rng.random() < 0.5 else []
    lines += [["@classLabel true a b", "@targetLabel true", "@classLabel false"][int(rng.integers(3))], "@data"]
    for case in range(int(rng.integers(2, 6))):
        parts = [",".join(f"{value:.2f}" for value in rng.normal(size=length)) for _ in range(channels)]
        label = {"@classLabel true a b": ["a", "b"][case % 2], "@targetLabel true": f"{case}.5"}.get(lines[-2])
        lines = [*lines, ":".join([*parts, *([label] if label else [])])] if case else lines + _first(parts, label)
        if case == 0:
            kind = label
        label = kind
    return ("\n".join(lines) + "\n").encode()


def _first(parts: list[str], label: str | None) -> list[str]:
    return [":".join([*parts, *([label] if label else [])])]


def make_npz(rng: np.random.Generator) -> bytes:
    buffer = io.BytesIO()
    count, length = int(rng.integers(1, 5)), int(rng.integers(2, 6))
    arrays = {"X": rng.normal(size=(count, length, int(rng.integers(1, 3))))}
    if rng.random() < 0.7:
        arrays["y"] = rng.integers(0, 3, count) if rng.random() < 0.5 else np.array(["a", "b", "c", "d"][:count])
    if rng.random() < 0.5:
        arrays["lengths"] = rng.integers(1, length + 1, count)
    (np.savez if rng.random() < 0.5 else np.savez_compressed)(buffer, **arrays)
    return buffer.getvalue()


def _columns(rng: np.random.Generator) -> dict[str, list[object]]:
    rows = int(rng.integers(2, 10))
    return {
        "id": [f"s{row % 2}" for row in range(rows)],
        "t": [row // 2 for row in range(rows)],
        "value": rng.normal(size=rows).tolist(),
    }


def make_parquet(rng: np.random.Generator) -> bytes:
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(_columns(rng)), buffer)
    return buffer.getvalue()


def make_arrow(rng: np.random.Generator) -> bytes:
    import pyarrow
    import pyarrow.ipc

    table = pyarrow.table(_columns(rng))
    sink = pyarrow.BufferOutputStream()
    new = pyarrow.ipc.new_file if rng.random() < 0.5 else pyarrow.ipc.new_stream
    with new(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def make_sqlite(rng: np.random.Generator) -> bytes:
    columns = _columns(rng)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE s (id TEXT, t INTEGER, value REAL)")
    connection.executemany("INSERT INTO s VALUES (?, ?, ?)", zip(*columns.values(), strict=True))
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def make_gzip(rng: np.random.Generator) -> bytes:
    return gzip.compress(make_csv(rng), mtime=0)


def make_zstd(rng: np.random.Generator) -> bytes:
    import pyarrow

    return pyarrow.compress(make_csv(rng), codec="zstd", asbytes=True)  # type: ignore[no-any-return]


@functools.cache
def _duckdb_file(number: int) -> bytes:
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE TABLE s AS SELECT 's' || (range % 2) AS id, range // 2 AS t, random() AS value "
                               f"FROM range({8 + number})")  # fmt: skip
        return path.read_bytes()


def make_duckdb(rng: np.random.Generator) -> bytes:
    return _duckdb_file(int(rng.integers(3)))


FORMATS: dict[str, tuple[Callable[[np.random.Generator], bytes], str]] = {
    "csv": (make_csv, ".csv"),
    "tsv": (make_tsv, ".tsv"),
    "inter": (make_inter, ".inter"),
    "jsonl": (make_jsonl, ".jsonl"),
    "ts": (make_ts, ".ts"),
    "npz": (make_npz, ".npz"),
    "parquet": (make_parquet, ".parquet"),
    "arrow": (make_arrow, ".arrow"),
    "sqlite": (make_sqlite, ".sqlite"),
    "duckdb": (make_duckdb, ".duckdb"),
    "gzip": (make_gzip, ".csv.gz"),
    "zstd": (make_zstd, ".csv.zst"),
}
"""Name → (maker of a valid file, ending)."""


def mutated(name: str, seed: int, index: int) -> bytes:
    """The file of one case: a function of format, seed and number only."""
    rng = np.random.default_rng([seed, index, *name.encode()])
    return mutate(FORMATS[name][0](rng), rng)


def check(name: str, data: bytes, folder: Path) -> Outcome:
    """Read one file in every way; AssertionError if anything but a clean refusal or an equal acceptance comes out."""
    path = folder / f"case{FORMATS[name][1]}"
    path.write_bytes(data)
    started = time.monotonic()
    verdict, table = _read(path)
    if table is not None:
        assert table.found == len(table) + len(table.rejects)
        compare(name, data, table)
        for row in (0, len(table) - 1):
            if len(table):
                table.place_of(row, None)
    elif name in ("csv", "tsv", "jsonl", "ts"):
        assert_refused(name, data, verdict)
    for wants in WANTS[: 1 if name == "duckdb" else None]:
        try:
            dataset = read_dataset([str(path)], ReadConfig(), wants)
            assert all(not column.missing().any() for column in dataset.steps.values())
            assert int(dataset.offsets[-1]) == sum(dataset.lengths)
        except GruToolkitError as error:
            _check_refusal(error)
    seconds = time.monotonic() - started
    assert seconds < TIME_LIMIT, f"{seconds:.1f} s"
    return Outcome(verdict, seconds)


def _read(path: Path) -> tuple[str, Table | None]:
    try:
        return "accepted", read_table(str(path), ReadConfig(max_rejects=1_000_000))
    except GruToolkitError as error:
        _check_refusal(error)
        return error.code, None


def _check_refusal(error: GruToolkitError) -> None:
    """A refusal is of the input (65, 66) or of what was asked for (2), and can be printed."""
    if error.exit_status not in (2, 65, 66) or not str(error).encode():
        raise AssertionError(f"unfit refusal: {error!r}")


def _parse(name: str, data: bytes) -> strict_parsers.Parsed:
    if name in ("csv", "tsv"):
        return strict_parsers.parse_csv(data, tabs=name == "tsv")
    return strict_parsers.parse_jsonl(data) if name == "jsonl" else strict_parsers.parse_ts(data)


def assert_refused(name: str, data: bytes, verdict: str) -> None:
    """The plain parser refuses the file too."""
    if data.startswith((b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"BZh", b"RIFF", b"\xff\xd8\xff")):
        return
    try:
        parsed = _parse(name, data)
    except strict_parsers.Refused:
        return
    raise AssertionError(f"refused ({verdict}), but {len(parsed.rows)} rows are fine")


def compare(name: str, data: bytes, table: Table) -> None:
    """The table holds exactly what the plain parser accepts."""
    if name == "gzip":
        name, data = "csv", gzip.decompress(data)
    if name not in ("csv", "tsv", "jsonl", "ts"):
        return
    try:
        parsed = _parse(name, data)
    except strict_parsers.Refused:
        raise AssertionError(f"accepted {len(table)} rows of a file that the plain parser refuses") from None
    assert list(table.columns) == parsed.names
    assert len(table) == len(parsed.rows), f"{len(table)} rows, expected {len(parsed.rows)}"
    assert len(table.rejects) == parsed.rejected, f"{len(table.rejects)} rejects, expected {parsed.rejected}"
    for position, column in enumerate(table.columns.values()):
        expected = [row[position] for row in parsed.rows]
        if column.kind == "text":
            assert column.texts() == expected, column.name
        elif column.kind == "time":
            found = [
                None if missing else value for value, missing in zip(_micro(column), column.missing(), strict=True)
            ]
            assert found == expected, column.name
        else:
            for ours, theirs in zip(column.values.tolist(), expected, strict=True):
                assert ours == theirs or (math.isnan(ours) and math.isnan(theirs)), column.name  # type: ignore[arg-type]
    assert [table.place_of(row, None).line for row in range(len(table))] == parsed.lines


def _micro(column: object) -> list[int]:
    return column.values.view(np.int64).tolist()  # type: ignore[attr-defined,no-any-return]
