"""The facts of the machine and the training that decide every bit, and whether a resume may be called exact."""

import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gru_toolkit.config import Plain, TrainConfig, to_plain
from gru_toolkit.errors import ConfigError
from gru_toolkit.runs.manifest import library_versions

FREE = ("time_limit", "checkpoint_steps", "backend", "threads")
"""Train settings that change no number by themselves; backend and threads count as facts of the machine."""
INEXACT = ("versions", "threads", "processor")
"""Facts that `--inexact` lets differ: the numbers then differ in their last digits."""
_LOOPS = {"tensorflow": "graph loop", "jax": "XLA scan", "torch": "one operation a step"}


@dataclass(frozen=True)
class BackendInfo:
    """What training runs on.

    precision  the Keras dtype policy: float32, mixed_bfloat16 or mixed_float16
    threads    CPU threads of one operation
    kernel     which GRU kernel runs, in words; `reason` says why, or why it is not cuDNN
    """

    backend: str
    versions: Mapping[str, str]
    devices: tuple[str, ...]
    precision: str
    threads: int
    deterministic: bool
    kernel: str
    reason: str
    processor: str = field(default_factory=lambda: processor())

    @property
    def on_gpu(self) -> bool:
        """Whether steps run on a GPU."""
        return any(device.startswith("GPU") for device in self.devices)

    @property
    def line(self) -> str:
        """One line for the user: backend, device, precision, kernel."""
        version = self.versions.get(self.backend, "")
        threads = "" if self.on_gpu else f", {self.threads} thread{'s' * (self.threads != 1)}"
        return (
            f"{self.backend} {version} on {', '.join(self.devices)}{threads}, {self.precision}, "
            f"GRU kernel: {self.kernel} ({self.reason})"
        )


def described(name: str, devices: tuple[str, ...], threads: int, *, mixed: bool) -> BackendInfo:
    """The facts of a backend that is settled, with the GRU kernel that follows from them."""
    on_gpu = devices[0].startswith("GPU")
    if not on_gpu:
        kernel, reason = _LOOPS[name], f"not cuDNN: {name} sees no GPU"
    elif name == "jax":
        kernel, reason = _LOOPS[name], "not cuDNN: JAX has no cuDNN GRU"
    else:
        kernel, reason = "cuDNN", "layers with tanh, sigmoid, reset_after and no mask; others run step by step"
    mixed_precision = "mixed_float16" if on_gpu else "mixed_bfloat16"
    precision = mixed_precision if mixed else "float32"
    return BackendInfo(name, library_versions(), devices, precision, threads, True, kernel, reason)


def available_cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """The CPU's model: other models take other vector instructions and round differently."""
    source = Path("/proc/cpuinfo")
    if source.exists():
        for line in source.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def identity(info: BackendInfo, config: TrainConfig, given: Mapping[str, Any]) -> dict[str, Any]:
    """What an exact resume must find again.

    given  the caller's plain facts, such as {"data": fingerprint, "settings": {…}}
    """
    train: dict[str, Plain] = {name: value for name, value in to_plain(config).items() if name not in FREE}
    return {**given, "train": train, "machine": machine_facts(info)}


def machine_facts(info: BackendInfo) -> dict[str, Any]:
    """The facts of the machine as plain data."""
    return {
        "backend": info.backend,
        "devices": list(info.devices),
        "precision": info.precision,
        "threads": info.threads,
        "deterministic": info.deterministic,
        "processor": info.processor,
        "versions": dict(info.versions),
    }


def refuse_inexact(state: Mapping[str, Any], now: Mapping[str, Any], *, inexact: bool = False) -> None:
    """Refuse to continue a training whose identity differs from the one now.

    inexact  allow other library versions, another number of threads or another processor; nothing else

    Raises ConfigError naming each difference with both values.
    """
    before, after = dict(_flat(state)), dict(_flat(now))
    different = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    loose = [name for name in different if name.split(".")[:1] == ["machine"] and name.split(".")[1] in INEXACT]
    strict = [name for name in different if name not in loose]
    refused = strict or (loose if not inexact else [])
    if refused:
        changes = "; ".join(f"{name} was {before.get(name)!r}, is {after.get(name)!r}" for name in refused)
        hint = "train anew, or restore what was changed" if strict else "--inexact continues with rounding differences"
        raise ConfigError(f"the run cannot be continued exactly: {changes}", hint=hint)


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", list(inner) if isinstance(inner, tuple) else inner
