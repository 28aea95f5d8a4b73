"""Every test runs with its own home folder, on one thread where bits matter, without network or clock."""

import importlib.util
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without JAX and torch the tests of several backends are deselected; `make test-backends` insists."""
    installed = all(importlib.util.find_spec(name) for name in ("jax", "torch"))
    if installed or "GRU_TOOLKIT_TEST_BACKENDS" in os.environ:
        return
    left_out = [item for item in items if item.get_closest_marker("backends")]
    items[:] = [item for item in items if not item.get_closest_marker("backends")]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture
def samples() -> Path:
    """The folder of the project's own sample files."""
    return Path(__file__).parent.parent / "data"
