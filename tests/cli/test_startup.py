"""Help answers before anything heavy is imported; the wall-clock bars are in benchmarks/startup.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"keras", "tensorflow", "jax", "torch", "onnx", "onnxruntime", "duckdb", "pyarrow", "pandas", "polars", "chess"}
NEVER_FOR_HELP = HEAVY | {"numpy", "pydantic", "matplotlib", "textual"}


def imported(arguments: list[str], **environment: str) -> set[str]:
    """The top-level modules that a command leaves imported."""
    code = (
        "import contextlib, io, json, sys\n"
        "from gru_toolkit.cli.app import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    status = main({arguments!r})\n"
        "assert status == 0, status\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=ROOT, env=environment or None, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize(
    "arguments", [["--help"], ["train", "--help"], ["predict", "--help"], ["--version"]], ids=" ".join
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert not imported(arguments) & NEVER_FOR_HELP


def test_completion_imports_nothing_heavy() -> None:
    asked = {"_GRU_TOOLKIT_COMPLETE": "complete_bash", "COMP_WORDS": "gru-toolkit train --ho", "COMP_CWORD": "2"}
    assert not imported([], **asked) & NEVER_FOR_HELP


@pytest.mark.parametrize("arguments", [["data", "--seed", "3"], ["completion", "bash"]], ids=" ".join)
def test_small_commands_import_no_backend_and_no_pydantic(arguments: list[str]) -> None:
    assert not imported(arguments) & (HEAVY | {"pydantic"})
