"""The README holds what the program does."""

import re
import shlex
from pathlib import Path

import pytest

from gru_toolkit import errors
from gru_toolkit.cli.app import main
from gru_toolkit.sequences.samples import SAMPLES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = "train|resume|predict|stream|evaluate|doctor|runs|show|diff|data|completion|generate|translate"
CALLS = re.findall(rf"gru-toolkit ((?:{COMMANDS})\b[^#\n|)]*)", README)

CHESS = "import|fetch|players|forget|learn|tendencies|predict|who|evaluate|play|uci|train"
CHESS_CALLS = re.findall(rf"^\$ gru-toolkit chess ((?:{CHESS})\b[^#\n|]*)", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS.split("|"))
def test_every_command_has_an_example(command: str) -> None:
    assert any(call.split()[0] == command for call in CALLS)


@pytest.mark.parametrize("call", sorted({call.strip() for call in CALLS} | {s.example[12:] for s in SAMPLES.values()}))
def test_every_flag_of_an_example_exists(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, *words = shlex.split(call.rstrip("\"'"))
    assert main([command, "--help"]) == 0
    known = set(re.findall(r"--?[a-z][a-z-]*", capsys.readouterr().out))
    assert {word for word in words if word.startswith("-") and word != "-"} <= known


@pytest.mark.parametrize("command", CHESS.split("|"))
def test_every_chess_command_has_examples_whose_flags_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    calls = [shlex.split(call) for call in CHESS_CALLS if call.split()[0] == command]
    assert main(["chess", command, "--help"]) == 0
    known = set(re.findall(r"--?[a-z][a-z-]*", capsys.readouterr().out))
    assert calls
    assert {word for call in calls for word in call if word.startswith("--")} <= known


def test_no_chess_command_is_left_out_of_the_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chess", "--help"]) == 0
    assert set(re.findall(r"^ *│? ([a-z]+)  ", capsys.readouterr().out, re.MULTILINE)) == set(CHESS.split("|"))


def test_every_exit_status_is_in_the_table() -> None:
    table = README.split("## Exit codes")[1].split("##")[0]
    listed = {int(code) for codes in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in codes.split(",")}
    statuses = {kind.exit_status for kind in vars(errors).values() if hasattr(kind, "exit_status")}
    assert statuses <= listed


@pytest.mark.parametrize("target", re.findall(r"make ([a-z-]+)", README))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", re.findall(r"\]\(([A-Z][^):]*)\)", README))
def test_every_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).is_file()


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
    assert "make test " in README
