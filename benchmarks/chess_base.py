"""How well the base network predicts people: opponents' moves of the newest 600 games of one account, beside Maia-1.

    python benchmarks/chess_base.py --data ../shared/data [--network FILE.onnx] [--games N] [--json]

The games are those of data/chess/test_games.tsv; the account itself fills the training part, so only its opponents'
moves count. Legal moves only. Printed by ply, and for ply > 10 with at least 30 s on the clock before the move, which
is what most published figures are. Maia-1: the network of the rating nearest the mover's, on the same positions,
measured beforehand (see benchmarks/RESULTS.md). Standard error of all plies: about .003.
"""

import argparse
import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gru_toolkit.chess.base_network import BaseNetwork, seconds_before
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import boards
from gru_toolkit.chess.next_move import LegalPrior, NextMoveNetwork, Ply, Setting
from gru_toolkit.chess.pgn import read_games

FILE = "lichess_blitz_bullet.pgn.gz"
MAIA = {
    "all plies": (0.507, 0.789, 1.571),
    "1-10": (0.516, None, None),
    "11-20": (0.500, None, None),
    "21-40": (0.516, None, None),
    "41+": (0.502, None, None),
    "ply > 10": (0.506, None, None),
    "ply > 10, 30 s": (0.521, None, None),
}


def main() -> None:
    """Score the network, and legal moves weighed by what they are, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--network", type=Path, help="a graph other than the shipped one")
    parser.add_argument("--games", type=int, default=600)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / "chess" / FILE).is_file():
        parser.exit(2, f"{options.data / 'chess' / FILE} is not there; give the data folder with --data\n")
    games = list(held_out(options.data / "chess"))[: options.games]
    network = BaseNetwork.load(options.network)
    figures = {"network": scores(games, network), "legal moves": scores(games, LegalPrior())}
    milliseconds = time_of_a_position(games[:3], network)
    size = options.network.stat().st_size if options.network else None
    if options.json:
        print(json.dumps({**figures, "milliseconds": milliseconds, "bytes": size}))
        return
    print(table(figures))
    print(f"one position at a time on one core: {milliseconds:.2f} ms with its features")


def held_out(folder: Path) -> Iterator[tuple[Game, int]]:
    """The test games, and the colour (0 White, 1 Black) of the account's opponent."""
    with (folder / "test_games.tsv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["set"] == "population"]
    wanted = {int(row["game_in_file"]): row for row in rows}
    names = [row[colour] for row in rows for colour in ("white", "black")]
    account = max(set(names), key=names.count)
    for number, game in enumerate(read_games([str(folder / FILE)])):
        if number > max(wanted):
            return
        if number in wanted:
            row = wanted[number]
            assert isinstance(game, Game), f"test game {number} is refused: {game}"
            assert (game.white, game.black, len(game)) == (row["white"], row["black"], int(row["plies"])), number
            yield game, 1 if game.white == account else 0


def scores(games: list[tuple[Game, int]], network: NextMoveNetwork) -> dict[str, dict[str, float]]:
    """Top-1, top-3 and log-loss of the opponents' moves, for each protocol and band."""
    rows = []
    for start in range(0, len(games), 100):
        some = games[start : start + 100]
        for (game, colour), read in zip(some, network.read([game for game, _ in some]), strict=True):
            for ply in range(colour, len(game), 2):
                codes, logs = read[ply]
                played = logs[codes == game.moves[ply]]
                rank = int((logs > played).sum())
                seconds = seconds_before(game, ply)
                rows.append((ply + 1, rank, -float(played[0]), -1.0 if seconds is None else seconds))
    ply, rank, loss, seconds = np.array(rows).T
    late = ply > 10
    bands = {"all plies": ply > 0, "1-10": ~late, "11-20": late & (ply <= 20), "21-40": (ply > 20) & (ply <= 40)}
    bands |= {"41+": ply > 40, "ply > 10": late, "ply > 10, 30 s": late & (seconds >= 30)}
    return {
        name: {
            "moves": int(some.sum()),
            "top1": float((rank[some] == 0).mean()),
            "top3": float((rank[some] < 3).mean()),
            "loss": float(loss[some].mean()),
        }
        for name, some in bands.items()
    }


def time_of_a_position(games: list[tuple[Game, int]], network: BaseNetwork) -> float:
    """Milliseconds for one ply at a time from python-chess boards, the median over whole games."""
    taken = []
    for game, _ in games:
        setting = Setting(game.white_rating, game.black_rating, game.time_control)
        states = network.initial_state()[None]
        for ply, (board, _) in enumerate(boards(game.moves, game.fen)):
            moves = list(board.legal_moves)
            start = time.perf_counter()
            _, states = network.step(states, [Ply(board, moves, setting, seconds_before(game, ply))])
            taken.append(time.perf_counter() - start)
    return float(np.median(taken) * 1e3)


def table(figures: dict[str, dict[str, dict[str, float]]]) -> str:
    """Every band beside what the peer reaches on it."""
    lines = [f"{'':16}{'moves':>7}   {'base network':^21}   {'Maia-1':^21}   {'legal moves':^21}"]
    lines.append(f"{'':16}{'':7}" + f"   {'top-1':>6}{'top-3':>7}{'loss':>8}" * 3)
    for band, found in figures["network"].items():
        peers = [
            tuple(found[name] for name in ("top1", "top3", "loss")),
            MAIA[band],
            tuple(figures["legal moves"][band][name] for name in ("top1", "top3", "loss")),
        ]
        cells = [
            "".join(f"{'–' if v is None else f'{v:.3f}':>{w}}" for v, w in zip(p, (6, 7, 8), strict=True))
            for p in peers
        ]
        lines.append(f"{band:16}{found['moves']:7}   " + "   ".join(cells))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
