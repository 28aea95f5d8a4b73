"""`chess learn`, `tendencies`, `who`, `predict` and `evaluate`: the people."""

from pathlib import Path
from typing import Annotated

import typer

from gru_toolkit.cli.commands.chess_library import LibraryPath
from gru_toolkit.cli.grammar import declare
from gru_toolkit.cli.text import Output

Names = Annotated[list[str], typer.Argument(metavar="NAME", help="People in the library.", show_default=False)]


def declare_all(app: typer.Typer) -> None:
    """Declare the commands of this module."""
    declare(app, learn, example="gru-toolkit chess learn Father Son")
    declare(app, tendencies, example="gru-toolkit chess tendencies Father --html father.html")
    declare(app, who, example="gru-toolkit chess who unknown.pgn")
    declare(app, predict, example='gru-toolkit chess predict --white Father --black Son --moves "e4 c5"')
    declare(app, evaluate, example="gru-toolkit chess evaluate Father")


def learn(
    output: Output,
    names: Names,
    library: LibraryPath = None,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Fit how habits depend on the course of a game; kept if better on held-out games."),
    ] = False,
) -> None:
    """Learn how people play from their games in the library, in seconds."""
    from gru_toolkit.cli import chess_people

    chess_people.learn_all(output, names, library, deep=deep)


def tendencies(
    output: Output,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A person in the library.", show_default=False)],
    library: LibraryPath = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only games from this date on, 2023-05-01.")] = None,
    against: Annotated[str | None, typer.Option(metavar="NAME", help="Only games against this person.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with boards, bars and holes.")
    ] = None,
) -> None:
    """Tell the openings a person plays: in words, in tables with intervals, over time, and with their holes."""
    from gru_toolkit.cli import chess_people

    chess_people.tell_tendencies(output, chess_people.Asked(name, library, since, against), html)


def who(
    output: Output,
    games: Annotated[list[str], typer.Argument(metavar="GAMES", help="PGN files.", show_default=False)],
) -> int:
    """Tell who is likely playing, from the moves alone: names, ratings and clocks are hidden."""
    from gru_toolkit.cli import chess_people

    return chess_people.tell_who(output, games)


def predict(
    output: Output,
    white: Annotated[str, typer.Option(metavar="NAME", help="Who has White.")] = "White",
    black: Annotated[str, typer.Option(metavar="NAME", help="Who has Black.")] = "Black",
    moves: Annotated[
        str | None, typer.Option(metavar="MOVES", help='The moves so far, in SAN or UCI: "e4 c5".')
    ] = None,
    fen: Annotated[str | None, typer.Option(metavar="FEN", help="The position, or where --moves begin.")] = None,
    time_control: Annotated[str | None, typer.Option(metavar="TC", help="As in PGN: 600+5.")] = None,
    white_rating: Annotated[int | None, typer.Option(metavar="N", help="White's rating.")] = None,
    black_rating: Annotated[int | None, typer.Option(metavar="N", help="Black's rating.")] = None,
    top: Annotated[int, typer.Option(metavar="N", help="How many moves to show.")] = 5,
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read a line of moves or a FEN for each position; write a JSON line each.")
    ] = False,
) -> int:
    """Predict the next move of the one person and the other's answers, with the reasons."""
    from gru_toolkit.cli import chess_prediction

    table = chess_prediction.AtTable(white, black, time_control, white_rating, black_rating)
    if stdin:
        return chess_prediction.predict_lines(output, table, top)
    chess_prediction.predict_one(output, table, chess_prediction.Asked(moves, fen), top)
    return 0


def evaluate(
    output: Output,
    names: Names,
    library: LibraryPath = None,
    held_out: Annotated[
        int, typer.Option("--held-out", metavar="N", help="The newest games that are the test; at most a third.")
    ] = 120,
    deep: Annotated[bool, typer.Option("--deep", help="Learn as `chess learn --deep` does.")] = False,
) -> None:
    """Score how well people's moves are foretold in held-out games, beside counts and the network alone."""
    from gru_toolkit.cli import chess_people

    chess_people.score_all(output, chess_people.Scoring(tuple(names), library, held_out, deep))
