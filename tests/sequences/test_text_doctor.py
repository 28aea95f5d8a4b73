from pathlib import Path

from gru_toolkit.config import ReadConfig
from gru_toolkit.sequences.doctor import Diagnosis, examine
from gru_toolkit.sequences.wants import Wants


def codes(diagnosis: Diagnosis) -> dict[str, str]:
    return {finding.code: finding.severity for finding in diagnosis.findings}


def examined(path: Path, content: bytes, target: str) -> Diagnosis:
    path.write_bytes(content)
    return examine([str(path)], ReadConfig(), Wants(target=target))  # type: ignore[arg-type]


def test_running_text_is_counted(tmp_path: Path) -> None:
    found = examined(tmp_path / "a.txt", b"abcabc\r\n" * 20 + b"z", "text")
    assert not found.fatal
    assert found.steps == 161
    assert codes(found) == {"rare_label": "note", "assumed": "note"}


def test_what_is_no_text_stops_training(tmp_path: Path) -> None:
    found = examined(tmp_path / "a.txt", b"one\n\xff\n", "text")
    assert found.fatal
    assert found.findings[0].place is not None
    assert found.findings[0].place.line == 2


def test_labels_that_are_rare_or_alone_and_texts_that_repeat(tmp_path: Path) -> None:
    found = examined(tmp_path / "a.txt", b"1 the same\n" * 200 + b"0 other\n", "labelled text")
    assert codes(found) == {"static": "warning", "imbalance": "warning", "rare_label": "warning"}
    assert examined(tmp_path / "b.txt", b"1 x\n1 y\n", "labelled text").fatal
    assert codes(examined(tmp_path / "c.txt", b"1 x\n0\n0 y\n", "labelled text"))["rejected_rows"] == "error"
