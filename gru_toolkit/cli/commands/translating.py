"""`translate`: sentences in another language."""

from typing import Annotated

import typer

from gru_toolkit.cli.arguments import RunPath
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import UsageError

STDIN = "-"


def translate(
    output: Output,
    run: RunPath,
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TEXT]…",
            help="Sentences to translate; - or nothing takes the lines of standard input.",
            show_default=False,
        ),
    ] = None,
    lines: Annotated[
        str | None, typer.Option(metavar="FILE", help="Translate every line of this file.", show_default=False)
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write; by default standard output.")
    ] = None,
    beam: Annotated[
        int | None, typer.Option(metavar="N", help="Translations followed side by side; 1 is fastest.")
    ] = None,
    length_penalty: Annotated[
        float | None, typer.Option(metavar="X", help="Above the run's own favours longer translations.")
    ] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Show what each piece of the translation looked at.")
    ] = False,
) -> None:
    """Translate sentences, or every line of a text."""
    from gru_toolkit.cli import alignments
    from gru_toolkit.runs import run as runs
    from gru_toolkit.runs import translation
    from gru_toolkit.sequences.labelled_texts import lines_of

    sentences = [] if texts == [STDIN] else texts or []
    if sentences and lines is not None:
        raise UsageError("a sentence and a file of lines are given; one of them can be translated")
    asked = translation.Search(beam, length_penalty)
    loaded = runs.load(run)
    given = iter(sentences) if sentences else (line for _, line in lines_of(lines or STDIN))
    found = translation.translate(loaded, given, asked)
    if out is not None and out != STDIN:
        count = alignments.write(found, out)
        output.value({"translations": count, "file": out})
        output.note(f"{count:,} translations in {out}")
        return
    for one in found:
        if output.json:
            output.record(alignments.record(one, attention=attention))
            continue
        output.line(one.translation)
        if attention:
            output.lines(alignments.alignment(one.attention, 80, unicode=output.unicode).splitlines())
