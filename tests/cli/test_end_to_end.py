"""From a file to predictions through the command line, with hostile names on the way."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gru_toolkit.cli.app import main

pytestmark = pytest.mark.slow

COLUMN = "sales\x1b[31m\u202e"
IDS = ("north\x1b]0;owned\x07", "south\x9b")
ROOT = Path(__file__).parents[2]
RAW = {"\x1b", "\x07", "\x9b", "\u202e"}


def table(days: int) -> str:
    rng = np.random.default_rng(0)
    dates = np.datetime64("2024-01-01") + np.arange(days)
    lines = [f"date,store,{COLUMN}"]
    for store in IDS:
        values = 50 + 20 * np.sin(2 * np.pi * np.arange(days) / 7) + rng.normal(0, 2, days)
        lines += [f"{date},{store},{value:.2f}" for date, value in zip(dates, values, strict=True)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a file of hostile names and two runs trained on it."""
    folder = tmp_path_factory.mktemp("work\x1b[1m")
    (folder / "sales.csv").write_text(table(120), encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for epochs in ("1", "2"):
            assert main(["train", "sales.csv", "--epochs", epochs, "--horizon", "7", "--preset", "fast"]) == 0
        yield folder
    finally:
        os.chdir(before)


COMMANDS = [
    ["predict", "runs/sales-forecast", "sales.csv", "--out", "next.csv"],
    ["evaluate", "runs/sales-forecast", "sales.csv"],
    ["evaluate", "runs/sales-forecast", "sales.csv", "--backtest", "2"],
    ["show", "runs/sales-forecast"],
    ["runs"],
    ["diff", "runs/sales-forecast", "runs/sales-forecast-2"],
    ["doctor", "sales.csv", "--task", "forecast"],
    ["resume", "runs/sales-forecast"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flags", [[], ["--json"]], ids=["text", "json"])
def test_every_command_is_valid_and_safe(
    arguments: list[str], flags: list[str], work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *flags]) == 0
    out, err = capsys.readouterr()
    assert not RAW & set(out + err)
    if flags:
        json.loads(out)
    (work / "next.csv").unlink(missing_ok=True)


def test_predictions_on_standard_output_are_json_lines_with_json(
    work: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["predict", "runs/sales-forecast", "sales.csv", "--json"]) == 0
    records = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert len(records) == 7 * len(IDS)
    assert {record["store"] for record in records} == set(IDS)


def test_a_stream_answers_each_record_and_ends_like_predict(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (work / "sales.csv").read_text(encoding="utf-8").splitlines()
    first = [line for line in lines if IDS[0] in line]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("\n".join([lines[0], *first]).encode())))
    assert main(["stream", "runs/sales-forecast"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["line"] for answer in answers] == list(range(2, len(first) + 2))
    assert answers[0]["prediction"] is None
    main(["predict", "runs/sales-forecast", "sales.csv", "--out", "all.jsonl"])
    whole = [json.loads(line) for line in (work / "all.jsonl").read_text().splitlines()][:7]
    np.testing.assert_allclose(answers[-1]["prediction"]["forecast"], [row["forecast"] for row in whole], rtol=1e-5)


def test_a_bad_record_ends_the_stream_with_its_line(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps({"date": "2024-01-01", "store": "n", COLUMN: 1})
    bad = json.dumps({"date": "2024-01-02", "store": "n", COLUMN: "\x1b"})
    for allowed, status in (("0", 65), ("1", 3)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{good}\n{bad}\n".encode())))
        assert main(["stream", "runs/sales-forecast", "--max-rejects", allowed]) == status
        out, err = capsys.readouterr()
        assert "-:2" in err
        assert not RAW & set(out + err)
        assert json.loads(out.splitlines()[0])["line"] == 1


def test_the_saved_settings_repeat_the_run(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--config", "runs/sales-forecast/config.toml", "--out", "again"]) == 0
    weights = [(work / run / "weights.safetensors").read_bytes() for run in ("runs/sales-forecast", "again")]
    assert weights[0] == weights[1]


def test_a_run_is_continued_on_more_data(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "more.csv").write_text(table(150), encoding="utf-8")
    arguments = ["train", "more.csv", "--from", "runs/sales-forecast", "--epochs", "1", "--out", "continued"]
    assert main(arguments) == 0
    assert main([*arguments[:-1], "elsewhere", "--units", "3"]) == 2
    assert "--units cannot be changed with --from" in capsys.readouterr().err
    assert not (work / "elsewhere").exists()


def test_rejected_rows_are_listed_and_counted(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "bad.csv").write_text(table(120) + "2024-05-01,west\x1b\n", encoding="utf-8")
    assert main(["predict", "runs/sales-forecast", "bad.csv", "--out", "kept.csv"]) == 65
    assert not (work / "kept.csv").exists()
    assert main(["predict", "runs/sales-forecast", "bad.csv", "--out", "kept.csv", "--max-rejects", "1"]) == 3
    assert "rejected: bad.csv:242" in capsys.readouterr().err
    assert (work / "kept.csv").exists()


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_finished_run_is_used_without_tensorflow(command: str, work: Path) -> None:
    code = (
        "import sys; from gru_toolkit.cli.app import main; "
        f"status = main(['{command}', 'runs/sales-forecast', 'sales.csv']); "
        "heavy = {'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules); assert not heavy, heavy; sys.exit(status)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=work, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert ran.returncode == 0


def test_a_table_shrinks_to_the_terminal(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["show", "runs/sales-forecast", "--quiet"]) == 0
    tables = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith(("network", "seasonal", "last value"))
    ]
    assert tables
    assert max(map(len, tables)) <= 60
