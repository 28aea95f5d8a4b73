"""Marks of anomalies are read from a column or a file of windows, and rows may stand in any order for such tasks."""

from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError, UsageError
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.doctor import examine
from gru_toolkit.sequences.reading import Wants, read_dataset

WANTS = Wants(target="step", regular=False, marks="read")
STRICT = Wants(target="step")
ROWS = "time,value,anomaly\n2024-01-01 00:00,1,0\n2024-01-01 01:00,2,1\n2024-01-01 01:00,3,0\n2024-01-01 00:30,4,0\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(ROWS)
    return path


def read(file: Path, wants: Wants = WANTS, **config: str) -> Dataset:
    return read_dataset([str(file)], ReadConfig(**config), wants)  # type: ignore[arg-type]


def marked(dataset: Dataset) -> list[float]:
    return dataset.steps[dataset.roles.marks[0]].values.tolist()


def test_rows_that_repeat_or_go_back_are_taken_as_they_stand_and_it_is_said(file: Path) -> None:
    dataset = read(file)
    assert dataset.steps["value"].values.tolist() == [1, 2, 3, 4]
    assert dataset.step is None
    said = [note for note in dataset.notes if "file's order" in note]
    assert said == [
        "1 row repeats the time of the row before and 1 row goes back in time; the rows are taken in the file's order"
    ]
    with pytest.raises(DataError, match="stands twice"):
        read(file, STRICT, target=("value",))  # type: ignore[arg-type]


def test_the_doctor_warns_where_a_strict_task_would_stop(file: Path) -> None:
    config = ReadConfig(target=("value",))
    assert not examine([str(file)], config, WANTS).fatal
    assert examine([str(file)], config, STRICT).fatal


def test_missing_steps_are_not_filled_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text("time,value\n" + "".join(f"2024-01-0{day},{day}\n" for day in (1, 2, 3, 6)))
    assert len(read(path).steps["value"]) == 4
    assert any("2 are missing" in note for note in read(path).notes)
    assert len(read(path, missing="forward").steps["value"]) == 6


def test_a_column_of_that_name_marks_and_is_no_target(file: Path) -> None:
    dataset = read(file)
    assert dataset.roles.target == ("value",)
    assert marked(dataset) == [0, 1, 0, 0]
    assert any("`anomaly` marks the anomalies" in note for note in dataset.notes)


def test_marks_are_left_alone_where_nothing_is_scored(file: Path) -> None:
    dataset = read(file, Wants(target="step", regular=False, marks="ignore"))
    assert dataset.roles.marks == ()
    assert list(dataset.steps) == ["value"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("w.csv", "start,end\n2024-01-01 01:00,2024-01-01T01:00\n"),
        ("w.json", '[["2024-01-01 01:00", "2024-01-01 01:30"]]'),
        (
            "w.json",
            '{"data.csv": [["2024-01-01 01:00", "2024-01-01 01:30"]], "other.csv": [["1999-01-01", "1999-01-02"]]}',
        ),
    ],
)
def test_windows_hold_both_their_ends(file: Path, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert marked(read(file, marks=str(tmp_path / name), target=("value",))) == [0, 1, 1, 0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("from,to\n", 1, "start and end"),
        ("start,end\n2024-01-01\n", 2, "expected 2 values"),
        ("start,end\n2024-01-01 01:00,2024-01-01 00:00\n", 2, "ends before it starts"),
        ("start,end\n\nsoon,later\n", 3, "times like the data's"),
        ("start,end\n2025-01-01,2025-01-02\n", 2, "holds no row"),
    ],
)
def test_windows_that_cannot_be_used_are_refused_with_their_line(
    file: Path, tmp_path: Path, text: str, line: int, words: str
) -> None:
    windows = tmp_path / "w.csv"
    windows.write_text(text)
    with pytest.raises(DataError, match=words) as refused:
        read(file, marks=str(windows), target=("value",))  # type: ignore[arg-type]
    assert refused.value.place is not None
    assert (refused.value.place.path, refused.value.place.line) == (str(windows), line)


def test_other_marks_are_refused(file: Path, tmp_path: Path) -> None:
    file.write_text(ROWS.replace("3,0", "3,2"))
    with pytest.raises(DataError, match="0 and 1, found 2") as refused:
        read(file, marks="anomaly")
    assert refused.value.place is not None
    assert refused.value.place.line == 4
    with pytest.raises(MissingInputError, match="no column 'faults'"):
        read(file, marks="faults")
    with pytest.raises(MissingInputError, match="no such file"):
        read(file, marks=str(tmp_path / "none.csv"))
    with pytest.raises(UsageError, match="only the task detect"):
        read(file, STRICT, marks="anomaly")


def test_rows_of_one_series_keep_their_marks_when_others_stand_between(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("id,time,value,anomaly\n" + "".join(f"{'ab'[n % 2]},{n},{n},{n % 2}\n" for n in range(6)))
    dataset = read(path)
    np.testing.assert_array_equal(marked(dataset), [0, 0, 0, 1, 1, 1])
