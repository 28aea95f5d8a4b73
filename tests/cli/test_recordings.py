"""Recordings through the command line: a folder, and a table that names the files."""

import csv
import json
from pathlib import Path

import pytest

from gru_toolkit.cli.app import main

CHEAP = ("--preset", "fast", "--epochs", "1", "--quiet")


@pytest.mark.slow
def test_a_run_on_recordings_takes_folders_files_and_tables_of_files(
    tmp_path: Path, samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "sounds.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "kind"])
        writer.writerows([str(path), path.parent.name] for path in sorted((samples / "whistles").rglob("*.wav")))
    run = str(tmp_path / "run")
    assert main(["train", str(table), "--format", "audio", "--target", "kind", *CHEAP, "--out", run]) == 0
    capsys.readouterr()
    assert main(["evaluate", run, str(table), "--json"]) == 0
    assert 0 <= json.loads(capsys.readouterr().out)["scores"]["network"]["metrics"]["accuracy"] <= 1
    one = next((samples / "whistles").rglob("*.wav"))
    for data, count in ((table, 60), (samples / "whistles", 60), (one, 1)):
        assert main(["predict", run, str(data), "--to", "jsonl"]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(rows) == count
        assert all(0 <= row[name] <= 1 for row in rows for name in row if name.startswith("probability"))
