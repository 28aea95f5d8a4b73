"""The machine as `doctor` tells it."""

import dataclasses
import json

import pytest

from gru_toolkit.config import TrainConfig
from gru_toolkit.runs import inventory
from gru_toolkit.runs.machine import described


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> inventory.MachineReport:
    """A report of a machine whose backend was not really imported."""
    info = described("tensorflow", ("CPU",), 3, mixed=False)
    monkeypatch.setattr(inventory.backends, "choose", lambda config: info)
    return inventory.describe(TrainConfig())


def test_it_tells_the_kernel_and_why(report: inventory.MachineReport) -> None:
    assert report.facts()["GRU kernel"] == "graph loop (not cuDNN: tensorflow sees no GPU)"


def test_it_counts_cores_and_memory_of_this_machine(report: inventory.MachineReport) -> None:
    assert report.cores >= 1
    assert report.memory is None or report.memory > 2**28
    assert report.backend.backend in report.installed


def test_memory_that_the_system_does_not_tell_is_unknown(report: inventory.MachineReport) -> None:
    assert "unknown of memory" in dataclasses.replace(report, memory=None).facts()["processor"]


def test_it_is_plain_data(report: inventory.MachineReport) -> None:
    assert json.loads(json.dumps(report.to_plain()))["backend"]["threads"] == 3
