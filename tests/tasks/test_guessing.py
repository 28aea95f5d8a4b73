"""The task is told from the columns, or not at all."""

import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError
from gru_toolkit.sequences.reading import read_table
from gru_toolkit.sequences.samples import SAMPLES
from gru_toolkit.tasks.guessing import guess_task

LONG = "id,time,x,{name}\n" + "".join(f"{a},{t},1.5,{{{a}}}\n" for a in "pqr" for t in range(3))


def guess(tmp_path: object, text: str, **read: object) -> str:
    path = tmp_path / "data.csv"  # type: ignore[operator]
    path.write_text(text)
    config = ReadConfig(**read)  # type: ignore[arg-type]
    return guess_task(read_table(str(path), config), config).task


WITHOUT_A_TABLE = ("remarks", "ratings", "fables", "phrases", "whistles")


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in WITHOUT_A_TABLE])
def test_the_samples_are_for_the_tasks_that_they_say(name: str, tmp_path: object) -> None:
    """But for texts and recordings, which are told before a table is read."""
    sample = SAMPLES[name]
    path = tmp_path / (name + sample.ending)  # type: ignore[operator]
    path.write_text(sample.make(0))
    target = {"sensors": ("hours_left",)}.get(name, ())
    config = ReadConfig(target=target)
    assert guess_task(read_table(str(path), config), config).task == sample.task


@pytest.mark.parametrize(
    ("name", "values", "task"),
    [
        ("label", ("a", "b", "a"), "classify"),
        ("label", ("0", "1", "0"), "classify"),
        ("class", ("0.5", "1.5", "2.5"), "regress"),
        ("target", ("0.5", "1.5", "2.5"), "regress"),
        ("y", ("1", "2", "1"), "classify"),
        ("other", ("1", "2", "1"), "forecast"),
    ],
)
def test_a_column_that_is_constant_in_each_sequence_is_a_label(
    name: str, values: tuple[str, ...], task: str, tmp_path: object
) -> None:
    assert guess(tmp_path, LONG.format(name=name, **dict(zip("pqr", values, strict=True)))) == task


def test_rows_in_time_without_a_label_are_forecast(tmp_path: object) -> None:
    assert guess(tmp_path, "date,a,b\n2024-01-01,1,2\n2024-01-02,2,3\n") == "forecast"


def test_rows_with_marks_of_anomalies_are_watched(tmp_path: object) -> None:
    text = "date,a,anomaly\n2024-01-01,1,0\n2024-01-02,2,1\n"
    assert guess(tmp_path, text) == "detect"
    assert guess(tmp_path, text, past=("anomaly",)) == "forecast"
    assert guess(tmp_path, text.replace("anomaly", "b"), marks="windows.csv") == "detect"


def test_a_target_that_changes_from_row_to_row_is_forecast(tmp_path: object) -> None:
    assert guess(tmp_path, "a,y\n1,2\n2,3\n") == "forecast"
    assert guess(tmp_path, "a,b\n1,2\n2,3\n", target=("b",)) == "forecast"


def test_wide_rows_are_forecast_without_a_label_and_classified_with_one(tmp_path: object) -> None:
    header = "id," + ",".join(f"v{place}" for place in range(1, 11))
    rows = [f"s{row}," + ",".join(str(row + place) for place in range(10)) for row in range(3)]
    assert guess(tmp_path, "\n".join([header, *rows]) + "\n") == "forecast"
    labelled = [f"{row},{'ab'[place % 2]}" for place, row in enumerate(rows)]
    assert guess(tmp_path, "\n".join([header + ",label", *labelled]) + "\n") == "classify"


def test_a_table_that_speaks_for_no_task_says_which_flags_would_help(tmp_path: object) -> None:
    with pytest.raises(DataError, match="--task"):
        guess(tmp_path, "a,b\n1,2\n2,3\n")
