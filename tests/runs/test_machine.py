"""An exact resume finds the same data, settings and machine, or says what differs."""

from dataclasses import replace

import pytest

from gru_toolkit.config import TrainConfig
from gru_toolkit.errors import ConfigError
from gru_toolkit.runs.machine import BackendInfo, available_cores, described, identity, machine_facts, refuse_inexact

INFO = BackendInfo(
    "tensorflow", {"keras": "3", "numpy": "2"}, ("CPU",), "float32", 2, True, "graph loop", "no GPU", "cpu A"
)
GIVEN = {"data": "abc", "settings": {"horizon": 24, "targets": ("a", "b")}}
NOW = identity(INFO, TrainConfig(), GIVEN)


def test_the_same_identity_is_accepted_in_either_form() -> None:
    refuse_inexact(NOW, NOW)
    refuse_inexact({**NOW, "settings": {"horizon": 24, "targets": ["a", "b"]}}, NOW)


@pytest.mark.parametrize(("changed", "name"), [
    (identity(INFO, TrainConfig(), {**GIVEN, "data": "abd"}), "data was 'abd', is 'abc'"),
    (identity(INFO, TrainConfig(), {**GIVEN, "settings": {"horizon": 12}}), r"settings\.horizon was 12, is 24; set"),
    (identity(INFO, TrainConfig(epochs=9), GIVEN), r"train\.epochs was 9, is 30"),
    (identity(replace(INFO, backend="jax"), TrainConfig(), GIVEN), r"machine\.backend was 'jax'"),
    (identity(replace(INFO, devices=("GPU X",)), TrainConfig(), GIVEN), r"machine\.devices was \['GPU X'\]"),
    (identity(replace(INFO, precision="mixed_bfloat16"), TrainConfig(), GIVEN), r"machine\.precision"),
])  # fmt: skip
@pytest.mark.parametrize("inexact", [False, True])
def test_other_data_settings_or_backends_are_always_refused(
    changed: dict[str, object], name: str, inexact: bool
) -> None:
    with pytest.raises(ConfigError, match=name):
        refuse_inexact(changed, NOW, inexact=inexact)


@pytest.mark.parametrize(("info", "name"), [
    (replace(INFO, threads=1), r"machine\.threads was 1, is 2"),
    (replace(INFO, versions={"keras": "4", "numpy": "2"}), r"machine\.versions\.keras was '4', is '3'"),
    (replace(INFO, versions={"numpy": "2"}), r"machine\.versions\.keras was None, is '3'"),
    (replace(INFO, processor="cpu B"), r"machine\.processor was 'cpu B'"),
])  # fmt: skip
def test_versions_threads_and_processor_may_differ_when_allowed(info: BackendInfo, name: str) -> None:
    changed = identity(info, TrainConfig(), GIVEN)
    with pytest.raises(ConfigError, match=rf"{name}.*--inexact"):
        refuse_inexact(changed, NOW)
    refuse_inexact(changed, NOW, inexact=True)


def test_settings_that_change_no_number_may_differ() -> None:
    changed = identity(INFO, TrainConfig(time_limit=5.0, checkpoint_steps=7), GIVEN)
    refuse_inexact(changed, NOW)


@pytest.mark.parametrize(("name", "devices", "kernel", "reason"), [
    ("tensorflow", ("CPU",), "graph loop", "tensorflow sees no GPU"),
    ("torch", ("CPU",), "one operation a step", "torch sees no GPU"),
    ("jax", ("GPU H",), "XLA scan", "JAX has no cuDNN GRU"),
    ("torch", ("GPU H",), "cuDNN", "no mask"),
])  # fmt: skip
def test_the_kernel_and_why_it_is_not_cudnn(name: str, devices: tuple[str, ...], kernel: str, reason: str) -> None:
    info = described(name, devices, 1, mixed=True)
    assert info.kernel == kernel
    assert reason in info.reason
    assert info.precision == ("mixed_float16" if info.on_gpu else "mixed_bfloat16")
    assert kernel in info.line
    assert ("1 thread," in info.line) != info.on_gpu
    assert machine_facts(info)["devices"] == list(devices)


def test_this_machine_has_a_core_and_a_processor() -> None:
    assert available_cores() >= 1
    assert described("jax", ("CPU",), 1, mixed=False).processor
