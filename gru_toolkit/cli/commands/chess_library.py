"""`chess import`, `chess players` and `chess forget`: the library of games."""

from typing import Annotated, Any

import typer

from gru_toolkit.cli.grammar import declare
from gru_toolkit.cli.text import Output
from gru_toolkit.errors import UsageError

LibraryPath = Annotated[
    str | None,
    typer.Option("--library", metavar="FILE", help="The library of games; by default the one in your data folder."),
]
LISTED = 20
"""People and rejected games that are shown; more with --json."""


def declare_all(app: typer.Typer) -> None:
    """Declare the commands of this module."""
    declare(app, import_, example="gru-toolkit chess import games.pgn")
    declare(app, fetch, example="gru-toolkit chess fetch lichess thibault --since 2024")
    declare(app, players, example="gru-toolkit chess players kasparov")
    declare(app, forget, example='gru-toolkit chess forget "Bob Smith"')


def import_(
    output: Output,
    games: Annotated[
        list[str],
        typer.Argument(metavar="GAMES…", help="PGN files, also .gz and .zst; - is standard input.", show_default=False),
    ],
    library: LibraryPath = None,
    processes: Annotated[
        int | None, typer.Option(metavar="N", help="How many processes read; by default one for each core.")
    ] = None,
) -> int:
    """Put the games of PGN files into the library, each game once."""
    from gru_toolkit.chess.importing import import_files
    from gru_toolkit.chess.library import Library
    from gru_toolkit.chess.parsing_pool import usable_cores
    from gru_toolkit.cli import chess_views

    if processes is not None and processes < 1:
        raise UsageError(f"--processes must be at least 1, got {processes}")
    done = []
    with Library.open(library) as opened, chess_views.ImportProgress(output) as progress:
        for imported in import_files(opened, games, processes=processes or usable_cores(), on_progress=progress):
            progress.clear()
            output.lines(chess_views.imported(imported))
            done.append(imported)
        total = len(opened)
        place = opened.path
    output.value({"library": str(place), "games": total, "files": [chess_views.plain_import(one) for one in done]})
    output.line(f"{chess_views.games(total)} in {place}")
    return chess_views.rejected(output, [reject for one in done for reject in one.rejects])


def fetch(
    output: Output,
    site: Annotated[str, typer.Argument(metavar="SITE", help="lichess or chess.com.", show_default=False)],
    user: Annotated[str, typer.Argument(metavar="USER", help="The account's name there.", show_default=False)],
    vs: Annotated[str | None, typer.Option("--vs", metavar="OTHER", help="Only games against this account.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only games from this day, month or year on.")
    ] = None,
    server: Annotated[str | None, typer.Option(metavar="URL", help="Another server that speaks as the site.")] = None,
    library: LibraryPath = None,
) -> int:
    """Fetch a person's games from Lichess or chess.com into the library."""
    import time

    from gru_toolkit.chess import fetching
    from gru_toolkit.chess.library import Library
    from gru_toolkit.chess.web import Web
    from gru_toolkit.cli import chess_views

    wish = fetching.Wish(site, user, vs, since, server)
    web = Web(time.sleep, lambda seconds: output.note(f"{site} asks for patience; waiting {seconds:.0f} s"))
    with Library.open(library) as opened, chess_views.ImportProgress(output) as progress:
        fetched = fetching.fetch(opened, wish, web, lambda so_far: progress.tell(f"{site}: {so_far.found:,} games"))
    output.value(chess_views.plain_fetch(wish, fetched))
    output.line(f"{site} {user}: {chess_views.counted(fetched)}")
    return chess_views.rejected(output, fetched.rejects)


def players(
    output: Output,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Part of a name.")] = None,
    library: LibraryPath = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(metavar="OTHER", help="Say that OTHER is the same person as NAME; may be repeated."),
    ] = None,
    split: Annotated[bool, typer.Option("--split", help="Make this spelling a person of its own again.")] = False,
) -> None:
    """List who is in the library of games, or join and part spellings of names."""
    from gru_toolkit.chess import people
    from gru_toolkit.chess.library import Library
    from gru_toolkit.cli import chess_views

    if (merge or split) and name is None:
        raise UsageError("--merge and --split need the NAME of a person")
    with Library.open(library, must_exist=True) as opened:
        changed = [people.merge(opened, str(name), other) for other in merge or []]
        changed += [people.split(opened, str(name))] if split else []
        found = [changed[-1].player] if changed else opened.players(name)
    output.value({"players": [chess_views.plain_player(player) for player in found]})
    if not found:
        output.note(f"nobody is called {name!r}" if name else "the library has no games")
    output.lines(chess_views.players(found, LISTED, output.width))
    if any(one.folders for one in changed):
        output.note("what was learned before was of other games and is removed; next: gru-toolkit chess learn NAME")


def forget(
    output: Output,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person, in any spelling.", show_default=False)],
    library: LibraryPath = None,
) -> None:
    """Remove a person's games, and all that was learned of them."""
    from gru_toolkit.chess import people
    from gru_toolkit.chess.library import Library

    with Library.open(library, must_exist=True) as opened:
        forgotten = people.forget(opened, name)
    removed: dict[str, Any] = {"name": forgotten.name, "games": forgotten.games, "sessions": forgotten.sessions}
    output.value({**removed, "folders": [str(folder) for folder in forgotten.folders]})
    parts = [f"{forgotten.games:,} games", f"{forgotten.sessions:,} sessions"]
    parts += ["what was learned of them"] if forgotten.folders else []
    output.line(f"forgot {forgotten.name}: {', '.join(parts)}")
