"""Every test runs with its own home folder, on one thread where bits matter, without network or clock."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@pytest.fixture(autouse=True, scope="session")
def _private_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    os.environ["KERAS_HOME"] = str(home / "keras")
    os.environ["GRU_TOOLKIT_HOME"] = str(home / "gru-toolkit")


@pytest.fixture
def samples() -> Path:
    """The folder of the project's own sample files."""
    return Path(__file__).parent.parent / "data"
