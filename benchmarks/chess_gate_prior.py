"""The prior of the mixture's weights, from many people: writes gru_toolkit/chess/gate_prior.json.

    python benchmarks/chess_gate_prior.py --data ../shared/data [--write]

The people are the accounts with enough games in chess/lichess_2016_2017.pgn.gz and chess/lichess_blitz_bullet.pgn.gz
(the newest 600 games of the latter are a test set and left out). Each is learned from 20, 100 and 300 games at up to
three times of their career, as `chess learn` does it; the newest 30 % of these games show what each source is worth.
One gate is fitted to all of them. Printed is the log-loss under it beside the hand-made start and the network alone,
each account in turn left out of the fit.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from chess_players import ReadOnce

from gru_toolkit.chess import learning, style
from gru_toolkit.chess.base_network import BaseNetwork
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.learning import HeldOut, colour_of
from gru_toolkit.chess.mixture import FACTS, OPINIONS, Gate
from gru_toolkit.chess.next_move import NextMoveNetwork
from gru_toolkit.chess.pgn import read_games

FILES = ("lichess_2016_2017.pgn.gz", "lichess_blitz_bullet.pgn.gz")
TEST_GAMES = 600
SIZES = (20, 100, 300)
TIMES = 3
LEAST = 60
MOST = 30_000
"""Games read from a file."""
TARGET = Path(__file__).parents[1] / "gru_toolkit" / "chess" / "gate_prior.json"


def main() -> None:
    """Learn the people, fit the gate, print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help="write the package's prior")
    options = parser.parse_args()
    folder = options.data / "chess"
    if not folder.is_dir():
        parser.exit(2, f"{folder} is not there; give the data folder with --data\n")
    held: dict[str, list[HeldOut]] = {}
    for name, games in _people(folder).items():
        print(f"{name}: {len(games)} games", file=sys.stderr, flush=True)
        network = ReadOnce(BaseNetwork.load())
        for size in SIZES:
            for some in _careers(games, size):
                held.setdefault(name, []).append(_held_out(name, some, network))
    _compare(held)
    gate = _fitted([one for several in held.values() for one in several])
    if options.write:
        plain = {"facts": FACTS, "opinions": OPINIONS, "factors": np.round(gate.factors, 4).tolist()}
        TARGET.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def _people(folder: Path) -> dict[str, list[Game]]:
    """Accounts with enough games, and their games oldest first."""
    games: list[Game] = []
    for name in FILES:
        found = [one for one in read_games([str(folder / name)]) if isinstance(one, Game) and one.fen is None]
        games += found[TEST_GAMES if name == FILES[1] else 0 :][:MOST]
    games.sort(key=lambda one: (one.date or "", one.time or ""))
    counts = Counter(name for one in games for name in (one.white, one.black))
    people = [name for name, count in counts.items() if count >= LEAST]
    return {name: [one for one in games if name in (one.white, one.black)] for name in people}


def _careers(games: list[Game], size: int) -> list[list[Game]]:
    """Up to TIMES stretches of so many games, spread over the career."""
    if len(games) < size:
        return []
    starts = np.linspace(0, len(games) - size, min(TIMES, max(len(games) // size, 1))).astype(int)
    return [games[start : start + size] for start in starts]


def _held_out(name: str, games: list[Game], network: NextMoveNetwork) -> HeldOut:
    """The newest part of the games under what was learned from the older part."""
    own = [(one, colour) for one in games if (colour := colour_of(name, one)) is not None]
    decisions = list(learning.read_decisions(own, network, None))
    border = len(own) - round(learning.HELD_OUT * len(own))
    fitted = style.fit([one for one in decisions if one.game < border])
    later = [one for one in decisions if one.game >= border]
    return learning.held_out_moves(later, learning.remember(own), fitted)


def _fitted(held: list[HeldOut]) -> Gate:
    """One gate for all, every stretch of games with the same say."""
    columns = [np.concatenate([getattr(one, name) for one in held]) for name in ("facts", "said", "has_say", "games")]
    return HeldOut(*columns).fitted(Gate.plain())


def _compare(held: dict[str, list[HeldOut]]) -> None:
    print(f"{'account':<18}{'moves':>8}{'network':>10}{'plain':>10}{'others':>10}{'own':>10}   nats a move")
    for name, several in held.items():
        others = _fitted([one for other, some in held.items() if other != name for one in some])
        gates = (Gate.network_only(), Gate.plain(), others, _fitted(several))
        losses = [np.concatenate([one.losses(gate) for one in several]) for gate in gates]
        print(f"{name:<18}{len(losses[0]):>8}" + "".join(f"{loss.mean():>10.4f}" for loss in losses))


if __name__ == "__main__":
    main()
