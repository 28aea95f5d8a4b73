"""Imports real PGN files into a library: games/s, peak memory, every game accounted for, and python-chess beside it.

    python benchmarks/chess_import.py --data ../shared/data [--files masters.pgn.gz] [--processes 2] [--compared 500]

Each file is imported into a library of its own, then once more, which must add nothing. Before that, the first games
are read by python-chess too (games a second of one core: the baseline), and the moves of both are compared.
"""

import argparse
import io
import resource
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import chess.pgn

sys.path.insert(0, str(Path(__file__).parent.parent))

from gru_toolkit.chess.game import Game
from gru_toolkit.chess.importing import Imported, import_files
from gru_toolkit.chess.library import Library
from gru_toolkit.chess.moves import moves_of
from gru_toolkit.chess.parsing_pool import usable_cores
from gru_toolkit.chess.pgn import open_pgn
from gru_toolkit.chess.pgn_parsing import parse
from gru_toolkit.chess.pgn_splitting import RawGame, raw_games

FILES = (
    "masters.pgn.gz", "lichess_blitz_bullet.pgn.gz", "lichess_2016_2017.pgn.gz", "players/DrNykterstein.pgn.gz",
    "players/pnmadelaine.pgn", "players/jacobaharris.pgn", "players/SCHMITZ874.pgn",
)  # fmt: skip
WIDTHS = (9, 9, 8, 9, 8, 9, 9, 14, 13)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with chess/")
    parser.add_argument("--files", nargs="*", default=FILES)
    parser.add_argument("--processes", type=int, default=usable_cores())
    parser.add_argument("--compared", type=int, default=500, help="games a file that python-chess reads too")
    asked = parser.parse_args()
    if not (asked.data / "chess").is_dir():
        print(f"there is no folder {asked.data / 'chess'}: nothing measured", file=sys.stderr)
        return 66
    reading = "one process" if asked.processes == 1 else f"{asked.processes} reading processes, and one that writes"
    print(f"{reading}, {usable_cores()} usable cores\n")
    titles = ["games", "added", "known", "refused", "s", "games/s", "again s", "python-chess", "same moves"]
    print(f"{'file':<28}" + "".join(f"{title:>{width}}" for title, width in zip(titles, WIDTHS, strict=True)))
    wrong = 0
    for file in asked.files:
        wrong += measure(str(asked.data / "chess" / file), asked.processes, asked.compared)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\npeak memory: {own:,.0f} MiB, and {child:,.0f} MiB in the largest reading process")
    return 1 if wrong else 0


def measure(name: str, processes: int, compared: int) -> int:
    """Print the row of one file; how much about it is wrong."""
    games = list(islice(_raws(name), compared))
    rate, same, read = against_python_chess(games)
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library.sqlite") as library:
        done, seconds = _timed(library, name, processes)
        again, seconds_again = _timed(library, name, processes)
        held = len(library)
    cells = [f"{done.found:,}", f"{done.added:,}", f"{done.known:,}", f"{len(done.rejects):,}", f"{seconds:.1f}"]
    cells += [f"{done.found / seconds:,.0f}", f"{seconds_again:.2f}", f"{rate:,.0f}", f"{same}/{read}"]
    row = "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    print(f"{Path(name).name:<28}{row}", flush=True)
    found = sum(1 for _ in _raws(name))
    return (same != read) + (found != done.found) + (held != done.added) + (again.added != 0) + (again.found != found)


def against_python_chess(games: list[RawGame]) -> tuple[float, int, int]:
    """Games a second of python-chess, how many games have the same moves, and how many were compared.

    Only accepted games are compared: what we refuse, python-chess reads without a word.
    """
    texts = [raw.data.decode("utf-8", "replace") for raw in games]
    began = time.process_time()
    theirs = [list(chess.pgn.read_game(io.StringIO(text)).mainline_moves()) for text in texts]
    seconds = time.process_time() - began
    ours = [parse(raw, "x") for raw in games]
    pairs = [(moves_of(one.moves), two) for one, two in zip(ours, theirs, strict=True) if isinstance(one, Game)]
    return len(games) / seconds, sum(one == two for one, two in pairs), len(pairs)


def _raws(name: str):
    with open_pgn(name) as stream:
        yield from raw_games(stream, name)


def _timed(library: Library, name: str, processes: int) -> tuple[Imported, float]:
    began = time.perf_counter()
    (done,) = import_files(library, [name], processes=processes)
    return done, time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
