"""How long people take: learning one from 100 games, and predicting both people of a game at every ply.

    python benchmarks/chess_people_speed.py [--games 100] [--network FILE.onnx] [--json]

The games are the sample's, so that anybody can run it. A ply is timed as a session goes through it: the move is played,
the side to move predicted, and the other side's answer to each of the three likeliest moves. Times are those of one
thread: wall time, and processor time, which other programs of the machine do not disturb.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from gru_toolkit.chess import learning
from gru_toolkit.chess.base_network import BaseNetwork
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import boards, moves_of
from gru_toolkit.chess.next_move import NextMoveNetwork, Ply, Setting
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import GamePredictor

SAMPLE = Path(__file__).parent.parent / "data" / "chess" / "father_and_son.pgn"
PEOPLE = ("Father", "Son")


class Stopwatch:
    """Wall and processor time of each of many rounds, in milliseconds."""

    def __init__(self) -> None:
        self.rounds: list[tuple[float, float]] = []

    def __enter__(self) -> "Stopwatch":
        self._begun = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *failure: object) -> None:
        ended = time.perf_counter(), time.process_time()
        self.rounds.append(tuple(1e3 * (b - a) for a, b in zip(self._begun, ended, strict=True)))  # type: ignore[arg-type]

    def figures(self) -> dict[str, float]:
        """Medians, the mean of the processor time, and the wall time that 95 % of the rounds stay below."""
        wall, processor = np.array(self.rounds).T
        return {
            "rounds": len(wall),
            "wall": round(float(np.median(wall)), 3),
            "wall_95": round(float(np.quantile(wall, 0.95)), 3),
            "processor": round(float(np.median(processor)), 3),
            "processor_mean": round(float(processor.mean()), 3),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=100)
    parser.add_argument("--network", type=Path, help="a graph other than the shipped one")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    network = BaseNetwork.load(options.network)
    games = [one for one in read_games([str(SAMPLE)]) if isinstance(one, Game)]
    people, learned = _learned(games[:100], network)
    found = {
        "a person from 100 games": learned.figures(),
        "a ply, both people": _plies(people, games[100 : 100 + options.games], network).figures(),
        "a position, the network alone": _positions(games[:20], network).figures(),
        "a position, whole games side by side": _side_by_side(games[:64], network).figures(),
    }
    if options.json:
        print(json.dumps(found))
        return
    print(f"{'milliseconds':<40}{'rounds':>7}{'wall':>10}{'95 %':>10}{'processor':>11}{'mean':>10}")
    for what, row in found.items():
        values = f"{row['wall']:>10.2f}{row['wall_95']:>10.2f}{row['processor']:>11.2f}{row['processor_mean']:>10.2f}"
        print(f"{what:<40}{row['rounds']:>7.0f}{values}")


def _learned(games: list[Game], network: NextMoveNetwork) -> tuple[dict[str, Player], Stopwatch]:
    """Both people, learned three times over."""
    watch, people = Stopwatch(), {}
    for _ in range(3):
        for name in PEOPLE:
            with watch:
                people[name] = learning.learn(name, games, network)
    return people, watch


def _plies(people: dict[str, Player], games: list[Game], network: NextMoveNetwork) -> Stopwatch:
    """Every ply of the games as a session goes through it."""
    watch = Stopwatch()
    for game in games:
        setting = Setting(game.white_rating, game.black_rating, game.time_control)
        predictor = GamePredictor(people[game.white], people[game.black], network, setting)
        for move in moves_of(game.moves):
            with watch:
                predictor.predict()
                predictor.answers()
                predictor.push(move)
    return watch


def _positions(games: list[Game], network: NextMoveNetwork) -> Stopwatch:
    """One ply at a time from python-chess boards, with the features of each."""
    watch = Stopwatch()
    for game in games:
        setting = Setting(game.white_rating, game.black_rating, game.time_control)
        states = network.initial_state()[None]
        for board, _ in boards(game.moves, game.fen):
            ply = Ply(board, list(board.legal_moves), setting)
            with watch:
                _, states = network.step(states, [ply])
    return watch


def _side_by_side(games: list[Game], network: NextMoveNetwork) -> Stopwatch:
    """Whole games, as `chess learn` reads them; a round is the mean of all positions."""
    watch, plies = Stopwatch(), sum(len(game) for game in games)
    for _ in range(5):
        with watch:
            network.read(games)
    watch.rounds = [(wall / plies, processor / plies) for wall, processor in watch.rounds]
    return watch


if __name__ == "__main__":
    main()
