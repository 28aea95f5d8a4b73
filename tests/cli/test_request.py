"""What `train` asks of the library: flags over a settings file over the defaults."""

from pathlib import Path

import pytest

from gru_toolkit.cli.app import main
from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import StorageError
from gru_toolkit.runs import training
from gru_toolkit.runs.training import TrainRequest

LONG = "date,a,b\n2024-01-01,1,2\n2024-01-02,2,3\n2024-01-03,2,5\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[TrainRequest]:
    """The requests that reach the library, which then stops."""
    requests: list[TrainRequest] = []

    def train(request: TrainRequest, **others: object) -> object:
        requests.append(request)
        raise StorageError("stop here")

    monkeypatch.setattr(training, "train", train)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(LONG)
    return requests


def train(*arguments: str) -> int:
    return main(["train", *arguments])


def test_without_flags_everything_is_the_default(asked: list[TrainRequest]) -> None:
    assert train("a.csv", "--task", "regress") == 74
    request = asked[0]
    assert (request.read, request.split, request.train) == (ReadConfig(), SplitConfig(), TrainConfig())
    assert request.task_settings == type(request.task_settings)()
    assert (request.given, request.out, request.start_from) == (frozenset(), None, None)


def test_flags_reach_their_section(asked: list[TrainRequest]) -> None:
    flags = ["--target", "a , b", "--target", '"c,d"', "--split", ".5,.25,.25", "--epochs", "3", "--horizon", "2"]
    assert train("a.csv", "--task", "forecast", *flags, "--no-calendar", "-o", "out") == 74
    request = asked[0]
    assert request.read == ReadConfig(target=("a", "b", "c,d"))
    assert request.split == SplitConfig(split=(0.5, 0.25, 0.25))
    assert request.train == TrainConfig(epochs=3)
    assert request.given == {"epochs", "split"}
    assert (request.task_settings.horizon, request.task_settings.calendar) == (2, False)
    assert request.out == Path("out")


def test_flags_win_over_a_settings_file(asked: list[TrainRequest]) -> None:
    saved = '[run]\ntask = "forecast"\ndata = ["a.csv"]\n[read]\ntarget = ["b"]\n'
    Path("s.toml").write_text(saved + "[train]\nepochs = 3\nseed = 4\n[task]\nhorizon = 5\n")
    assert train("--config", "s.toml", "--epochs", "7") == 74
    request = asked[0]
    assert request.data == ("a.csv",)
    assert request.read.target == ("b",)
    assert request.train == TrainConfig(epochs=7, seed=4)
    assert request.given == {"epochs", "seed"}
    assert request.task_settings.horizon == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[train]\nepochz = 3\n", "train of s.toml has no setting 'epochz'"),
        ("[trian]\nepochs = 3\n", "has the sections run, read, split, train, task, not 'trian'"),
        ("epochs = 3\n", "not 'epochs'"),
        ("[train\n", "s.toml is not valid TOML"),
        ('[run]\ntask = "forecast"\n[read]\nquery = "select 1"\n', "never taken from a saved run"),
        ("[train]\nepochs = 0\n", "epochs must be at least 1"),
        ('[train]\nepochs = "many"\n', "train of s.toml.epochs must be a whole number"),
    ],
)
def test_a_settings_file_that_cannot_work_is_named(
    text: str, said: str, asked: list[TrainRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.toml").write_text(text)
    assert train("a.csv", "--config", "s.toml") == 78
    assert said in capsys.readouterr().err
    assert not asked


def test_a_settings_file_that_is_not_there_or_not_text_is_named(
    asked: list[TrainRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("a.csv", "--config", "none.toml") == 66
    Path("s.toml").write_bytes(b"\xff")
    assert train("a.csv", "--config", "s.toml") == 78
    assert "not UTF-8" in capsys.readouterr().err


def test_a_flag_of_another_task_is_refused_with_its_task(
    asked: list[TrainRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("a.csv", "--task", "classify", "--horizon", "3") == 2
    assert "the task classify has no --horizon\n  hint: it belongs to forecast\n" in capsys.readouterr().err


def test_a_flag_of_one_task_tells_the_task(asked: list[TrainRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert train("a.csv", "--no-linear") == 74
    assert type(asked[0].task_settings).__name__ == "Regress"
    assert "assumed the task is regress, because only it knows --linear" in capsys.readouterr().err


def test_the_data_tell_the_task(asked: list[TrainRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert train("a.csv", "--target", "a") == 74
    assert type(asked[0].task_settings).__name__ == "Forecast"
    assert "assumed the task is forecast, because its rows are ordered by `date`" in capsys.readouterr().err
