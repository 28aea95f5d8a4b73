"""The commands; each parses, calls one library function and renders."""

import typer

from gru_toolkit.cli.commands import folders, learning, looking, translating, using, writing
from gru_toolkit.cli.commands.chess_app import chess_app
from gru_toolkit.cli.flags import section_flags, task_flags
from gru_toolkit.cli.grammar import declare

READ_FLAGS_OF_A_RUN = ("format", "table", "query", "missing", "marks", "into", "max_rejects")
"""What may differ between the files a run was trained on and the files it is used on."""


def declare_all(app: typer.Typer, *, train_flags: bool, chess_commands: bool) -> None:
    """Declare every command.

    train_flags     whether the settings of all tasks are wanted too, which takes reading their source files
    chess_commands  whether the commands under `chess` are wanted too
    """
    data = section_flags("read")
    reading = [flag for flag in data if flag.name in READ_FLAGS_OF_A_RUN]
    training = [*data, *section_flags("split"), *task_flags(), *section_flags("train")] if train_flags else []
    declare(app, learning.train, example="gru-toolkit train sales.csv --horizon 28", flags=training)
    declare(app, learning.resume, example="gru-toolkit resume runs/sales-forecast")
    declare(app, using.predict, example="gru-toolkit predict runs/sales-forecast sales.csv -o next.csv", flags=reading)
    declare(app, using.stream, example="tail -f sensor.jsonl | gru-toolkit stream runs/sensor-forecast")
    declare(app, using.evaluate, example="gru-toolkit evaluate runs/sales-forecast newer.csv", flags=reading)
    declare(app, writing.generate, example='gru-toolkit generate runs/book-generate "Once upon a time"')
    declare(app, translating.translate, example='gru-toolkit translate runs/phrases-translate "The fox sees a dog."')
    declare(app, looking.doctor, example="gru-toolkit doctor sales.csv", flags=data)
    declare(app, folders.runs, example="gru-toolkit runs")
    declare(app, folders.show, example="gru-toolkit show runs/sales-forecast")
    declare(app, folders.diff, example="gru-toolkit diff runs/sales-forecast runs/sales-forecast-2")
    declare(app, looking.data, example="gru-toolkit data sales")
    app.add_typer(chess_app(with_commands=chess_commands))
