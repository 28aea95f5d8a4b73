"""Tables of events: whose, what and when, in order, with every refusal at its line."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, GruToolkitError, UsageError
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.doctor import examine
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.wants import Wants

EVENT = Wants("event", "text")
INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"


def read(folder: Path, text: str, config: ReadConfig = ReadConfig(), name: str = "events.csv") -> Dataset:
    (folder / name).write_text(text)
    return read_dataset([str(folder / name)], config, EVENT)


def items(dataset: Dataset) -> list[list[str | None]]:
    texts = dataset.steps[dataset.roles.target[0]].texts()
    return [texts[start:stop] for start, stop in zip(dataset.offsets, dataset.offsets[1:], strict=False)]


def refused(folder: Path, text: str, config: ReadConfig = ReadConfig(), name: str = "events.csv") -> str:
    with pytest.raises(GruToolkitError) as caught:
        read(folder, text, config, name)
    return str(caught.value)


def test_events_of_one_moment_keep_the_order_of_the_file(tmp_path: Path) -> None:
    dataset = read(tmp_path, "user,item,time\n7,b,2\n7,a,2\n8,c,1\n7,b,3\n")
    assert dataset.ids == ("7", "8")
    assert items(dataset) == [["b", "a", "b"], ["c"]]
    assert dataset.times is not None
    assert dataset.times.tolist() == [2, 2, 3, 1]
    assert dataset.step is None
    assert "1 of 4 events have the time of the one before; they keep the file's order" in dataset.notes


def test_items_and_users_that_look_like_numbers_are_names(tmp_path: Path) -> None:
    dataset = read(tmp_path, "user_id,item_id,t\n01,007,1\n1,7,2\n")
    assert dataset.ids == ("01", "1")
    assert items(dataset) == [["007"], ["7"]]


def test_events_out_of_order_are_refused_with_their_line(tmp_path: Path) -> None:
    text = "user,item,time\nx,a,2024-01-02\nx,b,2024-01-01\n"
    message = refused(tmp_path, text)
    assert "events.csv:3, column time" in message
    assert "comes after 2024-01-02 on line 2" in message
    assert "--sort" in message
    dataset = read(tmp_path, text, ReadConfig(sort=True))
    assert items(dataset) == [["b", "a"]]
    assert "the rows of each sequence were sorted by time" in dataset.notes


def test_sorting_keeps_ties_in_file_order_and_users_in_order_of_first_sight(tmp_path: Path) -> None:
    text = "user,item,time\ny,a,5\nx,b,9\nx,c,1\nx,d,9\ny,e,5\n"
    dataset = read(tmp_path, text, ReadConfig(sort=True))
    assert dataset.ids == ("y", "x")
    assert items(dataset) == [["a", "e"], ["c", "b", "d"]]


def test_a_series_is_sorted_too(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("date,y\n2024-01-02,2\n2024-01-01,1\n2024-01-03,3\n")
    dataset = read_dataset([str(tmp_path / "s.csv")], ReadConfig(sort=True), Wants("step"))
    assert dataset.steps["y"].values.tolist() == [1, 2, 3]


def test_there_is_nothing_to_sort_by_without_a_time(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no time column to sort by"):
        read(tmp_path, "user,item\nx,a\n", ReadConfig(sort=True))
    assert "there is no time column; events are taken in file order" in read(tmp_path, "user,item\nx,a\nx,b\n").notes


def test_an_event_without_an_item_is_rejected_at_its_line(tmp_path: Path) -> None:
    text = "user,item,time\nx,a,1\nx,,2\nx,c,3\n"
    assert "events.csv:3, column item: the item is missing" in refused(tmp_path, text)
    assert "events.csv:3" in refused(tmp_path, text, ReadConfig(missing="forward"))
    dataset = read(tmp_path, text, ReadConfig(max_rejects=1))
    assert items(dataset) == [["a", "c"]]
    assert len(dataset.rejects) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("person,item,time\nx,a,1\n", "whose an event is cannot be told (name it with --id)"),
        ("user,what,where,time\nx,a,b,1\n", "candidates: `what`, `where` (name it with --target)"),
        ("user,item,time\nx,a\n", "events.csv:2: expected 3 columns, found 2"),
    ],
)
def test_a_table_that_is_not_one_of_events_says_what_is_wanted(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


def test_what_comes_with_an_event_is_read_where_it_is_named(tmp_path: Path) -> None:
    text = "user,item,time,rating,shop,age\nx,a,1,5,n,30\nx,b,2,3,s,30\n"
    assert any("not used: `rating`, `shop`, `age`" in note for note in read(tmp_path, text).notes)
    dataset = read(tmp_path, text, ReadConfig(past=("rating", "shop"), static=("age",)))
    assert dataset.steps["rating"].values.tolist() == [5, 3]
    assert dataset.steps["shop"].kind == "text"
    assert dataset.statics["age"].values.tolist() == [30]


def test_the_layout_of_recommendation_benchmarks_is_read(tmp_path: Path) -> None:
    dataset = read(tmp_path, INTER + "9\t12\t3\t881250949\n9\t5\t4\t881250950\n", name="few.inter")
    assert (dataset.roles.id, dataset.roles.target, dataset.roles.time) == ("user_id", ("item_id",), "timestamp")
    assert items(dataset) == [["12", "5"]]
    packed = tmp_path / "few.inter.gz"
    packed.write_bytes(gzip.compress((tmp_path / "few.inter").read_bytes()))
    assert items(read_dataset([str(packed)], ReadConfig(), EVENT)) == [["12", "5"]]
    assert np.array_equal(
        read_dataset([str(packed)], ReadConfig(past=("rating",)), EVENT).steps["rating"].values, [3, 4]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INTER.replace(":token", "", 1) + "9\t12\t3\t1\n", "few.inter:1: column 'user_id' of the header has no type"),
        (INTER.replace("float", "float_seq", 1) + "9\t12\t3\t1\n", "column 'rating:float_seq' of the header"),
        (INTER + "9\t12\tmany\t1\n", "few.inter:2, column rating:float"),
        (INTER.replace("item_id", "user_id").replace("rating:float", "user_id:float") + "9\t9\t3\t1\n", "twice"),
        (INTER + "9\t12\t3\n", "few.inter:2: expected 4 columns, found 3"),
        (INTER + "9\t12\t3\t2\n9\t1\t3\t1\n", "few.inter:3, column timestamp"),
    ],
)
def test_a_broken_file_of_that_layout_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text, name="few.inter")


def test_the_doctor_knows_events(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("user,item,time\nx,a,2\nx,b,2\nx,c,1\n")
    found = {finding.code for finding in examine([str(path)], ReadConfig(), EVENT).findings}
    assert "order" in found
    path.write_text("user,item,time\nx,a,1\nx,b,1\nx,c,2\n")
    assert not examine([str(path)], ReadConfig(), EVENT).fatal


def test_a_missing_time_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the time is missing"):
        read(tmp_path, "user,item,time\nx,a,1\nx,b,\n")
