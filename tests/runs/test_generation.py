"""A language model from training to text: learned, exact when cut, the same text from the same seed."""

from pathlib import Path

import numpy as np
import pytest

from gru_toolkit import Generate, TrainConfig, load, resume, train
from gru_toolkit.cli.app import main
from gru_toolkit.errors import DataError, InterruptedRun, UsageError
from gru_toolkit.networks import session
from gru_toolkit.runs import evaluation, generation
from gru_toolkit.runs.generation import LanguageModel, Request, write
from gru_toolkit.runs.run import Run
from gru_toolkit.sequences.text_samples import fables
from gru_toolkit.tasks.decoding import Sampling

SMALL = Generate(units=48, layers=1, width=48, lanes=4, steps=16, dropout=0.1)
SHORT = TrainConfig(epochs=2, learning_rate=2e-2, checkpoint_steps=5)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("generation")
    (folder / "fables.txt").write_text(fables(count=30), encoding="utf-8")
    return train(str(folder / "fables.txt"), SMALL, train=SHORT, out=folder / "run")


def text_of(run: Run, **settings: object) -> str:
    return "".join(write(run, "Once ", Request(**settings)))  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_same_seed_writes_the_same_text_and_another_seed_another(run: Run) -> None:
    assert text_of(run, length=60, seed=3) == text_of(run, length=60, seed=3)
    assert text_of(run, length=60, seed=3) != text_of(run, length=60, seed=4)
    assert len(text_of(run, length=60)) == 60


@pytest.mark.slow
def test_reading_unit_by_unit_is_reading_at_once(run: Run) -> None:
    ids = run.codec.vocabulary.encode("Once Ada the fox went to the hill")
    at_once, by_unit = LanguageModel(run), LanguageModel(run)
    at_once.read(ids)
    for unit in ids:
        by_unit.read(np.array([unit]))
    np.testing.assert_allclose(at_once.scores, by_unit.scores, atol=1e-5)


@pytest.mark.slow
def test_a_stop_text_ends_the_text_and_is_not_given_out(run: Run) -> None:
    whole = text_of(run, length=80, seed=1)
    stop = whole[40:43]
    assert text_of(run, length=80, seed=1, stop=(stop,)) == whole[: whole.index(stop)]
    assert text_of(run, length=80, seed=1, stop=("\0",)) == whole


@pytest.mark.slow
def test_pieces_are_never_half_a_stop_text(run: Run) -> None:
    whole = text_of(run, length=80, seed=1)
    pieces = list(write(run, "Once ", Request(length=80, seed=1, stop=(whole[50:53],))))
    assert "".join(pieces) == whole[: whole.index(whole[50:53])]


@pytest.mark.slow
def test_only_pieces_of_the_text_are_written(run: Run) -> None:
    written = text_of(run, length=300, sampling=Sampling(temperature=5.0))
    assert set(written) <= set(run.codec.vocabulary.pieces)


@pytest.mark.slow
def test_scores_stand_beside_n_grams_and_predictions_name_each_unit(run: Run, tmp_path: Path) -> None:
    scores = run.metrics["parts"]["validation"]["scores"]
    assert set(scores) == {"network", "n-grams"}
    assert scores["network"]["metrics"]["nats_per_unit"] < 2.9
    (tmp_path / "new.txt").write_text("Once Ada the fox went home.\n" * 12, encoding="utf-8")
    predicted = run.predict(str(tmp_path / "new.txt"))
    assert "".join(predicted["unit"]) == "Once Ada the fox went home.\n" * 12
    assert predicted["bits"].mean() > 0


@pytest.mark.slow
def test_a_training_cut_between_batches_ends_in_the_same_bits(run: Run, tmp_path: Path) -> None:
    """The memory that goes on from batch to batch is part of what is saved."""
    from gru_toolkit.runs import training

    steps = 0

    def stop_once(event: object) -> None:
        nonlocal steps
        steps += getattr(event, "kind", "") == "epoch"
        if steps == 1:
            import os
            import signal

            steps += 1
            os.kill(os.getpid(), signal.SIGTERM)

    data = run.configuration.data
    request = training.TrainRequest(
        data=data, task_settings=SMALL, train=SHORT, given=frozenset({"epochs", "learning_rate"}), out=tmp_path / "cut"
    )
    with pytest.raises(InterruptedRun):
        training.train(request, on_event=stop_once)
    again = resume(tmp_path / "cut", on_event=lambda event: None)
    assert again.graph == run.graph


@pytest.mark.slow
def test_a_stream_of_pieces_is_as_surprising_as_the_whole(run: Run) -> None:
    text = "Once Ada the fox went to the hill and found a golden key."
    whole = run.stream().push({"text": text})
    live = run.stream()
    pieces = [live.push({"text": text[start : start + 9]}) for start in range(0, len(text), 9)]
    assert whole is not None
    assert sum(piece["bits"] for piece in pieces if piece) == pytest.approx(whole["bits"], rel=1e-4)
    assert len(whole["next"]) == 5
    with pytest.raises(DataError, match="needs a text"):
        live.push({"words": "x"})


@pytest.mark.slow
def test_learning_on_the_way_makes_a_strange_text_less_surprising(run: Run, tmp_path: Path) -> None:
    (tmp_path / "strange.txt").write_text("went went went the the the owl owl. " * 60, encoding="utf-8")
    report = evaluation.evaluate(run, [str(tmp_path / "strange.txt")], adapt=True)
    found = {name: scored.metrics["nats_per_unit"] for name, scored in report.comparison.scores.items()}
    assert found["network, adapted"] < found["network, whole text"] - 0.1  # type: ignore[operator]
    assert found["network, whole text"] == pytest.approx(found["network"], rel=0.05)
    assert report.comparison.rival == "n-grams"


@pytest.mark.slow
def test_the_command_writes_as_it_goes(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", str(run.folder), "Once ", "--length", "20", "--seed", "3"]) == 0
    assert capsys.readouterr().out.rstrip("\n") == text_of(run, length=20, seed=3).rstrip("\n")
    assert main(["generate", str(run.folder), "Once ", "--length", "5", "--json"]) == 0
    assert capsys.readouterr().out.count("\n") == 6
    assert main(["generate", str(run.folder), "漢", "--length", "5"]) == 0
    assert "never seen" in capsys.readouterr().err


@pytest.mark.slow
def test_other_runs_and_impossible_requests_are_refused(run: Run) -> None:
    with pytest.raises(UsageError):
        Request(length=0)
    with pytest.raises(UsageError):
        Request(stop=("",))
    assert session.open_session(load(run.folder).graph).get_inputs()[0].name == "ids"
    assert generation.unknown_in(run, "Once 漢") == ["漢"]
