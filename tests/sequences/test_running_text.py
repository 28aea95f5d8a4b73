import gzip
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.config import ReadConfig, SplitConfig
from gru_toolkit.errors import DataError, MissingInputError, UsageError
from gru_toolkit.sequences import running_text
from gru_toolkit.sequences.dataset import everything
from gru_toolkit.sequences.reading import Wants, read_dataset
from gru_toolkit.sequences.running_text import TEXT, of_text, read_running_text, split_text, text_blocks


def text_of(dataset: object) -> str:
    return "".join(text for _, text in text_blocks(everything(dataset)))  # type: ignore[arg-type]


def test_a_file_is_mapped_and_not_copied(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Größe\nzwei\n", encoding="utf-8")
    dataset = read_dataset([str(file)], ReadConfig(), Wants(target="text"))
    assert isinstance(dataset.steps[TEXT].values, np.memmap)
    assert text_of(dataset) == "Größe\nzwei\n"


def test_a_folder_is_its_text_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_text("second")
    (tmp_path / "deep" / "c.md").write_text("third")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"\xef\xbb\xbffirst"))
    (tmp_path / ".hidden.txt").write_text("no")
    (tmp_path / "table.csv").write_text("no")
    dataset = read_running_text([str(tmp_path)], ReadConfig())
    assert [Path(name).name for name in dataset.ids] == ["a.txt.gz", "b.txt", "c.md"]
    assert [text for _, text in text_blocks(everything(dataset))] == ["first", "second", "third"]


def test_the_fingerprint_knows_where_files_end(tmp_path: Path) -> None:
    def fingerprint(*texts: str) -> str:
        names = []
        for number, text in enumerate(texts):
            names.append(str(tmp_path / f"{number}.txt"))
            Path(names[-1]).write_text(text)
        return read_running_text(names, ReadConfig()).fingerprint

    assert fingerprint("ab", "c") != fingerprint("a", "bc")


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"one\ntwo\xff\n", 2, "byte 0xff"),
        (b"one\n\ntwo\x00", 3, "NUL"),
        (b"end cut \xc3", 1, "byte 0xc3"),
        (b"", None, "empty"),
        (b"\xff\xfea\x00", 1, "UTF-16"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_text_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int | None, said: str, packed: bool
) -> None:
    file = tmp_path / ("a.txt.gz" if packed else "a.txt")
    file.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=said) as caught:
        read_running_text([str(file)], ReadConfig())
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_a_broken_character_far_into_a_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_text, "BLOCK_BYTES", 7)
    file = tmp_path / "a.txt"
    file.write_bytes("äöü\n".encode() * 20 + b"\xfc\n")
    with pytest.raises(DataError, match="0xfc") as caught:
        read_running_text([str(file)], ReadConfig())
    assert caught.value.place is not None
    assert caught.value.place.line == 21


def test_blocks_hold_whole_characters_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_text, "BLOCK_BYTES", 5)
    for text in ("äöüß" * 9, "a\nb\n\nccccccccc\n", "漢字" * 7, "x"):
        assert text_of(of_text(text)) == text


def test_parts_are_cut_by_position_between_characters() -> None:
    dataset = of_text("ä" * 50)
    splits = split_text(dataset, SplitConfig(split=(0.75, 0.15, 0.1)))
    parts = ["".join(text for _, text in text_blocks(part)) for part in (splits.train, splits.validation, splits.test)]
    assert "".join(parts) == "ä" * 50
    assert [len(part) for part in parts] == [38, 7, 5]


def test_the_first_nine_tenths_are_trained_on_to_the_character() -> None:
    splits = split_text(of_text("x" * 1_115_394), SplitConfig(split=(0.9, 0.1, 0.0)))
    assert splits.train.rows == int(0.9 * 1_115_394)


def test_an_empty_part_is_refused() -> None:
    with pytest.raises(DataError, match="training part would be empty"):
        split_text(of_text("a"), SplitConfig(split=(0.9, 0.1, 0.0)))


def test_folders_without_text_and_queries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no text file"):
        read_running_text([str(tmp_path)], ReadConfig())
    with pytest.raises(UsageError, match="query"):
        read_running_text(["x"], ReadConfig(query="SELECT 1"))
    with pytest.raises(MissingInputError, match="no such file"):
        read_running_text([str(tmp_path / "no.txt")], ReadConfig())
