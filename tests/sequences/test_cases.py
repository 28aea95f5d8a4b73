"""Formats in which a case is a unit: .ts, NPZ, wide tables and UCR files."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError
from gru_toolkit.sequences import npz_reader
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.reading import Wants, read_dataset, read_table
from tests.sequences.test_broken_files import write

STEP, CLASS, NUMBER = Wants("step"), Wants("sequence", "text"), Wants("sequence", "number")
HEAD = "# made up\n\n@problemName x\n@timeStamps false\n@univariate true\n@classLabel true a b\n@data\n"
TWO = HEAD.replace("@univariate true\n", "@univariate false\n@dimensions 2\n")


def series(path: str, wants: Wants = CLASS, **settings: object) -> Dataset:
    return read_dataset([path], ReadConfig(**settings), wants)  # type: ignore[arg-type]


@settings(max_examples=25)
@given(
    cases=st.lists(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5), min_size=2, max_size=4),
    channels=st.integers(1, 3),
)
def test_cases_of_unequal_length_come_back(
    cases: list[list[float]], channels: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    head = f"@dimensions {channels}\n@classLabel true a b\n@data\n"
    lines = [":".join([",".join(map(repr, case))] * channels + ["ab"[row % 2]]) for row, case in enumerate(cases)]
    path = write(tmp_path_factory.mktemp("ts"), head + "\n".join(lines) + "\n", "x.ts")
    dataset = series(path)
    assert dataset.lengths.tolist() == [len(case) for case in cases]
    names = ["value"] if channels == 1 else [f"channel_{number}" for number in range(1, channels + 1)]
    assert dataset.roles.inputs == tuple(names)
    for name in names:
        assert dataset.steps[name].values.tolist() == [value for case in cases for value in case]
    assert dataset.statics["label"].texts() == ["ab"[row % 2] for row in range(len(cases))]


def test_targets_missing_values_and_unlabeled_files(tmp_path: Path) -> None:
    text = HEAD.replace("@classLabel true a b", "@targetLabel true")
    dataset = series(write(tmp_path, text + "1,?,3:0.5\n4,5,6:-1e3\n", "x.ts"), NUMBER, missing="interpolate")
    assert dataset.statics["label"].values.tolist() == [0.5, -1000]
    assert dataset.steps["value"].values.tolist() == [1, 2, 3, 4, 5, 6]
    plain = HEAD.replace("@classLabel true a b", "@classLabel false\n@strange tag")
    table = read_table(write(tmp_path, plain + "1,2\n", "x.ts"), ReadConfig())
    assert list(table.columns) == ["case", "value"]
    assert "'@strange' on line 7 is not known" in table.notes[0]
    forecast = series(write(tmp_path, plain + "1,2\n3,4,5\n", "x.ts"), STEP)
    assert (forecast.roles.id, forecast.lengths.tolist()) == ("case", [2, 3])
    with pytest.raises(DataError, match="the label `label` is missing"):
        series(write(tmp_path, HEAD + "1,2:a\n3,4:?\n", "x.ts"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,x:a", "channel 1: 'x' is not a number"), ("1,2:c", "not among those of @classLabel"),
        ("1,2", "expected values"),
        ("1,2:3,4:a", "expected 1 channels, found 2"), ("1,,2:a", "empty value"), ("1,2:", "label is missing"),
        ("", "line is empty"), ("1,\0:a", "NUL"), ("1,1e999:a", "too large"), ("1,inf:a", "not a number"),
    ],
)  # fmt: skip
def test_a_bad_case_is_refused_with_its_line(line: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEAD}1,2:a\n{line}\n3,4:b\n", "x.ts")
    with pytest.raises(DataError, match=message) as caught:
        series(path)
    assert caught.value.place is not None
    assert caught.value.place.line == 9
    allowed = series(path, max_rejects=1)
    assert len(allowed) == 2
    assert [reject.place.line for reject in allowed.rejects] == [9]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (TWO + "1,2:3:a\n", 9, "different lengths: 1, 2"),
        (HEAD.replace("@univ", "@missing false\n@univ") + "1,?:a\n", 9, "@missing false"),
        (HEAD.replace("@univ", "@equalLength true\n@univ") + "1,2:a\n1,2,3:b\n", 10, "expected 2 values"),
        (HEAD.replace("@univ", "@equalLength true\n@seriesLength 3\n@univ") + "1,2:a\n", 10, "expected 3 values"),
        (HEAD.replace("@univ", "@dimensions 2\n@univ"), 6, "1 channels here, 2 in an earlier tag"),
        (HEAD.replace("@univ", "@dimensions two\n@univ"), 5, "whole number"),
        (HEAD.replace("@univ", "@timeStamps false\n@univ"), 5, "stands twice"),
        (HEAD.replace("@timeStamps false", "@timeStamps true"), 4, "not supported"),
        (HEAD.replace("@timeStamps false", "@timeStamps maybe"), 4, "wants true or false"),
        (HEAD.replace("@timeStamps false", "oops"), 4, "expected a tag"),
        (HEAD.replace("@univ", "@targetLabel true\n@univ"), 7, "either @classLabel or @targetLabel"),
        (HEAD.replace("@classLabel true a b", "@targetLabel true") + "1,2:a\n", 8, "'a' is not a number"),
        ("@problemName x\n", 1, "no @data"),
        (HEAD, 1, "no sequences"),
        (HEAD + "1,2:a\n" + "\xff", 9, "expected values"),
    ],
)
def test_a_bad_header_or_shape_is_refused_with_its_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message) as caught:
        series(write(tmp_path, text, "x.ts"))
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_bytes_that_are_not_utf8_reject_their_case(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the tag is not UTF-8"):
        series(write(tmp_path, b"@prob\xfcm\n" + HEAD.encode(), "x.ts"))
    with pytest.raises(DataError, match="not UTF-8"):
        series(write(tmp_path, HEAD.encode() + b"1,2:\xff\n", "x.ts"))


def test_cases_of_several_files_keep_apart(tmp_path: Path) -> None:
    paths = [write(tmp_path, HEAD + "1,2:a\n3,4:b\n", name) for name in ("x_TRAIN.ts", "x_TEST.ts")]
    dataset = read_dataset(paths, ReadConfig(), CLASS)
    assert dataset.ids == ("x_TRAIN:1", "x_TRAIN:2", "x_TEST:1", "x_TEST:2")


def save(path: Path, **arrays: np.ndarray) -> str:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return str(path)


@settings(max_examples=25)
@given(
    values=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=3, max_side=4), elements=st.floats(-1e9, 1e9)),
    fortran=st.booleans(),
)
def test_arrays_come_back(values: np.ndarray, fortran: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("npz") / "x.npz"
    save(path, X=np.asfortranarray(values) if fortran else values)
    dataset = series(str(path), Wants("sequence", "text", need_target=False))
    cube = values if values.ndim == 3 else values[:, :, None]
    found = np.stack([dataset.steps[name].values for name in dataset.roles.inputs], axis=1)
    np.testing.assert_array_equal(found, cube.reshape(-1, cube.shape[2]))


def test_labels_and_lengths_of_arrays(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(3, 4)
    path = save(tmp_path / "x.npz", X=values, y=np.array([b"p", b"q", b"p"]), lengths=np.array([2, 4, 1]), z=values)
    dataset = series(path)
    assert dataset.steps["value"].values.tolist() == [0, 1, 4, 5, 6, 7, 8]
    assert dataset.statics["label"].texts() == ["p", "q", "p"]
    assert any("'z'" in note for note in dataset.notes)
    numbers = series(save(tmp_path / "x.npz", X=values, y=np.array([1, 2, 3])), NUMBER)
    assert numbers.statics["label"].values.tolist() == [1, 2, 3]
    classes = series(save(tmp_path / "x.npz", X=values, y=np.array([1, 2, 1])))
    assert classes.statics["label"].texts() == ["1", "2", "1"]
    unknown = save(tmp_path / "x.npz", X=values, y=np.array([1.5, np.nan, 3]))
    assert np.isnan(series(unknown, Wants("sequence", "number", need_target=False)).statics["label"].values[1])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"Y": np.ones(2)}, "no array X"),
        ({"X": np.ones(3)}, r"shape \(3,\)"),
        ({"X": np.array([["a"]])}, "expected numbers"),
        ({"X": np.ones((0, 3))}, "expected numbers"),
        ({"X": np.ones((2, 3)), "y": np.ones(3)}, r"y has the shape \(3,\)"),
        ({"X": np.ones((2, 3)), "lengths": np.array([1, 4])}, "from 1 to 3"),
        ({"X": np.ones((2, 3)), "lengths": np.array([1.0, 2])}, "whole numbers"),
        ({"X": np.full((2, 3), np.inf)}, "a value is not finite"),
        ({"X": np.ones((2, 3)), "y": np.array([1, np.inf])}, "the label is not finite"),
        ({"X": np.ones((2, 3)), "y": np.array([1, {}], object)}, "has the type object"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays: dict[str, np.ndarray], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        series(save(tmp_path / "x.npz", **arrays), NUMBER)


def npy(values: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, values, version=version)
    return buffer.getvalue()


def archive(path: Path, *members: tuple[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", packing) as file:
        for name, data in members:
            file.writestr(name, data)
    return str(path)


def test_archives_are_measured_before_they_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npz_reader, "_FREE_BYTES", 1000)
    bomb = archive(tmp_path / "x.npz", ("X.npy", npy(np.zeros((1000, 1000)))))
    with pytest.raises(DataError, match="claims to unpack"):
        series(bomb)
    stored = archive(tmp_path / "x.npz", ("X.npy", npy(np.ones((20, 20)))), packing=zipfile.ZIP_STORED)
    assert len(series(stored, STEP)) == 20


def test_archives_that_lie_are_refused(tmp_path: Path) -> None:
    good = npy(np.ones((2, 3)))
    lying = good.replace(b"(2, 3)", b"(2, 9)")
    with pytest.raises(DataError, match="does not fill its declared shape"):
        series(archive(tmp_path / "x.npz", ("X.npy", lying)), STEP)
    with pytest.raises(DataError, match="unknown version"):
        series(archive(tmp_path / "x.npz", ("X.npy", npy(np.ones((2, 3)), (3, 0)))), STEP)
    with pytest.raises(DataError, match="damaged"):
        series(archive(tmp_path / "x.npz", ("X.npy", b"not an array")), STEP)
    assert len(series(archive(tmp_path / "x.npz", ("X.npy", npy(np.ones((2, 3)), (2, 0)))), STEP)) == 2
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(tmp_path / "x.npz", ("X.npy", good), ("X.npy", good))
    with pytest.raises(DataError, match="stands twice"):
        series(twice, STEP)


M4 = "V1," + ",".join(f"V{number}" for number in range(2, 12)) + "\n"


def m4_row(name: str, count: int) -> str:
    return ",".join([f'"{name}"', *map(str, range(1, count + 1)), *[""] * (10 - count)]) + "\n"


def test_wide_rows_are_sequences_of_their_own_length(tmp_path: Path) -> None:
    dataset = series(write(tmp_path, M4 + m4_row("H1", 10) + m4_row("H2", 7)), STEP)
    assert dataset.ids == ("H1", "H2")
    assert dataset.lengths.tolist() == [10, 7]
    assert dataset.roles.target == ("value",)
    assert dataset.steps["value"].values.tolist() == [*range(1, 11), *range(1, 8)]
    assert "assumed a row is a sequence, its steps `V2` to `V11`" in dataset.notes[0]
    again = series(write(tmp_path, M4 + m4_row("H1", 10)), STEP, id="V1", target=("value",))
    assert again.ids == ("H1",)


def test_a_hole_in_a_wide_row_is_a_missing_value_at_its_cell(tmp_path: Path) -> None:
    path = write(tmp_path, M4 + m4_row("H1", 10) + m4_row("H2", 7).replace(",3,", ",,"))
    with pytest.raises(DataError, match="the value of `value` is missing") as caught:
        series(path, STEP)
    assert str(caught.value.place) == f"{path}:3, column V4"
    assert series(path, STEP, missing="interpolate").steps["value"].values.tolist()[10:13] == [1, 2, 3]


@pytest.mark.parametrize(
    ("rows", "message"),
    [(m4_row("H1", 3) + m4_row("H2", 0), "no values"), (m4_row("H1", 9) * 2, "'H1' stands twice, first on line 2"),
     (m4_row("H1", 9) + m4_row("", 3), "the id is missing")],
)  # fmt: skip
def test_wide_rows_without_values_or_names_are_refused(rows: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message) as caught:
        series(write(tmp_path, M4 + rows), STEP, layout="wide", id="V1")
    assert caught.value.place is not None
    assert caught.value.place.line == 3


def test_wide_labels_channels_and_statics(tmp_path: Path) -> None:
    head = "label,place," + ",".join(f"t_{number}" for number in range(8)) + "\n"
    text = head + "a,x,1,2,3,4,5,6,7,8\nb,y,1,2,3,4,5,6,7,\n"
    dataset = series(write(tmp_path, text), static=("place",))
    assert dataset.ids == ("1", "2")
    assert dataset.statics["label"].texts() == ["a", "b"]
    assert dataset.statics["place"].texts() == ["x", "y"]
    assert (dataset.roles.inputs, dataset.lengths.tolist()) == (("value",), [8, 7])
    explicit = series(write(tmp_path, text), id="id", inputs=("value",), target=("label",), static=("place",))
    assert explicit.fingerprint == dataset.fingerprint


def test_layout_is_told_from_columns_or_given(tmp_path: Path) -> None:
    few = "name,x1,x2,x3\na,1,2,3\nb,4,5,6\n"
    assert series(write(tmp_path, few), STEP, layout="wide").ids == ("a", "b")
    with pytest.raises(DataError, match="cannot be told"):
        series(write(tmp_path, few), STEP)
    with pytest.raises(DataError, match="there are none"):
        series(write(tmp_path, "name,p,q\na,1,2\n"), STEP, layout="wide")
    many = "name," + ",".join(f"x{number}" for number in range(1, 10)) + "\n" + "a,1,2,3,4,5,6,7,8,9\n" * 2
    assert series(write(tmp_path, many), STEP, target=("x1",)).roles.target == ("x1",)
    assert series(write(tmp_path, many), STEP, layout="long", target=("x2",)).roles.target == ("x2",)
    with pytest.raises(DataError, match="cannot be told"):
        series(write(tmp_path, many), STEP)


def test_ucr_files_have_no_header(tmp_path: Path) -> None:
    path = write(tmp_path, "1\t0.5\t1.5\t2.5\n2\t-1\t-2\t-3\n", "Gun_TRAIN.tsv")
    dataset = series(path, layout="wide")
    assert dataset.statics["label"].texts() == ["1", "2"]
    assert dataset.steps["value"].values.tolist() == [0.5, 1.5, 2.5, -1, -2, -3]
    assert any("has no header" in note for note in dataset.notes)
    with pytest.raises(DataError, match="expected a header"):
        series(path, STEP)
