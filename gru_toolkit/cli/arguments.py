"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]
DataPaths = Annotated[
    list[str], typer.Argument(metavar="DATA", help="Files to read; - is standard input.", show_default=False)
]
SomeDataPaths = Annotated[
    list[str] | None, typer.Argument(metavar="DATA", help="Files to read; - is standard input.", show_default=False)
]
