"""`data` writes the samples, and the files of `data/` are these."""

import json
from pathlib import Path

import pytest

from gru_toolkit.chess import samples as games
from gru_toolkit.cli.app import main
from gru_toolkit.sequences.samples import SAMPLES


@pytest.mark.parametrize("name", ["sales", "gestures", "sensors", "pump", "listening"])
def test_a_file_of_the_data_folder_is_what_the_command_writes(name: str, samples: Path, tmp_path: Path) -> None:
    assert main(["data", name, "--out", str(tmp_path / "written.csv")]) == 0
    assert (tmp_path / "written.csv").read_bytes() == (samples / f"{name}.csv").read_bytes()


def test_the_tagged_requests_of_the_data_folder_are_what_the_command_writes(samples: Path, tmp_path: Path) -> None:
    assert main(["data", "requests", "--out", str(tmp_path / "written.conll")]) == 0
    assert (tmp_path / "written.conll").read_bytes() == (samples / "requests.conll").read_bytes()


@pytest.mark.slow
def test_the_games_of_the_data_folder_are_what_the_command_writes(samples: Path, tmp_path: Path) -> None:
    assert main(["data", "chess", "--out", str(tmp_path / "written.pgn")]) == 0
    assert (tmp_path / "written.pgn").read_bytes() == (samples / "chess" / "father_and_son.pgn").read_bytes()


@pytest.mark.parametrize("file", ["remarks.tsv", "ratings.tsv", "fables.txt"])
def test_a_text_of_the_data_folder_is_what_the_command_writes(file: str, samples: Path, tmp_path: Path) -> None:
    assert main(["data", file.split(".")[0], "--out", str(tmp_path / file)]) == 0
    assert (tmp_path / file).read_bytes() == (samples / file).read_bytes()


def test_the_recordings_of_the_data_folder_are_what_the_command_writes(samples: Path, tmp_path: Path) -> None:
    assert main(["data", "whistles", "--out", str(tmp_path / "written")]) == 0
    there = {path.relative_to(samples / "whistles"): path.read_bytes() for path in samples.glob("whistles/*/*.wav")}
    written = {path.relative_to(tmp_path / "written"): path.read_bytes() for path in tmp_path.glob("written/*/*.wav")}
    assert written == there
    assert len(there) == 60


def test_every_file_of_the_data_folder_is_described(samples: Path) -> None:
    sources = (samples / "SOURCES.md").read_text(encoding="utf-8")
    files = [
        path.relative_to(samples).as_posix()
        for path in samples.rglob("*")
        if path.is_file() and path.name != "SOURCES.md"
    ]
    assert files
    assert not [name for name in files if f"`{name}`" not in sources and f"`{name.split('/')[0]}/`" not in sources]


def test_the_list_tells_every_sample_and_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [sample["name"] for sample in listed] == [*SAMPLES, *games.SAMPLES]
    wanted = {"chess": "gru-toolkit chess "}
    assert all(sample["try"].startswith(wanted.get(sample["task"], "gru-toolkit train ")) for sample in listed)


def test_another_seed_makes_other_data(tmp_path: Path) -> None:
    for seed in ("0", "1"):
        assert main(["data", "gestures", "--out", str(tmp_path / seed), "--seed", seed]) == 0
    assert (tmp_path / "0").read_bytes() != (tmp_path / "1").read_bytes()


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    assert main(["data", "sales", "--out", str(there)]) == 73
    assert there.read_text() == "mine"
    assert "choose another with --out" in capsys.readouterr().err


def test_an_unknown_sample_gets_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "gesture"]) == 2
    assert "did you mean gestures?" in capsys.readouterr().err
