"""Parallel text: two files of lines, two columns with a TAB, tables; and what is refused, with file and line."""

from pathlib import Path

import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError, Place, UsageError
from gru_toolkit.sequences.dataset import Dataset, everything
from gru_toolkit.sequences.parallel import of_sentences
from gru_toolkit.sequences.phrase_samples import phrases
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.wants import Wants
from gru_toolkit.tasks.translate_examples import sources_of, translations_of

PAIRS = Wants(target="translation", label="text")
BARE = Wants(target="translation", label="text", need_target=False)


@pytest.fixture
def write(tmp_path: Path):
    def written(name: str, content: str | bytes) -> str:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return str(tmp_path / name)

    return written


def pairs(dataset: Dataset) -> list[tuple[str, str]]:
    part = everything(dataset)
    return list(zip(sources_of(part), translations_of(part), strict=True))


def read(*paths: str, **settings: object) -> Dataset:
    return read_dataset(list(paths), ReadConfig(**settings), PAIRS)  # type: ignore[arg-type]


def test_a_line_of_one_file_is_the_translation_of_the_same_line_of_the_other(write) -> None:
    dataset = read(write("a.en", 'say "hi"\nlast'), write("a.de", "sag „hi“\r\nletzte\r\n"))
    assert pairs(dataset) == [('say "hi"', "sag „hi“"), ("last", "letzte")]
    assert dataset.roles.inputs == ("en",)
    assert dataset.roles.target == ("de",)


def test_translations_may_be_named_beside_the_data_or_behind_each_file(write) -> None:
    one, two = write("1.en", "a\n"), write("2.en", "b\n")
    eins, zwei = write("1.de", "A\n"), write("2.de", "B\n")
    assert pairs(read(one, eins, two, zwei)) == [("a", "A"), ("b", "B")]
    assert pairs(read(one, two, into=(eins, zwei))) == [("a", "A"), ("b", "B")]


def test_two_columns_with_a_tab_are_pairs_and_quotes_mean_nothing(write) -> None:
    dataset = read(write("a.tsv", 'en\tde\nsay "hi\tsag hi\nno, two\tnein, zwei\n'))
    assert pairs(dataset) == [('say "hi', "sag hi"), ("no, two", "nein, zwei")]
    assert dataset.roles.target == ("de",)
    assert any("header" in note for note in dataset.notes)


def test_columns_of_a_table_are_told_or_named(write) -> None:
    table = write("a.csv", "id,german,english\n1,ein Hund,a dog\n2,eine Katze,a cat\n")
    dataset = read(table)
    assert pairs(dataset) == [("ein Hund", "a dog"), ("eine Katze", "a cat")]
    assert any("--inputs" in note for note in dataset.notes)
    assert pairs(read(table, inputs=("english",), target=("german",)))[0] == ("a dog", "ein Hund")
    with pytest.raises(MissingInputError, match="'french'"):
        read(table, inputs=("french",))


def test_sentences_to_translate_need_no_translation_and_may_be_empty(write) -> None:
    path = write("in.txt", "one\n\nthree\n")
    assert sources_of(everything(read_dataset([path], ReadConfig(), BARE))) == ["one", "", "three"]
    assert sources_of(everything(of_sentences(["x", ""]))) == ["x", ""]


@pytest.mark.parametrize(
    ("english", "german", "name", "line", "said"),
    [
        ("a\nb\nc\n", "A\nB\n", "a.en", 3, "no counterpart: .*a.de ends after 2 lines"),
        ("a\n", "A\nB\nC\n", "a.de", 2, "no counterpart: .*a.en ends after 1 lines"),
        ("a\n\nc\n", "A\nB\nC\n", "a.en", 2, "the line is empty"),
        ("a\nb\n", "A\n \n", "a.de", 2, "translation of the line is empty"),
        (b"a\n\xff\n", "A\nB\n", "a.en", 2, "0xff"),
        ("", "", "a.en", None, "the file is empty"),
    ],
)
def test_files_that_do_not_match_are_refused_with_file_and_line(
    write, english: str | bytes, german: str, name: str, line: int | None, said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read(write("a.en", english), write("a.de", german))
    assert isinstance(caught.value.place, Place)
    assert caught.value.place.path.endswith(name)
    assert caught.value.place.line == line


def test_rows_of_a_table_that_are_no_pairs_are_refused_with_their_line(write) -> None:
    with pytest.raises(DataError, match="found 3 columns") as caught:
        read(write("a.tsv", "a\tA\nb\tB\tC\n"))
    assert caught.value.place is not None
    assert caught.value.place.line == 2
    with pytest.raises(DataError, match="translation of the line is empty"):
        read(write("b.tsv", "a\tA\nb\n"))
    with pytest.raises(DataError, match="two columns of texts are needed, found 1"):
        read(write("c.csv", "x,text\n1,a\n2,b\n"))


def test_a_file_without_its_translation_is_refused(write) -> None:
    with pytest.raises(UsageError, match="without its translation"):
        read(write("a.en", "a\n"))
    with pytest.raises(UsageError, match="1 files are given, and 2"):
        read(write("a.en", "a\n"), into=("x.de", "y.de"))


def test_lines_that_are_allowed_to_be_empty_are_counted_and_left_out(write) -> None:
    dataset = read(write("a.en", "a\n\nc\n"), write("a.de", "A\nB\nC\n"), max_rejects=1)
    assert pairs(dataset) == [("a", "A"), ("c", "C")]
    assert [reject.place.line for reject in dataset.rejects] == [2]


def test_the_sample_is_the_same_for_a_seed_and_has_no_sentence_twice() -> None:
    lines = phrases().splitlines()
    assert phrases() == phrases(0) != phrases(1)
    assert len(lines) == len(set(lines)) == 1_501
    assert all(line.count("\t") == 1 for line in lines)
