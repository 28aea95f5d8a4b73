"""Does a session's learning help? The next 20 games of a person, with and without, on the very same moves.

The newest 120 games of an account are a test set and left out. The person is learned from the 100 games before the last
20 of the others; then these 20 are played through, in order:
  still        the model stays as it was learned
  games        it learns from each finished game, as a session does
  games+moves  and its style takes a step after each of the person's moves within a game, as a session does
Bits are means over the person's own moves; intervals are paired bootstraps over games (95 %).

    python benchmarks/chess_live_learning.py --data ../shared/data [--accounts jacobaharris pnmadelaine]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import chess
import numpy as np

from gru_toolkit.chess import learning
from gru_toolkit.chess.foresight import Foresight
from gru_toolkit.chess.game import Game
from gru_toolkit.chess.moves import moves_of
from gru_toolkit.chess.next_move import NextMoveNetwork, Setting, network_at_hand
from gru_toolkit.chess.pgn import read_games
from gru_toolkit.chess.players import Player
from gru_toolkit.chess.prediction import GamePredictor
from gru_toolkit.chess.seats import Seat

GAMES = 20
TEST = 120
RESAMPLES = 10_000


def games_of(data: Path, account: str, learned_from: int) -> tuple[list[Game], list[Game]]:
    """The games to learn from and the next ones, oldest first. Files list an account's newest game first or last."""
    [path] = (data / "chess" / "players").glob(f"{account}.pgn*")
    games = [game for game in read_games([str(path)]) if isinstance(game, Game) and game.fen is None]
    games.sort(key=lambda game: (game.date or "", game.time or ""))
    end = len(games) - TEST
    return games[end - GAMES - learned_from : end - GAMES], games[end - GAMES : end]


def setting_of(game: Game) -> Setting:
    return Setting(game.white_rating, game.black_rating, game.time_control)


def seconds_of(game: Game, ply: int) -> float | None:
    left = None if game.clocks is None else float(game.clocks[ply])
    return None if left is None or np.isnan(left) else left


def played_by_predictor(
    player: Player, game: Game, network: NextMoveNetwork, *, learns: bool
) -> tuple[list[float], Player]:
    """Bits of the person's moves, and the person afterwards."""
    mine = game.white == player.name
    people = (player, Player("other")) if mine else (Player("other"), player)
    predictor, bits = GamePredictor(*people, network, setting_of(game)), []
    for ply, move in enumerate(moves_of(game.moves)):
        if (predictor.board.turn == chess.WHITE) == mine:
            bits.append(predictor.predict().surprise(move))
        predictor.push(move, seconds_of(game, ply))
    return bits, predictor.learn()[0 if mine else 1] if learns else player


def played_by_session(player: Player, game: Game, network: NextMoveNetwork) -> tuple[list[float], Player]:
    """The same as a session does it."""
    mine = chess.WHITE if game.white == player.name else chess.BLACK
    seats = {mine: Seat(player.name, (player,)), not mine: Seat("other", (Player("other"),))}
    foresight, bits = Foresight(seats, network, setting_of(game), chess.Board()), []
    for ply, move in enumerate(moves_of(game.moves)):
        turn = foresight.board.turn
        judged = foresight.push(move, seconds_of(game, ply))
        if turn == mine:
            bits.append(judged.bits)
    return bits, foresight.learned()[mine]


def interval(
    first: Sequence[list[float]], second: Sequence[list[float]], rng: np.random.Generator
) -> tuple[float, ...]:
    """The mean of second - first in bits a move, and its 95 % interval over games."""
    change = np.array([sum(b) - sum(a) for a, b in zip(first, second, strict=True)])
    sizes = np.array([len(a) for a in first])
    chosen = rng.integers(len(change), size=(RESAMPLES, len(change)))
    means = change[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    return float(change.sum() / sizes.sum()), *np.percentile(means, [2.5, 97.5]).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--accounts", nargs="+", default=["jacobaharris", "pnmadelaine"])
    parser.add_argument("--learned-from", type=int, default=100)
    asked = parser.parse_args()
    if not asked.data.is_dir():
        sys.exit(f"{asked.data} is not there: the figures need the real games")
    network, rng = network_at_hand(), np.random.default_rng(0)
    heads = "".join(f"{head:<31}" for head in ("games - still", "+moves - games", "+moves - still"))
    print(f"{'account':<14}{'moves':>6}{'still':>8}{'games':>8}{'+moves':>8}   {heads}", flush=True)
    for account in asked.accounts:
        earlier, following = games_of(asked.data, account, asked.learned_from)
        still = learning.learn(account, earlier, network)
        found: dict[str, list[list[float]]] = {"still": [], "games": [], "moves": []}
        by_game = by_session = still
        for game in following:
            found["still"].append(played_by_predictor(still, game, network, learns=False)[0])
            bits, by_game = played_by_predictor(by_game, game, network, learns=True)
            found["games"].append(bits)
            bits, by_session = played_by_session(by_session, game, network)
            found["moves"].append(bits)
        moves = sum(map(len, found["still"]))
        means = [sum(map(sum, bits)) / moves for bits in found.values()]
        pairs = (("still", "games"), ("games", "moves"), ("still", "moves"))
        gains = [interval(found[first], found[second], rng) for first, second in pairs]
        said = "   ".join(f"{mean:+.4f} [{low:+.4f}, {high:+.4f}]" for mean, low, high in gains)
        print(f"{account:<14}{moves:>6}" + "".join(f"{mean:>8.3f}" for mean in means) + f"   {said}", flush=True)


if __name__ == "__main__":
    main()
