from pathlib import Path

import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.reading import Wants, read_dataset
from gru_toolkit.tasks.text_examples import texts_of

LABELLED = Wants(target="labelled text", label="text")
BARE = Wants(target="labelled text", label="text", need_target=False)


def read(path: Path, content: str | bytes, *, wants: Wants = LABELLED, **settings: object) -> Dataset:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_dataset([str(path)], ReadConfig(**settings), wants)  # type: ignore[arg-type]


def pairs(dataset: Dataset) -> list[tuple[str | None, str]]:
    texts = texts_of(everything(dataset))
    labels = dataset.statics[dataset.roles.target[0]].texts() if dataset.statics else [None] * len(texts)
    return list(zip(labels, texts, strict=True))


def test_the_first_word_of_a_line_is_its_label(tmp_path: Path) -> None:
    found = pairs(read(tmp_path / "a.txt", '1 a "fine day"\n0 größe , isn\'t it\n'))
    assert found == [("1", 'a "fine day"'), ("0", "größe , isn't it")]


def test_without_labels_a_line_is_all_text(tmp_path: Path) -> None:
    assert pairs(read(tmp_path / "a.txt", "1 a day\n\nx\n", wants=BARE)) == [(None, "1 a day"), (None, ""), (None, "x")]


def test_quotes_mean_nothing_between_tabs_and_the_header_names_the_columns(tmp_path: Path) -> None:
    dataset = read(tmp_path / "a.tsv", 'Label\tSMS\nham\tsay "hi\nspam\tWIN!, now\nham\tok\nspam\tx\n')
    assert pairs(dataset) == [("ham", 'say "hi'), ("spam", "WIN!, now"), ("ham", "ok"), ("spam", "x")]
    assert dataset.roles.target == ("Label",)
    assert dataset.roles.inputs == ("SMS",)


@pytest.mark.parametrize("wants", [LABELLED, BARE])
def test_a_finished_run_reads_two_columns_without_a_header_again(tmp_path: Path, wants: Wants) -> None:
    content = "ham\tsay hi\nspam\tWIN\nham\tok\nspam\tx\n"
    roles = read(tmp_path / "a.tsv", content).roles
    again = read(tmp_path / "b.tsv", content, wants=wants, inputs=roles.inputs, target=roles.target)
    assert texts_of(everything(again)) == ["say hi", "WIN", "ok", "x"]
    named = read(tmp_path / "c.tsv", "sort\tnote\ttext\nham\ta\tsay hi\n", wants=BARE, inputs=("text",))
    assert texts_of(everything(named)) == ["say hi"]


def test_a_folder_has_labels_as_file_names(tmp_path: Path) -> None:
    (tmp_path / "German.txt").write_text("Müller\nSchmidt\n", encoding="utf-8")
    (tmp_path / "Polish.txt").write_text("Nowak\n")
    found = pairs(read_dataset([str(tmp_path)], ReadConfig(), LABELLED))
    assert found == [("German", "Müller"), ("German", "Schmidt"), ("Polish", "Nowak")]


def test_a_table_has_its_columns_told_by_name_or_by_flag(tmp_path: Path) -> None:
    table = "id,sentence,stars,class\n1,a good day,5,pos\n2,a bad one,1,neg\n"
    dataset = read(tmp_path / "a.csv", table)
    assert pairs(dataset) == [("pos", "a good day"), ("neg", "a bad one")]
    assert any("`sentence`" in note for note in dataset.notes)
    dataset = read(tmp_path / "a.csv", table, target=("stars",), inputs=("class",))
    assert pairs(dataset) == [("5", "pos"), ("1", "neg")]


@pytest.mark.parametrize(
    ("name", "content", "line", "said"),
    [
        ("a.txt", "1 fine\n0\n1 x\n", 2, "no text"),
        ("a.txt", "1 fine\n\n0 x\n", 2, "empty"),
        ("a.txt", b"1 fine\n0 \xff\n", 2, "0xff"),
        ("a.txt", "", None, "empty"),
        ("a.tsv", "a\tb\nx\tz\nx\n", 3, "expected 2 columns"),
        ("a.csv", "label,text\n1,fine\n0,\n", 3, "no text"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, name: str, content: str | bytes, line: int | None, said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read(tmp_path / name, content)
    if line is not None:
        assert caught.value.place is not None
        assert caught.value.place.line == line


def test_some_lines_may_be_rejected_and_are_kept_apart(tmp_path: Path) -> None:
    dataset = read(tmp_path / "a.txt", "1 fine\n0\n0 bad\n", max_rejects=1)
    assert [label for label, _ in pairs(dataset)] == ["1", "0"]
    assert [reject.place.line for reject in dataset.rejects] == [2]


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no such file"):
        read_dataset([str(tmp_path / "no.txt")], ReadConfig(), LABELLED)
    with pytest.raises(MissingInputError, match="'txt'"):
        read(tmp_path / "a.csv", "label,text\n1,fine\n", inputs=("txt",))
