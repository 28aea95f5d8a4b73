"""How well people's moves are foretold: counts, base network and player model, and who is playing from moves alone.

    python benchmarks/chess_players.py --data ../shared/data [--accounts jacobaharris,SCHMITZ874] [--validation]
                                       [--sizes all,100,20] [--known 100] [--json]

Each account of chess/players/ is learned from the games before its newest 120, which are the test and are scored once;
the person's own moves and legal moves only. --validation scores the 120 games before those instead, for choices.
`nats` is the mean -log probability; `calibration` the mean gap between the first move's probability and how often it
came (10 bins of equal size), `perfect` what 97.5 % of perfect forecasters stay below. Who is playing: every account
known by its newest --known games before the test, asked about test games one by one and several together, names,
ratings and clocks hidden.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gru_toolkit.chess import learning, player_evaluation, who
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.learning import colour_of, decisions_in
from gru_toolkit.chess.next_move import Expected, NextMoveNetwork, Ply, network_at_hand
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.chess.player_evaluation import MODELS

ACCOUNTS = ("jacobaharris", "SCHMITZ874", "pnmadelaine", "DrNykterstein")
TEST = 120
BANDS = ("moves 1-10", "all moves", "ply > 10, 30 s left")
MOST = 3000
"""The newest games of an account that are read; counts of older ones weigh next to nothing."""


class ReadOnce:
    """The network, with every game read once; its state is what was read."""

    def __init__(self, network: NextMoveNetwork):
        self._network = network
        self._read: dict[int, tuple[Game, list[Expected]]] = {}

    def initial_state(self) -> np.ndarray:
        return self._network.initial_state()

    def step(self, states: np.ndarray, plies: Sequence[Ply]) -> tuple[list[np.ndarray], np.ndarray]:
        return self._network.step(states, plies)

    def read(self, games: Sequence[Game]) -> list[list[Expected]]:
        wanted = [one for one in games if id(one) not in self._read]
        for one, expected in zip(wanted, self._network.read(wanted) if wanted else [], strict=True):
            self._read[id(one)] = one, expected
        return [self._read[id(one)][1] for one in games]


def main() -> None:
    """Score the accounts, then tell them apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--accounts", default=",".join(ACCOUNTS))
    parser.add_argument("--sizes", default="all,100,20")
    parser.add_argument("--known", type=int, default=100)
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = options.data / "chess" / "players"
    if not folder.is_dir():
        parser.exit(2, f"{folder} is not there; give the data folder with --data\n")
    network = network_at_hand()
    people = {name: _games(folder, name, validation=options.validation) for name in options.accounts.split(",")}
    for name, games in people.items():
        once = ReadOnce(network)
        for size in options.sizes.split(","):
            _report(_score(name, games, once, size), as_json=options.json)
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


def _score(name: str, games: list[Game], network: ReadOnce, size: str) -> dict[str, Any]:
    """The scores of one account learned from so many earlier games."""
    earlier, test = games[:-TEST], games[-TEST:]
    started = time.process_time()
    player = learning.learn(name, earlier if size == "all" else earlier[-int(size) :], network)
    seconds = time.process_time() - started
    bands = player_evaluation.rows_by_band(player_evaluation.scores_of(player, test, network))
    return {
        "account": name,
        "earlier": player.memory.games,
        "kept": player.facts["held_out"]["kept"],
        "seconds": round(seconds, 1),
        "bands": player_evaluation.plain_bands({band: bands[band] for band in BANDS}),
    }


def _tell_apart(people: dict[str, list[Game]], network: NextMoveNetwork, known: int) -> dict[str, Any]:
    """The share of test games, and of tens of them, that were put down to the right account."""
    players = [learning.learn(name, games[:-TEST][-known:], network) for name, games in people.items()]
    gains: dict[str, np.ndarray] = {}
    for name, games in people.items():
        hidden = [who.anonymous(one) for one in games[-TEST:]]
        rows = []
        for one, bare, expected in zip(games[-TEST:], hidden, network.read(hidden), strict=True):
            colour = colour_of(name, one)
            assert colour is not None, "only the account's own games are read"
            decisions = decisions_in(bare, colour, expected, 0)
            rows.append([who.gain_of(player, decisions) for player in players])
        gains[name] = np.array(rows)  # (TEST, accounts) in nats
    found: dict[str, Any] = {"known": known, "accounts": len(people)}
    for together in (1, 5, 10):
        right, losses = [], []
        for place, rows in enumerate(gains.values()):
            sums = rows[: len(rows) // together * together].reshape(-1, together, len(players)).sum(axis=1)
            right += (sums.argmax(axis=1) == place).tolist()
            losses += [-np.log(max(who.probabilities_of(row)[place], 1e-12)) for row in sums]
        found[f"right from {together}"] = round(float(np.mean(right)), 4)
        found[f"nats from {together}"] = round(float(np.mean(losses)), 4)
    return found


def _report(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json or "bands" not in found:
        print(json.dumps(found), flush=True)
        return
    print(f"\n{found['account']}: {found['earlier']} earlier games, learned in {found['seconds']} s of CPU", flush=True)
    print(f"{'':<22}{'model':<9}{'moves':>6}{'top-1':>8}{'top-3':>8}{'nats':>8}{'calibration':>13}{'perfect':>9}")
    for band, rows in found["bands"].items():
        for row in rows:
            values = f"{row['top'][1]:>8.3f}{row['top'][3]:>8.3f}{row['loss']:>8.3f}"
            print(
                f"{band if row['model'] == MODELS[0] else '':<22}{row['model']:<9}{row['moves']:>6}{values}"
                f"{row['calibration']:>13.3f}{row['perfect']:>9.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
