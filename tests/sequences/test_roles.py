"""Which column means what: inferred and said, or asked for; never guessed in silence."""

from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError, UsageError
from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.reading import Wants, dataset_from_table, read_dataset, table_from_columns
from tests.sequences.test_broken_files import GOOD, write

STEP, CLASS, NUMBER = Wants("step"), Wants("sequence", "text"), Wants("sequence", "number")


def read(columns: dict[str, object], wants: Wants = STEP, **settings: object) -> Dataset:
    table = table_from_columns(columns, "memory")  # type: ignore[arg-type]
    return dataset_from_table(table, ReadConfig(**settings), wants)  # type: ignore[arg-type]


DAYS = np.datetime64("2020-01-01") + np.arange(4)


def test_time_id_and_target_are_inferred_and_said(tmp_path: Path) -> None:
    dataset = read_dataset([write(tmp_path, GOOD)], ReadConfig(), STEP)
    assert dataset.roles == Roles(id="id", time="date", target=("value",))
    assert dataset.ids == ("a", "b")
    assert dataset.step == 86_400_000_000
    assert [note.split(";")[1] for note in dataset.notes] == [
        " override with --time",
        " override with --id",
        " override with --target",
    ]


def test_what_is_said_explicitly_is_used_without_a_word() -> None:
    columns = {
        "id": ["a", "a", "b", "b"],
        "date": [*DAYS[:2], *DAYS[:2]],
        "x": [1, 2, 3, 4],
        "y": [5, 6, 7, 8],
        "z": [0] * 4,
    }
    dataset = read(columns, id="id", time="date", target=("y",), past=("x",))
    assert dataset.roles == Roles(id="id", time="date", target=("y",), past=("x",))
    assert dataset.notes == ()
    inferred = read(columns, target=("y",))
    assert set(inferred.steps) == {"y"}
    assert any("not used: `x`, `z`" in note for note in inferred.notes)
    assert not any("`z`" in note for note in read(columns, target=("y",), ignore=("z",)).notes)


@pytest.mark.parametrize(
    ("columns", "target"),
    [({"date": DAYS, "a": [1, 2, 3, 4]}, "a"), ({"date": DAYS, "a": [1] * 4, "y": [2] * 4}, "y"),
     ({"date": DAYS, "other": [1] * 4, "Value": [2] * 4}, "Value")],
)  # fmt: skip
def test_the_target_is_the_only_number_or_one_of_that_name(columns: dict[str, object], target: str) -> None:
    assert read(columns).roles.target == (target,)


def test_an_unclear_target_is_asked_for_with_the_candidates() -> None:
    with pytest.raises(DataError, match="candidates: `a`, `b`") as caught:
        read({"date": DAYS, "a": [1] * 4, "b": [2] * 4})
    assert caught.value.hint == "name it with --target"
    with pytest.raises(DataError, match="candidates: none"):
        read({"date": DAYS, "word": ["a"] * 4})


def test_the_time_is_the_only_column_of_dates_or_one_of_that_name() -> None:
    two = {"date": DAYS, "delivered": DAYS, "value": [1, 2, 3, 4]}
    assert read(two).roles.time == "date"
    with pytest.raises(DataError, match="the time column cannot be told: `ordered`, `delivered`"):
        read({"ordered": DAYS, "delivered": DAYS, "value": [1, 2, 3, 4]})
    steps = read({"step": [3, 5, 7, 9], "value": [1, 2, 3, 4]})
    assert (steps.roles.time, steps.step) == ("step", 2)
    assert steps.times is not None
    assert steps.times.tolist() == [3, 5, 7, 9]
    assert read({"step": [0.5, 1, 2, 3], "value": [1, 2, 3, 4]}, target=("value",)).roles.time is None


def test_without_times_rows_are_steps_in_file_order() -> None:
    dataset = read({"id": ["a", "b", "a"], "value": [1, 2, 3]})
    assert dataset.times is not None
    assert (dataset.times.tolist(), dataset.step, dataset.roles.time) == ([0, 1, 0], 1, None)
    assert dataset.steps["value"].values.tolist() == [1, 3, 2]
    assert any("file order" in note for note in dataset.notes)


@pytest.mark.parametrize("values", [[1.5, 2, 3, 4], [2.0**60, 1, 2, 3]])
def test_a_time_column_of_odd_numbers_is_refused(values: list[float]) -> None:
    with pytest.raises(DataError, match="neither dates nor whole numbers"):
        read({"when": values, "value": [1, 2, 3, 4]}, time="when")
    with pytest.raises(DataError, match="neither dates nor whole numbers"):
        read({"when": ["a", "b"], "value": [1, 2]}, time="when")


def test_ids_are_told_from_repeating_times_or_blocks() -> None:
    repeating = read({"store": ["x", "y", "x", "y"], "date": np.repeat(DAYS[:2], 2), "value": [1, 2, 3, 4]})
    assert (repeating.roles.id, repeating.ids) == ("store", ("x", "y"))
    assert repeating.steps["value"].values.tolist() == [1, 3, 2, 4]
    blocks = read({"store": ["x", "x", "y", "y"], "value": [1, 2, 3, 4]})
    assert blocks.roles.id == "store"
    category = read({"wind": ["N", "S", "N", "S"], "date": DAYS, "value": [1, 2, 3, 4]})
    assert category.roles.id is None
    assert category.ids == ("series",)
    numbered = read({"id": ["1", "2", "3", "4"], "date": DAYS, "value": [1, 2, 3, 4]})
    assert numbered.roles.id is None
    assert "differs in every row" in numbered.notes[1]
    with pytest.raises(DataError, match="stands twice"):
        read({"a": ["x", "x", "y"], "date": [DAYS[0]] * 3, "value": [1, 2, 3]})


def test_numbers_may_be_ids_and_keep_their_digits(tmp_path: Path) -> None:
    text = "id,t,value\n007,1,5\n007,2,6\n10000000000000001,1,5\n10000000000000003,1,6\n"
    dataset = read_dataset([write(tmp_path, text)], ReadConfig(), STEP)
    assert dataset.ids == ("007", "10000000000000001", "10000000000000003")
    assert read({"shop": [2, 2, 1], "t": [1, 2, 1], "value": [1, 2, 3]}, id="shop").ids == ("2", "1")


def test_parts_of_the_calendar_become_one_time() -> None:
    columns = {
        "No": [1, 2, 3],
        "year": [2020] * 3,
        "month": [2, 2, 3],
        "day": [28, 29, 1],
        "hour": [5] * 3,
        "pm": [1, 2, 3],
    }
    dataset = read(columns, target=("pm",))
    assert dataset.times is not None
    assert str(dataset.times[1]) == "2020-02-29T05:00:00.000000"
    assert (dataset.roles.time, dataset.step) == ("time", 86_400_000_000)
    assert "put together from `year`, `month`, `day`, `hour`" in dataset.notes[0]
    assert not any("year" in note for note in dataset.notes[1:])
    again = read(columns, target=("pm",), time="time", known=("hour",))
    assert again.times is not None
    assert (again.times == dataset.times).all()
    with pytest.raises(DataError, match="year 2020, month 2, day 30, hour 5 is no day") as caught:
        read({**columns, "day": [28, 30, 1]}, target=("pm",))
    assert caught.value.place is not None
    assert caught.value.place.line == 2
    assert read({**columns, "month": [1, 2, 3]}, target=("month",), ignore=("pm",)).roles.time is None
    assert read({**columns, "date": DAYS[:3]}, target=("pm",)).roles.time == "date"


def test_labels_channels_and_ids_of_sequences() -> None:
    columns = {
        "g": ["a", "a", "b", "b"],
        "t": [0, 1, 0, 1],
        "x": [1, 2, 3, 4],
        "y": [5, 6, 7, 8],
        "kind": ["p", "p", "q", "q"],
    }
    with pytest.raises(DataError, match="one sequence alone"):
        read(columns, CLASS, target=("kind",), static=("g",))
    dataset = read(columns, CLASS, id="g", target=("kind",))
    assert dataset.roles == Roles(id="g", time="t", target=("kind",), inputs=("x", "y"))
    assert dataset.statics["kind"].texts() == ["p", "q"]
    assert read(columns, CLASS, id="g", inputs=("x",)).roles.inputs == ("x",)
    assert read(columns, CLASS, id="g", inputs=("x", "y")).roles.target == ("kind",)
    regress = read({**columns, "kind": [1, 1, 2, 2]}, NUMBER, id="g", target=("kind",))
    assert regress.statics["kind"].values.tolist() == [1, 2]
    numeric = read({**columns, "kind": [1, 1, 2, 2]}, CLASS, id="g", target=("kind",))
    assert numeric.statics["kind"].texts() == ["1", "2"]
    with pytest.raises(DataError, match="`kind` changes within the sequence 'a'") as caught:
        read({**columns, "kind": ["p", "q", "q", "q"]}, CLASS, id="g", target=("kind",))
    assert caught.value.place is not None
    assert caught.value.place.line == 2


def test_labels_may_be_absent_when_only_predicting() -> None:
    unlabeled = Wants("sequence", "text", need_target=False)
    columns = {"id": ["a", "a", "b"], "x": [1, 2, 3]}
    dataset = read(columns, unlabeled, target=("kind",), id="id", inputs=("x",))
    assert dataset.roles.target == ()
    assert read(columns, unlabeled).roles.target == ()
    assert len(read({"x": [1, 2, 3]}, unlabeled)) == 1
    half = read({**columns, "label": ["p", "p", None]}, unlabeled)
    assert half.statics["label"].texts() == ["p", None]
    with pytest.raises(DataError, match="the label `label` is missing"):
        read({**columns, "label": ["p", "p", None]}, CLASS)
    with pytest.raises(DataError, match="label column cannot be told"):
        read(columns, CLASS)
    with pytest.raises(DataError, match="no column of numbers"):
        read({"id": ["a", "a", "b"], "label": ["p", "p", "q"]}, CLASS)


def test_texts_may_be_channels_only_when_wanted() -> None:
    columns = {"id": ["a", "a", "b"], "word": ["x", "y", "x"], "n": [1, 2, 3], "label": ["p", "p", "q"]}
    assert read(columns, CLASS).roles.inputs == ("n",)
    assert read(columns, Wants("sequence", "text", allow_text_inputs=True)).roles.inputs == ("word", "n")
    with pytest.raises(DataError, match="`word` holds text values, expected numbers"):
        read(columns, CLASS, inputs=("word",))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"target": ("value",), "past": ("value",)}, UsageError, "as --target and --past"),
        ({"id": "store"}, MissingInputError, "no column 'store'"),
        ({"target": ("kind",)}, DataError, "`kind` holds text values"),
        ({"target": ("value",), "known": ("other",)}, DataError, "`other` holds times"),
    ],
)
def test_roles_that_cannot_be_are_refused(settings: dict[str, object], error: type[Exception], message: str) -> None:
    columns = {"date": DAYS, "value": [1, 2, 3, 4], "kind": ["a"] * 4, "other": DAYS[::-1]}
    with pytest.raises(error, match=message):
        read(columns, time="date", **settings)


def test_one_label_is_wanted() -> None:
    with pytest.raises(UsageError, match="one label column"):
        read({"id": ["a"], "p": ["x"], "q": ["y"]}, CLASS, target=("p", "q"))


def test_several_files_are_one_dataset_when_columns_agree(tmp_path: Path) -> None:
    first = write(tmp_path, GOOD, "north.csv")
    second = write(tmp_path, GOOD.replace("a,", "c,").replace("b,", "d,"), "south.csv")
    dataset = read_dataset([first, second], ReadConfig(), STEP)
    assert dataset.ids == ("a", "b", "c", "d")
    assert dataset.sources == (first, second)
    with pytest.raises(UsageError, match=r"north\.csv is given twice"):
        read_dataset([first, first], ReadConfig(), STEP)
    bad = write(tmp_path, GOOD.replace("a,2020-01-02,2", "a,2020-01-02,x"), "bad.csv")
    with pytest.raises(DataError, match="not a number") as caught:
        read_dataset([first, bad], ReadConfig(), STEP)
    assert str(caught.value.place) == f"{bad}:3, column value"
    later = write(tmp_path, GOOD.replace("b,2020-01-02", "b,2019-01-02"), "later.csv")
    with pytest.raises(DataError, match="comes after") as unsorted:
        read_dataset([write(tmp_path, "id,date,value\nz,2020-01-01,1\n", "z.csv"), later], ReadConfig(), STEP)
    assert str(unsorted.value.place) == f"{later}:5, column date"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,date,value,extra\na,2020-01-01,1,2\n", "has a column `extra`"),
        ("id,date\na,2020-01-01\n", "lacks the column `value`"),
    ],
)
def test_files_with_other_columns_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_dataset([write(tmp_path, GOOD), write(tmp_path, text, "other.csv")], ReadConfig(), STEP)
    assert caught.value.place is not None
    assert caught.value.place.path.endswith("other.csv")


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"id": ["a"], "date": [1], "value": [1]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match="column `date` holds number values"):
        read_dataset([write(tmp_path, GOOD), str(tmp_path / "x.parquet")], ReadConfig(), STEP)


def test_files_without_ids_are_sequences_of_their_own(tmp_path: Path) -> None:
    text = "date,value\n2020-01-01,1\n2020-01-02,2\n"
    paths = [write(tmp_path, text, name) for name in ("north.csv", "south.csv")]
    dataset = read_dataset(paths, ReadConfig(), STEP)
    assert (dataset.ids, dataset.roles.id) == (("north", "south"), "file")
    alone = read_dataset(paths[:1], ReadConfig(id="file", time="date", target=("value",)), STEP)
    assert (alone.ids, alone.roles.id) == (("north",), "file")
    (tmp_path / "b").mkdir()
    same = read_dataset([paths[0], write(tmp_path / "b", text, "north.csv")], ReadConfig(), STEP)
    assert same.ids[0] == paths[0]
