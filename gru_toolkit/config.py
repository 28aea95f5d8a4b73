"""Frozen settings, and their way to plain values and TOML and back.

A settings class is a frozen dataclass whose fields are str, int, float, bool, a tuple of one of these,
or one of these or None; each field has one docstring line under it. Command-line flags, the Python call
and the saved `config.toml` all derive from the same class.
"""

import ast
import difflib
import functools
import inspect
import textwrap
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from gru_toolkit.errors import ConfigError

T = TypeVar("T")
Plain = str | int | float | bool | list[Any] | None


@dataclass(frozen=True)
class ReadConfig:
    """How to read the data files and which columns play which role."""

    format: str | None = None
    """csv, tsv, inter, parquet, arrow, jsonl, ts, npz, duckdb, sqlite, conll, conllu, slots, tokens, audio or pgn; by
    default told from the file's name."""
    layout: str | None = None
    """long (a row a time step) or wide (a row a sequence); by default told from the columns."""
    table: str | None = None
    """The table to read from a DuckDB or SQLite file."""
    query: str | None = None
    """A read-only SQL query over the file's tables; never taken from a saved run."""
    id: str | None = None
    """The column that tells sequences apart."""
    time: str | None = None
    """The column that orders the rows of a sequence."""
    target: tuple[str, ...] = ()
    """The columns to predict; a single one of labels, tags, items or translations."""
    inputs: tuple[str, ...] = ()
    """What is read of each step: number columns, words and what is known of them, or a column of text; by default every
    number column without another role."""
    known: tuple[str, ...] = ()
    """Covariates known in advance, such as holidays or prices."""
    past: tuple[str, ...] = ()
    """Covariates known only up to now, such as weather."""
    static: tuple[str, ...] = ()
    """Columns that are constant within a sequence."""
    ignore: tuple[str, ...] = ()
    """Columns to leave out."""
    into: tuple[str, ...] = ()
    """Files whose lines are the translations of the data's lines; without it every second file is."""
    marks: str | None = None
    """A column of 0 and 1, or a file of windows (CSV with start,end; JSON), that says which rows are anomalies."""
    text: tuple[str, ...] = ()
    """Columns to read as text although they look like numbers."""
    frequency: str | None = None
    """The step between rows, such as 1h or 7d; by default told from the time column."""
    sort: bool = False
    """Sort the rows of each sequence by time; without it rows out of order are refused."""
    missing: str = "error"
    """error, forward, interpolate or indicator: what happens to missing values and missing time steps."""
    hertz: float = 4000.0
    """The highest frequency heard in recordings; half the sample rate at most."""
    max_rejects: int = 0
    """Rows that may be rejected before reading stops."""

    def __post_init__(self) -> None:
        require_choice("missing", self.missing, ("error", "forward", "interpolate", "indicator"))
        require_choice("layout", self.layout, (None, "long", "wide"))
        if not self.hertz >= 500:
            raise ConfigError(f"hertz must be at least 500, got {self.hertz:g}")
        if self.max_rejects < 0:
            raise ConfigError(f"max_rejects must be at least 0, got {self.max_rejects}")


@dataclass(frozen=True)
class SplitConfig:
    """How the data is parted into training, validation and test."""

    split: tuple[float, ...] = (0.7, 0.1, 0.2)
    """Shares (or, when all are at least 1, numbers of rows or sequences) of training, validation and test."""
    group: str | None = None
    """A static column whose values never stand in two parts."""
    validation: tuple[str, ...] = ()
    """Files that are the validation part; the data is then all training, and only files are validated and tested on."""
    test: tuple[str, ...] = ()
    """Files that are the test part, in the same way."""

    def __post_init__(self) -> None:
        if len(self.split) != 3 or min(self.split) < 0 or self.split[0] <= 0:
            raise ConfigError(f"split must be three numbers, the first above 0, got {self.split}")
        counts = all(part == 0 or part >= 1 for part in self.split)
        if not counts and abs(sum(self.split) - 1) > 1e-6:
            raise ConfigError(f"the shares of split must add up to 1, got {self.split}")


@dataclass(frozen=True)
class TrainConfig:
    """How long and how hard to train."""

    epochs: int = 30
    """Passes over the training part; early stopping may end sooner."""
    batch_size: int = 64
    """Examples in one step."""
    learning_rate: float = 1e-3
    """The highest learning rate of the schedule."""
    schedule: str = "cosine"
    """constant, cosine (to zero over all epochs) or plateau (halved when validation stalls)."""
    warmup: float = 0.0
    """Share of all steps in which the learning rate rises from zero."""
    weight_decay: float = 0.0
    """Decoupled weight decay (AdamW)."""
    clip_norm: float = 1.0
    """Largest global norm of the gradient; 0 leaves it alone."""
    average: float = 0.0
    """Decay of the exponential moving average of the weights that is evaluated and saved; 0 uses the weights."""
    patience: int = 5
    """Epochs without a better validation loss before stopping; 0 never stops."""
    keep: str = "best"
    """best (the weights of the lowest validation loss) or last: which weights are kept."""
    checkpoint_steps: int = 0
    """Steps between checkpoints beside the one after each epoch; 0 writes only those."""
    time_limit: float | None = None
    """Seconds after which training ends as if the last epoch were done."""
    precision: str = "float32"
    """float32, or mixed (float16 on a GPU, bfloat16 on a CPU) with float32 weights."""
    backend: str | None = None
    """tensorflow, jax or torch; by default the KERAS_BACKEND of the environment, or tensorflow."""
    threads: int | None = None
    """CPU threads; part of what an exact resume must repeat. By default the machine's cores."""
    seed: int = 0
    """Seed of the initial weights, the data order, dropout and augmentation."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ConfigError(f"learning_rate must be above 0, got {self.learning_rate}")
        if not 0 <= self.average < 1 or not 0 <= self.warmup < 1:
            raise ConfigError(f"average and warmup lie in [0, 1), got {self.average} and {self.warmup}")
        require_choice("schedule", self.schedule, ("constant", "cosine", "plateau"))
        require_choice("keep", self.keep, ("best", "last"))
        require_choice("precision", self.precision, ("float32", "mixed"))
        require_choice("backend", self.backend, (None, "tensorflow", "jax", "torch"))


def require_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise ConfigError, naming the nearest choice, unless the value is one of the choices."""
    if value not in choices:
        names = [str(choice) for choice in choices if choice is not None]
        raise ConfigError(f"{name} must be one of {', '.join(names)}, got {value!r}", hint=nearest(str(value), names))


def nearest(name: str, names: typing.Iterable[str]) -> str | None:
    """A hint that names the most similar of the names, or None if nothing is near."""
    matches = difflib.get_close_matches(name, list(names), n=1)
    return f"did you mean {matches[0]}?" if matches else None


def from_plain(settings: type[T], values: Mapping[str, Any], *, section: str = "settings") -> T:
    """The settings object that the plain values describe.

    Raises ConfigError for an unknown name, a wrong type, or a value the class itself refuses.
    """
    known = typing.get_type_hints(settings)
    checked = {}
    for name, value in values.items():
        if name not in known:
            raise ConfigError(f"{section} has no setting {name!r}", hint=nearest(name, known))
        checked[name] = _fitted(f"{section}.{name}", value, known[name])
    return settings(**checked)


def to_plain(settings: Any) -> dict[str, Plain]:
    """The settings as a flat mapping of plain values; settings that are not set are left out."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value is not None
    }


def replace(settings: T, **changes: Any) -> T:
    """A copy with the named fields changed, each checked like a value from a file."""
    merged = {**to_plain(settings), **changes}
    return from_plain(type(settings), {k: v for k, v in merged.items() if v is not None})


def load_toml(text: str, *, source: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises ConfigError with the parser's line and column when the text is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not valid TOML: {error}") from error


def dump_toml(sections: Mapping[str, Mapping[str, Plain]]) -> str:
    """TOML text with one table a section."""
    import tomli_w

    return tomli_w.dumps({name: dict(values) for name, values in sections.items()})


@functools.cache
def field_help(settings: type[Any]) -> dict[str, str]:
    """The docstring line under each field of a settings class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(settings))).body[0]
    assert isinstance(body, ast.ClassDef), f"{settings} is not a class"
    lines: dict[str, str] = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            continue
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            lines[statement.target.id] = str(following.value.value)
    return lines


def _fitted(name: str, value: Any, hint: Any) -> Any:
    """The value as the type hint wants it: lists become tuples, whole numbers may stand for floats."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = [option for option in typing.get_args(hint) if option is not type(None)]
        return None if value is None else _fitted(name, value, inner[0])
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise ConfigError(f"{name} must be a list, got {value!r}")
        return tuple(_fitted(name, item, typing.get_args(hint)[0]) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise ConfigError(f"{name} must be {_article(hint)}, got {value!r}")
    return value


def _article(hint: type) -> str:
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return words[hint]
