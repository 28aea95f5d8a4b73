"""Translation from the command line: the sample is learned, and sentences are translated without TensorFlow."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.cli.app import main
from gru_toolkit.errors import UsageError
from gru_toolkit.runs import run as runs
from gru_toolkit.runs.streaming import Stream
from gru_toolkit.runs.translation import Search, translate

pytestmark = pytest.mark.slow
SENTENCES = ["The old fox sees a dog.", "", "A bird has called the small cat."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translator of the sample."""
    home = tmp_path_factory.mktemp("translating")
    data = home / "phrases.tsv"
    assert main(["data", "phrases", "--out", str(data), "--quiet"]) == 0
    command = ["train", str(data), "--task", "translate", "--preset", "fast"]
    flags = ["--epochs", "12", "--schedule", "constant"]
    assert main([*command, *flags, "--out", str(home / "run"), "--quiet"]) == 0
    return home / "run"


def test_the_sample_is_learned_and_beats_its_baselines(folder: Path) -> None:
    test = runs.load(folder).metrics["parts"]["test"]
    scores = {name: scored["metrics"] for name, scored in test["scores"].items()}
    assert test["wins"]
    assert scores["network"]["bleu"] > 40 > scores["dictionary"]["bleu"] > scores["copy"]["bleu"]
    assert "Attention of a translation" in (folder / "report.html").read_text(encoding="utf-8")


def test_sentences_are_translated_without_tensorflow(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("\n".join(SENTENCES) + "\n")
    script = "import sys; from gru_toolkit.cli.app import main; status = main(sys.argv[1:]); "
    script += "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules; sys.exit(status)"
    python = [sys.executable, "-c", script]
    command = [*python, "translate", str(folder), "--lines", str(tmp_path / "in.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].endswith(".")
    assert lines[1] == ""
    assert (
        main(["predict", str(folder), str(tmp_path / "in.txt"), "--out", str(tmp_path / "out.jsonl"), "--quiet"]) == 0
    )
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["translation"] for row in rows] == lines


def test_every_way_to_give_sentences_gives_the_same(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["translate", str(folder), SENTENCES[0], SENTENCES[2]]) == 0
    typed = capsys.readouterr().out
    stdin = io.TextIOWrapper(io.BytesIO(f"{SENTENCES[0]}\n{SENTENCES[2]}\n".encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["translate", str(folder), "-"]) == 0
    assert capsys.readouterr().out == typed
    (tmp_path / "in.txt").write_text(f"{SENTENCES[0]}\n{SENTENCES[2]}\n")
    assert main(["translate", str(folder), "--lines", str(tmp_path / "in.txt"), "-o", str(tmp_path / "out.txt")]) == 0
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == typed
    assert main(["translate", str(folder), "x", "--lines", str(tmp_path / "in.txt")]) == 2


def test_attention_is_shown_in_lines_and_in_records(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", str(folder), SENTENCES[0], "--attention", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    seen = record["attention"]
    assert record["text"] == SENTENCES[0]
    assert "".join(seen["source"]) == SENTENCES[0].replace(" ", "") + "∎"
    np.testing.assert_allclose(np.array(seen["weights"]).sum(axis=1), 1, atol=2e-3)
    assert len(seen["weights"]) == len(seen["translation"])
    assert main(["translate", str(folder), SENTENCES[0], "--attention"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == record["translation"]
    assert len(lines) == 1 + len(seen["translation"])
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize("beam", [1, 4])
def test_many_sentences_at_once_are_translated_as_one_at_a_time(folder: Path, beam: int) -> None:
    loaded, search = runs.load(folder), Search(beam=beam)
    data = (folder.parent / "phrases.tsv").read_text(encoding="utf-8").splitlines()[1:30]
    texts = [line.split("\t")[0] for line in data]
    together = list(translate(loaded, texts, search))
    for text, one in zip(texts, together, strict=True):
        (alone,) = translate(loaded, [text], search)
        assert alone.translation == one.translation
        assert alone.score == pytest.approx(one.score, abs=1e-4)


def test_more_beams_find_better_scores(folder: Path) -> None:
    loaded = runs.load(folder)
    data = (folder.parent / "phrases.tsv").read_text(encoding="utf-8").splitlines()[1:40]
    texts = [line.split("\t")[0] for line in data]
    means = [np.mean([one.score for one in translate(loaded, texts, Search(beam=beam))]) for beam in (1, 5)]
    assert means[1] >= means[0]


def test_a_translator_has_no_stream(folder: Path) -> None:
    with pytest.raises(UsageError, match="a translate run has no stream"):
        Stream(runs.load(folder))


def test_evaluation_takes_a_file_and_its_translation(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.en").write_text("The old fox sees a dog.\nThe cat sees a mouse.\n")
    (tmp_path / "a.de").write_text("Der alte Fuchs sieht einen Hund.\nDie Katze sieht eine Maus.\n", encoding="utf-8")
    files = [str(tmp_path / "a.en"), str(tmp_path / "a.de")]
    assert main(["evaluate", str(folder), *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["examples"] == 2
    assert main(["evaluate", str(folder), files[0], "--into", files[1], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == found["scores"]
