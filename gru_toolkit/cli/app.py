"""`gru-toolkit`: the commands put together, and the only place that turns errors into text and exit codes."""

import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.completion import get_completion_inspect_parameters
from typer.exceptions import TyperException

from gru_toolkit.cli import commands
from gru_toolkit.cli.grammar import COMPLETION, HelpSwitch, declare
from gru_toolkit.cli.text import Output, tolerate_encodings
from gru_toolkit.config import nearest
from gru_toolkit.errors import GruToolkitError, Place, StorageError, UsageError

NAME = "gru-toolkit"
SHELLS = ("bash", "zsh", "fish", "powershell")
BUG = 1
BROKEN_PIPE = 141
INTERRUPTED_BY_USER = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    tolerate_encodings()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    switches = arguments[: arguments.index("--")] if "--" in arguments else arguments
    output = Output(json="--json" in switches, quiet="--quiet" in switches)
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning(output)
        return _guarded(lambda: run(arguments), output, debug="--debug" in switches)


def run(arguments: list[str]) -> int:
    """Parse the arguments and run the command they name."""
    command = typer.main.get_command(_app(arguments))
    if COMPLETION in os.environ:
        return _complete(command)
    with command.make_context(NAME, arguments or ["--help"]) as context:
        status: int | None = command.invoke(context)
    sys.stdout.flush()
    return status or 0


def _app(arguments: list[str]) -> typer.Typer:
    app = typer.Typer(
        help="Train small recurrent networks on any file of sequences, and use them anywhere.",
        epilog="Start with: gru-toolkit data sales, then gru-toolkit train sales.csv",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        add_help_option=False,
    )
    app.callback()(_root)
    completing = COMPLETION in os.environ
    commands.declare_all(
        app, train_flags=completing or "train" in arguments, chess_commands=completing or "chess" in arguments
    )
    declare(app, completion, example='eval "$(gru-toolkit completion bash)"')
    return app


def completion(
    output: Output, shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.")]
) -> int:
    """Print the script that completes commands and flags in a shell."""
    if shell not in SHELLS:
        raise UsageError(
            f"there is no completion for {shell}; there is for {', '.join(SHELLS)}", hint=nearest(shell, SHELLS)
        )
    os.environ[COMPLETION] = f"source_{shell}"
    try:
        return run([])
    finally:
        del os.environ[COMPLETION]


def _complete(command: Any) -> int:
    """Answer the shell that asks for words, or for its script: Typer tells which from the environment."""
    get_completion_inspect_parameters()  # Registers Typer's shells, which only `add_completion` would do otherwise.
    try:
        command.main([], prog_name=NAME)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=lambda value: _version(value), is_eager=True, help="Show the version.")
    ] = False,
    help: HelpSwitch = False,
) -> None:
    """The options before any command."""


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        Output().line(f"{NAME} {metadata.version(NAME)}")
        raise typer.Exit


def _guarded(work: Callable[[], int], output: Output, *, debug: bool) -> int:
    """The exit status of the work, whatever happens in it."""
    try:
        return work()
    except typer.Exit as ended:
        return ended.exit_code
    except TyperException as error:
        return _report(_usage_error(error), output)
    except (KeyboardInterrupt, typer.Abort):
        output.error("interrupted")
        return INTERRUPTED_BY_USER
    except BrokenPipeError:
        # Whoever read our output has had enough. Python would complain once more while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except GruToolkitError as error:
        return _report(error, output)
    except OSError as error:
        place = Place(os.fsdecode(error.filename)) if error.filename is not None else None
        return _report(StorageError(error.strerror or str(error), place=place), output)
    except Exception as error:  # The outermost frame: what arrives here is our own mistake and ends the process.
        return _bug(error, output, debug=debug)


def _usage_error(error: TyperException) -> UsageError:
    """The same complaint in our words, with the nearest flag as the hint."""
    near = getattr(error, "possibilities", None)
    hint = f"did you mean {near[0]}?" if near else None
    message = getattr(error, "message", "") if near else error.format_message()
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", NAME)
    return UsageError(message[:1].lower() + message[1:].rstrip("."), hint=hint or f"see {path} --help")


def _report(error: GruToolkitError, output: Output) -> int:
    """Say what failed on stderr, and as fields on stdout if JSON is wanted."""
    where = f"{error.place}: " if error.place else ""
    output.error(f"error: {where}{error.message}")
    if error.hint:
        output.error(f"  hint: {error.hint}")
    output.value({"error": error.fields()})
    sys.stdout.flush()
    return error.exit_status


def _bug(error: Exception, output: Output, *, debug: bool) -> int:
    if debug:
        for line in "".join(traceback.format_exception(error)).splitlines():
            output.error(line)
    kind = type(error).__name__
    output.error(f"error: this is a bug in {NAME}: {kind}: {error}")
    output.error("  hint: repeat the command with --debug for the traceback, and report it")
    output.value({"error": {"code": "bug", "exit_status": BUG, "message": f"{kind}: {error}"}})
    return BUG


def _show_warning(output: Output) -> Any:
    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        output.note(f"warning: {message}")

    return show
