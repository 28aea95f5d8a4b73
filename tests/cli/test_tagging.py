"""Tags from the command line: the sample is learned, and text is tagged in its own form without TensorFlow."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gru_toolkit.cli.app import main
from gru_toolkit.runs import run as runs
from gru_toolkit.runs.streaming import Stream


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tagger of the sample."""
    home = tmp_path_factory.mktemp("tagging")
    assert main(["data", "requests", "--out", str(home / "requests.conll"), "--quiet"]) == 0
    command = ["train", str(home / "requests.conll"), "--task", "tag", "--preset", "fast", "--epochs", "9"]
    assert main([*command, "--units", "40", "--out", str(home / "run"), "--quiet"]) == 0
    return home / "run"


@pytest.mark.slow
def test_the_sample_is_learned_and_beats_its_baseline(folder: Path) -> None:
    test = runs.load(folder).metrics["parts"]["test"]
    scores = {name: scored["metrics"] for name, scored in test["scores"].items()}
    assert test["wins"]
    assert scores["network"]["f1"] > 0.9 > scores["most frequent tag"]["f1"]
    assert scores["network"]["sentence_accuracy"] > 0.8
    assert "F1 of each label" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_text_is_tagged_in_its_own_form_and_as_a_table_without_tensorflow(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new.conll").write_text("# id = 7\nplay ?\nBlue ?\nHills ?\n\n")
    script = "import sys; from gru_toolkit.cli.app import main; status = main(sys.argv[1:]); "
    script += "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules; sys.exit(status)"
    command = [sys.executable, "-c", script, "predict", str(folder), str(tmp_path / "new.conll")]
    done = subprocess.run([*command, "--to", "conll"], capture_output=True, text=True, check=True)
    assert done.stdout == "# id = 7\n# label = music\nplay O\nBlue B-song\nHills I-song\n\n"
    assert main([*command[3:], "--out", str(tmp_path / "out.jsonl"), "--quiet"]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["column_2"] for row in rows] == ["O", "B-song", "I-song"]


@pytest.mark.slow
def test_a_causal_run_equals_its_stream(folder: Path, tmp_path: Path) -> None:
    data = folder.parent / "requests.conll"
    command = ["train", str(data), "--task", "tag", "--causal", "--preset", "fast", "--epochs", "1", "--units", "16"]
    assert main([*command, "--out", str(tmp_path / "causal"), "--quiet"]) == 0
    causal = runs.load(tmp_path / "causal")
    words = ["please", "call", "aunt", "Ida", "at", "noon"]
    (tmp_path / "one.txt").write_text(" ".join(words) + "\n")
    stream = Stream(causal)
    pushed = [stream.push({"sentence": "1", "word": word}) for word in words]
    together = causal.predict(str(tmp_path / "one.txt"))
    assert [row["column_2"] for row in pushed if row] == together["tag"].tolist()


@pytest.mark.slow
def test_a_tagger_that_reads_both_ways_names_the_causal_option(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stream", str(folder)]) == 2
    assert "--causal" in capsys.readouterr().err


def test_only_tags_are_written_as_conll(tmp_path: Path) -> None:
    assert main(["predict", str(tmp_path), "x.csv", "--to", "conll"]) == 66  # the missing run is told first
