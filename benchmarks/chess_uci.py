"""Whole games against `chess uci` through python-chess' engine client: no illegal move, no time-out, no stray output.

Options, `stop` and `ucinewgame` come at random in between. The engine's stdout is read by the client, which refuses
what is not in the protocol; stderr must stay empty.

    python benchmarks/chess_uci.py [--games 20] [--seed 0]
"""

import argparse
import logging
import random
import statistics
import sys
import tempfile
import time

import chess
import chess.engine

COMMAND = [sys.executable, "-c", "from gru_toolkit.cli.app import main; main(['chess', 'uci'])"]
TIMEOUT = 10.0
MOST_PLIES = 400


def options(rng: random.Random) -> dict[str, int]:
    """Settings drawn at random."""
    return {
        "Temperature": rng.choice([0, 50, 100, 200, 1000]),
        "MultiPV": rng.randint(1, 6),
        "PlayerRating": rng.choice([0, 800, 1500, 2200]),
        "OpponentRating": rng.choice([0, 1500]),
        "Seed": rng.randint(0, 9),
    }


def play(engine: chess.engine.SimpleEngine, game: int, rng: random.Random) -> tuple[chess.Board, list[float]]:
    """One game of the engine against itself; the board at its end and the seconds of every move."""
    board, times = chess.Board(), []
    while not board.is_game_over(claim_draw=True) and len(board.move_stack) < MOST_PLIES:
        if rng.random() < 0.1:
            settings = options(rng)
            settings.pop("MultiPV")
            engine.configure(settings)
        if rng.random() < 0.1:
            with engine.analysis(board, multipv=rng.randint(1, 4)) as analysis:
                analysis.stop()
                assert analysis.wait().move in board.legal_moves
        limit = rng.choice(
            [
                chess.engine.Limit(time=0.05),
                chess.engine.Limit(depth=1),
                chess.engine.Limit(white_clock=60, black_clock=55, white_inc=1, black_inc=1),
            ]
        )
        begun = time.perf_counter()
        result = engine.play(board, limit, game=(game, rng.random() < 0.02))
        times.append(time.perf_counter() - begun)
        assert result.move in board.legal_moves, f"illegal: {result.move} in {board.fen()}"
        board.push(result.move)
    return board, times


class Complaints(logging.Handler):
    """Collects what the client complains of: lines that are not in the protocol."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng, times, plies = random.Random(asked.seed), [], 0
    complaints = Complaints()
    chess.engine.LOGGER.addHandler(complaints)
    with tempfile.TemporaryFile() as errors:
        with chess.engine.SimpleEngine.popen_uci(COMMAND, timeout=TIMEOUT, stderr=errors) as engine:
            for game in range(asked.games):
                board, seconds = play(engine, game, rng)
                times += seconds
                plies += len(seconds)
                outcome = board.outcome(claim_draw=True)
                result = outcome.result() if outcome else "cut off"
                print(f"game {game + 1}: {len(seconds)} plies, {result}", flush=True)
        errors.seek(0)
        said = errors.read()
    stray = [line for line in complaints.lines if "finished" not in line]
    print(f"{asked.games} games, {plies} plies: no illegal move, no time-out")
    print(f"a move: median {1000 * statistics.median(times):.1f} ms, longest {1000 * max(times):.0f} ms")
    print(f"stray lines on stdout: {len(stray)}; bytes on stderr: {len(said)}")
    for line in stray[:5]:
        print(f"  {line}")
    return int(bool(stray or said))


if __name__ == "__main__":
    sys.exit(main())
