"""How well people's moves are foretold: counts, base network and player model, and who is playing from moves alone.

    python benchmarks/chess_players.py --data ../shared/data [--accounts jacobaharris,SCHMITZ874] [--validation]
                                       [--sizes all,100,20] [--known 100] [--deep] [--json]

Each account of chess/players/ is learned from the games before its newest 120, which are the test and are scored once;
the person's own moves and legal moves only. --validation scores the 120 games before those instead, for choices.
`nats` is the mean -log probability; `calibration` the mean gap between the first move's probability and how often it
came (10 bins of equal size), `perfect` what 97.5 % of perfect forecasters stay below. Beside them on the test: Maia-1,
the network of the rating nearest the mover's on the same moves, and what counts with a book of 20,000 games reached,
both measured beforehand; `goal` is what GOALS ask for. Who is playing: every account known by its newest --known games
before the test, asked about test games one by one and several together, names, ratings and clocks hidden.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chess
import numpy as np

from gru_toolkit.chess import learning, player_evaluation, who
from gru_toolkit.chess.base_network import BaseNetwork, ReadGame
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.learning import LearnConfig, colour_of, decisions_in
from gru_toolkit.chess.next_move import Expected, NextMoveNetwork, Ply
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.chess.player_evaluation import MODELS, Scores
from gru_toolkit.chess.players import Player

ACCOUNTS = ("jacobaharris", "SCHMITZ874", "pnmadelaine", "DrNykterstein")
TEST = 120
SHOWN = ("moves 1-10", "moves 11-20", "moves 21+", "all moves", "ply > 10, 30 s left")
MAIA = {
    "jacobaharris": {"moves 1-10": (0.516, 0.850), "all moves": (0.520, None)},
    "SCHMITZ874": {"moves 1-10": (0.556, 0.850), "all moves": (0.552, None)},
    "pnmadelaine": {"moves 1-10": (0.603, 0.851), "all moves": (0.567, None)},
}
"""Top-1 and top-3 on the test."""
COUNTS = {"jacobaharris": 0.525, "SCHMITZ874": 0.454}
"""Top-1 of counts with a book of 20,000 games, all earlier games, moves 1-10 of the test."""
TOP_3 = 0.88
MOST = 3000
"""The newest games of an account that are read; counts of older ones weigh next to nothing."""


class ReadOnce:
    """The network, with every game read once; its state is what was read."""

    def __init__(self, network: BaseNetwork):
        self._network = network
        self.fingerprint = network.fingerprint
        self._read: dict[int, tuple[Game, ReadGame]] = {}

    def initial_state(self) -> np.ndarray:
        return self._network.initial_state()

    def step(self, states: np.ndarray, plies: Sequence[Ply]) -> tuple[list[np.ndarray], np.ndarray]:
        return self._network.step(states, plies)

    def read(self, games: Sequence[Game], sides: Sequence[chess.Color] | None = None) -> list[list[Expected]]:
        return [one.expected for one in self.read_states(games)]

    def read_states(self, games: Sequence[Game], sides: Sequence[chess.Color] | None = None) -> list[ReadGame]:
        wanted = [one for one in games if id(one) not in self._read]
        for one, read in zip(wanted, self._network.read_states(wanted) if wanted else [], strict=True):
            self._read[id(one)] = one, read
        return [self._read[id(one)][1] for one in games]


def main() -> None:
    """Score the accounts, then tell them apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--accounts", default=",".join(ACCOUNTS))
    parser.add_argument("--sizes", default="all,100,20")
    parser.add_argument("--known", type=int, default=100)
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--deep", action="store_true", help="as chess learn --deep does")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.data / "chess" / "players"
    if not folder.is_dir():
        parser.exit(2, f"{folder} is not there; give the data folder with --data\n")
    network = BaseNetwork.load()
    people = {name: _games(folder, name, validation=options.validation) for name in options.accounts.split(",")}
    scores: dict[str, list[Scores]] = {}
    for name, games in people.items():
        once = ReadOnce(network)
        for size in options.sizes.split(","):
            player, seconds = _learned(name, games, once, Asked(size, options.deep))
            scored = player_evaluation.scores_of(player, games[-TEST:], once)
            scores.setdefault(size, []).append(scored)
            found = _found(player, scored, seconds) | {"size": size}
            _report(found, as_json=options.json)
            if not (options.validation or options.json or options.deep):
                _goals(found)
    if len(people) > 1:
        for size, several in scores.items():
            _report(_pooled(several) | {"size": size}, as_json=options.json)
    if len(people) > 1:
        _report(_tell_apart(people, network, options.known), as_json=options.json)


def _games(folder: Path, name: str, *, validation: bool) -> list[Game]:
    """The account's games, oldest first; for validation without the newest TEST."""
    [path] = [path for path in folder.iterdir() if path.name.split(".")[0] == name]
    found = [one for one in read_games([str(path)]) if isinstance(one, Game)]
    own = sorted(
        (one for one in found if colour_of(name, one) is not None), key=lambda one: (one.date or "", one.time or "")
    )
    return own[: len(own) - TEST][-MOST:] if validation else own[-MOST:]


@dataclass(frozen=True)
class Asked:
    """How a person is learned: from so many earlier games (`all` or a number), and whether --deep."""

    size: str
    deep: bool


def _learned(name: str, games: list[Game], network: ReadOnce, asked: Asked) -> tuple[Player, float]:
    """The account learned from the games before the test, and the seconds of CPU it took."""
    earlier = games[:-TEST] if asked.size == "all" else games[-TEST - int(asked.size) : -TEST]
    started = time.process_time()
    player = learning.learn(name, earlier, network, LearnConfig(deep=asked.deep))
    return player, time.process_time() - started


def _found(player: Player, scores: Scores, seconds: float) -> dict[str, Any]:
    bands = player_evaluation.rows_by_band(scores)
    return {
        "account": player.name,
        "earlier": player.memory.games,
        "kept": player.facts["held_out"]["kept"],
        "deep": player.facts["deep"],
        "seconds": round(seconds, 1),
        "bands": player_evaluation.plain_bands({band: bands[band] for band in SHOWN if band in bands}),
    }


def _pooled(scores: list[Scores]) -> dict[str, Any]:
    """All accounts' moves together, intervals over accounts where there are enough of them."""
    names = ("ranks", "losses", "tops", "ply", "seconds")
    columns = [np.concatenate([getattr(one, name) for one in scores]) for name in names]
    account = np.repeat(np.arange(len(scores)), [len(one.ply) for one in scores])
    bands = player_evaluation.rows_by_band(Scores(*[*columns, account]))
    return {"account": "all accounts", "bands": player_evaluation.plain_bands({band: bands[band] for band in SHOWN})}


def _tell_apart(people: dict[str, list[Game]], network: NextMoveNetwork, known: int) -> dict[str, Any]:
    """The share of test games, and of tens of them, that were put down to the right account."""
    players = [learning.learn(name, games[:-TEST][-known:], network) for name, games in people.items()]
    gains: list[np.ndarray] = []  # for each account (TEST, accounts) in nats
    for name, games in people.items():
        hidden = [who.anonymous(one) for one in games[-TEST:]]
        rows = []
        for one, bare, expected in zip(games[-TEST:], hidden, network.read(hidden), strict=True):
            colour = colour_of(name, one)
            assert colour is not None, "only the account's own games are read"
            decisions = decisions_in(bare, colour, expected, 0)
            rows.append([who.gain_of(player, decisions) for player in players])
        gains.append(np.array(rows))
    found: dict[str, Any] = {"known": known, "accounts": len(people)}
    for together in (1, 5, 10):
        right, losses = [], []
        for place, gained in enumerate(gains):
            sums = gained[: len(gained) // together * together].reshape(-1, together, len(players)).sum(axis=1)
            right += (sums.argmax(axis=1) == place).tolist()
            losses += [-np.log(max(who.probabilities_of(row)[place], 1e-12)) for row in sums]
        found[f"right from {together}"] = round(float(np.mean(right)), 4)
        found[f"nats from {together}"] = round(float(np.mean(losses)), 4)
    return found


def _report(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json or "bands" not in found:
        print(json.dumps(found), flush=True)
        return
    told = f"{found['earlier']} earlier games, learned in {found['seconds']} s of CPU" if "earlier" in found else ""
    print(f"\n{found['account']}, {found['size']}: {told}", flush=True)
    if found.get("deep"):
        print(f"deep leanings: {found['deep']}")
    print(f"{'':<22}{'model':<9}{'moves':>6}{'top-1':>8}{'top-3':>8}{'nats':>8}{'calibration':>13}{'perfect':>9}")
    for band, rows in found["bands"].items():
        for row in rows:
            values = f"{row['top'][1]:>8.3f}{row['top'][3]:>8.3f}{row['loss']:>8.3f}"
            print(
                f"{band if row['model'] == MODELS[0] else '':<22}{row['model']:<9}{row['moves']:>6}{values}"
                f"{row['calibration']:>13.3f}{row['perfect']:>9.3f}",
                flush=True,
            )


def _goals(found: dict[str, Any]) -> None:
    """What Maia-1 and counts reach on the same moves, and whether the goals are."""
    name, maia = found["account"], MAIA.get(found["account"])
    if maia is None:
        return
    top = {band: found["bands"][band][MODELS.index("player")]["top"] for band in maia}
    opening, everything = (maia[band][0] for band in ("moves 1-10", "all moves"))
    more = {"all": max(opening, COUNTS.get(name, 0)) + 0.03, "100": opening + 0.02, "20": opening}
    wanted = [
        ("moves 1-10, top-1", opening, more.get(found["size"], opening), top["moves 1-10"][1]),
        ("moves 1-10, top-3", maia["moves 1-10"][1], TOP_3, top["moves 1-10"][3]),
        ("all moves, top-1", everything, everything, top["all moves"][1]),
    ]
    for what, peer, goal, reached in wanted:
        said = "reached" if round(reached, 3) >= round(goal, 3) else "MISSED"
        print(f"  {what:<20}Maia-1 {peer:.3f}  goal {goal:.3f}  player {reached:.3f}  {said}", flush=True)


if __name__ == "__main__":
    main()
