"""Flags that are the fields of settings classes: their name, type, default and help line come from the class.

The classes are read from their source text and not imported, because a task's module needs NumPy and `--help` must
answer at once. A test holds that the text says what the imported classes say.
"""

import ast
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import gru_toolkit
from gru_toolkit.config import Plain
from gru_toolkit.errors import UsageError

Kind = Literal["str", "int", "float", "bool"]
Given = Mapping[str, Mapping[str, Plain]]
"""Section (read, split, train, task) → setting → value, for what the user set and nothing else."""

PACKAGE = Path(gru_toolkit.__file__).parent
SECTIONS = {"read": "ReadConfig", "split": "SplitConfig", "train": "TrainConfig"}
TASK_SETTINGS = {
    "forecast": ("tasks/forecast.py", "Forecast"),
    "classify": ("tasks/classify.py", "Classify"),
    "regress": ("tasks/regress.py", "Regress"),
    "detect": ("tasks/detect.py", "Detect"),
    "classify-text": ("tasks/classify_text.py", "ClassifyText"),
    "regress-text": ("tasks/regress_text.py", "RegressText"),
    "generate": ("tasks/generate.py", "Generate"),
    "tag": ("tasks/tag.py", "Tag"),
    "translate": ("tasks/translate.py", "Translate"),
    "next": ("tasks/next_item.py", "Next"),
    "chess": ("chess/move_task.py", "Chess"),
}
_METAVARS = {"str": "TEXT", "int": "N", "float": "X"}
_WANTED = {"int": "a whole number", "float": "a number"}


@dataclass(frozen=True)
class Flag:
    """One setting as a flag.

    section  the section of config.toml that it belongs to
    kind     the type of one value
    many     whether it takes several values, separated by commas
    default  the value where nobody sets one; None for not set
    tasks    the tasks that know it; empty for flags of every task
    """

    section: str
    name: str
    kind: Kind
    many: bool = False
    default: Plain = None
    help: str = ""
    tasks: tuple[str, ...] = ()

    @property
    def spelling(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def metavar(self) -> str:
        """What stands for the value in the help."""
        one = _METAVARS.get(self.kind, "")
        return f"{one},…" if self.many else one

    @property
    def help_line(self) -> str:
        """The line of the class, with the default where there is one to show."""
        if self.default in (None, [], "") or self.default is False:
            return self.help
        shown = ",".join(map(str, self.default)) if isinstance(self.default, list) else self.default
        return f"{self.help} [default: {'yes' if shown is True else shown}]"

    def value(self, text: str | Sequence[str]) -> Plain:
        """The value that the text on the command line stands for, or the texts of a flag that was repeated.

        Raises UsageError when a text is not of the flag's type.
        """
        if isinstance(text, str):
            return self._one(text)
        return [self._one(item.strip()) for row in csv.reader(text, skipinitialspace=True) for item in row]

    def _one(self, text: str) -> Plain:
        if self.kind == "str":
            return text
        try:
            return int(text) if self.kind == "int" else float(text)
        except ValueError:
            raise UsageError(f"{self.spelling} must be {_WANTED[self.kind]}, got {text!r}") from None


def section_flags(section: str) -> list[Flag]:
    """The flags of one of the sections read, split and train."""
    return class_flags(PACKAGE / "config.py", SECTIONS[section], section)


def task_flags() -> list[Flag]:
    """The flags of all tasks, a flag that several tasks know once."""
    found: dict[str, list[tuple[str, Flag]]] = {}
    for task, (file, name) in TASK_SETTINGS.items():
        for flag in class_flags(PACKAGE / file, name, "task"):
            found.setdefault(flag.name, []).append((task, flag))
    return [_merged(same) for same in found.values()]


def _merged(same: Sequence[tuple[str, Flag]]) -> Flag:
    """One flag for the settings of that name in several tasks, with what each says of it where they differ."""
    first = same[0][1]
    assert len({(flag.kind, flag.many) for _, flag in same}) == 1, f"{first.spelling} has one type in every task"
    tasks = tuple(task for task, _ in same)
    default = first.default
    if any(flag.default != default for _, flag in same):
        default = ", ".join(f"{flag.default} for {task}" for task, flag in same if flag.default is not None)
    lines: dict[str, list[str]] = {}
    for task, flag in same:
        lines.setdefault(flag.help, []).append(task)
    text = first.help if len(lines) == 1 else " ".join(f"{', '.join(who)}: {line}" for line, who in lines.items())
    return replace(first, default=default, help=text, tasks=() if len(tasks) == len(TASK_SETTINGS) else tasks)


def class_flags(source: Path, name: str, section: str) -> list[Flag]:
    """The flags of the settings class of that name in a source file, in the order of its fields."""
    body = next(
        node.body
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == name
    )
    return [
        _flag(statement, statement.target.id, following, section)
        for statement, following in pairwise(body)
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]


def _flag(statement: ast.AnnAssign, name: str, following: ast.stmt, section: str) -> Flag:
    kind, many = _kind(statement.annotation)
    default = ast.literal_eval(statement.value) if statement.value is not None else None
    described = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    assert described, f"the setting {name} has no line under it"
    return Flag(
        section,
        name,
        kind,
        many,
        list(default) if isinstance(default, tuple) else default,
        str(following.value.value),  # type: ignore[attr-defined]
    )


def _kind(annotation: ast.expr) -> tuple[Kind, bool]:
    """The type of one value, and whether there may be several: `tuple[float, ...] | None` is float, True."""
    names = [node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)]
    kinds: list[Kind] = [kind for kind in ("str", "int", "float", "bool") if kind in names]
    assert len(kinds) == 1, f"a setting has one type, not {ast.unparse(annotation)}"
    return kinds[0], "tuple" in names
