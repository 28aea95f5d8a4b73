"""`generate`: text from a language model."""

import sys
import time
from typing import Annotated

import typer

from gru_toolkit.cli.arguments import RunPath
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import DataError, Place

STDIN = "-"


def generate(
    output: Output,
    run: RunPath,
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="The text to go on from; - is standard input.", show_default=False)
    ] = "",
    length: Annotated[int, typer.Option(metavar="N", help="Units (characters, words, …) to write at most.")] = 500,
    temperature: Annotated[
        float, typer.Option(metavar="X", help="Below 1 safer, above 1 bolder; 0 always takes the likeliest.")
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option(metavar="N", help="Choose among the N likeliest only.")] = None,
    top_p: Annotated[
        float | None, typer.Option(metavar="X", help="Choose among the likeliest that have this probability together.")
    ] = None,
    stop: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="Stop before this text; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed writes the same text.")] = 0,
) -> None:
    """Write on from a prompt with a language model, showing the text as it is written."""
    from gru_toolkit.runs import generation
    from gru_toolkit.runs import run as runs
    from gru_toolkit.tasks.decoding import Sampling

    request = generation.Request(length, Sampling(temperature, top_k, top_p), tuple(stop or ()), seed)
    loaded = runs.load(run)
    text = _standard_input() if prompt == STDIN else prompt
    begun = time.perf_counter()
    written = []
    for piece in generation.write(loaded, text, request):
        if piece:
            written.append(piece)
            output.piece(piece)
    output.piece_end("".join(written), time.perf_counter() - begun)
    unknown = generation.unknown_in(loaded, text)
    if unknown:
        output.note(f"the prompt has {len(unknown)} pieces the model has never seen: {' '.join(unknown[:10])!r}")


def _standard_input() -> str:
    content = sys.stdin.buffer.read()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError("the prompt is not UTF-8 text", place=Place(STDIN, line)) from None
