"""Flags derive from the settings classes: what their source text says is what they are."""

import dataclasses
import inspect
import typing
from pathlib import Path

import pytest

from gru_toolkit import config, tasks
from gru_toolkit.cli.flags import PACKAGE, SECTIONS, TASK_SETTINGS, Flag, class_flags, section_flags, task_flags
from gru_toolkit.cli.grammar import collect
from gru_toolkit.errors import UsageError


def assert_flags_match(flags: list[Flag], settings: type) -> None:
    fields = {field.name: field for field in dataclasses.fields(settings)}
    assert [flag.name for flag in flags] == list(fields)
    hints = typing.get_type_hints(settings)
    for flag in flags:
        default = fields[flag.name].default
        assert flag.default == (list(default) if isinstance(default, tuple) else default)
        assert flag.help == config.field_help(settings)[flag.name]
        hint = str(hints[flag.name])
        assert flag.kind in hint
        assert flag.many == ("tuple" in hint)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_flags_of_a_section_are_the_fields_of_its_class(section: str) -> None:
    assert_flags_match(section_flags(section), getattr(config, SECTIONS[section]))


@pytest.mark.parametrize("task", TASK_SETTINGS)
def test_the_flags_of_a_task_are_the_fields_of_its_settings(task: str) -> None:
    settings = tasks.find(task).settings
    file, name = TASK_SETTINGS[task]
    assert (Path(inspect.getsourcefile(settings) or ""), settings.__name__) == (PACKAGE / file, name)
    assert_flags_match(class_flags(PACKAGE / file, name, "task"), settings)


def test_every_task_has_flags() -> None:
    assert set(TASK_SETTINGS) == set(tasks.TASKS)


def test_no_two_flags_of_train_have_the_same_spelling() -> None:
    flags = [*section_flags("read"), *section_flags("split"), *task_flags(), *section_flags("train")]
    spellings = [flag.spelling for flag in flags]
    own = ["--task", "--out", "--config", "--from", "--json", "--quiet", "--debug", "--help"]
    assert len(set(spellings) | set(own)) == len(spellings) + len(own)


def test_a_setting_without_a_line_under_it_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "settings.py"
    source.write_text("class S:\n    a: int = 1\n    b: int = 2\n    '''B.'''\n")
    with pytest.raises(AssertionError, match="a has no line"):
        class_flags(source, "S", "task")


@pytest.mark.parametrize(
    ("flag", "given", "value"),
    [
        (Flag("read", "time", "str"), "date", "date"),
        (Flag("train", "epochs", "int"), "30", 30),
        (Flag("train", "warmup", "float"), ".1", 0.1),
        (Flag("split", "split", "float", many=True), [".7,.1,.2"], [0.7, 0.1, 0.2]),
        (Flag("read", "target", "str", many=True), ["a,b", "c"], ["a", "b", "c"]),
        (Flag("read", "target", "str", many=True), ['"a,b", c'], ["a,b", "c"]),
        (Flag("task", "causal", "bool"), False, False),
    ],
    ids=str,
)
def test_a_flag_becomes_a_plain_value_of_its_section(flag: Flag, given: object, value: object) -> None:
    assert collect([flag], {f"{flag.section}__{flag.name}": given}) == {flag.section: {flag.name: value}}


def test_what_was_not_set_is_not_given() -> None:
    flags = section_flags("train")
    assert collect(flags, {f"train__{flag.name}": None for flag in flags}) == {}


def test_a_value_of_the_wrong_type_names_the_flag() -> None:
    with pytest.raises(UsageError, match="--epochs must be a whole number, got 'ten'"):
        collect([Flag("train", "epochs", "int")], {"train__epochs": "ten"})
