"""`predict`, `stream` and `evaluate`: a finished run at work."""

import sys
from typing import Annotated

import typer

from gru_toolkit.cli.arguments import DataPaths, RunPath
from gru_toolkit.cli.flags import Given
from gru_toolkit.cli.text import Output
from gru_toolkit.config import ReadConfig, from_plain
from gru_toolkit.errors import DataError, ItemsRejected, Place

REJECTED = ItemsRejected.exit_status
STDIN = "-"


def predict(
    output: Output,
    given: Given,
    run: RunPath,
    data: DataPaths,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write; by default standard output.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="csv, jsonl, parquet, arrow, or conll (tags); by default told from --out."),
    ] = None,
) -> int:
    """Predict for new data with a finished run."""
    from gru_toolkit.cli import predictions, rejects
    from gru_toolkit.runs import prediction, tagged_text
    from gru_toolkit.runs import run as runs

    read = from_plain(ReadConfig, given.get("read", {}), section="read")
    seen = predictions.Seen(output)
    if tagged_text.is_wanted(out, to):
        text = tagged_text.predict(runs.load(run), tuple(data), read, on_dataset=seen)
        predictions.send_text(text, predictions.Destination(out, to), output)
        return rejects.report(output, seen.rejects)
    batches = prediction.predict(runs.load(run), tuple(data), read, on_dataset=seen)
    predictions.send(batches, predictions.Destination(out, to), output)
    return rejects.report(output, seen.rejects)


def stream(
    output: Output,
    run: RunPath,
    max_rejects: Annotated[
        int, typer.Option(metavar="N", help="Records that may be rejected before the stream ends.")
    ] = 0,
    pcm: Annotated[
        int | None,
        typer.Option(
            metavar="HERTZ", help="Standard input is live sound: 16 bits a sample, mono, at this sample rate."
        ),
    ] = None,
) -> int:
    """Answer each record on standard input with a prediction."""
    from gru_toolkit.runs import live_sound
    from gru_toolkit.runs import run as runs
    from gru_toolkit.sequences.records import read_records

    loaded = runs.load(run)
    live = loaded.stream()
    records = read_records(sys.stdin.buffer) if pcm is None else live_sound.records(loaded, sys.stdin.buffer, pcm)
    rejected = 0
    for line, record in records:
        try:
            if isinstance(record, DataError):
                raise record
            output.record({"line": line, "prediction": live.push(record)})
        except DataError as error:
            placed = DataError(error.message, place=Place(STDIN, line), hint=error.hint)
            rejected += 1
            if rejected > max_rejects:
                raise placed from error
            output.error(f"rejected: {placed}")
            output.record({"line": line, "error": placed.fields()})
    return REJECTED if rejected else 0


def evaluate(
    output: Output,
    given: Given,
    run: RunPath,
    data: DataPaths,
    backtest: Annotated[
        int | None, typer.Option(metavar="N", help="Score only forecasts from the last N origins of each series.")
    ] = None,
    adapt: Annotated[
        bool, typer.Option("--adapt", help="Score a language model also while it goes on learning from the text.")
    ] = False,
) -> int:
    """Score a finished run on new data, beside naive baselines."""
    from gru_toolkit.cli import rejects, tables
    from gru_toolkit.runs import evaluation
    from gru_toolkit.runs import run as runs

    read = from_plain(ReadConfig, given.get("read", {}), section="read")
    report = evaluation.evaluate(runs.load(run), tuple(data), read, backtest=backtest, adapt=adapt)
    plain = report.to_plain()
    output.value(plain)
    for note in report.notes:
        output.note(note)
    output.lines(tables.comparison(plain, width=output.width))
    return rejects.report(output, report.rejects)
