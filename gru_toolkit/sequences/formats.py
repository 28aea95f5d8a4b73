"""Which reader reads which format."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from gru_toolkit.config import ReadConfig
from gru_toolkit.errors import UsageError
from gru_toolkit.sequences.arrow_reader import read_arrow, read_parquet
from gru_toolkit.sequences.audio_reader import read_audio
from gru_toolkit.sequences.columns import Rules
from gru_toolkit.sequences.conll_reader import read_conll, read_conllu
from gru_toolkit.sequences.csv_reader import read_csv
from gru_toolkit.sequences.database_reader import query_tables, read_duckdb, read_sqlite
from gru_toolkit.sequences.inter_reader import read_inter
from gru_toolkit.sequences.jsonl_reader import read_jsonl
from gru_toolkit.sequences.line_readers import read_slots, read_tokens
from gru_toolkit.sequences.npz_reader import read_npz
from gru_toolkit.sequences.sources import Source, find_source
from gru_toolkit.sequences.table import Table
from gru_toolkit.sequences.ts_reader import read_ts

_READERS: dict[str, Callable[[Source, Rules], Table]] = {
    "csv": read_csv,
    "tsv": read_csv,
    "inter": read_inter,
    "jsonl": read_jsonl,
    "ts": read_ts,
    "npz": read_npz,
    "parquet": read_parquet,
    "arrow": read_arrow,
    "conll": read_conll,
    "conllu": read_conllu,
    "slots": read_slots,
    "tokens": read_tokens,
}
_NAMED = {"pgn": "gru_toolkit.chess.pgn_table:read_pgn"}
"""Readers that stand above this layer, by name: they are imported when a file of theirs is read."""
_DATABASES = {"duckdb": read_duckdb, "sqlite": read_sqlite}


def read_sources(paths: Sequence[str], config: ReadConfig, rules: Rules) -> list[Table]:
    """One typed table an input, or the one table that the query makes of all. Raises as the readers do."""
    sources = [find_source(path, config.format) for path in paths]
    databases = [source for source in sources if source.format in _DATABASES]
    if config.query is not None and (not databases or len(sources) > 1):
        if databases:
            raise UsageError("a query over a database file takes no other file beside it")
        named = [(_table_name(source, sources), read_source(source, config, rules)) for source in sources]
        return [query_tables(named, config.query, rules)]
    tables: list[Table] = []
    for source in sources:
        tables.append(read_source(source, config, rules))
        kinds = {column.name: column.kind for column in tables[0].columns.values()}
        left = rules.max_rejects - len(tables[-1].rejects)
        rules = replace(rules, kinds=kinds, max_rejects=left)
    return tables


def read_source(source: Source, config: ReadConfig, rules: Rules) -> Table:
    """The typed table of one input."""
    if source.format in _DATABASES:
        return _DATABASES[source.format](source, config.table, config.query, rules)
    if source.format == "audio":
        return read_audio(source, config, rules)
    table = _reader(source.format)(source, rules)
    new = tuple(note for note in source.notes if note not in table.notes)
    return replace(table, notes=(*new, *table.notes))


def _reader(format_name: str) -> Callable[[Source, Rules], Table]:
    if format_name not in _NAMED:
        return _READERS[format_name]
    module, function = _NAMED[format_name].split(":")
    reader: Callable[[Source, Rules], Table] = getattr(importlib.import_module(module), function)
    return reader


def _table_name(source: Source, sources: Sequence[Source]) -> str:
    """The name under which a query sees a file: its name without endings; `data` also works for a single file."""
    return "data" if len(sources) == 1 and not source.stem.isidentifier() else source.stem
