"""A data file before training: several problems at once, each with place and way out, and the data in numbers."""

from pathlib import Path

import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.sequences.doctor import Diagnosis, examine
from gru_toolkit.sequences.reading import Wants, read_dataset
from gru_toolkit.sequences.samples import SAMPLES
from tests.sequences.test_broken_files import BROKEN, GOOD, write

STEP, CLASS, EVENT = Wants("step"), Wants("sequence", "text"), Wants("event", "text")


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings if finding.severity != "note"]


def test_good_data_are_summed_up(tmp_path: Path) -> None:
    diagnosis = examine([write(tmp_path, GOOD)], ReadConfig(), STEP)
    assert not diagnosis.fatal
    assert codes(diagnosis) == []
    assert (diagnosis.sequences, diagnosis.steps, diagnosis.step) == (2, 4, "1 d")
    assert (diagnosis.first, diagnosis.last) == ("2020-01-01", "2020-01-02")
    summary = {column.name: column for column in diagnosis.columns}
    assert (summary["value"].role, summary["value"].minimum, summary["value"].maximum) == ("target", "1", "4")
    assert (summary["id"].kind, summary["id"].different) == ("text", 2)
    assert summary["date"].minimum == "2020-01-01"


@pytest.mark.parametrize("kind", BROKEN)
def test_whatever_stops_training_is_a_finding_with_the_same_line(kind: str, tmp_path: Path) -> None:
    text, line, _ = BROKEN[kind]
    diagnosis = examine([write(tmp_path, text)], ReadConfig(), STEP)
    assert diagnosis.fatal
    assert diagnosis.findings[0].severity == "error"
    assert line in [finding.place.line for finding in diagnosis.findings if finding.place]


def test_several_problems_are_told_at_once(tmp_path: Path) -> None:
    rows = "".join(f"b,2020-02-{day:02d},3,5\n" for day in range(1, 20))
    text = (
        f"id,date,value,flat\na,2020-01-01,1,5\na,2020-01-01,2,5\na,2020-01-03,,5\n{rows}b,2020-02-20,x,5\nshort,row\n"
    )
    diagnosis = examine([write(tmp_path, text)], ReadConfig(target=("value",)), STEP)
    assert codes(diagnosis) == ["rejected_rows", "order", "missing"]
    assert "1 more rows are rejected" in diagnosis.findings[0].message
    assert diagnosis.step is None
    gaps = examine([write(tmp_path, text.replace("a,2020-01-01,2,5\n", ""))], ReadConfig(target=("value",)), STEP)
    assert codes(gaps) == ["rejected_rows", "missing", "gaps"]


def test_constant_columns_and_short_sequences_are_warned_of(tmp_path: Path) -> None:
    text = GOOD.replace("\n", ",7\n").replace("value,7", "value,flat") + "c,2020-01-01,5,7\n"
    path = write(tmp_path, text)
    diagnosis = examine([path], ReadConfig(target=("value",), past=("flat",)), STEP, window=2)
    assert codes(diagnosis) == ["constant", "short"]
    assert "1 of 3 sequences have fewer than 2 steps, such as 'c' with 1" in diagnosis.findings[1].message
    assert examine([path], ReadConfig(target=("value",)), STEP, window=9).fatal


def test_imbalance_and_rare_labels_are_warned_of(tmp_path: Path) -> None:
    rows = "".join(f"s{number},{number}.5,{'b' if number == 3 else 'a'}\n" * 2 for number in range(40))
    diagnosis = examine([write(tmp_path, f"id,x,label\n{rows}")], ReadConfig(), CLASS)
    assert codes(diagnosis) == ["imbalance", "rare_label"]
    assert "'a' stands 39 times, 'b' only 1 times" in diagnosis.findings[0].message
    one = examine([write(tmp_path, f"id,x,label\n{rows.replace(',b', ',a')}")], ReadConfig(), CLASS)
    assert one.fatal
    mixed = examine([write(tmp_path, "id,x,label\na,1,p\na,2,q\nb,1,p\n")], ReadConfig(target=("label",)), CLASS)
    assert "static" in codes(mixed)


def test_what_cannot_be_read_or_told_is_one_finding(tmp_path: Path) -> None:
    assert codes(examine([str(tmp_path / "nothing.csv")], ReadConfig(), STEP)) == ["unreadable"]
    unclear = examine([write(tmp_path, "date,a,b\n2020-01-01,1,2\n2020-01-02,,2\n")], ReadConfig(), STEP)
    assert codes(unclear) == ["roles"]
    assert [column.missing for column in unclear.columns] == [0, 1, 0]
    frequency = examine([write(tmp_path, GOOD)], ReadConfig(frequency="often"), STEP)
    assert codes(frequency) == ["irregular"]
    months = examine([write(tmp_path, "date,v\n2020-01-01,1\n2020-02-01,2\n2020-03-01,3\n")], ReadConfig(), STEP)
    assert months.step == "1 mo"
    nameless = examine([write(tmp_path, GOOD + ",2020-01-03,1\n")], ReadConfig(), STEP)
    assert codes(nameless) == ["rejected_rows"]
    empty = examine([write(tmp_path, "id,date,value\nx\n")], ReadConfig(), STEP)
    assert empty.fatal
    absent = examine([write(tmp_path, "date,v,w\n2020-01-01,1,\n2020-01-02,2,\n")], ReadConfig(target=("v",)), STEP)
    assert absent.columns[2].minimum is None


def test_sample_recordings_are_whole_and_the_same_for_a_seed(tmp_path: Path) -> None:
    made = SAMPLES["whistles"].make(0)
    assert made == SAMPLES["whistles"].make(0) != SAMPLES["whistles"].make(1)
    for name, content in made.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    dataset = read_dataset([str(tmp_path)], ReadConfig(), CLASS)
    assert (len(dataset), set(dataset.statics["label"].levels)) == (60, {"rising", "falling", "wavering"})


def test_irregular_times_are_only_warned_of_for_sequences(tmp_path: Path) -> None:
    text = SAMPLES["sensors"].make(0)
    path = write(tmp_path, text)
    diagnosis = examine([path], ReadConfig(target=("hours_left",)), Wants("sequence", "number"))
    assert "irregular" in codes(diagnosis)
    assert not diagnosis.fatal


WANTED = {
    "forecast": STEP,
    "classify": CLASS,
    "regress": Wants("sequence", "number"),
    "next": EVENT,
    "tag": Wants("tag"),
    "detect": Wants("step", regular=False, marks="read"),
    "generate": Wants("text"),
    "translate": Wants("translation"),
}
COUNTS = {
    "sales": 4,
    "sensors": 90,
    "listening": 200,
    "pump": 1,
    "remarks": 900,
    "ratings": 900,
    "fables": 1,
    "requests": 600,
    "phrases": 1500,
}


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "whistles"])
def test_samples_are_whole_and_the_same_for_a_seed(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    assert sample.make(0) == sample.make(0) != sample.make(1)
    path = write(tmp_path, sample.make(0), f"sample{sample.ending}")
    of_texts = {"remarks": Wants("labelled text", "text"), "ratings": Wants("labelled text", "number")}
    wants = of_texts.get(name, WANTED[sample.task])
    settings = {
        "sales": ReadConfig(target=("sales",), known=("promotion", "price")),
        "sensors": ReadConfig(target=("hours_left",)),
        "pump": ReadConfig(target=("pressure", "flow")),
    }
    dataset = read_dataset([path], settings.get(name, ReadConfig()), wants)
    assert len(dataset) == COUNTS.get(name, 120)
    assert len(sample.make(0)) < 200_000
    assert sample.example.startswith(f"gru-toolkit train {name}{sample.ending} --task {sample.task}")
