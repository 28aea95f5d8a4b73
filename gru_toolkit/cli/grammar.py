"""How a command is declared: its arguments, its settings' flags, and what every command understands."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from gru_toolkit.cli.flags import Flag, Given
from gru_toolkit.cli.text import Output

COMMON = "Every command"
COMPLETION = "_GRU_TOOLKIT_COMPLETE"
"""The variable in which a shell asks for words."""
_SWITCHES = {
    "json": "Print one JSON value on stdout, and nothing else there.",
    "quiet": "Print no notes and no progress.",
    "debug": "Show the traceback of a bug.",
}


def show_help(context: typer.Context, wanted: bool) -> None:
    """Print the help of the command and end it."""
    if wanted:
        Output().lines(context.get_help().splitlines())
        raise typer.Exit


HelpSwitch = Annotated[
    bool,
    # Typer's own help option has no default, for which every command would import pydantic: 70 ms.
    typer.Option(
        "--help",
        "-h",
        is_eager=True,
        expose_value=False,
        callback=show_help,
        show_default=False,
        help="Show this message.",
        rich_help_panel=COMMON,
    ),
]


@dataclass(frozen=True)
class Reader:
    """Turns the text of an argument into its value; the surface is that of Typer's own readers.

    kind  bool, int, float, str, Path, or a list of str
    """

    kind: Any

    def coerce(self, value: Any, param: Any, ctx: typer.Context) -> Any:
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self.kind is int and not isinstance(value, int):
            try:
                return int(value)
            except ValueError:
                raise typer.BadParameter(f"{value!r} is not a whole number", ctx=ctx, param=param) from None
        if self.kind is float and not isinstance(value, float):
            try:
                return float(value)
            except ValueError:
                raise typer.BadParameter(f"{value!r} is not a number", ctx=ctx, param=param) from None
        return Path(value) if self.kind is Path else value


class Command(TyperCommand):
    """A command whose help lists its options in groups, and which reads its values itself."""

    def __init__(self, *arguments: Any, **settings: Any):
        super().__init__(*arguments, **settings)
        for parameter in self.params:
            # Where this is None, Typer fills in a reader from pydantic, whose import takes 70 ms in every command.
            parameter._runtime_param = Reader(parameter.type_descriptor.annotation)  # type: ignore[attr-defined]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        arguments: list[tuple[str, str]] = []
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if parameter.param_type_name == "argument":
                arguments.append((record[0].split(" <")[0], record[1]))  # without Python's name of the type
            else:
                groups.setdefault(getattr(parameter, "rich_help_panel", None) or "Options", []).append(record)
        own, common = groups.pop("Options", []), groups.pop(COMMON, [])
        for title, records in {"Arguments": arguments, "Options": own, **groups, COMMON: common}.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def declare(app: typer.Typer, function: Callable[..., int | None], *, example: str, flags: Iterable[Flag] = ()) -> None:
    """Make the function a command of the app.

    The function is called with an `Output`, with its own arguments and options, and, if the command has settings'
    flags, with `given`: what the user set of them. It returns the exit status, or None for 0.
    """
    flags = tuple(flags)
    own = [p for p in inspect.signature(function).parameters.values() if p.name not in ("output", "given")]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    parameters += [_flag_parameter(flag, flags) for flag in flags]
    parameters += [_switch_parameter(name, text) for name, text in _SWITCHES.items()]
    parameters.append(inspect.Parameter("help", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=HelpSwitch))

    def call(**values: Any) -> int:
        output = Output(json=values["json"], quiet=values["quiet"])
        arguments = {parameter.name: values[parameter.name] for parameter in own}
        if flags:
            arguments["given"] = collect(flags, values)
        return function(output, **arguments) or 0

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    call.__doc__ = inspect.getdoc(function)
    name = function.__name__.rstrip("_").replace("_", "-")
    app.command(name, cls=Command, epilog=f"Example: {example}", add_help_option=False)(call)


def collect(flags: Iterable[Flag], values: Mapping[str, Any]) -> Given:
    """The settings that the user set, by section. Raises UsageError for a value of the wrong type."""
    given: dict[str, dict[str, Any]] = {}
    for flag in flags:
        value = values[_key(flag)]
        if value in (None, ()):
            continue
        given.setdefault(flag.section, {})[flag.name] = value if flag.kind == "bool" else flag.value(value)
    return given


def _key(flag: Flag) -> str:
    return f"{flag.section}__{flag.name}"


def _flag_parameter(flag: Flag, flags: tuple[Flag, ...]) -> inspect.Parameter:
    declaration = f"{flag.spelling}/--no-{flag.name.replace('_', '-')}" if flag.kind == "bool" else flag.spelling
    option = typer.Option(
        declaration,
        help=flag.help_line,
        metavar=flag.metavar or None,
        show_default=False,
        rich_help_panel=_group(flag),
    )
    one: Any = bool if flag.kind == "bool" else list[str] if flag.many else str
    return inspect.Parameter(
        _key(flag), inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[one | None, option]
    )


def _group(flag: Flag) -> str:
    if flag.section == "task":
        return f"Task {' and '.join(flag.tasks)}" if flag.tasks else "Network (every task)"
    return {"read": "Data", "split": "Data", "train": "Training", "play": "Session"}[flag.section]


def _switch_parameter(name: str, text: str) -> inspect.Parameter:
    option = typer.Option(f"--{name}", help=text, show_default=False, rich_help_panel=COMMON)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, option])
