"""The columns a run was trained on, so that later data is read the same way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gru_toolkit.config import ReadConfig, replace
from gru_toolkit.errors import DamagedRunError
from gru_toolkit.sequences.dataset import Dataset, Roles
from gru_toolkit.sequences.table import Kind


@dataclass(frozen=True)
class Schema:
    """Roles and kinds of the columns, and the distance between steps.

    step       microseconds (or step numbers) between rows; None if irregular or without times
    calendar   whether times are dates rather than step numbers
    """

    roles: Roles
    steps: Mapping[str, Kind]
    statics: Mapping[str, Kind]
    step: int | None
    calendar: bool

    def to_plain(self) -> dict[str, Any]:
        roles = {name: getattr(self.roles, name) for name in Roles.__dataclass_fields__}
        return {
            "roles": {name: list(value) if isinstance(value, tuple) else value for name, value in roles.items()},
            "steps": dict(self.steps),
            "statics": dict(self.statics),
            "step": self.step,
            "calendar": self.calendar,
        }

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "Schema":
        """The schema that `to_plain` described. Raises DamagedRunError if the data do not describe one."""
        try:
            roles: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain["roles"].items()}
            return Schema(Roles(**roles), plain["steps"], plain["statics"], plain["step"], plain["calendar"])
        except (KeyError, TypeError, AttributeError) as error:
            raise DamagedRunError(f"preprocess.json does not describe a schema: {error}") from error


def schema_of(dataset: Dataset) -> Schema:
    """The schema of a dataset that was read."""
    return Schema(
        roles=dataset.roles,
        steps={name: column.kind for name, column in dataset.steps.items()},
        statics={name: column.kind for name, column in dataset.statics.items()},
        step=dataset.step,
        calendar=dataset.times is not None and dataset.times.dtype.kind == "M",
    )


def explicit(read: ReadConfig, roles: Roles) -> ReadConfig:
    """The reading settings with every role that was inferred written out, so that nothing is inferred again."""
    named = {name: getattr(roles, name) for name in ("id", "time", "target", "inputs", "known", "past", "static")}
    return replace(read, **{name: list(v) if isinstance(v, tuple) else v for name, v in named.items()})
