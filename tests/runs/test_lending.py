"""A text classifier that begins with a language model's vocabulary and weights, from the command line to the run."""

from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.cli.app import main
from gru_toolkit.runs import run

pytestmark = pytest.mark.slow
DATA = Path(__file__).parents[2] / "data"
QUICK = ("--epochs", "1", "--quiet", "--preset", "fast")


def test_a_classifier_begins_with_a_language_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = (DATA / "remarks.tsv").read_text(encoding="utf-8").splitlines()[1:201]
    (tmp_path / "running.txt").write_text("\n".join(line.split("\t")[1] for line in texts) + "\n")
    (tmp_path / "labelled.tsv").write_text("\n".join(texts) + "\n")
    model = ("train", str(tmp_path / "running.txt"), "--task", "generate", "--unit", "word", "--units", "8")
    assert main([*model, "--width", "8", "--layers", "1", "--out", str(tmp_path / "model"), *QUICK]) == 0
    begin = ("train", str(tmp_path / "labelled.tsv"), "--init-from", str(tmp_path / "model"), "--task", "classify")
    assert main([*begin, "--units", "8", "--out", str(tmp_path / "begun"), *QUICK]) == 0
    begun, lender = run.load(tmp_path / "begun"), run.load(tmp_path / "model")
    assert begun.codec.vocabulary == lender.codec.vocabulary
    assert begun.configuration.init_from == str(tmp_path / "model")
    assert main(["predict", str(tmp_path / "begun"), str(tmp_path / "labelled.tsv"), "--quiet"]) == 0
    capsys.readouterr()
    assert main([*begin, "--unit", "char", "--out", str(tmp_path / "other"), *QUICK]) == 78
    assert "unit is char, but word in the language model" in capsys.readouterr().err
    assert main([*begin[:3], str(tmp_path / "begun"), *begin[4:], "--out", str(tmp_path / "other"), *QUICK]) == 78
    assert "classify-text run, which has nothing to lend" in " ".join(capsys.readouterr().err.split())


def test_the_untrained_network_holds_what_was_lent(tmp_path: Path) -> None:
    """With a learning rate of nothing the weights of the run are those it began with."""
    (tmp_path / "running.txt").write_text("a b c d e f g h\n" * 60)
    (tmp_path / "labelled.tsv").write_text("".join(f"{'xy'[n % 2]}\ta b c {'de'[n % 2]}\n" for n in range(40)))
    model = ("train", str(tmp_path / "running.txt"), "--task", "generate", "--unit", "word", "--units", "6")
    assert main([*model, "--width", "4", "--layers", "1", "--out", str(tmp_path / "model"), *QUICK]) == 0
    begin = ("train", str(tmp_path / "labelled.tsv"), "--init-from", str(tmp_path / "model"), "--task", "classify")
    still = ("--units", "6", "--learning-rate", "1e-12", "--weight-decay", "0")
    assert main([*begin, *still, "--out", str(tmp_path / "begun"), *QUICK]) == 0
    begun = run.load(tmp_path / "begun")
    lent = begun.task.lent(_weights(tmp_path / "model"), begun.settings)  # type: ignore[attr-defined]
    found = _weights(tmp_path / "begun")
    assert len(lent) == 4
    for path, values in lent.items():
        np.testing.assert_allclose(found[path], values, atol=1e-6)


def _weights(folder: Path) -> dict[str, np.ndarray]:
    name = folder / "weights.safetensors"
    return run.arrays_from_bytes(name.read_bytes(), str(name))
