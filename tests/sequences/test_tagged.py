"""Tagged text is read whole, with its own lines kept, or refused with file and line."""

from pathlib import Path

import pytest

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import DataError, MissingInputError
from gru_toolkit.sequences.dataset import Dataset
from gru_toolkit.sequences.reading import read_dataset
from gru_toolkit.sequences.tag_doctor import examine_tags
from gru_toolkit.sequences.wants import Wants

WANTS = Wants(target="tag", label="text", allow_text_inputs=True)
PREDICTING = Wants(target="tag", label="text", need_target=False, allow_text_inputs=True)
CONLLU = """# sent_id = 1
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\t_\t_\t_\t_\t_\t_
2\tn't\tnot\tPART\t_\t_\t_\t_\t_\t_
2.1\tgo\tgo\tVERB\t_\t_\t_\t_\t_\t_

# sent_id = 2
1\t_\t_\tSYM\t_\t_\t_\t_\t_\t_

"""


def read(tmp_path: Path, text: str, name: str = "a.conll", wants: Wants = WANTS, **config: object) -> Dataset:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_dataset([str(path)], ReadConfig(**config), wants)  # type: ignore[arg-type]


def texts(dataset: Dataset, name: str) -> list[str | None]:
    return dataset.steps[name].texts()


def test_columns_are_words_what_is_known_of_them_and_tags_with_sentences_kept(tmp_path: Path) -> None:
    data = read(tmp_path, "-DOCSTART- -X- O\n\nI PRP B-NP\nrun VBP B-VP\n\n\nGo VB B-VP\n")
    assert (data.roles.inputs, data.roles.target) == (("word", "column_2"), ("column_3",))
    assert data.offsets.tolist() == [0, 2, 3]
    assert texts(data, "word") == ["I", "run", "Go"]
    assert data.document is not None
    assert data.document.before == ("-DOCSTART- -X- O\n", None, None)


def test_columns_are_chosen_by_number_or_name(tmp_path: Path) -> None:
    text = "# global.columns = ID FORM TAG\n1 I X\n2 go Y\n\n"
    by_number = read(tmp_path, text, inputs=("2",), target=("3",))
    by_name = read(tmp_path, text, inputs=("Form",), target=("tag",))
    assert texts(by_number, "form") == texts(by_name, "form") == ["I", "go"]
    with pytest.raises(MissingInputError, match=r"no column '4'"):
        read(tmp_path, text, target=("4",))


def test_a_hash_is_a_comment_before_a_sentence_and_a_token_inside_one(tmp_path: Path) -> None:
    data = read(tmp_path, "# a comment of words\nonly RB B-X\n# # I-X\n1.8 CD I-X\n\n# # B-X\n9 CD I-X\n")
    assert texts(data, "word") == ["only", "#", "1.8", "#", "9"]


def test_conllu_keeps_ranges_empty_nodes_and_comments_beside_the_words(tmp_path: Path) -> None:
    data = read(tmp_path, CONLLU, "a.conllu")
    assert (texts(data, "form"), texts(data, "upos")) == (["Do", "n't", "_"], ["AUX", "PART", "SYM"])
    assert data.document is not None
    assert data.document.before[0] == "# sent_id = 1\n1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_"
    assert data.document.after == ("2.1\tgo\tgo\tVERB\t_\t_\t_\t_\t_\t_", None)
    assert data.document.column == 3


def test_a_comment_is_the_label_of_its_sentence(tmp_path: Path) -> None:
    data = read(tmp_path, "# label = go\nrun A\n\n# label = stay\nsit B\n")
    assert data.roles.target == ("column_2", "label")
    assert data.statics["label"].texts() == ["go", "stay"]


def test_parallel_lines_of_a_folder_are_words_tags_and_labels(tmp_path: Path) -> None:
    for name, text in (("seq.in", "to Rome\nhi\n"), ("seq.out", "O B-city\nO\n"), ("label", "fly\nhello\n")):
        (tmp_path / name).write_text(text)
    data = read_dataset([str(tmp_path)], ReadConfig(), WANTS)
    assert (texts(data, "word"), texts(data, "tag")) == (["to", "Rome", "hi"], ["O", "B-city", "O"])
    assert data.statics["label"].texts() == ["fly", "hello"]
    (tmp_path / "seq.out").write_text("O B-city\n")
    with pytest.raises(DataError, match=r"seq.out:2: ends before line 2"):
        read_dataset([str(tmp_path)], ReadConfig(), WANTS)
    (tmp_path / "seq.out").write_text("O\nO\n")
    with pytest.raises(DataError, match=r"2 words, but 1 tags in seq.out"):
        read_dataset([str(tmp_path)], ReadConfig(), WANTS)


def test_a_table_with_a_row_a_token_is_grouped_by_its_id(tmp_path: Path) -> None:
    text = "sentence_id,word,tag\na,1,X\na,NA,Y\nb,go,X\n"
    data = read(tmp_path, text, "a.csv")
    assert (data.ids, data.offsets.tolist()) == (("a", "b"), [0, 2, 3])
    with pytest.raises(DataError, match="tells sentences apart"):
        read(tmp_path, "word,tag\n1,X\n", "b.csv")


def test_plain_lines_can_be_predicted_for(tmp_path: Path) -> None:
    data = read(tmp_path, "a b c\nd e\n", "a.txt", PREDICTING)
    assert (data.offsets.tolist(), data.roles.target) == ([0, 3, 5], ())


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("a.conll", "I X\nrun\n\n", 2, "expected 2 columns, found 1"),
        ("a.conll", "I X\nrun Y Z\n\n", 2, "expected 2 columns, found 3"),
        ("a.conll", "I B-X\nrun O\ngo I-X\n\nso B-X\n", 3, "I-X continues no span"),
        ("a.conll", "I B-X\nrun I-Y\n\n", 2, "I-Y continues no span"),
        ("a.conll", "I B-X\nrun I-X\n\ngo S-X\n", 2, "never closed"),
        ("a.conll", "I B-X\nrun O\n\ngo S-X\n", 2, "was closed"),
        ("a.conllu", CONLLU.replace("2\tn't", "3\tn't"), 4, "expected the ID 2, found '3'"),
        ("a.conllu", CONLLU.replace("\tPART", "\t_"), 4, "1 of 3 tokens have no value"),
        ("a.conllu", CONLLU.replace("\tdo\tAUX", "\tAUX"), 3, "expected 10 columns separated by tabs, found 9"),
        ("a.conll", "a\x00b X\n", 1, "NUL"),
    ],
)
def test_broken_text_is_refused_with_its_line(tmp_path: Path, name: str, text: str, line: int, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read(tmp_path, text, name)
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_broken_sentences_may_be_rejected_and_are_counted(tmp_path: Path) -> None:
    text = "I B-X\n\nrun I-X\n\ngo O\nB\n\nso O\n"
    data = read(tmp_path, text, max_rejects=2)
    assert texts(data, "word") == ["I", "so"]
    assert sorted(reject.place.line or 0 for reject in data.rejects) == [3, 6]


def test_a_file_without_tags_serves_prediction_only(tmp_path: Path) -> None:
    assert read(tmp_path, "I\nrun\n\n", wants=PREDICTING).roles.target == ()
    with pytest.raises(DataError, match="column of tags cannot be told"):
        read(tmp_path, "I\nrun\n\n")


def test_an_endless_sentence_points_at_missing_empty_lines(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="empty line between sentences missing"):
        read(tmp_path, "word X\n" * 5_001)


def test_doctor_tells_rare_tags_and_repeated_sentences(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("I X\nrun Y\n\n" * 5 + "go Z\n\n")
    found = {finding.code: finding for finding in examine_tags([str(path)], ReadConfig(), WANTS).findings}
    assert "Z (1)" in found["rare_label"].message
    assert "4 of 6" in found["repeated"].message
