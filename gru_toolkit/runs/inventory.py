"""The machine as training would find it."""

import importlib.util
import os
import platform
from dataclasses import asdict, dataclass
from typing import Any

from gru_toolkit.config import TrainConfig
from gru_toolkit.runs import backends
from gru_toolkit.runs.machine import BackendInfo, available_cores

GIBIBYTE = 2**30


@dataclass(frozen=True)
class MachineReport:
    """What there is to train on.

    backend    the backend that training would use, its devices, and which GRU kernel runs and why
    installed  the backends that are installed
    memory     bytes, None where the system does not tell
    """

    backend: BackendInfo
    installed: tuple[str, ...]
    python: str
    system: str
    cores: int
    memory: int | None

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    def facts(self) -> dict[str, str]:
        """The same in words."""
        memory = "unknown" if self.memory is None else f"{self.memory / GIBIBYTE:.1f} GiB"
        return {
            "system": f"{self.system}, Python {self.python}",
            "processor": f"{self.backend.processor}, {self.cores} core{'s' * (self.cores != 1)}, {memory} of memory",
            "backends": ", ".join(self.installed),
            "training": f"{self.backend.backend} on {', '.join(self.backend.devices)}, {self.backend.precision}",
            "GRU kernel": f"{self.backend.kernel} ({self.backend.reason})",
            "libraries": ", ".join(f"{name} {version}" for name, version in self.backend.versions.items()),
        }


def describe(config: TrainConfig) -> MachineReport:
    """The machine, with the backend that this training would use imported and asked for its devices.

    Raises ConfigError when that backend is not installed.
    """
    return MachineReport(
        backend=backends.choose(config),
        installed=tuple(name for name in backends.BACKENDS if importlib.util.find_spec(name)),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cores=available_cores(),
        memory=_memory(),
    )


def _memory() -> int | None:
    """Bytes of memory; None on systems without POSIX's page counts."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
