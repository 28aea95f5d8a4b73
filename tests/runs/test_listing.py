"""What is in a folder of runs, and what two runs differ in."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gru_toolkit.config import ReadConfig, SplitConfig, TrainConfig
from gru_toolkit.errors import DamagedRunError, MissingInputError
from gru_toolkit.runs import listing


@dataclass(frozen=True)
class Settings:
    units: int = 8


def fake_run(folder: Path, *, units: int = 8, score: float = 1.0) -> Any:
    """A run with the surface that listing reads."""
    scored = {"network": {"metrics": {"mase": score, "by_step": [1.0]}}, "naive": {"metrics": {"mase": 2.0}}}
    configuration = SimpleNamespace(data=("a.csv",), read=ReadConfig(), split=SplitConfig(), train=TrainConfig())
    return SimpleNamespace(
        folder=folder,
        task=SimpleNamespace(name="forecast"),
        settings=Settings(units),
        configuration=SimpleNamespace(**vars(configuration), settings=Settings(units)),
        metrics={
            "data": {"fingerprint": "f"},
            "parts": {"test": {"headline": "mase", "rival": "naive", "scores": scored}},
        },
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one run of every state, and things that are no runs."""
    for name, file in (("finished", "MANIFEST.json"), ("damaged", "MANIFEST.json"), ("cut", "config.toml")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a file").write_text("")

    def load(path: Path) -> Any:
        if path.name == "damaged":
            raise DamagedRunError("a byte differs")
        return fake_run(path)

    monkeypatch.setattr(listing.run, "load", load)
    return tmp_path


def test_every_run_is_listed_with_its_state(folder: Path) -> None:
    assert listing.list_runs(folder) == [
        listing.Entry("cut", "resumable"),
        listing.Entry("damaged", "damaged", problem="a byte differs"),
        listing.Entry("finished", "finished", "forecast", "mase", 1.0, 2.0),
    ]


def test_a_folder_that_is_not_there_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError):
        listing.list_runs(tmp_path / "nowhere")


def test_a_run_without_scored_parts_is_listed_without_scores(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = fake_run(folder)
    bare.metrics["parts"] = {}
    monkeypatch.setattr(listing.run, "load", lambda path: bare)
    assert listing.list_runs(folder)[-1] == listing.Entry("finished", "finished", "forecast")


def test_two_runs_differ_in_settings_and_scores_only_where_they_do(tmp_path: Path) -> None:
    found = listing.differences(fake_run(tmp_path), fake_run(tmp_path, units=16, score=0.5))
    assert found == [
        listing.Difference("task.units", 8, 16),
        listing.Difference("test network mase", 1.0, 0.5),
    ]


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    assert listing.differences(fake_run(tmp_path), fake_run(tmp_path)) == []


def test_an_entry_is_plain_data(folder: Path) -> None:
    entry = listing.list_runs(folder)[-1]
    assert entry.to_plain() == dataclasses.asdict(entry)
