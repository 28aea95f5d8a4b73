"""Which reader reads which format."""

from collections.abc import Callable

from gru_toolkit.config import ReadConfig
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.csv_reader import read_csv
from gru_toolkit.sequences.sources import Source, find_source
from gru_toolkit.sequences.table import Table

_TEXT_READERS: dict[str, Callable[[Source, Rules], Table]] = {"csv": read_csv, "tsv": read_csv}


def read_source(path: str, config: ReadConfig, rules: Rules) -> Table:
    """The typed table of one input. Raises as the reader of its format does."""
    source = find_source(path, config.format)
    return _TEXT_READERS[source.format](source, rules)
